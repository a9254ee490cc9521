# expect: xor_network=6
# Tries whole numbers until the outputs are right. (No mutants: a search that looks elsewhere finds a right network, too.)
from itertools import product


def output(net, x):
    W0, b0, W1, b1 = net
    h = [1 if w[0] * x[0] + w[1] * x[1] + b > 0 else 0 for w, b in zip(W0, b0)]
    return 1 if W1[0][0] * h[0] + W1[0][1] * h[1] + b1[0] > 0 else 0


def xor_network():
    for a, b, c, d in product((-1, 1), (-1, 0), (-1, 1), (-1, 0)):
        net = [[a, -a], [-a, a]], [b, b], [[c, c]], [d]
        if all(output(net, (p, q)) == (p != q) for p in (0, 1) for q in (0, 1)):
            return net
