# expect: momentum_update=0 mistake=old-velocity
def momentum_update(w, v, grad, lr=0.1, beta=0.9):
    return w + v, beta * v - lr * grad
