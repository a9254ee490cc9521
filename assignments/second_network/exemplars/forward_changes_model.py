# expect: feed_forward=4.44
# expect: create=0
# expect: accuracy=0
import numpy as np


def neural_network_create(input_dim, list_node_sizes, output_dim=2):
    raise NotImplementedError('not written yet')


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def layers(model, x):
    outputs = []
    a = x
    for k in range(1, 6):
        z = a @ model[f'W{k}'] + model[f'b{k}']
        a = softmax(z) if k == 5 else np.tanh(z)
        outputs.append(a)
    return outputs


def neural_network_feed_forward(model, x):
    outputs = layers(model, x)
    model['outputs'] = outputs
    return outputs


def cross_entropy(p, y):
    return -np.mean(np.log(p[np.arange(len(y)), y]))


def gradients(model, x, y):
    outputs = layers(model, x)
    inputs = [x] + outputs[:-1]
    dz = outputs[-1].copy()
    dz[np.arange(len(y)), y] -= 1
    dz /= len(y)
    grads = {}
    for k in range(5, 0, -1):
        grads[f'W{k}'] = inputs[k - 1].T @ dz
        grads[f'b{k}'] = dz.sum(axis=0, keepdims=True)
        if k > 1:
            dz = (dz @ model[f'W{k}'].T) * (1 - inputs[k - 1] ** 2)
    return grads


def step(model, x, y, learning_rate):
    grads = gradients(model, x, y)
    for name in grads:
        model[name] -= learning_rate * grads[name]


def train_batch(model, x_tr, y_tr, num_passes, learning_rate):
    losses = []
    for _ in range(num_passes):
        step(model, x_tr, y_tr, learning_rate)
        losses.append(cross_entropy(layers(model, x_tr)[-1], y_tr))
    return losses


def train_stochastic(model, x_tr, y_tr, num_passes, batch_size, learning_rate):
    losses = []
    n = len(x_tr)
    for _ in range(num_passes):
        order = np.random.permutation(n)
        for start in range(0, n, batch_size):
            rows = order[start:start + batch_size]
            step(model, x_tr[rows], y_tr[rows], learning_rate)
        losses.append(cross_entropy(layers(model, x_tr)[-1], y_tr))
    return losses
