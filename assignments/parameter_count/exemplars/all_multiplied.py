# expect: count_parameters=0 mistake=all-multiplied
def count_parameters(layer_sizes, bias=True):
    product = 1
    for size in layer_sizes:
        product *= size
    if bias:
        product += sum(layer_sizes[1:])
    return product
