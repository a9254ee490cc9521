# expect: momentum_update=0 mistake=rate-forgotten
def momentum_update(w, v, grad, lr=0.1, beta=0.9):
    v = beta * v - grad
    return w + v, v
