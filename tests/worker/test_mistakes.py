"""A student's mistake never wedges the service: crashes, hangs and floods in a row, beside submissions as usual."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from assignments.script import Outcome, Probes, ProbesOutcome, Source, Status, call
from assignments.spec import Limits
from tests.worker.test_runner_lifecycle import boxes, descendants, started, wait_until
from worker.client import Job, RunnerClient

MISTAKES = 100
ROOMY, SHORT = Limits(), Limits(cpu_s=0.1, wall_s=0.5)  # what ends by itself may take its time
FEW = 10  # descriptors and processes a box more or less in its start makes; a hundred leaks would be more
GROWTH_KIB = 4096  # what an allocator may keep; a hundred leaks of one job each would be more

KINDS = {
    "crash": ("import os; os.abort()", ROOMY, {Status.CRASHED}),
    "segmentation fault": ("import ctypes; ctypes.string_at(0)", ROOMY, {Status.CRASHED}),
    "exit": ("import ctypes; ctypes.CDLL(None)._exit(3)", ROOMY, {Status.CRASHED}),
    "loop": ("while True: pass", SHORT, {Status.TIMED_OUT}),
    "sleep": ("import time; time.sleep(60)", SHORT, {Status.TIMED_OUT}),
    "hang in C": ("return 9**9**9", SHORT, {Status.TIMED_OUT}),
    "print": ("while True: print('A' * 10000)", ROOMY, {Status.OUTPUT_LIMIT}),
    "memory": (
        "hoard = []\n    while True: hoard.append(bytearray(1 << 24))",
        SHORT,
        {Status.OUT_OF_MEMORY, Status.TIMED_OUT},
    ),
    "result": ("import numpy as np; return np.zeros(5 << 20)", SHORT, {Status.UNREADABLE, Status.TIMED_OUT}),
    "threads": (
        "import threading, time\n    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        SHORT,
        {Status.PROCESS_LIMIT, Status.TIMED_OUT},
    ),
    "channel": ("import os\n    while True: os.write(4, b'A' * 4096)", SHORT, {Status.UNREADABLE, Status.TIMED_OUT}),
}


def grade(client: RunnerClient, body: str, limits: Limits) -> Outcome:
    """Grade one function of this body."""
    source = Source("work.py", "work", (f"def f(x):\n    {body}\n",))
    _, answer = client.run(Job((source,), "work", (Probes("q", (call("f", 1),)),), limits))
    assert isinstance(answer, ProbesOutcome)
    return answer.outcomes[0]


def resident_kib(pid: int) -> int:
    """Return the memory a process has, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@pytest.mark.timeout(600)
def test_hundred_mistakes_in_a_row_leave_nothing_behind_and_hold_nobody_up() -> None:
    with started(workers=2) as runner:
        pid = runner.process.pid
        client = RunnerClient(runner.path)

        def leftovers() -> tuple[int, int]:
            return len(list(Path(f"/proc/{pid}/fd").iterdir())), len(descendants(pid))

        for body, limits, _ in KINDS.values():  # once each, so that what is made once is not taken for growth
            grade(client, body, limits)
        wait_until(lambda: len(boxes(pid)) == 4, "the pool to be full")
        before, memory = leftovers(), resident_kib(pid)
        odd: list[str] = []

        def err() -> None:
            for number in range(MISTAKES):
                name = list(KINDS)[number % len(KINDS)]
                body, limits, expected = KINDS[name]
                outcome = grade(mistaken, body, limits)
                if outcome.status not in expected:
                    odd.append(f"{name}: {outcome}")

        mistaken = RunnerClient(runner.path)
        erring = threading.Thread(target=err)
        first = time.monotonic()
        erring.start()
        waits = []
        while erring.is_alive():
            begun = time.monotonic()
            assert grade(client, "return x + 1", Limits()).value == 2
            waits.append(time.monotonic() - begun)
        mistaken.close()
        assert odd == []
        # Two places, one for the mistakes: a usual one waits for a box, and not for the mistakes to end.
        assert max(waits) < (time.monotonic() - first) / 2
        wait_until(lambda: len(boxes(pid)) == 4, "the pool to be full again")
        wait_until(lambda: all(now < was + FEW for now, was in zip(leftovers(), before, strict=True)), "no leftovers")
        assert resident_kib(pid) - memory < GROWTH_KIB
