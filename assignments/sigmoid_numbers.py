"""The numbers of the 2-3-2 sigmoid network: the lecture's own, and drawn ones that are as good to calculate with.

The *Forward pass* and *Gradients* assignments share them: a student has one network for both. Numbers are drawn again
until whoever rounds every step to 4 decimals types the same digits as whoever carries them all, and until every mistake
that is known by name ends on digits of its own. All is computed with `Decimal`, whose `exp` is rounded correctly: every
machine accepts and refuses the same draws. Standard library only, since the web service loads this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from itertools import pairwise
from typing import Final

from assignments.variants import Numbers, Stream

HIDDEN: Final = 3
OUTPUTS: Final = 2
ETA: Final = Decimal("0.5")

LECTURE: Final[Numbers] = {
    "x_0": 0.05, "x_1": 0.10, "y_0": 0.01, "y_1": 0.99,
    "W0_00": 0.15, "W0_01": 0.20, "W0_10": 0.25, "W0_11": 0.30, "W0_20": 0.35, "W0_21": 0.40,
    "W1_00": 0.50, "W1_01": 0.55, "W1_02": 0.60, "W1_10": 0.65, "W1_11": 0.70, "W1_12": 0.75,
    "b_hidden": 0.45, "b_output": 0.80,
}  # fmt: skip
"""The lecture's own numbers: x, y, the weights as W<layer>_<unit><input>, and one bias a layer."""

_HUNDREDTHS = {"x_0": (4, 20), "x_1": (5, 40), "y_0": (1, 20), "y_1": (80, 99), "b": (30, 90), "W": (10, 90)}
_CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN)
_HALF = Decimal("0.5")
_4 = Decimal("0.0001")
_5 = Decimal("0.00001")
_6 = Decimal("0.000001")
_TIE = _4 / 2
_FORWARD_GAP = Decimal("0.002")  # forward mistakes are recognised by 3 decimals, and neighbours must not be both
_GRADIENT_GAP = Decimal("0.0002")
# The slope of a hidden weight starts at the fourth decimal, as in the lecture: it may then be typed with 4, 5 or 6.
_SMALLEST_SLOPE, _LARGEST_SLOPE = Decimal("0.0002"), Decimal("0.00095")

Values = Sequence[Decimal]


def draw(seed: bytes) -> Numbers:
    """Return other numbers under the names of `LECTURE`, two decimals each; always the same ones for a seed."""
    stream = Stream(b"sigmoid network" + seed)
    with localcontext(_CONTEXT):
        while True:
            drawn = {name: Decimal(stream.whole(*_range_of(name))) / 100 for name in LECTURE}
            net = _Net(drawn)
            if _rounds_alike(net) and _forward_is_told_apart(net) and _gradient_is_fit(net):
                return {name: float(value) for name, value in drawn.items()}


def _range_of(name: str) -> tuple[int, int]:
    return _HUNDREDTHS.get(name) or _HUNDREDTHS[name[0]]


def _sigma(z: Decimal) -> Decimal:
    return 1 / (1 + (-z).exp())


def _tanh(z: Decimal) -> Decimal:
    return 1 - 2 / (1 + (2 * z).exp())


def _slope(output: Decimal) -> Decimal:
    return output * (1 - output)


@dataclass(frozen=True)
class _Pass:
    """The values of one forward pass."""

    sums: Values  # z0 to z2 enter the hidden units, z3 and z4 the outputs
    h: Values
    p: Values

    def fields(self) -> Values:
        return (*self.sums, *self.h, *self.p)


class _Net:
    """The network with some numbers."""

    def __init__(self, numbers: dict[str, Decimal]) -> None:
        self.x = [numbers[f"x_{i}"] for i in range(2)]
        self.y = [numbers[f"y_{i}"] for i in range(OUTPUTS)]
        self.w0 = [[numbers[f"W0_{unit}{i}"] for i in range(2)] for unit in range(HIDDEN)]
        self.w1 = [[numbers[f"W1_{unit}{i}"] for i in range(HIDDEN)] for unit in range(OUTPUTS)]
        self.b_hidden, self.b_output = numbers["b_hidden"], numbers["b_output"]
        self.passed = self.forward()

    def hidden_sums(self, bias: Decimal) -> Values:
        return [_dot(weights, self.x) + bias for weights in self.w0]

    def output_sums(self, h: Values, bias: Decimal) -> Values:
        return [_dot(weights, h) + bias for weights in self.w1]

    def forward(self, activation: Callable[[Decimal], Decimal] = _sigma, *, has_bias: bool = True) -> _Pass:
        sums = self.hidden_sums(self.b_hidden * has_bias)
        h = [activation(z) for z in sums]
        outer = self.output_sums(h, self.b_output * has_bias)
        return _Pass([*sums, *outer], h, [activation(z) for z in outer])

    def loss(self, p: Values) -> Decimal:
        return _HALF * sum((a - b) ** 2 for a, b in zip(p, self.y, strict=True))

    def errors(self, p: Values) -> Values:
        return [(a - b) * _slope(a) for a, b in zip(p, self.y, strict=True)]

    def outer_slope(self, h: Values, p: Values) -> Decimal:
        """Return the derivative of the loss by the weight from hidden unit 0 to output 0."""
        return self.errors(p)[0] * h[0]

    def inner_slope(self, h: Values, p: Values, *, paths: int = OUTPUTS) -> Decimal:
        """Return the derivative of the loss by the weight from input 0 to hidden unit 0, over so many outputs."""
        back = sum(error * weights[0] for error, weights in zip(self.errors(p)[:paths], self.w1[:paths], strict=True))
        return back * _slope(h[0]) * self.x[0]


def _dot(weights: Values, inputs: Values) -> Decimal:
    return sum((weight * value for weight, value in zip(weights, inputs, strict=True)), Decimal(0))


# --- rounding on the way ----------------------------------------------------------------------------------------------


def _rounds_alike(net: _Net) -> bool:
    """Return whether rounding every step to 4 decimals ends on the digits that carrying all of them gives."""
    exact = net.passed
    sums = net.hidden_sums(net.b_hidden)
    h = [_sigma(_rounded(z)) for z in sums]
    outer = net.output_sums([_rounded(value) for value in h], net.b_output)
    p = [_sigma(_rounded(z)) for z in outer]
    loss = net.loss([_rounded(value) for value in p])
    steps = zip((*sums, *outer, *h, *p, loss), (*exact.fields(), net.loss(exact.p)), strict=True)
    # A tie is rounded up by one student and to the even digit by another.
    return all(_rounded(got) == _rounded(want) and abs(got - _rounded(got)) != _TIE for got, want in steps)


def _rounded(value: Decimal, to: Decimal = _4) -> Decimal:
    return value.quantize(to)


# --- mistakes ---------------------------------------------------------------------------------------------------------


def _forward_is_told_apart(net: _Net) -> bool:
    right, bare, tanh = net.passed, net.forward(has_bias=False), net.forward(_tanh)
    groups: list[list[Decimal]] = []
    for unit, z in enumerate(right.sums):
        is_hidden = unit < HIDDEN
        own_bare = z - (net.b_hidden if is_hidden else net.b_output)
        outputs = [_sigma(z), _sigma(own_bare), _tanh(z)]
        if is_hidden:
            groups += [[z, own_bare], outputs]
        else:
            groups.append([z, own_bare, bare.sums[unit], tanh.sums[unit]])
            groups.append([*outputs, bare.p[unit - HIDDEN], tanh.p[unit - HIDDEN]])
    loss = net.loss(right.p)
    groups.append([loss, 2 * loss, loss / 2, net.loss(bare.p), net.loss(tanh.p)])
    return all(_are_apart(group, _FORWARD_GAP) for group in groups)


def _gradient_is_fit(net: _Net) -> bool:
    """Return whether the two weights' gradients can be told from their mistakes, and survive rounding on the way."""
    h, p = net.passed.h, net.passed.p
    rounded = [_rounded(value) for value in h], [_rounded(value) for value in p]
    outer, inner, one_path = net.outer_slope(h, p), net.inner_slope(h, p), net.inner_slope(h, p, paths=1)
    if not all(_SMALLEST_SLOPE <= abs(slope) <= _LARGEST_SLOPE for slope in (inner, one_path)):
        return False
    # Either may be typed with 4, 5 or 6 decimals, and whatever is typed must be one of the two only.
    if {_rounded(inner, to) for to in (_4, _5, _6)} & {_rounded(one_path, to) for to in (_4, _5, _6)}:
        return False
    weight = net.w1[0][0]
    error = net.errors(p)[0]
    groups = (
        [outer, -outer, error, (p[0] - net.y[0]) * h[0]],
        [weight - ETA * outer, weight + ETA * outer, weight - outer],
    )
    next_by_steps = weight - ETA * _rounded(outer)
    return (
        all(_are_apart(group, _GRADIENT_GAP) for group in groups)
        and _rounded(net.outer_slope(*rounded)) == _rounded(outer)
        and _rounded(net.inner_slope(*rounded), _6) == _rounded(inner, _6)
        and _rounded(next_by_steps) == _rounded(weight - ETA * outer)
        and abs(next_by_steps - _rounded(next_by_steps)) != _TIE
    )


def _are_apart(values: Iterable[Decimal], gap: Decimal) -> bool:
    return all(b - a >= gap for a, b in pairwise(sorted(values)))
