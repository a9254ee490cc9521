"""Does grading stay right and alive when everything goes wrong?

    python -m tests.benchmarks.soak right [--number 500] [--json]
    python -m tests.benchmarks.soak wrong [--number 100] [--json]
    python -m tests.benchmarks.soak flood [--number 20] [--json]

`right` grades one right solution again and again while other processes fill every core twice over: each must get the
verdict it gets on an idle machine. `wrong` hands crashing, hanging and flooding submissions in to a whole service,
three at a time, beside usual ones: all are graded, nothing is left behind, and no part of the service has grown.
`flood` has one student hand in hanging ones at once and another a right one: it is graded next. Exit code 1 when it is
not so.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assignments.script import ProbesOutcome
from tests.benchmarks import mistakes, sandbox, workloads
from worker.client import RunnerClient

CORES = os.cpu_count() or 1
GROWTH_KIB = 8192  # what any part may hold more at the end: far less than a leak in each of a hundred submissions


def right(number: int) -> dict[str, Any]:
    """Grade a right solution `number` times under full load; return how often which verdict came."""
    work = workloads.small()
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * CORES)]
    verdicts: Counter[str] = Counter()
    took: list[float] = []
    try:
        with sandbox.runner(box_reuse=sandbox.DEFAULT_REUSE) as runner:

            def grade(times: int) -> None:
                client = RunnerClient(runner.socket)
                for _ in range(times):
                    begun = time.perf_counter()
                    outcomes = [o for e in client.run(work.job) if isinstance(e, ProbesOutcome) for o in e.outcomes]
                    took.append(time.perf_counter() - begun)
                    try:
                        workloads.require_right([outcome.value for outcome in outcomes], work.expected)
                        verdicts["right"] += 1
                    except (SystemExit, TypeError, ValueError):
                        verdicts[",".join(sorted({outcome.status.value for outcome in outcomes}))] += 1

            threads = [threading.Thread(target=grade, args=(number // CORES,)) for _ in range(CORES)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    return {
        "graded": sum(verdicts.values()),
        "verdicts": dict(verdicts),
        "p50_ms": round(statistics.median(took) * 1000, 1),
        "longest_ms": round(max(took) * 1000, 1),
        "load": os.getloadavg()[0],
        "ok": set(verdicts) == {"right"},
    }


def wrong(number: int) -> dict[str, Any]:
    """Hand `number` wrong submissions in beside usual ones; return what became of both, and of the service."""
    with tempfile.TemporaryDirectory() as folder, mistakes.crowd(Path(folder)) as them:
        found = mistakes.in_a_row(them, number)
    more = grown(found)
    return found | {"grown": more, "ok": not found["odd"] and not more}


def grown(found: dict[str, Any]) -> list[str]:
    """Return what a part of the service holds more of than before: no descriptor, no process, hardly any memory."""
    return [
        f"{part}: {name} {now}, {found['before'][part][name]} before"
        for part, after in found["after"].items()
        for name, now in after.items()
        if now - found["before"][part][name] > (GROWTH_KIB if name == "memory_kib" else 0)
    ]


def flood(number: int) -> dict[str, Any]:
    """Have one student hand in `number` hanging ones at once; return how long another's right one waited."""
    with tempfile.TemporaryDirectory() as folder, mistakes.crowd(Path(folder)) as them:
        found = mistakes.flood(them, number)
    return found | {"ok": not found["odd"]}


COMMANDS: dict[str, tuple[Callable[[int], dict[str, Any]], int]] = {
    "right": (right, 500),
    "wrong": (wrong, 100),
    "flood": (flood, 20),
}


def main() -> None:
    """Print what was found; exit 1 when something was not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=COMMANDS)
    parser.add_argument("--number", type=int)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    command, number = COMMANDS[options.what]
    found = command(options.number or number)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print("\n".join(f"{name:<18}{value}" for name, value in found.items()))
    raise SystemExit(0 if found["ok"] else 1)


if __name__ == "__main__":
    main()
