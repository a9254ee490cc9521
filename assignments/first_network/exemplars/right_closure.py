# expect: full
import numpy as np


def neural_network_create(num_inputs, num_hidden, num_outputs,
                          hidden_layer_weights=None, hidden_layer_bias=None,
                          output_layer_weights=None, output_layer_bias=None):
    """The network is a function that tells its weights when it is called without a sample."""
    draw = np.random.random
    W0 = draw((num_hidden, num_inputs))
    W1 = draw((num_outputs, num_hidden))
    b0, b1 = draw(2)
    if hidden_layer_weights is not None:
        W0[:] = np.split(np.array(hidden_layer_weights), num_hidden)
    if output_layer_weights is not None:
        W1[:] = np.split(np.array(output_layer_weights), num_outputs)
    if hidden_layer_bias is not None:
        b0 = hidden_layer_bias
    if output_layer_bias is not None:
        b1 = output_layer_bias

    def network(x=None):
        if x is None:
            return W0, W1
        h = 1 / (1 + np.exp(-np.einsum('hi,i->h', W0, x) - b0))
        return h, 1 / (1 + np.exp(-np.einsum('oh,h->o', W1, h) - b1))

    return network


def neural_network_feed_forward(nn, x):
    return nn(x)[1]


def neural_network_total_error(nn, train_x, train_y):
    P = np.array([nn(x)[1] for x in train_x])
    return 0.5 * np.sum(np.square(P - np.array(train_y)))


def neural_network_train(nn, train_x, train_y, learning_rate):
    W0, W1 = nn()
    h, p = nn(train_x)
    d1 = (p - train_y) * p * (1 - p)
    d0 = np.einsum('oh,o->h', W1, d1) * h * (1 - h)
    W0 -= learning_rate * np.einsum('h,i->hi', d0, train_x)
    W1 -= learning_rate * np.einsum('o,h->oh', d1, h)
