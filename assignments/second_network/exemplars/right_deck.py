# expect: full
import numpy as np


def neural_network_create(input_dim, list_node_sizes, output_dim=2):
    model = dict()
    # first hidden layer
    model['W1'] = np.random.randn(input_dim, list_node_sizes[0])
    model['b1'] = np.zeros((1, list_node_sizes[0]))
    # second hidden layer
    model['W2'] = np.random.randn(list_node_sizes[0], list_node_sizes[1])
    model['b2'] = np.zeros((1, list_node_sizes[1]))
    # third hidden layer
    model['W3'] = np.random.randn(list_node_sizes[1], list_node_sizes[2])
    model['b3'] = np.zeros((1, list_node_sizes[2]))
    # fourth hidden layer
    model['W4'] = np.random.randn(list_node_sizes[2], list_node_sizes[3])
    model['b4'] = np.zeros((1, list_node_sizes[3]))
    # output layer
    model['W5'] = np.random.randn(list_node_sizes[3], output_dim)
    model['b5'] = np.zeros((1, output_dim))
    return model


def neural_network_feed_forward(model, x):
    a1 = np.tanh(x.dot(model['W1']) + model['b1'])
    a2 = np.tanh(a1.dot(model['W2']) + model['b2'])
    a3 = np.tanh(a2.dot(model['W3']) + model['b3'])
    a4 = np.tanh(a3.dot(model['W4']) + model['b4'])
    z5 = a4.dot(model['W5']) + model['b5']
    exp_scores = np.exp(z5 - z5.max(axis=1)[:, None])
    probs = exp_scores / exp_scores.sum(axis=1)[:, None]
    return [a1, a2, a3, a4, probs]


def cross_entropy(p, y):
    total = 0
    for i, label in enumerate(y):
        total -= np.log(p[i][label])
    return total / len(y)


def backprop(model, x, y, learning_rate):
    a1, a2, a3, a4, probs = neural_network_feed_forward(model, x)
    d5 = (probs - np.eye(probs.shape[1])[y]) / x.shape[0]
    d4 = d5.dot(model['W5'].T) * (1 - a4 * a4)
    d3 = d4.dot(model['W4'].T) * (1 - a3 * a3)
    d2 = d3.dot(model['W3'].T) * (1 - a2 * a2)
    d1 = d2.dot(model['W2'].T) * (1 - a1 * a1)
    model['W5'] = model['W5'] - learning_rate * a4.T.dot(d5)
    model['b5'] = model['b5'] - learning_rate * np.sum(d5, axis=0, keepdims=True)
    model['W4'] = model['W4'] - learning_rate * a3.T.dot(d4)
    model['b4'] = model['b4'] - learning_rate * np.sum(d4, axis=0, keepdims=True)
    model['W3'] = model['W3'] - learning_rate * a2.T.dot(d3)
    model['b3'] = model['b3'] - learning_rate * np.sum(d3, axis=0, keepdims=True)
    model['W2'] = model['W2'] - learning_rate * a1.T.dot(d2)
    model['b2'] = model['b2'] - learning_rate * np.sum(d2, axis=0, keepdims=True)
    model['W1'] = model['W1'] - learning_rate * x.T.dot(d1)
    model['b1'] = model['b1'] - learning_rate * np.sum(d1, axis=0, keepdims=True)


def train_batch(model, x_tr, y_tr, num_passes, learning_rate):
    losses = []
    for i in range(num_passes):
        backprop(model, x_tr, y_tr, learning_rate)
        losses.append(cross_entropy(neural_network_feed_forward(model, x_tr)[-1], y_tr))
    return losses


def train_stochastic(model, x_tr, y_tr, num_passes, batch_size, learning_rate):
    losses = []
    for i in range(num_passes):
        start = 0
        while start < len(x_tr):
            backprop(model, x_tr[start:start + batch_size], y_tr[start:start + batch_size], learning_rate)
            start += batch_size
        losses.append(cross_entropy(neural_network_feed_forward(model, x_tr)[-1], y_tr))
    return losses
