# expect: full
class Momentum:
    def __init__(self, lr, beta):
        self.lr = lr
        self.beta = beta

    def step(self, w, v, grad):
        v = v * self.beta
        v -= self.lr * grad
        return w + v, v


def momentum_update(w, v, grad, lr=0.1, beta=0.9):
    return Momentum(lr, beta).step(w, v, grad)
