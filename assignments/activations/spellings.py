"""How one and the same formula behaves far out, depending on how it is spelled.

NumPy's exponential becomes infinite beyond about 709, and what follows may be infinity or NaN; Python's own
(`math.exp`, and `np.e ** z` for a number) raises OverflowError instead. A mistake is the same mistake in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np

from reference.arrays import Floats, Numbers

Function = Callable[[Numbers], Floats]

LARGEST_EXPONENT = 709.0


def spellings(
    function: Function, overflows: Literal["above", "below"], gives: float | None = None
) -> Iterator[Function]:
    """Yield the forms a function takes when the exponential in it overflows on one side.

    Args:
        function: what it gives everywhere else.
        overflows: whether exp() meets large numbers at large or at very negative inputs.
        gives: what NumPy makes of it there, infinity or NaN; None where it comes out right again.
    """
    sign = 1.0 if overflows == "above" else -1.0

    def in_numpy(z: Numbers) -> Floats:
        values = function(z)
        return values if gives is None else np.asarray(np.where(sign * np.asarray(z) > LARGEST_EXPONENT, gives, values))

    def in_python(z: Numbers) -> Floats:
        if np.any(sign * np.asarray(z) > LARGEST_EXPONENT):
            raise OverflowError
        return function(z)

    def in_python_for_numbers(z: Numbers) -> Floats:
        return in_python(z) if isinstance(z, int | float) else in_numpy(z)

    yield from (in_numpy, in_python_for_numbers, in_python)
