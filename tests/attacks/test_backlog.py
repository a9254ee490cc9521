"""Answers that come faster than they are read: what waits for the worker must not fill the memory of the runner."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import cast

from assignments.script import Load, Probes, ProbesOutcome, Source, Status, call
from assignments.spec import Limits
from tests.attacks.wall import Wall
from tests.servers import wait_until
from worker.client import Job, run_over

QUESTIONS, MIB = 14, 1 << 20
WALL_S = 6.0
BIG = f"import numpy as np\ndef f():\n    return np.zeros({4 * MIB - 1})\n"


def memory(pid: int) -> int:
    """Return the MiB a process holds."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) >> 10


class SlowReader:
    """A connection whose reader begins only when the runner has nothing more to say."""

    def __init__(self, wall: Wall) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(wall.socket))
        self._pid = wall.pid
        self.most = 0

    def sendall(self, data: bytes) -> None:
        """Hand the job in, and wait until the runner has grown no more for longer than the time limit."""
        self._socket.sendall(data)
        begun = grown = time.monotonic()

        def is_settled() -> bool:
            nonlocal grown
            now = memory(self._pid)
            if now > self.most:
                self.most, grown = now, time.monotonic()
            return time.monotonic() > max(grown, begun + 1) + WALL_S + 0.5

        wait_until(is_settled, "the runner to stop growing")

    def recv(self, size: int) -> bytes:
        """Read."""
        return self._socket.recv(size)


def test_answers_nobody_reads_wait_in_the_box_and_cost_no_time_limit(the_wall: Wall) -> None:
    probes = tuple(Probes(f"q{number}", (call("f"),)) for number in range(QUESTIONS))
    job = Job((Source("work.py", "work", (BIG,)),), "work", probes, Limits(cpu_s=20.0, wall_s=WALL_S))
    before = memory(the_wall.pid)
    reader = SlowReader(the_wall)
    load, *answers = run_over(cast("socket.socket", reader), job)
    assert isinstance(load, Load)
    assert [answer.outcomes[0].status for answer in answers if isinstance(answer, ProbesOutcome)] == [
        Status.RETURNED
    ] * QUESTIONS
    assert reader.most - before < 32 * QUESTIONS * 0.7
    assert the_wall.canary() == ""
