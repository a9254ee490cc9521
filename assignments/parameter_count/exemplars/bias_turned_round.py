# expect: count_parameters=0 mistake=bias-turned-round
def count_parameters(layer_sizes, bias=True):
    total = sum(a * b for a, b in zip(layer_sizes, layer_sizes[1:]))
    if bias:
        return total
    return total + sum(layer_sizes[1:])
