# expect: count_parameters=0 mistake=input-biased
def count_parameters(layer_sizes, bias=True):
    return sum(a * b + a * bias for a, b in zip(layer_sizes, layer_sizes[1:]))
