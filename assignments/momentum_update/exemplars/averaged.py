# expect: momentum_update=0 mistake=averaged
def momentum_update(w, v, grad, lr=0.1, beta=0.9):
    v = beta * v - lr * (1 - beta) * grad
    return w + v, v
