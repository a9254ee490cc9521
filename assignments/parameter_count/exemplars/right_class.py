# expect: full
# A layer counts for itself; a float comes back.
class Dense:
    def __init__(self, inputs, outputs, use_bias):
        self.inputs = inputs
        self.outputs = outputs
        self.use_bias = use_bias

    def count(self):
        return float(self.outputs * (self.inputs + int(self.use_bias)))


def count_parameters(layer_sizes, bias=True):
    queue = list(layer_sizes)
    inputs = queue.pop(0)
    total = 0.0
    while queue:
        outputs = queue.pop(0)
        total = total + Dense(inputs, outputs, bias).count()
        inputs = outputs
    return total
