# expect: full
def count_parameters(layer_sizes, bias=True):
    return sum((n + (1 if bias else 0)) * m for n, m in zip(layer_sizes[:-1], layer_sizes[1:]))
