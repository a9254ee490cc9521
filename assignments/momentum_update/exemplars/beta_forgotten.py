# expect: momentum_update=0 mistake=beta-forgotten
def momentum_update(w, v, grad, lr=0.1, beta=0.9):
    v = v - lr * grad
    return w + v, v
