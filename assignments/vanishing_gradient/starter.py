"""Vanishing gradients: write the function, then hand this file in. The other answer is typed into the page."""

import numpy as np


def gradient_through_layers(n, z=0.0):
    """Return an array of n entries: entry k is the factor that k+1 sigmoid layers at z put on a gradient."""
    raise NotImplementedError(
        "gradient_through_layers is not written yet: put your own lines here in place of this one"
    )


if __name__ == "__main__":
    # Runs when you start this file yourself; the grader does not run it.
    print(gradient_through_layers(2, 3.0))  # [0.04517666 0.00204093]
