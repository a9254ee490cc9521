# expect: identity=0 mistake=scalars-only
# expect: step=0 mistake=scalars-only
# expect: sigmoid=0 mistake=scalars-only
# expect: tanh=0 mistake=scalars-only
# expect: relu=0 mistake=scalars-only
# expect: softplus=0 mistake=scalars-only
# expect: sigmoid_grad=0 mistake=scalars-only
# expect: tanh_grad=0 mistake=scalars-only
# expect: relu_grad=0 mistake=scalars-only
# expect: softplus_grad=0 mistake=scalars-only
import math


def identity(z):
    return float(z)


def step(z):
    if z > 0:
        return 1
    return 0


def sigmoid(z):
    if z >= 0:
        return 1 / (1 + math.exp(-z))
    return math.exp(z) / (1 + math.exp(z))


def tanh(z):
    return math.tanh(z)


def relu(z):
    return max(0, z)


def softplus(z):
    return math.log1p(math.exp(z))


def sigmoid_grad(z):
    s = 1 / (1 + math.exp(-z))
    return s * (1 - s)


def tanh_grad(z):
    return 1 - math.tanh(z) ** 2


def relu_grad(z):
    return 1 if z > 0 else 0


def softplus_grad(z):
    return 1 / (1 + math.exp(-z))
