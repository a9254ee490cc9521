# expect: count_parameters=0 mistake=biases-left-out
def count_parameters(layer_sizes, bias=True):
    total = 0
    for i in range(len(layer_sizes) - 1):
        total += layer_sizes[i] * layer_sizes[i + 1]
    return total
