"""Does grading stay right and alive when everything goes wrong?

    python -m tests.benchmarks.soak right [--number 500] [--json]
    python -m tests.benchmarks.soak wrong [--number 100] [--json]

`right` grades one right solution again and again while other processes fill every core twice over: each must get the
verdict it gets on an idle machine. `wrong` hands crashing, hanging and flooding submissions in to a whole service, one
after the other, beside usual ones: all are graded, the usual ones do not wait for more than fairness says, and
nothing is left behind in the runner. Exit code 1 when it is not so.
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
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from assignments.script import ProbesOutcome
from tests import servers
from tests.benchmarks import accounting, sandbox, workloads
from worker.client import RunnerClient

CORES = os.cpu_count() or 1
RIGHT = (servers.ROOT / "assignments/perceptron/exemplars/right_numpy.py").read_text(encoding="utf-8")
WRONG = {
    "crash": "import os; os.abort()",
    "exit": "import ctypes; ctypes.CDLL(None)._exit(0)",
    "hang": "while True: pass",
    "sleep": "import time; time.sleep(999)",
    "flood": "while True: print('A' * 10000)",
    "hoard": "hoard = []\n    while True: hoard.append(bytearray(1 << 24))",
}
GROWTH_KIB, FEW = 8192, 20  # what a runner may hold more at the end: far less than a leak in each submission


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


def _hand_in(service: servers.Service, student: int, code: str) -> tuple[float, dict[str, Any]]:
    request = urllib.request.Request(  # noqa: S310 (our own service)
        f"{service.url}/api/v1/courses/dl101/assignments/perceptron/submissions?wait=30",
        data=json.dumps({"files": {"perceptron.py": code}}).encode(),
        headers={
            "Authorization": f"Bearer {service.demo['students'][student]['token']}",
            "Content-Type": "application/json",
        },
    )
    begun = time.monotonic()
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 (our own service)
        document = json.load(response)
    while document["status"] not in {"graded", "failed"}:
        status, body = service.get(
            f"/api/v1/submissions/{document['id']}?wait=30", service.demo["students"][student]["token"]
        )
        assert status == 200, body
        document = json.loads(body)
    return time.monotonic() - begun, document


def _runner_of(service: servers.Service) -> int:
    for pid in accounting.tree(service.pid):
        if b"runner" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            return pid
    raise SystemExit("the service has no runner")


def wrong(number: int) -> dict[str, Any]:
    """Hand `number` wrong submissions in beside usual ones; return what became of both, and of the runner."""
    with tempfile.TemporaryDirectory() as folder, servers.whole_service(Path(folder) / "var") as service:
        for code in ("def update(w, w0, x, y, lr=1.0):\n    import os; os.abort()\n", RIGHT):
            _hand_in(service, 4, code)
        pid = _runner_of(service)

        def held() -> dict[str, int]:
            tree = accounting.tree(pid)
            return {
                "descriptors": accounting.descriptors(pid),
                "processes": len(tree),
                "memory_kib": accounting.pss_kib(pid) or 0,
            }

        before = held()
        fates: Counter[str] = Counter()

        def err() -> None:
            for each in range(number):
                name = list(WRONG)[each % len(WRONG)]
                code = RIGHT + f"\n\ndef update(w, w0, x, y, lr=1.0):\n    {WRONG[name]}\n"
                _, document = _hand_in(service, each % 3, code)
                worst = sorted({q["verdict"] for q in document["questions"]} - {"passed"})
                fates[f"{name}: {document['status']} {','.join(worst)}"] += 1

        erring = threading.Thread(target=err)
        erring.start()
        waits, scores = [], set()
        while erring.is_alive():
            wait, document = _hand_in(service, 3, RIGHT)
            waits.append(wait)
            scores.add((document["status"], document["score"] == document["max_score"]))
            time.sleep(0.5)  # as people do; and one person's uploads are limited
        time.sleep(1.0)
        after = held()
    return {
        "graded": sum(fates.values()),
        "fates": dict(fates),
        "usual": len(waits),
        "usual_p50_s": round(statistics.median(waits), 2),
        "usual_longest_s": round(max(waits), 2),
        "before": before,
        "after": after,
        "load": os.getloadavg()[0],
        "ok": scores == {("graded", True)}
        and all(": graded " in fate for fate in fates)
        and after["memory_kib"] - before["memory_kib"] < GROWTH_KIB
        and all(after[name] - before[name] < FEW for name in ("descriptors", "processes")),
    }


def main() -> None:
    """Print what was found; exit 1 when something was not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("right", "wrong"))
    parser.add_argument("--number", type=int)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = right(options.number or 500) if options.what == "right" else wrong(options.number or 100)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print("\n".join(f"{name:<18}{value}" for name, value in found.items()))
    raise SystemExit(0 if found["ok"] else 1)


if __name__ == "__main__":
    main()
