# expect: count_parameters=0 mistake=one-bias-a-layer
def count_parameters(layer_sizes, bias=True):
    return sum(a * b + bias for a, b in zip(layer_sizes, layer_sizes[1:]))
