# expect: feed_forward=0 mistake=bias-forgotten
# expect: learns=0
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def neural_network_create(num_inputs, num_hidden, num_outputs,
                          hidden_layer_weights=None, hidden_layer_bias=None,
                          output_layer_weights=None, output_layer_bias=None):
    if hidden_layer_weights is None:
        hidden_layer_weights = np.random.randn(num_hidden * num_inputs)
    if output_layer_weights is None:
        output_layer_weights = np.random.randn(num_outputs * num_hidden)
    return {
        'W0': np.array(hidden_layer_weights).reshape(num_hidden, num_inputs),
        'b0': np.random.rand() if hidden_layer_bias is None else hidden_layer_bias,
        'W1': np.array(output_layer_weights).reshape(num_outputs, num_hidden),
        'b1': np.random.rand() if output_layer_bias is None else output_layer_bias,
    }


def neural_network_feed_forward(nn, x):
    h = sigmoid(nn['W0'] @ x)
    return sigmoid(nn['W1'] @ h)


def neural_network_total_error(nn, train_x, train_y):
    return sum(0.5 * np.sum((neural_network_feed_forward(nn, x) - y) ** 2) for x, y in zip(train_x, train_y))


def neural_network_train(nn, train_x, train_y, learning_rate):
    h = sigmoid(nn['W0'] @ train_x + nn['b0'])
    p = sigmoid(nn['W1'] @ h + nn['b1'])
    d1 = (p - train_y) * p * (1 - p)
    d0 = (nn['W1'].T @ d1) * h * (1 - h)
    nn['W1'] -= learning_rate * np.outer(d1, h)
    nn['W0'] -= learning_rate * np.outer(d0, train_x)
