"""First steps in Python: the function `f4` of deck 000, "What we learnt?".

`**` binds tighter than `*`, so `a*x**2` squares `x` alone; most wrong answers come from reading it otherwise.
"""

from __future__ import annotations

from typing import Any

from reference.arrays import Numbers


def f4(x: Numbers, a: Numbers = 1) -> Numbers:
    """Return `a` times the square of `x`, entry by entry.

    Args:
        x: a number or an array of any shape.
        a: the factor; 1 when it is left out.

    References:
        Deck 000, "What we learnt?".

    >>> f4(3), f4(3, 2), f4(3, a=-1)
    (9, 18, -9)
    """
    return a * x**2


def f4_product_squared(x: Numbers, a: Numbers = 1) -> Numbers:
    """Return the square of the whole product, as if `*` bound tighter than `**`."""
    return (a * x) ** 2


def f4_doubled(x: Numbers, a: Numbers = 1) -> Numbers:
    """Return twice the product: `* 2` in place of `** 2`, which is the same number at x = 2 and at x = 0."""
    return a * x * 2


def f4_no_default(x: Numbers, a: Numbers) -> Numbers:
    """Return the right value, but insist on being given `a`."""
    return a * x**2


def f4_factor_squared(x: Numbers, a: Numbers = 1) -> Numbers:
    """Return `x` times the square of the factor: the exponent on the wrong name."""
    return a**2 * x


def f4_not_squared(x: Numbers, a: Numbers = 1) -> Numbers:
    """Return the plain product, without the square."""
    return a * x


def f4_caret(x: Any, a: Any = 1) -> Any:
    """Combine the bits of `a * x` and 2: `^` is "exclusive or", and knows whole numbers only."""
    return a * x ^ 2


def f4_added(x: Numbers, a: Numbers = 1) -> Numbers:
    """Return the sum of the factor and the square."""
    return a + x**2


def f4_example_square(x: Numbers, a: Numbers = 1) -> Numbers:
    """Return the factor times 4, the square in the lecture's own call, whatever `x` is."""
    return 4 * a
