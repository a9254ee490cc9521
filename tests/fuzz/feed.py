"""Any bytes at all, fed to everything that reads what comes out of a box; nothing but a verdict may come of it.

One way in for both fuzzers: Hypothesis in the tests, atheris in `python -m tests.fuzz.wire`.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterable

from assignments import catalog
from assignments.judge import Judge
from assignments.script import Load, Outcome, ProbesOutcome, Source
from assignments.verdict import QuestionResult
from worker import wire
from worker.box import framing
from worker.client import Job, RunnerUnavailable, run_over

SLUGS = ("python_warmup", "perceptron")
FILES = {"work.py": 9}


class Wire:
    """The client's end of a connection, with a runner at the other end that says what it was told to say."""

    def __init__(self, said: bytes) -> None:
        self._said = said
        self._at = 0

    def settimeout(self, value: float) -> None:
        """Answer at once, so that nobody's patience ends."""

    def sendall(self, data: bytes) -> None:
        """Take a job and let it be."""

    def recv(self, size: int) -> bytes:
        """Return the next bytes, b"" at the end."""
        piece = self._said[self._at : self._at + size]
        self._at += len(piece)
        return piece


@functools.cache
def asked(slug: str) -> tuple[Judge, Job]:
    """Return a judge, and the job it would have played."""
    assignment = catalog.load(slug)
    judge = Judge(assignment, seed=b"fuzz", play=wire.play_trusted)
    source = Source("work.py", "work", ("",))
    return judge, Job((source,), "work", judge.probes(), assignment.limits)


def feed(data: bytes) -> None:
    """Read the bytes in each of the ways a worker would, and judge what comes of it.

    Raises:
        Exception: a fault of ours, whatever it is.
    """
    kind, data = (data[0] if data else 0), data[1:]
    slug = SLUGS[kind & 1]
    match (kind >> 1) % 4:
        case 0:
            with contextlib.suppress(RunnerUnavailable):  # what a runner of ours never writes is not a student's zero
                answer(slug, data)
        case 1:
            half = len(data) // 2
            from_box(slug, data[:half], [data[half:]] * len(asked(slug)[1].probes))
        case 2:
            body = data[2:]
            cut = int.from_bytes(data[:2], "little") % (len(body) + 1)
            for read in (lambda: wire.read_outcome(body[:cut], body[cut:]), lambda: wire.read_load(body[:cut])):
                with contextlib.suppress(wire.WireError):
                    read()
        case _:
            place = wire.where_stopped(data, FILES)
            assert place[1] is None or place[1] in FILES


def from_box(slug: str, loading: bytes, answers: Iterable[bytes]) -> list[QuestionResult]:
    """Feed what a child wrote, in the envelopes of a runner of ours; return the verdicts there must be."""
    said = framing.frame(wire.LOADING, {"death": None}, [loading])
    for number, frames in enumerate(answers):
        header = {"number": number, "printed": 0, "trace": 0, "cpu_s": 0.1, "death": None}
        said += framing.frame(wire.ANSWER, header, [frames])
    return answer(slug, said)


def answer(slug: str, said: bytes) -> list[QuestionResult]:
    """Feed what a runner wrote; return the verdicts.

    Raises:
        RunnerUnavailable: no runner of ours writes that.
    """
    judge, job = asked(slug)
    events = list(run_over(Wire(said), job))  # type: ignore[arg-type]  # as much of a socket as is used
    load, *outcomes = events
    assert isinstance(load, Load)
    results = []
    for outcome in outcomes:
        assert isinstance(outcome, ProbesOutcome)
        assert all(isinstance(each, Outcome) for each in outcome.outcomes)
        results.append(judge.judge_code(outcome.question_id, outcome, load))
    assert len(results) == len(job.probes)
    assert not any(result.verdict == "grader_error" for result in results)
    json.dumps([[result.feedback, result.verdict] for result in results]).encode()
    return results


def seeds() -> Iterable[bytes]:
    """Yield what a fuzzer may start from: frames as a child of ours writes them."""
    loaded = framing.frame(framing.LOADED, {"status": "returned", "notes": []})
    values = [
        {"a": ["float64", [1]]},
        {"s": "int64"},
        {"t": [1, {"f": "nan"}]},
        {"d": [["w", 1.5]]},
        None,
        "x",
        [[1, 2]],
    ]
    for value in values:
        blob = bytes(8) if isinstance(value, dict) and set(value) & {"a", "s"} else b""
        outcome = framing.frame(framing.OUTCOME, {"status": "returned", "value": value, "function": "f4"}, [blob])
        yield b"\2" + loaded + outcome
        yield b"\3" + outcome + outcome
        yield b"\0" + framing.frame(wire.LOADING, {"death": None}, [loaded])
    raised = {
        "status": "raised",
        "error_type": "ValueError",
        "message": "m",
        "line": 1,
        "file": "work.py",
        "mutated": ["f: x"],
    }
    yield b"\2" + loaded + framing.frame(framing.OUTCOME, raised)
    told = b'{"status":"returned","value":{"a":["float64",[2]]}}'
    yield b"\4" + len(told).to_bytes(2, "little") + told + bytes(16)
    yield b"\6" + b'File "work.py", line 3 in f\n'
