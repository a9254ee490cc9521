# expect: accuracy=3
import random
from math import exp, log, tanh


def neural_network_create(input_dim, list_node_sizes, output_dim=2):
    sizes = [input_dim, *list_node_sizes, output_dim]
    model = {}
    for k, (rows, columns) in enumerate(zip(sizes, sizes[1:]), start=1):
        model[f'W{k}'] = [[random.gauss(0, 1) for _ in range(columns)] for _ in range(rows)]
        model[f'b{k}'] = [[0.0] * columns]
    return model


def layers(model):
    return [([list(map(float, row)) for row in model[f'W{k}']], [float(v) for v in model[f'b{k}'][0]])
            for k in range(1, 6)]


def forward(net, sample):
    activations = []
    a = [float(v) for v in sample]
    for k, (W, b) in enumerate(net):
        z = list(b)
        for value, row in zip(a, W):
            for j, w in enumerate(row):
                z[j] += value * w
        if k < 4:
            a = [tanh(v) for v in z]
        else:
            powers = [exp(v - max(z)) for v in z]
            a = [v / sum(powers) for v in powers]
        activations.append(a)
    return activations


def neural_network_feed_forward(model, x):
    net = layers(model)
    rows = [forward(net, sample) for sample in x]
    return [[row[k] for row in rows] for k in range(5)]


def cross_entropy(p, y):
    return -sum(log(row[label]) for row, label in zip(p, y)) / len(y)


def learn(net, x, y, rate):
    grads = [([[0.0] * len(b) for _ in W], [0.0] * len(b)) for W, b in net]
    for sample, label in zip(x, y):
        activations = forward(net, sample)
        delta = list(activations[-1])
        delta[label] -= 1
        for k in range(4, -1, -1):
            before = activations[k - 1] if k else [float(v) for v in sample]
            dW, db = grads[k]
            for j, d in enumerate(delta):
                db[j] += d / len(y)
            for i, a in enumerate(before):
                row = dW[i]
                for j, d in enumerate(delta):
                    row[j] += a * d / len(y)
            if k:
                W = net[k][0]
                delta = [(1 - a * a) * sum(w * d for w, d in zip(W[i], delta)) for i, a in enumerate(before)]
    for (W, b), (dW, db) in zip(net, grads):
        for row, steps in zip(W, dW):
            for j, g in enumerate(steps):
                row[j] -= rate * g
        for j, g in enumerate(db):
            b[j] -= rate * g


def train_stochastic(model, x_tr, y_tr, num_passes, batch_size, learning_rate):
    net = layers(model)
    losses = []
    order = list(range(len(x_tr)))
    for _ in range(num_passes):
        random.shuffle(order)
        for start in range(0, len(order), batch_size):
            rows = order[start:start + batch_size]
            learn(net, [x_tr[i] for i in rows], [y_tr[i] for i in rows], learning_rate)
        losses.append(cross_entropy([forward(net, sample)[-1] for sample in x_tr], y_tr))
    for k, (W, b) in enumerate(net, start=1):
        model[f'W{k}'], model[f'b{k}'] = W, [b]
    return losses


def train_batch(model, x_tr, y_tr, num_passes, learning_rate):
    return train_stochastic(model, x_tr, y_tr, num_passes, len(x_tr), learning_rate)
