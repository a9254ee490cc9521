# expect: momentum_update=0 mistake=gradient-ascent
def momentum_update(w, v, grad, lr=0.1, beta=0.9):
    return w + beta * v + lr * grad, beta * v + lr * grad
