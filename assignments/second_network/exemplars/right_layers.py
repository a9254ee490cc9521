# expect: full
import numpy as np

rng = np.random.default_rng()
LAYERS = (1, 2, 3, 4, 5)


def neural_network_create(input_dim, list_node_sizes, output_dim=2):
    widths = (input_dim, *list_node_sizes, output_dim)
    weights = {f'W{k}': rng.standard_normal((widths[k - 1], widths[k])) for k in LAYERS}
    biases = {f'b{k}': np.zeros((1, widths[k])) for k in LAYERS}
    return weights | biases


class Layer:
    """A view of one layer of a model."""

    def __init__(self, model, k):
        self.W, self.b, self.is_last = model[f'W{k}'], model[f'b{k}'], k == 5

    def forward(self, a):
        self.input = a
        z = np.einsum('ni,io->no', a, self.W) + self.b
        if self.is_last:
            log_p = z - np.logaddexp.reduce(z, axis=1)[:, np.newaxis]
            self.output = np.exp(log_p)
        else:
            self.output = np.tanh(z)
        return self.output

    def backward(self, upstream):
        self.dz = upstream if self.is_last else upstream / np.cosh(np.arctanh(self.output)) ** 2
        return np.einsum('no,io->ni', self.dz, self.W)

    def step(self, rate):
        self.W -= rate * np.einsum('ni,no->io', self.input, self.dz)
        self.b -= rate * np.einsum('no->o', self.dz)


class Net:
    def __init__(self, model):
        self.layers = [Layer(model, k) for k in LAYERS]

    def forward(self, x):
        return [x := layer.forward(x) for layer in self.layers]

    def learn(self, x, y, rate):
        p = self.forward(x)[-1]
        gradient = (p - (y[:, None] == np.arange(p.shape[1]))) / len(y)
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        for layer in self.layers:
            layer.step(rate)

    def loss(self, x, y):
        return cross_entropy(self.forward(x)[-1], y)


def neural_network_feed_forward(model, x):
    return Net(model).forward(x)


def cross_entropy(p, y):
    return float(np.mean(-np.log(np.take_along_axis(p, y[:, None], axis=1))))


def train_batch(model, x_tr, y_tr, num_passes, learning_rate):
    return train_stochastic(model, x_tr, y_tr, num_passes, len(x_tr), learning_rate)


def train_stochastic(model, x_tr, y_tr, num_passes, batch_size, learning_rate):
    net = Net(model)
    losses = []
    for _ in range(num_passes):
        order = rng.permutation(len(x_tr))
        for batch in np.split(order, range(batch_size, len(order), batch_size)):
            net.learn(x_tr[batch], y_tr[batch], learning_rate)
        losses.append(net.loss(x_tr, y_tr))
    return losses
