"""Boxes: one bubblewrap instance each, with a warm Python inside; and the pool that keeps spare ones ready.

A box serves one submission at a time. It is thrown away after its last one, and after anything but a clean end: a
fresh one costs a tenth of a second of somebody's idle time, a doubtful one costs a term's trust.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from worker import child, confinement
from worker.runtime import Runtime, RuntimeUnreadableError, discover

START_LIMIT_S = 30.0
START_GRACE_S = 5.0  # a box takes a tenth of a second to start, more where everything is busy
MAX_FAILED_STARTS = 5


@dataclass(frozen=True)
class Materials:
    """What every box of a runner is made of; found once."""

    bwrap: str
    runtime: Runtime
    box_filter: bytes
    child_filter: bytes

    @classmethod
    def gather(cls) -> Materials:
        """Find bubblewrap, the Python runtime and libseccomp on this machine.

        Raises:
            ConfinementError: one of them is missing; the message says which, its `cure` what to do.
        """
        try:
            runtime = discover()
        except RuntimeUnreadableError as error:
            raise confinement.ConfinementError(
                f"The Python runtime cannot be read by uid {os.geteuid()}: {error}",
                "Make the interpreter and its packages readable for this user, for example with `chmod -R a+rX`.",
            ) from error
        return cls(confinement.find_bwrap(), runtime, confinement.box_filter(), confinement.child_filter())


class Box:
    """One box: a bubblewrap process, and a socket to the process inside that forks children."""

    def __init__(self, materials: Materials) -> None:
        """Start the box; must be called by the main thread, because a box dies with the thread that started it."""
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        read_end, write_end = os.pipe()
        with theirs:
            try:
                os.write(write_end, materials.box_filter)  # far less than a pipe holds
                os.close(write_end)
                command = confinement.box_command(
                    materials.bwrap, materials.runtime, seccomp_fd=read_end, control_fd=theirs.fileno()
                )
                self._process = subprocess.Popen(
                    command,
                    env={},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=(read_end, theirs.fileno()),
                )
            finally:
                os.close(read_end)
        with contextlib.suppress(OSError):  # it has ended already: the loop will find out, and what it said
            self.control.send(materials.child_filter)
        self.control.setblocking(False)
        self.started_at = time.monotonic()
        self.is_ready = False
        self.is_busy = False
        self.is_spent = False  # must not be handed out again
        self.served = 0

    @property
    def pid(self) -> int:
        """The process id of the outer bubblewrap."""
        return self._process.pid

    def hand_over(self, memory: int, cpu_s: int, descriptors: list[int]) -> None:
        """Have a child forked that owns these descriptors: its socket, its output, its bell."""
        self.is_busy = True
        self.served += 1
        socket.send_fds(self.control, [child.SPAWN.pack(memory, cpu_s)], descriptors)

    def receive(self) -> tuple[bytes, list[int]] | None:
        """Return the box's next message with the descriptors it brought, b"" at its end, None when there is none."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self.control, 64, 4)
        except BlockingIOError:
            return None
        except OSError:
            return b"", []
        return data, descriptors

    def kill(self) -> str:
        """End the box and all that is in it; return what its start-up printed, for a box that never became ready."""
        self.control.close()
        if not self.is_ready:
            # A bubblewrap killed while it starts leaves the process it has just cloned waiting for its word for ever.
            # Without its control socket the box ends by itself as soon as it has started.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=START_GRACE_S)
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()  # Popen knows whether it has been waited for, so a number taken again is not hit
        self._process.wait()
        said = b""
        if self._process.stderr is not None:
            if not self.is_ready:
                os.set_blocking(self._process.stderr.fileno(), False)
                said = self._process.stderr.read(4096) or b""
            self._process.stderr.close()
        return said.decode("utf-8", "replace").strip()


class Pool:
    """Keeps boxes warm: as many as may work at the same time, and some to take the place of those thrown away."""

    def __init__(
        self,
        materials: Materials,
        *,
        size: int,
        box_reuse: int,
        watch: Callable[[Box], None],
        forget: Callable[[Box], None],
    ) -> None:
        """Prepare an empty pool.

        Args:
            materials: what boxes are made of.
            size: boxes to hold, working ones included.
            box_reuse: submissions one box serves.
            watch: told each box that was started, to listen to its `control`.
            forget: told each box before it is closed.
        """
        self._materials = materials
        self._size = size
        self._box_reuse = box_reuse
        self._watch = watch
        self._forget = forget
        self._idle: deque[Box] = deque()
        self.boxes: set[Box] = set()
        self.failed_starts = 0
        self.last_words = ""

    def refill(self) -> None:
        """Start boxes until the pool is full."""
        while len(self.boxes) < self._size and self.failed_starts < MAX_FAILED_STARTS:
            box = Box(self._materials)
            self.boxes.add(box)
            self._watch(box)

    @property
    def is_full(self) -> bool:
        """Whether every box the pool wants is there and warm."""
        return len(self.boxes) >= self._size and all(box.is_ready for box in self.boxes)

    def take(self) -> Box | None:
        """Return a warm box, or None when none is ready yet."""
        return self._idle.popleft() if self._idle else None

    def note_ready(self, box: Box) -> None:
        """Take a freshly started box into service."""
        box.is_ready = True
        self.failed_starts = 0
        self._idle.append(box)

    def give_back(self, box: Box) -> None:
        """Take a box back after a clean end; it is thrown away when it is spent."""
        box.is_busy = False
        if box.is_spent or box.served >= self._box_reuse:
            self.throw_away(box)
        else:
            # The one used last has its memory in the processor's cache.
            self._idle.appendleft(box)

    def throw_away(self, box: Box) -> None:
        """End a box; another takes its place at the next `refill`."""
        if box not in self.boxes:
            return
        self.boxes.remove(box)
        if box in self._idle:
            self._idle.remove(box)
        self._forget(box)
        said = box.kill()
        if not box.is_ready:
            self.failed_starts += 1
            self.last_words = said or "it ended without a word"

    def throw_away_late(self, now: float) -> None:
        """End boxes that did not become ready in time."""
        for box in [box for box in self.boxes if not box.is_ready and now - box.started_at > START_LIMIT_S]:
            self.throw_away(box)

    def close(self) -> None:
        """End every box."""
        for box in list(self.boxes):
            self._forget(box)
            box.kill()
        self.boxes.clear()
        self._idle.clear()


def kill_child(pidfd: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to a child; nothing happens when it has ended."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, number)
