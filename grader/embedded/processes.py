"""Child processes that never outlive their parent, however it ends.

Three walls, because each has a gap: an orderly stop signals each child and waits; the kernel kills a child whose
parent is gone (`die_with_parent`), but not that child's own children; the `Warden`, a process of a few lines, sees
the parent's end by a closing pipe and kills every group that was left.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None  # looked up before any fork


def die_with_parent() -> None:
    """Ask the kernel, in a forked child, to kill it when the thread that forked it ends; nothing but on Linux."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Warden:
    """A process that outlives this one by the moment it takes to kill what this one left behind."""

    def __init__(self) -> None:
        """Fork it; to be called while this process has one thread. Files open now stay open as long as the warden."""
        reading, self._writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._writing)
            _watch(reading)
        os.close(reading)

    def add(self, group: int) -> None:
        """Have the process group killed when this process ends before `remove`."""
        os.write(self._writing, f"+{group}\n".encode())

    def remove(self, group: int) -> None:
        """Forget a group that has ended."""
        os.write(self._writing, f"-{group}\n".encode())

    def dismiss(self) -> None:
        """End the warden; whatever it still guards is killed first."""
        os.close(self._writing)
        os.waitpid(self._pid, 0)


def _watch(reading: int) -> None:
    """Live as the warden: keep the list, and at the end of the pipe kill what is on it."""
    groups: set[int] = set()
    try:
        os.setsid()  # out of reach of the terminal's Ctrl-C and of a kill of the parent's group
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        with os.fdopen(reading) as lines:
            for line in lines:
                (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
        for group in groups:
            _kill_group(group)
    finally:
        os._exit(0)  # never back into the parent's code


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


@dataclass
class Child:
    """One process of the service: how it is started, where it logs, how often it died."""

    SETTLED_S = 30.0  # a life this long ends a row of deaths
    MOST_DEATHS = 5

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    stop_limit_s: float = 10.0
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0  # in a row, each soon after its start
    started_at: float = 0.0  # monotonic
    restart_at: float = 0.0  # monotonic; when it may be started again after a death

    def start(self, warden: Warden) -> None:
        """Start it in a session of its own, its output appended to its log."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 (one C call, and the supervisor has one thread)
            )
        warden.add(self.process.pid)
        self.started_at = time.monotonic()

    def has_died(self) -> bool:
        """Whether it was started and has ended."""
        return self.process is not None and self.process.poll() is not None

    def bury(self, warden: Warden) -> int:
        """Count its death, kill what is left of its group, say when it may live again; return its exit code."""
        assert self.process is not None  # noqa: S101 (only a child that has died is buried)
        code = self.process.wait()
        self._clear(warden)
        lived_s = time.monotonic() - self.started_at
        self.deaths = 1 if lived_s > self.SETTLED_S else self.deaths + 1
        self.restart_at = time.monotonic() + min(10.0, 0.25 * 2**self.deaths)
        self.process = None
        return code

    def ask_to_stop(self) -> None:
        """Let it finish what it has begun."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def finish(self, warden: Warden, is_urgent: Callable[[], bool]) -> None:
        """Wait for its end, for `stop_limit_s` at most and not once it `is_urgent`; then kill what is left."""
        if self.process is None:
            return
        deadline = time.monotonic() + self.stop_limit_s
        while self.process.poll() is None and time.monotonic() < deadline and not is_urgent():
            time.sleep(0.02)
        self._clear(warden)
        self.process.wait()
        self.process = None

    def log_tail(self, lines: int = 12) -> str:
        """Return the last lines it logged."""
        with contextlib.suppress(OSError), self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 16_384))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
        return ""

    def _clear(self, warden: Warden) -> None:
        assert self.process is not None  # noqa: S101 (its callers have looked)
        # A group's number is not given to anybody else while a member lives, so this cannot hit a stranger: the
        # group of a dead and reaped leader is either still ours or gone.
        _kill_group(self.process.pid)
        warden.remove(self.process.pid)
