# expect: momentum_update=0 mistake=rates-fixed
def momentum_update(w, v, grad, lr=0.1, beta=0.9):
    v = 0.9 * v - 0.1 * grad
    return w + v, v
