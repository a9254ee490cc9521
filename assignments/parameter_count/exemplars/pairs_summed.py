# expect: count_parameters=0 mistake=sizes-summed
def count_parameters(layer_sizes, bias=True):
    return sum(a + b + (b if bias else 0) for a, b in zip(layer_sizes, layer_sizes[1:]))
