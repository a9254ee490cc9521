"""Words, signs and amounts as pages show them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assignments.verdict import Verdict
from grader.models import RunStatus
from grader.policy.lateness import State
from grader.web import identity, words


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_word_and_a_sign(verdict: Verdict):
    label = words.VERDICTS[verdict]
    assert label.word
    assert label.sign


def test_every_state_has_a_label():
    assert set(words.STATUSES) == set(RunStatus)
    assert set(words.ASSIGNMENT_STATES) >= set(State)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(Decimal(13), "13"), (Decimal("6.50"), "6.5"), (0.126, "0.13"), (0.0, "0"), (-0.001, "0"), (None, "–")],
)
def test_points_show_no_more_digits_than_they_need(value: object, shown: str):
    assert words.points(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 seconds"), (1, "1 second"), (59, "59 seconds"), (3_661, "1 hour 1 minute"), (200_000, "2 days 7 hours")],
)
def test_durations_have_their_two_largest_units(seconds: int, shown: str):
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(1, "1 byte"), (812, "812 bytes"), (1_434, "1.4 KiB"), (3 << 20, "3 MiB")]
)
def test_sizes_are_in_binary_units(count: int, shown: str):
    assert words.size(count) == shown


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "",
        "evil.example",
        "///evil.example",
    ],
)
def test_a_target_off_this_site_becomes_the_start_page(target: str):
    assert identity.relative_path(target) == "/"


@pytest.mark.parametrize("target", ["/", "/c/dl101", "/c/dl101/gradebook?search=a&sort=total"])
def test_a_path_on_this_site_is_kept(target: str):
    assert identity.relative_path(target) == target
