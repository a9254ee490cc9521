# expect: full
def momentum_update(w, v, grad, lr=0.1, beta=0.9):
    new_w, new_v = [], []
    for i in range(len(w)):
        velocity = beta * v[i] - lr * grad[i]
        new_v.append(velocity)
        new_w.append(w[i] + velocity)
    return new_w, new_v
