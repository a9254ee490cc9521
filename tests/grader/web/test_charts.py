"""The drawing of a curve: valid, without inline style, and right whatever the values are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.web import charts
from tests.grader.web.conftest import World, question

if TYPE_CHECKING:
    from collections.abc import Sequence

XSS = '"><script>alert(1)</script>'
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def curve(student: Sequence[float | None], reference: Sequence[float | None] = (3, 1, 0), **texts: str):
    words = {"title": "Errors by epoch", "x_label": "epoch", "y_label": "errors", **texts}
    return {**words, "student": list(student), "reference": list(reference)}


def drawn(*args, **texts):
    (chart,) = charts.charts("train", [curve(*args, **texts)])
    return chart


def parsed(chart):
    return ET.fromstring(chart.svg)  # noqa: S314 (our own drawing)


def points(chart, kind: str) -> list[list[tuple[float, float]]]:
    lines = [line.get("points") for line in parsed(chart).iter("polyline") if f"--{kind}" in line.get("class")]
    return [[tuple(map(float, point.split(","))) for point in line.split()] for line in lines]


def ticks(chart) -> list[str]:
    return [text.text for text in parsed(chart).iter("text") if text.get("class") == "chart__tick"]


def test_both_lines_are_drawn_and_the_alternative_says_what_they_show():
    chart = drawn([3, 2, 0])
    root = parsed(chart)
    assert root.get("role") == "img"
    named = root.get("aria-labelledby").split()
    assert root.find(f"*[@id='{named[0]}']").text == "Errors by epoch"
    assert "It falls from 3 to 0" in root.find("desc").text
    assert chart.says.startswith("It falls from 3 to 0")
    ((first, _, last),) = points(chart, "student")
    assert first[1] < last[1]  # up on the page is more
    assert len(points(chart, "reference")) == 1
    assert "style=" not in chart.svg


def test_short_curves_have_dots_and_long_ones_do_not():
    assert drawn([3, 2, 0]).svg.count("chart__dot--student") == 3
    assert "chart__dot" not in drawn([0.5] * 100, [0.4] * 100).svg


def test_a_single_value_is_a_dot():
    chart = drawn([2], [1])
    assert "polyline" not in chart.svg
    assert chart.svg.count("<circle") == 2


def test_losses_over_decades_are_drawn_on_a_logarithmic_scale():
    chart = drawn([10.0**-at for at in range(6)], [1, 0.01, 1e-5])
    assert "logarithmic" in parsed(chart).find("desc").text
    ((*_, before, last),) = points(chart, "student")
    ((first, second, *_),) = points(chart, "student")
    assert last[1] - before[1] == pytest.approx(second[1] - first[1], abs=0.2)  # each decade is as high as the others
    assert {"1", "0.001", "1e-5"} <= set(ticks(chart))


def test_a_zero_keeps_the_scale_linear():
    assert "logarithmic" not in drawn([1000, 10, 0]).svg


def test_a_gap_interrupts_the_line_and_a_lonely_value_is_a_dot():
    values = [1.0, 2.0, None, 3.0, None, 2.0, 1.0] + [1.0] * 30
    chart = drawn(values, [])
    assert [len(line) for line in points(chart, "student")] == [2, 32]
    assert chart.svg.count("chart__dot--student") == 1


def test_a_long_series_is_thinned_and_keeps_its_spike():
    values = [0.5] * 5000
    values[1234] = 9.0
    ((*line,),) = points(drawn(values, []), "student")
    assert len(line) <= charts.MAX_POINTS
    assert min(y for _, y in line) == 0.0


def test_where_nothing_can_be_drawn_there_are_only_words():
    chart = drawn([None], [])
    assert chart.svg == ""
    assert chart.says


@given(
    st.lists(st.none() | st.floats() | st.sampled_from([1e308, -1e308, 5e-324, 0.0]), max_size=40),
    st.lists(st.floats(0, 1e3), max_size=5),
)
def test_whatever_comes_the_drawing_is_finite_and_inside(student, reference):
    chart = drawn(student, reference)
    if not chart.svg:
        return
    assert not re.search(r"\b(nan|inf)\b", re.sub(r"<(desc|title).*?</\1>", "", chart.svg))
    for kind in ("student", "reference"):
        for line in points(chart, kind):
            assert all(-0.5 <= x <= 1000.5 and -0.5 <= y <= charts.PLOT + 0.5 for x, y in line)
    assert len(ticks(chart)) <= 40


def test_hostile_text_stays_text():
    chart = drawn([1, 2], title=XSS, x_label=XSS, y_label=XSS)
    parsed(chart)
    assert "<script" not in chart.svg


def test_the_result_page_draws_a_questions_curves(world: World):
    submission_id = world.add_submission(
        questions=[
            question("predict", score=5, max_score=5, verdict="passed"),
            question("train", score=8, max_score=8, verdict="passed", position=1, curves=[curve([3, None, XSS, 0])]),
        ]
    )
    browser = world.browser("ann@example.edu")
    browser.get(f"/s/{submission_id}")
    assert browser.page.count('<svg class="chart"') == 1
    assert "It explodes: value 2 of 4 is not a finite number." in browser.page
    assert "<script>alert" not in browser.page
    assert re.search(r'id="q-train" open', browser.page)  # nothing lost points: the curve is worth a look
    assert " style=" not in browser.page
