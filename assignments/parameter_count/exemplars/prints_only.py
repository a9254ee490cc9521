# expect: count_parameters=0
def count_parameters(layer_sizes, bias=True):
    print(sum(a * b + (b if bias else 0) for a, b in zip(layer_sizes, layer_sizes[1:])))
