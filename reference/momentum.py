"""Gradient descent with momentum: the weights move with a velocity that remembers the gradients before."""

from reference.arrays import Floats


def momentum_update(w: Floats, v: Floats, grad: Floats, lr: float = 0.1, beta: float = 0.9) -> tuple[Floats, Floats]:
    """Return the new weights and the new velocity, (D,) each: v ← βv − ηg, and then w ← w + v."""
    v = beta * v - lr * grad
    return w + v, v


def uphill(w: Floats, v: Floats, grad: Floats, lr: float = 0.1, beta: float = 0.9) -> tuple[Floats, Floats]:
    """Add the gradient to the velocity where it is to be taken off."""
    return momentum_update(w, v, -grad, lr, beta)


def old_velocity(w: Floats, v: Floats, grad: Floats, lr: float = 0.1, beta: float = 0.9) -> tuple[Floats, Floats]:
    """Move the weights by the velocity from before the step."""
    return w + v, beta * v - lr * grad


def velocity_taken_off(w: Floats, v: Floats, grad: Floats, lr: float = 0.1, beta: float = 0.9) -> tuple[Floats, Floats]:
    """Move the weights against the velocity, which has its minus sign already."""
    v = beta * v - lr * grad
    return w - v, v


def whole_velocity(w: Floats, v: Floats, grad: Floats, lr: float = 0.1, beta: float = 0.9) -> tuple[Floats, Floats]:
    """Keep the whole old velocity, whatever β is."""
    return momentum_update(w, v, grad, lr, beta=1.0)


def whole_gradient(w: Floats, v: Floats, grad: Floats, lr: float = 0.1, beta: float = 0.9) -> tuple[Floats, Floats]:
    """Take the whole gradient off, whatever η is."""
    return momentum_update(w, v, grad, 1.0, beta)


def rates_fixed(w: Floats, v: Floats, grad: Floats, lr: float = 0.1, beta: float = 0.9) -> tuple[Floats, Floats]:
    """Use the defaults, whatever is given."""
    return momentum_update(w, v, grad)


def averaged(w: Floats, v: Floats, grad: Floats, lr: float = 0.1, beta: float = 0.9) -> tuple[Floats, Floats]:
    """Weight the gradient with 1 - β as well, as an average does."""
    return momentum_update(w, v, grad, (1.0 - beta) * lr, beta)


def no_momentum(w: Floats, v: Floats, grad: Floats, lr: float = 0.1, beta: float = 0.9) -> tuple[Floats, Floats]:
    """Step by the gradient alone, and give the velocity back as it came."""
    return w - lr * grad, v


def velocity_not_kept(w: Floats, v: Floats, grad: Floats, lr: float = 0.1, beta: float = 0.9) -> tuple[Floats, Floats]:
    """Move the weights rightly, and give the velocity back as it came."""
    return momentum_update(w, v, grad, lr, beta)[0], v


def swapped(w: Floats, v: Floats, grad: Floats, lr: float = 0.1, beta: float = 0.9) -> tuple[Floats, Floats]:
    """Return the velocity before the weights."""
    w, v = momentum_update(w, v, grad, lr, beta)
    return v, w
