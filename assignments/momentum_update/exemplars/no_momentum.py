# expect: momentum_update=0 mistake=no-momentum
def momentum_update(w, v, grad, lr=0.1, beta=0.9):
    return w - lr * grad, v
