# expect: full
# Plain Python: lists come back.
import math


def s(z):
    return 1 / (1 + math.exp(-z))


def graph_gradients(x, y, z):
    n, d = len(x), len(x[0])
    gx = [[0] * d for _ in range(n)]
    gy = [[0] * d for _ in range(n)]
    gz = [[0] * d for _ in range(n)]
    for i in range(n):
        for j in range(d):
            gx[i][j] += y[i][j]
            gy[i][j] += x[i][j]
            gz[i][j] += 1
    return gx, gy, gz


def neuron_gradients(x, w, b, y):
    z = b
    for i in range(len(x)):
        z += x[i] * w[i]
    out = s(z)
    delta = (out - y) * out * (1 - out)
    return [delta * v for v in x], delta


def network_gradients(x, y, W0, b0, W1, b1):
    h = [s(sum(w * v for w, v in zip(row, x)) + b) for row, b in zip(W0, b0)]
    p = [s(sum(w * v for w, v in zip(row, h)) + b) for row, b in zip(W1, b1)]
    d1 = [(pk - yk) * pk * (1 - pk) for pk, yk in zip(p, y)]
    d0 = []
    for j in range(len(h)):
        back = 0
        for k in range(len(p)):
            back += d1[k] * W1[k][j]
        d0.append(back * h[j] * (1 - h[j]))
    dW0 = [[d * v for v in x] for d in d0]
    dW1 = [[d * v for v in h] for d in d1]
    return dW0, d0, dW1, d1
