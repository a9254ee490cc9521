"""What the sandbox costs: graded submissions per second, beside a cold Python and beside a bare fork.

    python -m tests.benchmarks.sandbox [--seconds S] [--json]

One submission is 4 questions of 5 checks (a perceptron's update, a 2-3-2 network's output and loss, its gradient, and
f4). Every row grades it outside the process that ran it. Rows are measured in turns within one run, because a shared
machine changes its speed from second to second; read the ratios, not the figures.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from assignments.script import Call, Load, Probes, ProbesOutcome, Script, Source, Status
from assignments.spec import Limits
from worker.client import Job, RunnerClient, RunnerUnavailable

CORES = 2
ROUNDS = 6
RTOL = 1e-9

SUBMISSION = '''
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

QUESTIONS = ("update", "forward", "gradient", "f4")

# What a row without a sandbox runs: the same calls, and plain numbers on the standard output or a pipe.
HARNESS = """
import json, sys
def plain(value):
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value
def answers(text, cases):
    import numpy as np
    namespace = {"__name__": "submission"}
    exec(compile(text, "submission.py", "exec"), namespace)
    return json.dumps([plain(namespace[name](*[np.array(a) if isinstance(a, list) else a for a in args]))
                       for name, args in cases])
"""


def cases() -> list[tuple[str, tuple[Any, ...]]]:
    """Return the 20 calls: function and arguments, arrays as lists."""
    rng = np.random.default_rng(7)
    calls: list[tuple[str, tuple[Any, ...]]] = [
        ("update", (rng.normal(size=3).tolist(), 0.5, rng.normal(size=3).tolist(), 1, 0.1)) for _ in range(5)
    ]
    for name in ("forward", "gradient"):
        for _ in range(5):
            sizes = ((2,), (2,), (3, 2), (3,), (2, 3), (2,))
            calls.append((name, tuple(rng.normal(size=size).tolist() for size in sizes)))
    calls += [("f4", (float(number), 2.0)) for number in range(5)]
    return calls


def expected() -> list[Any]:
    """Return the right answers, in plain lists."""
    namespace: dict[str, Any] = {}
    exec(HARNESS, namespace)  # noqa: S102 (our own text, in this file)
    return json.loads(namespace["answers"](SUBMISSION, cases()))  # type: ignore[no-any-return]


def require_right(got: Any, want: Any) -> None:
    """Compare as a judge would, number by number; a wrong one ends the benchmark."""
    if isinstance(want, list):
        for one, other in zip(got.tolist() if isinstance(got, np.ndarray) else got, want, strict=True):
            require_right(one, other)
    elif abs(got - want) > RTOL * abs(want) + 1e-12:
        raise SystemExit(f"a benchmark's answer is wrong: {got} for {want}")


# --- the rows ---------------------------------------------------------------------------------------------------------


def cold(deadline: float) -> list[float]:
    """A new `python` that imports NumPy for every submission, no sandbox."""
    want = expected()
    program = HARNESS + "print(answers(*json.load(sys.stdin)))"
    told = json.dumps([SUBMISSION, cases()])
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    took = []
    while (started := time.perf_counter()) < deadline:
        done = subprocess.run(
            [sys.executable, "-c", program], input=told, capture_output=True, text=True, check=True, env=environment
        )
        require_right(json.loads(done.stdout), want)
        took.append(time.perf_counter() - started)
    return took


def bare_fork(deadline: float) -> list[float]:
    """A fork of a warm process for every submission, no sandbox: the limit there is to reach."""
    want = expected()
    namespace: dict[str, Any] = {}
    exec(HARNESS, namespace)  # noqa: S102 (our own text, in this file)
    asked = cases()
    took = []
    while (started := time.perf_counter()) < deadline:
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(write_end, namespace["answers"](SUBMISSION, asked).encode())
            os._exit(0)
        os.close(write_end)
        with open(read_end, encoding="ascii") as stream:  # noqa: PTH123 (a descriptor)
            require_right(json.load(stream), want)
        os.waitpid(pid, 0)
        took.append(time.perf_counter() - started)
    return took


def job() -> Job:
    """Return the same submission and calls as a worker would hand them in."""
    calls = cases()

    def script(name: str, args: tuple[Any, ...]) -> Script:
        return Script((Call(name, tuple(np.array(a) if isinstance(a, list) else a for a in args)),))

    return Job(
        sources=(Source("submission.py", "submission", (SUBMISSION,)),),
        entry="submission",
        probes=tuple(
            Probes(question, tuple(script(*call) for call in calls if call[0] == question)) for question in QUESTIONS
        ),
        limits=Limits(),
    )


def sandboxed(socket_path: str) -> Callable[[float], list[float]]:
    """Through client, runner, box and child, strictly parsed and compared here."""

    def row(deadline: float) -> list[float]:
        want = expected()
        asked = job()
        client = RunnerClient(socket_path)
        took = []
        while (started := time.perf_counter()) < deadline:
            got: list[Any] = []
            for event in client.run(asked):
                if isinstance(event, Load) and event.status is not Status.RETURNED:
                    raise SystemExit(f"a benchmark's submission did not load: {event}")
                if isinstance(event, ProbesOutcome):
                    got += [outcome.value for outcome in event.outcomes]
            require_right(got, want)
            took.append(time.perf_counter() - started)
        return took

    return row


# --- measuring --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def runner(folder: str, *, box_reuse: int) -> Iterator[str]:
    """Start a runner of its own and give its socket."""
    path = str(Path(folder) / f"reuse{box_reuse}.sock")
    code = f"from worker.runner import serve; raise SystemExit(serve({path!r}, workers={CORES}, box_reuse={box_reuse}))"
    process = subprocess.Popen(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(Path(__file__).parents[2])}, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(1000):
            with contextlib.suppress(RunnerUnavailable):
                list(RunnerClient(path).run(job()))
                break
            time.sleep(0.02)
        yield path
    finally:
        process.terminate()
        process.wait()


def _measure_in_process(
    row: Callable[[float], list[float]], ready: Any, start: Any, results: Any, seconds: float
) -> None:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    row(time.perf_counter() + min(0.3, seconds / 4))  # warm
    ready.release()
    start.wait()
    began = time.perf_counter()
    took = row(began + seconds)
    results.put((len(took) / (time.perf_counter() - began), took))


def measure(row: Callable[[float], list[float]], seconds: float, processes: int) -> tuple[float, list[float]]:
    """Return submissions per second over all processes, and what each one took, in seconds."""
    context = multiprocessing.get_context("fork")
    ready, start, results = context.Semaphore(0), context.Event(), context.Queue()
    workers = [
        context.Process(target=_measure_in_process, args=(row, ready, start, results, seconds))
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    start.set()
    found = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return sum(rate for rate, _ in found), [second for _, took in found for second in took]


def run(seconds: float) -> dict[str, dict[str, float]]:
    """Measure every row and return rates (submissions/s) and latencies (ms)."""
    with (
        tempfile.TemporaryDirectory() as folder,
        runner(folder, box_reuse=50) as reused,
        runner(folder, box_reuse=1) as single,
    ):
        rows: dict[str, Callable[[float], list[float]]] = {
            "cold python + numpy, no sandbox": cold,
            "bare warm fork, no sandbox": bare_fork,
            "sandbox, box reuse 50": sandboxed(reused),
            "sandbox, box reuse 1": sandboxed(single),
        }
        slot = seconds / (len(rows) * ROUNDS)
        rates: dict[str, list[float]] = {name: [] for name in rows}
        times: dict[str, list[float]] = {name: [] for name in rows}
        alone: dict[str, list[float]] = {name: [] for name in rows}
        for _ in range(ROUNDS):
            for name, row in rows.items():
                rate, took = measure(row, slot * 0.7, CORES)
                rates[name].append(rate)
                times[name] += took
                alone[name] += measure(row, slot * 0.3, 1)[1]
    return {
        name: {
            "per_s": round(statistics.median(rates[name]), 1),
            "alone_p50_ms": round(statistics.median(alone[name]) * 1000, 2),
            "p50_ms": round(statistics.median(times[name]) * 1000, 2),
            "p95_ms": round(statistics.quantiles(times[name], n=20)[-1] * 1000, 2),
        }
        for name in rows
    }


def main() -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=30.0, help="measuring time over all rows")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = run(options.seconds)
    fork = found["bare warm fork, no sandbox"]["per_s"]
    cold_rate = found["cold python + numpy, no sandbox"]["per_s"]
    for row in found.values():
        row["of_bare_fork"] = round(row["per_s"] / fork, 3)
        row["times_cold"] = round(row["per_s"] / cold_rate, 1)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{'':34}{'per s':>8}{'of fork':>9}{'x cold':>8}{'p50 ms':>9}{'p95 ms':>9}{'alone p50 ms':>14}")
    for name, row in found.items():
        print(
            f"{name:34}{row['per_s']:8.1f}{row['of_bare_fork']:9.2f}{row['times_cold']:8.1f}"
            f"{row['p50_ms']:9.2f}{row['p95_ms']:9.2f}{row['alone_p50_ms']:14.2f}"
        )


if __name__ == "__main__":
    main()
