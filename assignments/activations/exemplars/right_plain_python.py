# expect: full
import math


def entry_by_entry(h, z):
    if getattr(z, "ndim", 0) == 0:
        return h(float(z))
    return [entry_by_entry(h, part) for part in z]


def identity(z):
    return entry_by_entry(lambda v: v, z)


def step(z):
    return entry_by_entry(lambda v: v > 0, z)


def one_sigmoid(v):
    if v < 0:
        return 1 - one_sigmoid(-v)
    return 1 / (1 + math.exp(-v))


def sigmoid(z):
    return entry_by_entry(one_sigmoid, z)


def tanh(z):
    return entry_by_entry(math.tanh, z)


def relu(z):
    return entry_by_entry(lambda v: max(v, 0.0), z)


def one_softplus(v):
    return max(v, 0.0) + math.log1p(math.exp(-abs(v)))


def softplus(z):
    return entry_by_entry(one_softplus, z)


def sigmoid_grad(z):
    return entry_by_entry(lambda v: one_sigmoid(v) * one_sigmoid(-v), z)


def tanh_grad(z):
    return entry_by_entry(lambda v: 1 - math.tanh(v) ** 2, z)


def relu_grad(z):
    return entry_by_entry(lambda v: 1 if v > 0 else 0, z)


def softplus_grad(z):
    return entry_by_entry(one_sigmoid, z)
