# expect: count_parameters=0 mistake=biases-alone
def count_parameters(layer_sizes, bias=True):
    return sum(layer_sizes[1:])
