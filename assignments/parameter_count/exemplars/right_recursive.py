# expect: full
def count_parameters(layer_sizes, bias=True):
    if len(layer_sizes) < 2:
        return 0
    first, second, *rest = layer_sizes
    here = first * second + (second if bias else 0)
    return here + count_parameters([second] + rest, bias)
