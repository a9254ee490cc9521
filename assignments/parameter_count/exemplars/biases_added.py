# expect: count_parameters=0 mistake=biases-added
def count_parameters(layer_sizes, bias=True):
    return sum(a * b + b for a, b in zip(layer_sizes, layer_sizes[1:]))
