# expect: full
import numpy as np

rng = np.random.default_rng()


class Layer:
    def __init__(self, inputs, units, weights, bias):
        self.W = rng.random((units, inputs)) if weights is None else np.reshape(weights, (units, inputs))
        self.b = rng.random(units) if bias is None else np.full(units, bias)

    def forward(self, x):
        self.x = x
        self.a = 1 / (1 + np.exp(-(np.dot(self.W, x) + self.b)))
        return self.a

    def backward(self, da):
        self.delta = da * self.a * (1 - self.a)
        return np.dot(self.delta, self.W)

    def step(self, rate):
        self.W = self.W - rate * self.delta[:, None] * self.x[None, :]


class Net:
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x


def neural_network_create(num_inputs, num_hidden, num_outputs,
                          hidden_layer_weights=None, hidden_layer_bias=None,
                          output_layer_weights=None, output_layer_bias=None):
    return Net(Layer(num_inputs, num_hidden, hidden_layer_weights, hidden_layer_bias),
               Layer(num_hidden, num_outputs, output_layer_weights, output_layer_bias))


def neural_network_feed_forward(nn, x):
    return nn.forward(np.asarray(x))


def neural_network_total_error(nn, train_x, train_y):
    total = 0
    for x, y in zip(train_x, train_y):
        error = nn.forward(x) - y
        total = total + error @ error / 2
    return total


def neural_network_train(nn, train_x, train_y, learning_rate):
    gradient = nn.forward(train_x) - train_y
    for layer in reversed(nn.layers):
        gradient = layer.backward(gradient)
    for layer in nn.layers:
        layer.step(learning_rate)
