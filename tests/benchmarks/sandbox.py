"""What the sandbox costs: graded submissions a second, beside a cold Python, a bare fork and pytest.

    python -m tests.benchmarks.sandbox [--seconds S] [--json]

Rows are measured in turns within one run, because a shared machine changes its speed from second to second: read the
ratios, not the figures. Beside the rate stands what a submission cost in processor time, all processes together: that
is what a machine that does other work as well leaves to compare.
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
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks import accounting, workloads
from tests.benchmarks.workloads import Row
from worker.client import RunnerClient, RunnerUnavailable

CORES = 2
IN_FLIGHT = CORES + 1  # submissions of each row: while a client compares, no core need wait for it
ROUNDS = 6
DEFAULT_REUSE = 50
COLD, FORK, SANDBOX = "cold python + numpy", "bare warm fork", "sandbox"


@dataclass(frozen=True)
class Runner:
    """A runner of the benchmark's own."""

    socket: str
    pid: int

    def cpu_s(self) -> float:
        """Return what it and its boxes have cost so far."""
        return accounting.tree_cpu_s(self.pid)


@contextlib.contextmanager
def runner(*, box_reuse: int, workers: int = CORES) -> Iterator[Runner]:
    """Start a runner and give it when it works."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "r" / "runner.sock")
        serve = f"serve({path!r}, workers={workers}, box_reuse={box_reuse})"
        process = subprocess.Popen(
            [sys.executable, "-c", f"from worker.runner import serve; raise SystemExit({serve})"],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])},
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(3000):
                with contextlib.suppress(RunnerUnavailable):
                    list(RunnerClient(path).run(workloads.small().job))
                    break
                time.sleep(0.02)
            yield Runner(path, process.pid)
        finally:
            process.terminate()
            process.wait()


@dataclass
class Measured:
    """What was found out about one row."""

    rates: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, float]:
        """Return the figures of the table."""
        alone = sorted(self.alone)
        return {
            "per_s": round(statistics.median(self.rates), 2),
            "cpu_ms": round(statistics.median(self.cpu_ms), 2),
            "p50_ms": round(statistics.median(self.times) * 1000, 2),
            "p99_ms": round(_p99(sorted(self.times)) * 1000, 2),
            "alone_p50_ms": round(statistics.median(alone) * 1000, 2),
            "alone_p99_over_p50": round(_p99(alone) / statistics.median(alone), 2),
        }


def _p99(ordered: list[float]) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


def _measure_in_process(row: Row, ready: Any, start: Any, results: Any, seconds: float) -> None:
    row(time.perf_counter() + min(0.3, seconds / 4))  # warm
    ready.release()
    start.wait()
    spent, began = accounting.own_cpu_s(), time.perf_counter()
    took = row(began + seconds)
    results.put((len(took) / (time.perf_counter() - began), accounting.own_cpu_s() - spent, took))


def measure(row: Row, seconds: float, processes: int, served_by: Runner | None) -> tuple[float, float, list[float]]:
    """Return submissions/s over all processes, processor seconds a submission, and what each took, in seconds."""
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
    before = served_by.cpu_s() if served_by else 0.0
    start.set()
    found = [results.get() for _ in workers]
    spent = (served_by.cpu_s() if served_by else 0.0) - before + sum(cpu_s for _, cpu_s, _ in found)
    for worker in workers:
        worker.join()
    took = [second for _, _, each in found for second in each]
    return sum(rate for rate, _, _ in found), spent / max(len(took), 1), took


def compare(work: workloads.Workload, seconds: float, reused: Runner, single: Runner) -> dict[str, dict[str, float]]:
    """Measure every row on one workload, in turns."""
    rows: dict[str, tuple[Row, Runner | None]] = {
        COLD: (workloads.cold(work), None),
        FORK: (workloads.bare_fork(work), None),
        SANDBOX: (workloads.sandboxed(work, reused.socket), reused),
        "sandbox, reuse 1": (workloads.sandboxed(work, single.socket), single),
        "pytest each": (workloads.pytest_each(work), None),
    }
    slot = seconds / (len(rows) * ROUNDS)
    found = {name: Measured() for name in rows}
    for _ in range(ROUNDS):
        for name, (row, served_by) in rows.items():
            rate, cpu_s, took = measure(row, slot * 0.7, IN_FLIGHT, served_by)
            found[name].rates.append(rate)
            found[name].cpu_ms.append(cpu_s * 1000)
            found[name].times += took
            found[name].alone += measure(row, slot * 0.3, 1, served_by)[2]
    table = {name: measured.as_json() for name, measured in found.items()}
    for row_figures in table.values():
        for unit, name in ((FORK, "of_fork"), (COLD, "x_cold")):
            row_figures[name] = round(row_figures["per_s"] / table[unit]["per_s"], 2)
            row_figures[f"{name}_cpu"] = round(table[unit]["cpu_ms"] / row_figures["cpu_ms"], 2)
    return table


def scaling(work: workloads.Workload, seconds: float, reused: Runner) -> dict[str, float]:
    """Return submissions/s of one and of two workers, in turns."""
    row = workloads.sandboxed(work, reused.socket)
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(3):
        for workers, found in rates.items():
            found.append(measure(row, seconds / 6, workers, reused)[0])
    one, two = (statistics.median(found) for found in rates.values())
    return {"one_worker_per_s": round(one, 1), "two_workers_per_s": round(two, 1), "factor": round(two / one, 2)}


def first_and_hundredth(work: workloads.Workload) -> dict[str, float]:
    """Return what submissions 1 to 10 of a box cost beside 91 to 100, in milliseconds, one at a time."""
    early, late = [], []
    for _ in range(3):
        with runner(box_reuse=1000, workers=1) as fresh:
            row = workloads.sandboxed(work, fresh.socket)
            took: list[float] = []
            while len(took) < 100:
                took += row(time.perf_counter() + 0.2)
            early += took[:10]
            late += took[90:100]
    first, hundredth = statistics.median(early) * 1000, statistics.median(late) * 1000
    return {"first_ms": round(first, 2), "hundredth_ms": round(hundredth, 2), "ratio": round(hundredth / first, 2)}


def memory(of: Runner) -> dict[str, float | None]:
    """Return the share of memory of the template, and of a spare box with its waiting child, in MiB."""
    ((template,),) = (accounting.children(bwrap) for bwrap in accounting.children(of.pid)[:1])
    boxes = accounting.children(template)
    shares = [[accounting.pss_kib(pid) for pid in accounting.tree(box)] for box in boxes]
    told = [sum(share for share in each if share) for each in shares if all(each)]
    own = accounting.pss_kib(template)
    return {
        "template_mib": round(own / 1024, 1) if own else None,
        "spare_box_mib": round(statistics.mean(told) / 1024, 1) if told else None,
    }


def run(seconds: float) -> dict[str, Any]:
    """Measure everything; `seconds` is shared out over the tables."""
    with runner(box_reuse=DEFAULT_REUSE) as reused, runner(box_reuse=1) as single:
        return {
            "small": compare(workloads.small(), seconds * 0.55, reused, single),
            "training": compare(workloads.training(), seconds * 0.3, reused, single),
            "scaling": scaling(workloads.small(), seconds * 0.15, reused),
            "memory": memory(reused),
            "hundredth": first_and_hundredth(workloads.small()),
            "load": os.getloadavg()[0],
        }


def render(found: dict[str, Any]) -> str:
    """Return the tables as a terminal shows them."""
    columns = {
        "per_s": "per s", "cpu_ms": "CPU ms", "of_fork": "of fork", "of_fork_cpu": "by CPU", "x_cold": "x cold",
        "x_cold_cpu": "by CPU", "p50_ms": "p50 ms", "p99_ms": "p99 ms", "alone_p50_ms": "alone",
        "alone_p99_over_p50": "p99/p50",
    }  # fmt: skip
    lines = []
    for table in ("small", "training"):
        lines.append(f"{table:22}" + "".join(f"{title:>9}" for title in columns.values()))
        lines += [
            f"{name:22}" + "".join(f"{row[column]:9.2f}" for column in columns) for name, row in found[table].items()
        ]
        lines.append("")
    for name in ("scaling", "memory", "hundredth"):
        lines.append(f"{name:12}" + ", ".join(f"{key} {value}" for key, value in found[name].items()))
    lines.append(f"load         {found['load']:.1f} at the end")
    return "\n".join(lines)


def main() -> None:
    """Print the tables, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="measuring time over all rows")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    found = run(options.seconds)
    print(json.dumps(found, indent=2) if options.json else render(found))


if __name__ == "__main__":
    main()
