"""What the benchmarks grade, and every way of grading it: ours, and those it is compared with.

A workload is a submission and calls of its functions with known answers. Every row compares outside the process that
ran the submission, number by number, but for pytest, which judges where the code runs as it always does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from assignments.script import Call, Load, Probes, ProbesOutcome, Script, Source, Status
from assignments.spec import Limits
from worker.client import Job, RunnerClient

RTOL = 1e-9

Row = Callable[[float], list[float]]
"""Grades until a moment of `time.perf_counter` and returns what each submission took, in seconds."""

SMALL = '''
"""A right submission, of the size students hand in."""
import numpy as np


def f4(x, a=1):
    return a * x**2


def update(w, w0, x, y, lr=1.0):
    output = 1 if np.dot(w, x) + w0 > 0 else 0
    if output == y:
        return w.copy(), w0
    sign = 1 if y == 1 else -1
    return w + sign * lr * x, w0 + sign * lr


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(x, y, W0, b0, W1, b1):
    h = sigmoid(W0 @ x + b0)
    p = sigmoid(W1 @ h + b1)
    loss = 0.5 * np.sum((p - y) ** 2)
    return h, p, loss


def gradient(x, y, W0, b0, W1, b1):
    h, p, _ = forward(x, y, W0, b0, W1, b1)
    dz1 = (p - y) * p * (1 - p)
    dW1 = np.outer(dz1, h)
    dz0 = (W1.T @ dz1) * h * (1 - h)
    return np.outer(dz0, x), dz0, dW1, dz1
'''

TRAINING = '''
"""A network that is trained, sample by sample, as students write it."""
import numpy as np


def train(W0, b0, W1, b1, X, Y, lr, epochs):
    losses = []
    for _ in range(epochs):
        total = 0.0
        for x, y in zip(X, Y):
            h = 1 / (1 + np.exp(-(W0 @ x + b0)))
            p = 1 / (1 + np.exp(-(W1 @ h + b1)))
            total += 0.5 * np.sum((p - y) ** 2)
            dz1 = (p - y) * p * (1 - p)
            dz0 = (W1.T @ dz1) * h * (1 - h)
            W1 = W1 - lr * np.outer(dz1, h)
            b1 = b1 - lr * dz1
            W0 = W0 - lr * np.outer(dz0, x)
            b0 = b0 - lr * dz0
        losses.append(total)
    return W0, b0, W1, b1, losses
'''

# What a row without a sandbox runs: the same calls, and plain numbers on the standard output or a pipe.
HARNESS = """
import json, sys
def plain(value):
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value
def answers(text, calls):
    import numpy as np
    namespace = {"__name__": "submission"}
    exec(compile(text, "submission.py", "exec"), namespace)
    return json.dumps([plain(namespace[name](*[np.array(a) if isinstance(a, list) else a for a in args]))
                       for name, args in calls])
"""

PYTEST = """
import json
import numpy as np
import pytest
import submission
CASES = json.loads({cases!r})
@pytest.mark.parametrize("number", range(len(CASES)))
def test_answer(number):
    name, args, want = CASES[number]
    got = getattr(submission, name)(*[np.array(a) if isinstance(a, list) else a for a in args])
    for one, other in zip(got if isinstance(got, tuple) else [got], want if isinstance(got, tuple) else [want]):
        np.testing.assert_allclose(one, other, rtol=1e-9)
"""


@dataclass(frozen=True)
class Workload:
    """A submission, its calls (function and arguments, arrays as lists), and the questions they belong to."""

    source: str
    calls: tuple[tuple[str, tuple[Any, ...]], ...]

    @cached_property
    def expected(self) -> list[Any]:
        """The right answers, in plain lists."""
        namespace: dict[str, Any] = {}
        exec(HARNESS, namespace)  # noqa: S102 (our own text, in this file)
        return json.loads(namespace["answers"](self.source, self.calls))  # type: ignore[no-any-return]

    @cached_property
    def job(self) -> Job:
        """The same submission and calls as a worker would hand them in: a question for each function."""
        questions: dict[str, list[Script]] = {}
        for name, args in self.calls:
            arrays = tuple(np.array(a) if isinstance(a, list) else a for a in args)
            questions.setdefault(name, []).append(Script((Call(name, arrays),)))
        return Job(
            sources=(Source("submission.py", "submission", (self.source,)),),
            entry="submission",
            probes=tuple(Probes(name, tuple(scripts)) for name, scripts in questions.items()),
            limits=Limits(),
        )


def small() -> Workload:
    """Return 4 questions of 5 checks."""
    rng = np.random.default_rng(7)
    calls: list[tuple[str, tuple[Any, ...]]] = [
        ("update", (rng.normal(size=3).tolist(), 0.5, rng.normal(size=3).tolist(), 1, 0.1)) for _ in range(5)
    ]
    for name in ("forward", "gradient"):
        for _ in range(5):
            sizes = ((2,), (2,), (3, 2), (3,), (2, 3), (2,))
            calls.append((name, tuple(rng.normal(size=size).tolist() for size in sizes)))
    calls += [("f4", (float(number), 2.0)) for number in range(5)]
    return Workload(SMALL, tuple(calls))


def training() -> Workload:
    """Return one question of 4 checks, each 150 epochs over the four samples of XOR."""
    rng = np.random.default_rng(8)
    inputs, labels = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[0.0], [1.0], [1.0], [0.0]]
    sizes = ((3, 2), (3,), (1, 3), (1,))
    return Workload(
        TRAINING,
        tuple(
            ("train", (*(rng.normal(size=size).tolist() for size in sizes), inputs, labels, 0.5, 150)) for _ in range(4)
        ),
    )


def require_right(got: Any, want: Any) -> None:
    """Compare as a judge would, number by number; a wrong one ends the benchmark."""
    if isinstance(want, list):
        for one, other in zip(got.tolist() if isinstance(got, np.ndarray) else got, want, strict=True):
            require_right(one, other)
    elif abs(got - want) > RTOL * abs(want) + 1e-12:
        raise SystemExit(f"a benchmark's answer is wrong: {got} for {want}")


def _timed(grade: Callable[[], None]) -> Row:
    def row(deadline: float) -> list[float]:
        took = []
        while (started := time.perf_counter()) < deadline:
            grade()
            took.append(time.perf_counter() - started)
        return took

    return row


def cold(work: Workload) -> Row:
    """A new `python` that imports NumPy for every submission, no sandbox."""
    program = HARNESS + "print(answers(*json.load(sys.stdin)))"
    told = json.dumps([work.source, work.calls])
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}

    def grade() -> None:
        done = subprocess.run(
            [sys.executable, "-c", program], input=told, capture_output=True, text=True, check=True, env=environment
        )
        require_right(json.loads(done.stdout), work.expected)

    return _timed(grade)


def bare_fork(work: Workload) -> Row:
    """A fork of a warm process for every submission, no sandbox: the limit there is to reach."""
    namespace: dict[str, Any] = {}
    exec(HARNESS, namespace)  # noqa: S102 (our own text, in this file)

    def grade() -> None:
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(write_end, namespace["answers"](work.source, work.calls).encode())
            os._exit(0)
        os.close(write_end)
        with open(read_end, encoding="ascii") as stream:  # noqa: PTH123 (a descriptor)
            require_right(json.load(stream), work.expected)
        os.waitpid(pid, 0)

    return _timed(grade)


def pytest_each(work: Workload) -> Row:
    """A `pytest` for every submission, as many course graders are made: judged where the student's code runs."""
    cases = [[*call, want] for call, want in zip(work.calls, work.expected, strict=True)]

    def grade() -> None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "submission.py").write_text(work.source, encoding="utf-8")
            Path(folder, "test_submission.py").write_text(PYTEST.format(cases=json.dumps(cases)), encoding="utf-8")
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder]
            environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
            subprocess.run(command, cwd=folder, capture_output=True, check=True, env=environment)

    return _timed(grade)


def sandboxed(work: Workload, socket_path: str) -> Row:
    """Through client, runner, box and child, strictly parsed and compared here."""
    client = RunnerClient(socket_path)

    def grade() -> None:
        got: list[Any] = []
        for event in client.run(work.job):
            if isinstance(event, Load) and event.status is not Status.RETURNED:
                raise SystemExit(f"a benchmark's submission did not load: {event}")
            if isinstance(event, ProbesOutcome):
                got += [outcome.value for outcome in event.outcomes]
        require_right(got, work.expected)

    return _timed(grade)
