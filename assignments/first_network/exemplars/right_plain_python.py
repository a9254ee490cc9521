# expect: full
from math import exp
from random import random


def sigmoid(z):
    return 1 / (1 + exp(-z))


def layer(weights, bias, inputs):
    return [sigmoid(sum(w * i for w, i in zip(row, inputs)) + bias) for row in weights]


def rows(flat, units, inputs):
    if flat is None:
        return [[random() for _ in range(inputs)] for _ in range(units)]
    return [list(flat[u * inputs:(u + 1) * inputs]) for u in range(units)]


def neural_network_create(num_inputs, num_hidden, num_outputs,
                          hidden_layer_weights=None, hidden_layer_bias=None,
                          output_layer_weights=None, output_layer_bias=None):
    hidden_bias = hidden_layer_bias if hidden_layer_bias is not None else random()
    output_bias = output_layer_bias if output_layer_bias is not None else random()
    return (rows(hidden_layer_weights, num_hidden, num_inputs), hidden_bias,
            rows(output_layer_weights, num_outputs, num_hidden), output_bias)


def neural_network_feed_forward(nn, x):
    return layer(nn[2], nn[3], layer(nn[0], nn[1], x))


def neural_network_total_error(nn, train_x, train_y):
    return sum((p - t) ** 2
               for x, y in zip(train_x, train_y)
               for p, t in zip(neural_network_feed_forward(nn, x), y)) / 2


def neural_network_train(nn, train_x, train_y, learning_rate):
    W0, b0, W1, b1 = nn
    h = layer(W0, b0, train_x)
    p = layer(W1, b1, h)
    out = [(pi - yi) * pi * (1 - pi) for pi, yi in zip(p, train_y)]
    hid = [hj * (1 - hj) * sum(d * W1[o][j] for o, d in enumerate(out)) for j, hj in enumerate(h)]
    W1[:] = [[w - learning_rate * d * hj for w, hj in zip(row, h)] for row, d in zip(W1, out)]
    W0[:] = [[w - learning_rate * d * xi for w, xi in zip(row, train_x)] for row, d in zip(W0, hid)]
