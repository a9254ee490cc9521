"""Momentum update: write the function, then hand this file in."""


def momentum_update(w, v, grad, lr=0.1, beta=0.9):
    """Return (w, v) after one step of gradient descent with momentum; w, v and grad are arrays of one shape."""
    raise NotImplementedError("momentum_update is not written yet: put your own lines here in place of this one")


if __name__ == "__main__":
    import numpy as np

    # Runs when you start this file yourself; the grader does not run it.
    print(momentum_update(np.array([3.0]), np.array([-1.0]), np.array([2.0]), lr=0.25, beta=0.8))  # 1.7 and -1.3
