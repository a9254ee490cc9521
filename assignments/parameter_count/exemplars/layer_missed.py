# expect: count_parameters=0 mistake=layer-missed
def count_parameters(layer_sizes, bias=True):
    total = 0
    for i in range(1, len(layer_sizes) - 1):
        total += (layer_sizes[i - 1] + bias) * layer_sizes[i]
    return total
