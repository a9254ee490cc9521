"""Probes: what is done with a student's functions, written down as data.

A script is a short list of steps over the student's own objects (create a network, train it, ask for its output).
It holds inputs and never expectations, so it may enter the box as it is. The same script is played against the
reference, and against each named mistake, on the trusted side; only what comes back is compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Ref:
    """Stands for a value saved by an earlier step, wherever an argument may stand."""

    name: str


@dataclass(frozen=True)
class Call:
    """Call a student's function; what it returns is saved under `save`.

    With `collect`, `save` is a list that grows by one value each time the step runs (inside a `Repeat`).
    `rests_on` names the question that answers for this function, when it is not the question being judged:
    a failure here skips the question instead of failing it.
    """

    function: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    save: str = "result"
    collect: bool = False
    rests_on: str | None = None


@dataclass(frozen=True)
class Get:
    """Save `container[key]` of a saved value, for objects whose keys the assignment fixes."""

    container: str
    key: str | int
    save: str


@dataclass(frozen=True)
class Set:
    """Save a plain value prepared by the grader, for example a model it wants the student's code to use."""

    save: str
    value: Any


@dataclass(frozen=True)
class Seed:
    """Seed `random` and `numpy.random` before the next step."""

    value: int


@dataclass(frozen=True)
class Repeat:
    """Play `steps` `times` times; the steps in `every_steps` also run after each `every`-th round."""

    times: int
    steps: tuple[Step, ...]
    every: int = 0
    every_steps: tuple[Step, ...] = ()


Step = Call | Get | Set | Seed | Repeat


@dataclass(frozen=True)
class Script:
    """One check's probe: the steps, and the saved names whose values come back, in this order.

    A single name brings back that value itself, several bring back a tuple.
    """

    steps: tuple[Step, ...]
    returns: tuple[str, ...] = ("result",)


def call(function: str, *args: Any, **kwargs: Any) -> Script:
    """Return the commonest script: one call, and what it returned."""
    return Script(steps=(Call(function, args, kwargs),))


class Status(StrEnum):
    """How a script ended."""

    RETURNED = "returned"
    RAISED = "raised"  # an exception reached the harness
    MISSING = "missing"  # a function the script calls is not defined (or is defined twice: see `message`)
    UNREADABLE = "unreadable"  # it returned something that is not plain data
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    OUTPUT_LIMIT = "output_limit"
    PROCESS_LIMIT = "process_limit"
    NOT_ALLOWED = "not_allowed"  # the code tried what the sandbox forbids
    CRASHED = "crashed"  # the process died: a signal, an exit, no answer
    NOT_RUN = "not_run"  # an earlier script of the question ended the process
    GRADER_ERROR = "grader_error"  # ours


@dataclass(frozen=True)
class Outcome:
    """What came back from playing one script. From a box, every field is hostile data."""

    status: Status
    value: Any = None  # numbers, str, bool, None, NumPy arrays, lists, tuples, dicts of these
    function: str | None = None  # the function at fault, or the last one called
    rests_on: str | None = None  # copied from the step at fault
    error_type: str | None = None  # exception's class name
    message: str = ""  # exception's text, or what the limit was
    line: int | None = None  # line in the student's own file
    file: str | None = None
    mutated: tuple[str, ...] = ()  # arguments that were changed in place, as "function: argument"
    warnings: tuple[str, ...] = ()  # "RuntimeWarning: overflow encountered in exp"


@dataclass(frozen=True)
class Source:
    """One module of a submission: a `.py` file is a single cell, a notebook one cell for each code cell."""

    name: str  # as uploaded, for messages: "perceptron.py"
    module: str  # importable name: "perceptron"
    cells: tuple[str, ...]
    cell_labels: tuple[str, ...] = ()  # for messages: "cell 3"; empty for a plain file


@dataclass(frozen=True)
class Load:
    """How importing the submission went; what was defined before a failure still counts."""

    status: Status  # RETURNED: no complaint
    error_type: str | None = None
    message: str = ""
    file: str | None = None
    line: int | None = None
    notes: tuple[str, ...] = ()  # remarks for the student, one sentence each


@dataclass(frozen=True)
class Probes:
    """One question's scripts, played in order in the student's process."""

    question_id: str
    scripts: tuple[Script, ...]


@dataclass(frozen=True)
class ProbesOutcome:
    """What one question's scripts brought back: an outcome for each script, in order."""

    question_id: str
    outcomes: tuple[Outcome, ...]
    stdout: str = ""
    cpu_s: float = 0.0
