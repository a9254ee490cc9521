"""Python warm-up: write f4 here, then hand this file in.

The other answers of this assignment are typed into the page.
"""

import numpy as np  # not needed to solve it, but handy for trying it on arrays


def f4(x, a=1):
    """Return a times the square of x. x is a number or a NumPy array; a is 1 when it is left out."""
    raise NotImplementedError("f4 is not written yet: put your own line here in place of this one")


if __name__ == "__main__":
    # Runs when you start this file yourself; the grader does not run it.
    print(f4(3))  # 9
    print(f4(np.array([1.0, -2.0]), a=0.5))  # [0.5 2. ]
