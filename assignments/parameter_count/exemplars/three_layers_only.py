# expect: count_parameters=0
# Right for the example of the prompt, and for every network of its depth.
def count_parameters(layer_sizes, bias=True):
    n0, n1, n2 = layer_sizes[0], layer_sizes[1], layer_sizes[2]
    return n0 * n1 + n1 * n2 + bias * (n1 + n2)
