"""Cases for `predict` and `update`: each kind is drawn so that one particular slip changes the answer.

Numbers are eighths, so every sum is exact in any order of adding up, and a sum meant to lie on the threshold does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assignments.language import Check
from assignments.script import call
from reference.arrays import Floats

EIGHTH = 0.125
HAIR = 2.0**-10
TIE = "exactly on the threshold"
"""The cases on the threshold itself count as one: whoever says 1 there says so in all of them."""

MARGIN = 0.5
"""Sums that are not meant to lie on the threshold keep this far from it."""


@dataclass(frozen=True)
class Neuron:
    """Weights, bias and one sample: `w` (D,), `w0`, `x` (D,)."""

    w: Floats
    w0: float
    x: Floats

    @property
    def bare(self) -> float:
        """The weighted sum without the bias."""
        return float(self.w @ self.x)

    @property
    def total(self) -> float:
        """The weighted sum with the bias."""
        return self.bare + self.w0


def eighths(rng: np.random.Generator, low: float, high: float, size: int | None = None) -> Any:
    """Draw multiples of 1/8 in [low, high], none of them 0."""
    lowest, highest = round(low / EIGHTH), round(high / EIGHTH)
    whole = rng.integers(lowest, highest + 1, size)
    drawn = np.where(whole == 0, 1 if highest > 0 else -1, whole) * EIGHTH
    return drawn if size is not None else float(drawn)


def draw(rng: np.random.Generator, dim: int, *, w0: float | None = None) -> Neuron:
    """Draw a neuron and a sample in `dim` dimensions whose weighted sum is not 0."""
    while True:
        w, x = eighths(rng, -3, 3, dim), eighths(rng, -3, 3, dim)
        if abs(float(w @ x)) >= MARGIN:
            return Neuron(w, eighths(rng, -3, 3) if w0 is None else w0, x)


def draw_until(rng: np.random.Generator, dim: int, accept: Callable[[Neuron], bool]) -> Neuron:
    """Draw until `accept` agrees."""
    while True:
        neuron = draw(rng, dim)
        if accept(neuron):
            return neuron


# --- predict ----------------------------------------------------------------------------------------------------------


def predict_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `predict`: five shown, then pairs of a 1 and a 0 that count together."""
    return [*_shown_decisions(), *_hidden_decisions(rng)]


def _shown_decisions() -> list[Check]:
    w, x = np.array([0.5, -1.0]), np.array([1.0, 2.0])
    return [
        Check("sum above 0", call("predict", w, 2.5, x), visible=True, group="shown"),
        Check("sum below 0", call("predict", w, 0.25, x), visible=True, group="shown"),
        Check("sum exactly 0", call("predict", w, 1.5, x), visible=True, group=TIE),
        Check("above the threshold", call("predict", w, 2.5, x, 0.75), visible=True, group="shown"),
        Check("below the threshold", call("predict", w, 2.5, x, threshold=1.25), visible=True, group="shown"),
    ]


def _hidden_decisions(rng: np.random.Generator) -> Iterator[Check]:
    for name, draws in _DECISIONS.items():
        for answer in (1, 0):
            for dim in (int(rng.integers(2, 4)), int(rng.integers(4, 8))):
                neuron, threshold = draws(rng, dim, answer)
                arguments: tuple[Any, ...] = (neuron.w, neuron.w0, neuron.x)
                script = call("predict", *arguments)
                if threshold is not None:
                    by_name = rng.random() < 0.5
                    script = (
                        call("predict", *arguments, threshold=threshold)
                        if by_name
                        else call("predict", *arguments, threshold)
                    )
                yield Check(f"{name}, {dim} inputs", script, group=f"{name}, {'few' if dim < 4 else 'many'} inputs")
    for dim in (1, 3, 6):
        neuron = draw(rng, dim)
        on_zero = Neuron(neuron.w, -neuron.bare, neuron.x)
        yield Check(f"exactly on 0, {dim} inputs", call("predict", on_zero.w, on_zero.w0, on_zero.x), group=TIE)
        threshold = neuron.total
        yield Check(
            f"exactly on the threshold, {dim} inputs",
            call("predict", neuron.w, neuron.w0, neuron.x, threshold),
            group=TIE,
        )


def _plain(rng: np.random.Generator, dim: int, answer: int) -> tuple[Neuron, float | None]:
    """Draw a bias of 0 and the default threshold."""
    return _flipped_to(draw(rng, dim, w0=0.0), answer), None


def _bias_decides(rng: np.random.Generator, dim: int, answer: int) -> tuple[Neuron, float | None]:
    """Draw a bias that puts the sum on the other side of 0."""
    neuron = _flipped_to(draw(rng, dim, w0=0.0), 1 - answer)
    bias = -neuron.bare + (1 if answer else -1) * eighths(rng, MARGIN, 3)
    return Neuron(neuron.w, bias, neuron.x), None


def _bias_decides_by_far(rng: np.random.Generator, dim: int, answer: int) -> tuple[Neuron, float | None]:
    """Draw a bias so large that even half of it puts the sum on the other side: only a missing one does harm."""
    neuron = _flipped_to(draw(rng, dim, w0=0.0), 1 - answer)
    return Neuron(neuron.w, -3 * neuron.bare, neuron.x), None


def _threshold_decides(rng: np.random.Generator, dim: int, answer: int) -> tuple[Neuron, float | None]:
    """Draw a threshold with 0 between it and the sum."""
    neuron = _flipped_to(draw(rng, dim, w0=0.0), 1 - answer)
    # A bias that never carries the sum across 0, so that only the threshold decides.
    bias = float(np.sign(neuron.bare)) * eighths(rng, EIGHTH, 1)
    neuron = Neuron(neuron.w, bias, neuron.x)
    return neuron, neuron.total + (-1 if answer else 1) * eighths(rng, MARGIN, 2)


def _bias_agrees(rng: np.random.Generator, dim: int, answer: int) -> tuple[Neuron, float | None]:
    """Draw a bias on the same side as the weighted inputs and larger: forgotten it does no harm, subtracted it does."""
    neuron = _flipped_to(draw(rng, dim, w0=0.0), answer)
    return Neuron(neuron.w, 2 * neuron.bare, neuron.x), None


def _threshold_agrees(rng: np.random.Generator, dim: int, answer: int) -> tuple[Neuron, float | None]:
    """Draw a sum on one side of 0 and a threshold further out on the other: ignored it does no harm."""
    neuron = _flipped_to(draw(rng, dim, w0=0.0), answer)
    bias = float(np.sign(neuron.bare)) * eighths(rng, EIGHTH, 1)
    neuron = Neuron(neuron.w, bias, neuron.x)
    return neuron, -2 * neuron.total


def _close(rng: np.random.Generator, dim: int, answer: int) -> tuple[Neuron, float | None]:
    """Draw a sum next to 0, where only the default threshold itself decides rightly."""
    neuron = draw(rng, dim)
    return Neuron(neuron.w, -neuron.bare + (HAIR if answer else -HAIR), neuron.x), None


def _large(rng: np.random.Generator, dim: int, answer: int) -> tuple[Neuron, float | None]:
    """Draw numbers in the hundreds, with a bias and a threshold that matter."""
    neuron = draw(rng, dim)
    scaled = Neuron(neuron.w * 64, neuron.w0 * 64, neuron.x * 2)
    return scaled, scaled.total + (-1 if answer else 1) * eighths(rng, MARGIN, 40)


def _flipped_to(neuron: Neuron, answer: int) -> Neuron:
    """Return the neuron, its weights turned round where the sum without bias would decide otherwise."""
    is_one = neuron.bare > 0
    return neuron if is_one == bool(answer) else Neuron(-neuron.w, neuron.w0, neuron.x)


_DECISIONS: dict[str, Callable[[np.random.Generator, int, int], tuple[Neuron, float | None]]] = {
    "no bias": _plain,
    "the bias decides": _bias_decides,
    "the bias decides by far": _bias_decides_by_far,
    "the threshold decides": _threshold_decides,
    "the bias agrees": _bias_agrees,
    "the threshold agrees": _threshold_agrees,
    "large numbers": _large,
    "close to 0": _close,
}


# --- update -----------------------------------------------------------------------------------------------------------

SHOWN_RATE = 0.5


def update_checks(rng: np.random.Generator) -> Sequence[Check]:
    """Return the cases of `update`; each one that moves counts together with one that must not."""
    return [*_shown_updates(), *_hidden_updates(rng)]


def _shown_updates() -> list[Check]:
    w, x = np.array([0.5, -1.0]), np.array([1.0, 2.0])
    zeros = np.zeros(2)
    return [
        Check("0 where 1 is due", call("update", w, 0.25, x, 1, SHOWN_RATE), visible=True, group="shown, label 1"),
        Check("1, and 1 is due", call("update", w, 2.5, x, 1), visible=True, group="shown, label 1"),
        Check("1 where 0 is due", call("update", w, 2.5, x, 0, lr=2.0), visible=True, group="shown, label 0"),
        Check("0, and 0 is due", call("update", w, 0.25, x, 0), visible=True, group="shown, label 0"),
        Check("from zeros, 1 is due", call("update", zeros, 0.0, x, 1), visible=True, group="shown, from zeros"),
    ]


def _hidden_updates(rng: np.random.Generator) -> Iterator[Check]:
    for label in (1, 0):
        for dim in (1, int(rng.integers(2, 4)), int(rng.integers(4, 8))):
            group = f"label {label}, {dim} inputs"
            for is_right in (False, True):
                yield _update_check(rng, dim, label, is_right=is_right, group=group)
        yield _one_step_is_not_enough(rng, label, group=f"label {label}, 1 inputs")
        dim = int(rng.integers(2, 6))
        yield from _bias_decides_update(rng, dim, label)
    for label in (1, 0):
        # Exactly on the threshold the output is 0: an error where 1 is due, and right where 0 is.
        for where, offset in (("exactly 0", 0.0), ("just above 0", HAIR), ("just below 0", -HAIR)):
            neuron = draw(rng, int(rng.integers(2, 5)))
            rate = float(rng.choice([0.25, 2.0, 3.0]))
            yield Check(
                f"sum {where}, label {label}",
                call("update", neuron.w, -neuron.bare + offset, neuron.x, label, rate),
                group="sum at 0",
            )


def _one_step_is_not_enough(rng: np.random.Generator, label: int, *, group: str) -> Check:
    """Draw an error so large that the decision is still wrong after the step, which is one step all the same."""
    neuron, rate = draw(rng, int(rng.integers(2, 6))), 0.25
    gain = rate * (float(neuron.x @ neuron.x) + 1)
    w0 = -neuron.bare + (-3 if label else 3) * gain
    return Check(f"label {label}, a large error", call("update", neuron.w, w0, neuron.x, label, rate), group=group)


def _update_check(rng: np.random.Generator, dim: int, label: int, *, is_right: bool, group: str) -> Check:
    output = label if is_right else 1 - label
    neuron = draw_until(rng, dim, lambda n: abs(n.total) >= MARGIN and (n.total > 0) == bool(output))
    rate = float(rng.choice([0.25, 0.5, 2.0, 3.0]))
    arguments: tuple[Any, ...] = (neuron.w, neuron.w0, neuron.x, label)
    script = call("update", *arguments, rate) if rng.random() < 0.5 else call("update", *arguments, lr=rate)
    return Check(f"label {label}, output {output}, {dim} inputs", script, group=group)


def _bias_decides_update(rng: np.random.Generator, dim: int, label: int) -> Iterator[Check]:
    """Draw two cases where the sum without its bias would decide otherwise, with the learning rate left out."""
    for output in (label, 1 - label):
        neuron, _ = _bias_decides(rng, dim, output)
        yield Check(
            f"label {label}, output {output} by the bias",
            call("update", neuron.w, neuron.w0, neuron.x, label),
            group=f"label {label}, the bias decides",
        )
