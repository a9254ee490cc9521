# expect: momentum_update=0 mistake=swapped
def momentum_update(w, v, grad, lr=0.1, beta=0.9):
    v = beta * v - lr * grad
    return v, w + v
