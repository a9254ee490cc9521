"""Draws a question's curves as SVG on the server: no script, no inline style, readable in light and dark.

The outer drawing has no `viewBox`: its text keeps the page's size in a narrow window. The lines lie in an inner one
that is stretched over the plot, with strokes that are not. Colours come from the stylesheet's classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from grader.services import curves
from grader.services.curves import Series
from grader.services.text import one_line

MAX_POINTS = 400  # drawn of one line; of longer ones each stretch's lowest and highest
MAX_DOTS = 24  # lines this short show every value as a dot
MAX_TICKS = 6
HEIGHT = 230
LEFT, WIDTH = 14.0, 83.0  # percent of the drawing
TOP, PLOT = 12, 178
_INNER = 1000
_Scale = Callable[[float], float]


@dataclass(frozen=True)
class Chart:
    """One curve of a question, drawn, with what it shows in words."""

    title: str
    y_label: str
    says: str
    has_student: bool
    has_reference: bool
    svg: Markup


def charts(question_id: str, found: Sequence[Mapping[str, Any]]) -> list[Chart]:
    """Return the drawings of a question's curves, as the API spells them."""
    return [_chart(f"curve-{question_id}-{at}", curve) for at, curve in enumerate(found, start=1)]


def _chart(identity: str, curve: Mapping[str, Any]) -> Chart:
    student, reference = (_drawable(curve.get(key) or ()) for key in ("student", "reference"))
    title, x_label, y_label = (one_line(str(curve.get(key) or ""), 80) for key in ("title", "x_label", "y_label"))
    words = one_line(str(curve.get("says") or curves.says(student, reference, x_label or "step")), 300)
    return Chart(
        title=title,
        y_label=y_label,
        says=words,
        has_student=any(value is not None for value in student),
        has_reference=any(value is not None for value in reference),
        svg=_svg(identity, title, x_label, y_label, words, student, reference),
    )


def _drawable(values: Sequence[Any]) -> Series:
    numbers = curves.finite(values)
    return [value if value is not None and abs(value) <= curves.LARGEST else None for value in numbers]


def _svg(  # noqa: PLR0917 (what a drawing shows, in reading order)
    identity: str, title: str, x_label: str, y_label: str, words: str, student: Series, reference: Series
) -> Markup:
    known = [value for value in (*student, *reference) if value is not None]
    count = max(len(student), len(reference))
    if not known:
        return Markup()
    is_log = curves.takes_decades(known)
    place, ticks = _axis(known, is_log=is_log)
    parts = [
        Markup(
            '<svg class="chart" width="100%" height="{}" role="img" aria-labelledby="{}-title {}-desc">'
            '<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>'
        ).format(
            HEIGHT, identity, identity, identity, title, identity, _described(words, x_label, y_label, is_log=is_log)
        )
    ]
    for value in ticks:
        y = round(TOP + place(value), 1)
        parts.append(
            Markup(
                '<line class="chart__grid" x1="{}%" x2="{}%" y1="{}" y2="{}"/>'
                '<text class="chart__tick" x="{}%" y="{}" dx="-6" dy="0.32em" text-anchor="end">{}</text>'
            ).format(LEFT, LEFT + WIDTH, y, y, LEFT, y, _tick(value))
        )
    bottom = TOP + PLOT
    parts.append(
        Markup('<line class="chart__axis" x1="{}%" x2="{}%" y1="{}" y2="{}"/>').format(
            LEFT, LEFT + WIDTH, bottom, bottom
        )
    )
    parts += [
        Markup('<text class="chart__tick" x="{}%" y="{}" text-anchor="middle">{}</text>').format(
            _percent(at - 1, count), bottom + 17, at
        )
        for at in _steps(count)
    ]
    parts.append(
        Markup('<text class="chart__label" x="{}%" y="{}" text-anchor="end">{}</text>').format(
            LEFT + WIDTH, HEIGHT - 4, x_label
        )
    )
    parts.append(
        Markup(
            '<svg class="chart__plot" x="{}%" y="{}" width="{}%" height="{}" viewBox="0 0 {} {}" '
            'preserveAspectRatio="none" overflow="visible" aria-hidden="true">'
        ).format(LEFT, TOP, WIDTH, PLOT, _INNER, PLOT)
    )
    # The reference on top: where the two agree, its dashes show on the student's line.
    parts += _lines("student", student, count, place)
    parts += _lines("reference", reference, count, place)
    parts.append(Markup("</svg>"))
    parts += _dots("reference", reference, count, place)
    parts += _dots("student", student, count, place)
    parts.append(Markup("</svg>"))
    return Markup().join(parts)


def _described(words: str, x_label: str, y_label: str, *, is_log: bool) -> str:
    scale = " on a logarithmic scale" if is_log else ""
    return f"{y_label} by {x_label}{scale}, yours and the reference's. Yours: {words}"


# --- axes -------------------------------------------------------------------------------------------------------------


def _axis(known: Sequence[float], *, is_log: bool) -> tuple[_Scale, list[float]]:
    """Return what places a value between 0, the top of the plot, and its height; and where to write numbers."""
    if is_log:
        low, high = math.log10(min(known)), math.log10(max(known))
        step = max(1, math.ceil((math.floor(high) - math.ceil(low) + 1) / MAX_TICKS))
        exponents = range(math.ceil(low), math.floor(high) + 1, step)
        return _linear(low, high, math.log10), [10.0**exponent for exponent in exponents if exponent > -308]
    low, high = min(known), max(known)
    if low >= 0 and low <= high / 2:
        low = 0.0  # how small a loss is shows best against zero
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        pad = abs(high) / 2 or 1.0
        low, high = low - pad, high + pad
    size = _nice(high / (MAX_TICKS - 1) - low / (MAX_TICKS - 1))
    first, last = math.ceil(low / size - 1e-9), math.floor(high / size + 1e-9)
    return _linear(low, high, float), [number * size for number in range(first, last + 1)]


def _linear(low: float, high: float, scaled: Callable[[float], float]) -> _Scale:
    span = (high - low) or 1.0
    return lambda value: (1.0 - (scaled(value) - low) / span) * PLOT


def _nice(step: float) -> float:
    """Return the next of 1, 2, 5, 10, 20, 50, … above a step."""
    size = 10.0 ** math.floor(math.log10(step))
    return next(factor * size for factor in (1, 2, 5, 10) if factor * size >= step * 0.999)


def _steps(count: int) -> list[int]:
    """Return which values to number: the first, and round ones after it."""
    if count <= MAX_TICKS:
        return list(range(1, count + 1))
    step = max(1, round(_nice((count - 1) / (MAX_TICKS - 1))))
    return [1, *(at for at in range(step, count + 1, step) if at > step / 2 and at > 1)]


def _tick(value: float) -> str:
    if value and not 1e-3 <= abs(value) < 1e5:
        mantissa, _, exponent = f"{value:.0e}".partition("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:.6g}"


# --- lines ------------------------------------------------------------------------------------------------------------


def _percent(at: float, count: int) -> float:
    return round(LEFT + WIDTH * (at / (count - 1) if count > 1 else 0.5), 2)


def _lines(kind: str, values: Series, count: int, place: _Scale) -> list[Markup]:
    """Return a polyline for each stretch without a gap."""
    if count < 2:
        return []
    stretches: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            stretches.append([])
        else:
            stretches[-1].append((at, value))
    parts = []
    for stretch in stretches:
        if len(stretch) < 2:
            continue
        points = " ".join(f"{at * _INNER / (count - 1):.1f},{place(value):.1f}" for at, value in thinned(stretch))
        parts.append(Markup('<polyline class="chart__line chart__line--{}" points="{}"/>').format(kind, points))
    return parts


def thinned(points: Sequence[tuple[int, float]], most: int = MAX_POINTS) -> list[tuple[int, float]]:
    """Return at most so many points: both ends, and of each stretch lowest and highest, so that no spike is lost."""
    if len(points) <= most:
        return list(points)
    inner = points[1:-1]
    buckets = (most - 2) // 2
    kept = [points[0]]
    for number in range(buckets):
        bucket = inner[number * len(inner) // buckets : (number + 1) * len(inner) // buckets]
        ends = {min(bucket, key=lambda point: point[1]), max(bucket, key=lambda point: point[1])}
        kept += sorted(ends)
    return [*kept, points[-1]]


def _dots(kind: str, values: Series, count: int, place: _Scale) -> list[Markup]:
    """Return a dot for each value of a short curve, and for a value that stands alone between gaps."""
    parts = []
    for at, value in enumerate(values):
        if value is None:
            continue
        before = values[at - 1] if at else None
        after = values[at + 1] if at + 1 < len(values) else None
        if count <= MAX_DOTS or (before is None and after is None):
            parts.append(
                Markup('<circle class="chart__dot chart__dot--{}" cx="{}%" cy="{}" r="{}"/>').format(
                    kind, _percent(at, count), round(TOP + place(value), 1), 3 if kind == "student" else 2.5
                )
            )
    return parts
