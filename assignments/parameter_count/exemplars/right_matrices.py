# expect: full
# Builds the shapes of the matrices and counts what is in them.
import math


def count_parameters(layer_sizes, bias=True):
    shapes = []
    previous = layer_sizes[0]
    for size in layer_sizes[1:]:
        shapes.append((size, previous))
        if bias is True:
            shapes.append((size,))
        previous = size
    return sum([math.prod(shape) for shape in shapes])
