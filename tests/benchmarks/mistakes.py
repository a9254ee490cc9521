"""A whole service under students' mistakes: what becomes of them, of those who wait beside them, and what is left.

Used by `python -m tests.benchmarks.soak` and, with fewer of them, by the tests. The course's limits are short, as any
teacher may set them, so that what hangs costs a second; everything else is as `./run` starts it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import json
import os
import sqlite3
import statistics
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import packs, servers
from tests.attacks.leftovers import Rest
from tests.benchmarks import accounting

SLUG = "python_warmup"
RIGHT = "def f4(x, a=1):\n    return a * x ** 2\n"
LIMITS = {"cpu_s": 0.5, "wall_s": 1.0}
ERRING, USUAL, OTHER = (0, 1, 2), 3, 4  # of the demo's students; three err at a time, more than are graded at a time

# Function bodies, or whole files, and the verdicts they may get.
KINDS = {
    "crash": ("import os; os.abort()", {"crashed"}),
    "segmentation fault": ("import ctypes; ctypes.string_at(0)", {"crashed"}),
    "exit": ("import ctypes; ctypes.CDLL(None)._exit(3)", {"crashed"}),
    "loop": ("while True: pass", {"timed_out"}),
    "sleep": ("import time; time.sleep(60)", {"timed_out"}),
    "hang in C": ("return 9**9**9", {"timed_out", "out_of_memory"}),
    "flood": ("while True: print('A' * 10000)", {"crashed", "timed_out"}),
    "hoard": ("hoard = []\n    while True: hoard.append(bytearray(1 << 24))", {"out_of_memory", "timed_out"}),
    "result": ("import numpy as np; return np.zeros(5 << 20)", {"invalid", "timed_out"}),
    "threads": (
        "import threading, time\n    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        {"crashed", "timed_out"},
    ),
    "channel": ("import os\n    while True: os.write(4, b'A' * 4096)", {"invalid", "crashed", "timed_out"}),
    "loop while loading": ("while True: pass\n" + RIGHT, {"missing", "timed_out"}),
    "crash while loading": ("import os; os.abort()\n" + RIGHT, {"missing", "crashed"}),
}


@dataclass
class Part:
    """What one part of the service holds."""

    descriptors: int
    processes: int
    memory_kib: int


@dataclass
class Crowd:
    """Students of a running service."""

    service: servers.Service

    def ask(self, student: int, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the API answers a student."""
        request = urllib.request.Request(  # noqa: S310 (our own service)
            self.service.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.service.demo['students'][student]['token']}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310 (our own service)
            document: dict[str, Any] = json.load(response)
        return document

    def hand_in(self, student: int, code: str, *, wait_s: int = 30) -> dict[str, Any]:
        """Hand code in; return the answer as it is after at most so long."""
        path = f"/api/v1/courses/dl101/assignments/{SLUG}/submissions?wait={wait_s}"
        return self.ask(student, path, {"files": {f"{SLUG}.py": code}})

    def result(self, student: int, document: dict[str, Any]) -> dict[str, Any]:
        """Wait until it is graded."""
        while document["status"] in {"queued", "running"}:
            document = self.ask(student, f"/api/v1/submissions/{document['id']}?wait=30")
        return document

    def runner(self) -> int:
        """Return the runner's process number."""
        return accounting.named(self.service.pid, b"runner")

    def held(self, rest: Rest) -> dict[str, Part]:
        """Return what runner, worker and web hold; of the runner only itself, its boxes are counted by `rest`.

        Pooled connections of worker and web are left out: how many there are hangs on how many met.
        """
        parts = {}
        for name in ("runner", "worker", "web"):
            pid = accounting.named(self.service.pid, name.encode())
            tree = [pid] if name == "runner" else accounting.tree(pid)
            parts[name] = Part(
                descriptors=rest.own_descriptors
                if name == "runner"
                else sum(accounting.descriptors(each, pooled=False) for each in tree),
                processes=len(tree),
                memory_kib=sum(accounting.pss_kib(each) or 0 for each in tree),
            )
        return parts

    def runs(self) -> dict[str, dict[str, Any]]:
        """Return by submission when its run was queued, started and finished."""
        with contextlib.closing(
            sqlite3.connect(f"file:{self.service.data_dir}/grader.sqlite3?mode=ro", uri=True)
        ) as db:
            rows = db.execute("SELECT submission_id, status, queued_at, started_at, finished_at, claims FROM runs")
            names = ("status", "queued_at", "started_at", "finished_at", "claims")
            return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


@contextlib.contextmanager
def crowd(folder: Path) -> Iterator[Crowd]:
    """Start a whole service with short limits."""
    pack = packs.with_limits(folder / "pack", **LIMITS)
    with servers.whole_service(folder / "var", pack=pack, GRADER_SUBMISSION_RATE="6000 per minute") as service:
        yield Crowd(service)


def code_of(name: str) -> str:
    """Return a mistake as a file."""
    text, _ = KINDS[name]
    return text if name.endswith("loading") else f"def f4(x, a=1):\n    {text}\n"


def in_a_row(them: Crowd, number: int) -> dict[str, Any]:
    """Hand `number` mistakes in, three at a time, beside one usual student; return figures and what is odd.

    Each kind is handed in alone first, which shows how long the runner takes to be at rest again, and so that what is
    made once is not taken for growth.
    """
    odd: list[str] = []
    fates: Counter[str] = Counter()

    def err(student: int, name: str) -> None:
        document = them.result(student, them.hand_in(student, code_of(name)))
        question = next((each for each in document.get("questions", []) if each["id"] == "f4"), {})
        fates[f"{name}: {question.get('verdict', document['status'])}"] += 1
        if document["status"] != "graded" or question["verdict"] not in KINDS[name][1] or question["score"]:
            odd.append(f"{name}: {document['status']} {question.get('verdict')} {question.get('feedback')}")

    def usual() -> float:
        begun = time.monotonic()
        document = them.result(USUAL, them.hand_in(USUAL, RIGHT))
        code = next(each for each in document["questions"] if each["id"] == "f4")
        if code["score"] != code["max_score"]:
            odd.append(f"a right one got {code['verdict']}: {code['feedback']}")
        return time.monotonic() - begun

    usual()
    rest = Rest(them.runner())
    refills = []
    for name in KINDS:
        err(ERRING[0], name)
        begun = time.monotonic()
        odd += [f"after {name}: {each}" for each in rest.left_over()]
        refills.append(time.monotonic() - begun)
    _busy_all_round(them)
    odd += rest.left_over()
    before = them.held(rest)

    names = itertools.islice(itertools.cycle(KINDS), number)
    waits: list[float] = []
    begun = time.monotonic()
    with ThreadPoolExecutor(len(ERRING)) as pool:
        lock = threading.Lock()

        def err_on(student: int) -> None:
            while True:
                with lock:
                    name = next(names, None)
                if name is None:
                    return
                err(student, name)

        erring = [pool.submit(err_on, student) for student in ERRING]
        while not all(each.done() for each in erring):
            waits.append(usual())
        for each in erring:
            each.result()
    took = time.monotonic() - begun
    odd += [f"at the end: {each}" for each in rest.left_over()]
    rested = time.monotonic() - begun - took
    _busy_all_round(them)
    odd += [f"at the end: {each}" for each in rest.left_over()]
    after = them.held(rest)
    states = Counter(run["status"] for run in them.runs().values())
    odd += [f"{count} runs are {status}" for status, count in states.items() if status != "graded"]
    return {
        "mistakes": number,
        "took_s": round(took, 1),
        "fates": dict(sorted(fates.items())),
        "usual": len(waits),
        "usual_p50_s": round(statistics.median(waits), 2),
        "usual_longest_s": round(max(waits), 2),
        "refill_p50_ms": round(statistics.median(refills) * 1000),
        "refill_longest_ms": round(max(refills) * 1000),
        "refill_at_the_end_ms": round(rested * 1000),
        "before": {name: vars(part) for name, part in before.items()},
        "after": {name: vars(part) for name, part in after.items()},
        "load": round(os.getloadavg()[0], 1),
        "odd": odd,
    }


def _busy_all_round(them: Crowd) -> None:
    """Have every worker process and enough threads of the web server do something, so that all have what they keep."""
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(them.hand_in, each % len(ERRING), RIGHT) for each in range(24)]
        for each, one in enumerate(sent):
            them.result(each % len(ERRING), one.result())


def flood(them: Crowd, number: int) -> dict[str, Any]:
    """Have one student hand in `number` hanging ones at once, and then another a right one: it must be next.

    That is all fairness can promise: what runs already is not interrupted, and nothing that waits goes before it.
    """
    hanging = code_of("sleep")
    with ThreadPoolExecutor(number) as pool:
        flooding = list(pool.map(lambda _: them.hand_in(ERRING[0], hanging, wait_s=0), range(number)))
    begun = time.monotonic()
    handed_in = them.hand_in(OTHER, RIGHT, wait_s=0)
    # Only from here on every worker sees it: a run claimed while it was on its way was rightly the next.
    accepted_at = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    right = them.result(OTHER, handed_in)
    waited = time.monotonic() - begun
    graded = [them.result(ERRING[0], each) for each in flooding]
    started = {submission: dt.datetime.fromisoformat(run["started_at"]) for submission, run in them.runs().items()}
    own = started[right["id"]]
    before = [started[each["id"]] for each in flooding if started[each["id"]] < own]
    overtook = [each for each in before if each > accepted_at]
    behind = len(flooding) - len(before)
    code = next(each for each in right["questions"] if each["id"] == "f4")
    odd = [f"{len(overtook)} of the flood were started after the right one came and before it was"] if overtook else []
    if code["score"] != code["max_score"]:
        odd.append(f"the right one got {code['verdict']}")
    if not behind:
        odd.append("nothing was left of the flood when the right one was started: nothing was shown")
    odd += [f"of the flood one is {each['status']}" for each in graded if each["status"] != "graded"]
    return {
        "flood": number,
        "accepted": len(flooding),
        "started_before": len(before),
        "overtook": len(overtook),
        "started_after": behind,
        "waited_s": round(waited, 2),
        "limit_of_a_run_s": LIMITS["wall_s"],
        "load": round(os.getloadavg()[0], 1),
        "odd": odd,
    }
