"""The numbers of this statement: a point (x, y, z) for the product, and the network of *Forward pass by hand*."""

from __future__ import annotations

from assignments import sigmoid_numbers
from assignments.variants import Numbers, Stream

DEFAULT_VARIANT: Numbers = {"x": -2, "y": 5, "z": -4, **sigmoid_numbers.LECTURE}

LARGEST = 9


def draw(seed: bytes) -> Numbers:
    """Return the point and the network of one seed."""
    return {**_point(seed), **sigmoid_numbers.draw(seed)}


def _point(seed: bytes) -> Numbers:
    stream = Stream(b"product" + seed)
    while True:
        x, y, z = (stream.whole(-LARGEST, LARGEST) for _ in range(3))
        q = x + y
        # By x and y the derivative is z. It must differ from what it is taken for: q, z with the other sign, the
        # letter's own value. With no 0 and no 1 among them, q, f and the derivatives differ from each other too.
        if {0, 1, -1}.isdisjoint((x, y, z, q)) and len({abs(z), abs(q), abs(x)}) == len({abs(z), abs(q), abs(y)}) == 3:
            return {"x": x, "y": y, "z": z}
