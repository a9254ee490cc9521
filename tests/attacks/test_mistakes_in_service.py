"""A student's mistake never wedges the service, nor does a student: `python -m tests.benchmarks.soak`, with fewer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.benchmarks import mistakes
from tests.benchmarks.soak import grown

NUMBER = 2 * len(mistakes.KINDS)
FLOOD = 20


@pytest.fixture(scope="module")
def them(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mistakes.Crowd]:
    """The students of a whole service."""
    with mistakes.crowd(tmp_path_factory.mktemp("crowd")) as crowd:
        yield crowd


@pytest.mark.timeout(600)
def test_mistakes_of_every_kind_are_graded_beside_right_ones_and_leave_nothing_behind(them: mistakes.Crowd) -> None:
    """Each kind alone and then all in a row: verdicts, pool, processes, descriptors, memory of every part."""
    found = mistakes.in_a_row(them, NUMBER)
    assert found["odd"] == []
    assert sum(found["fates"].values()) == NUMBER + len(mistakes.KINDS)
    assert grown(found) == []


@pytest.mark.timeout(600)
def test_right_upload_is_graded_next_however_many_hanging_ones_another_student_handed_in(them: mistakes.Crowd) -> None:
    """It waits for the runs that have been started by then, and for no other."""
    found = mistakes.flood(them, FLOOD)
    assert found["odd"] == []
    assert found["overtook"] == 0
