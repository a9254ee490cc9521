"""What a child tells of names and places, which a submission may have chosen by a hidden check's input."""

from __future__ import annotations

import dataclasses
import tracemalloc
from typing import Any

import pytest

from assignments.script import Call, Outcome, Probes, Repeat, Script, Source, Status
from assignments.spec import Limits
from worker import wire
from worker.client import Job
from worker.hearsay import Known

TEXT = "def train(w, X):\n    w += 1\n\nclass Net:\n    def update(self, w): pass\n"
CALL = Call("train", (1,), {"lr": 2}, rests_on="update")
JOB = Job(
    (Source("work.py", "work", (TEXT,)), Source("n.ipynb", "n", ("a = 1", "b\rc = 2"), ("cell 1", "cell 4"))),
    "work",
    (Probes("q", (Script((Repeat(2, (CALL,)),), returns=("result",)),)),),
    Limits(),
)


def checked(**told: Any) -> Outcome:
    return Known(JOB).checked(Outcome(**{"status": Status.RAISED} | told))


@pytest.mark.parametrize(
    ("file", "line", "is_place"),
    [
        ("work.py", 1, True),
        ("work.py", 6, True),
        ("work.py", None, True),
        ("work.py", 4711, False),
        ("the input was 4", 1, False),
        ("n.ipynb, cell 4", 2, True),
        ("n.ipynb, cell 1", 20, False),
        ("n.ipynb", 1, False),
        (None, 4711, False),
        ("", None, False),
    ],
)
def test_place_lies_in_the_submissions_own_files(file: str | None, line: int | None, is_place: bool) -> None:
    """A file's name and the number of a line are what a submission says they are: `compile` takes any."""
    outcome = checked(file=file, line=line)
    assert (outcome.file, outcome.line) == ((file, line) if is_place else (None, None))


def test_place_of_a_crash_has_a_line_there_is() -> None:
    lines = wire.lines_of(JOB.sources)
    assert wire.where_stopped(b'File "work.py", line 3 in f', lines) == ("f", "work.py", 3)
    assert wire.where_stopped(b'File "work.py", line 4711 in f', lines) == (None, None, None)


def test_function_and_question_are_those_that_were_asked_for() -> None:
    honest = checked(function="train", rests_on="update")
    assert (honest.function, honest.rests_on) == ("train", "update")
    other = checked(function="the input was 4", rests_on="the input was 4")
    assert (other.function, other.rests_on) == (None, None)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("train: w", "train: w"),
        ("train: lr", "train: lr"),  # named by the script
        ("train: 2", "train: 2"),  # where a function does not tell the names of its parameters
        ("train: input_was_4", "train: argument"),
        ("train: 4711", "train: argument"),
        ("the_input_was: w", ": w"),
        ("the input was 4", "argument"),
    ],
)
def test_changed_argument_is_still_changed_whatever_it_is_called(told: str, kept: str) -> None:
    """Else a submission would not lose the points for it."""
    assert checked(mutated=(told,)).mutated == (kept,)


@pytest.mark.parametrize(
    "told",
    [
        "`train` is not defined",
        "`train` is not defined; did you mean your `update`?",
        "`train` stands inside the class `Net` (line 5 of work.py): move it out, to the left margin and without `self`",
        "`train` stands below `if __name__ ==`, which is not run here (line 2 of work.py): move it out",
        "`train` is an ndarray, not a function: line 1 of work.py gives the name another value",
        "`train` is defined in n.ipynb and work.py; keep one of them",
    ],
)
def test_what_is_missing_is_said_in_words_of_ours_and_of_the_submission(told: str) -> None:
    assert checked(status=Status.MISSING, message=told).message == told


@pytest.mark.parametrize(
    "told",
    [
        "`train` is not defined; did you mean your `inputwas4`?",
        "`train` is not defined; did you mean your `update`? It was 4",
        "`train` could not be defined (line 4711 of work.py)",
        "`train` is a Four, not a function",
        "`train` is defined in four.py and work.py; keep one of them",
    ],
)
def test_other_words_about_what_is_missing_are_not_repeated(told: str) -> None:
    assert checked(status=Status.MISSING, message=told).message == ""


def test_names_of_a_submission_of_many_megabytes_take_little_memory() -> None:
    """What an upload may unpack to, all of it words: a set of them was 250 MB of the worker's memory."""
    large = tuple(
        Source(f"p{at}.py", f"p{at}", ("# " + " ".join(f"q{at}x{number:x}" for number in range(100_000)),))
        for at in range(20)
    )
    known = Known(dataclasses.replace(JOB, sources=(*large, *JOB.sources)))
    told = Outcome(status=Status.MISSING, message="`Net` is not defined", mutated=("train: X",))
    tracemalloc.start()
    try:
        outcome = known.checked(told)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
    assert outcome == told  # the small files' names are known
