# expect: count_parameters=0 mistake=first-pair-only
def count_parameters(layer_sizes, bias=True):
    total = 0
    for n, m in zip(layer_sizes, layer_sizes[1:]):
        total += n * m
        if bias:
            total += m
        return total
