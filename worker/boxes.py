"""Boxes: namespaces with a warm Python in them, cloned from a template; and the pool that keeps spare ones ready.

A box serves one submission at a time. It is thrown away after its last one, and after anything but a clean end: a
fresh one costs milliseconds, a doubtful one costs a term's trust.
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

from worker import confinement
from worker.box import framing
from worker.runtime import Runtime, RuntimeUnreadableError, compile_program, discover

START_LIMIT_S = 30.0
START_GRACE_S = 5.0  # a box takes a tenth of a second to start, more where everything is busy
MAX_FAILED_STARTS = 5
TEMPLATE_BOXES = 200  # boxes of one template share the layout of their memory; a new one draws it anew


@dataclass(frozen=True)
class Materials:
    """What every box of a runner is made of; found once."""

    bwrap: str
    runtime: Runtime
    template_filter: bytes
    box_filter: bytes
    child_filter: bytes
    program: bytes  # the modules of `worker/box`, compiled

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
        return cls(
            bwrap=confinement.find_bwrap(),
            runtime=runtime,
            template_filter=confinement.template_filter(),
            box_filter=confinement.box_filter(),
            child_filter=confinement.child_filter(),
            program=compile_program(),
        )


class Template:
    """The process boxes are cloned from: bubblewrap, and in it a warm Python that takes orders by a socket.

    A clone costs milliseconds, where a start costs a tenth of a second; and the template, which never sees more than an
    order, is as clean for its last box as for its first.
    """

    def __init__(self, materials: Materials) -> None:
        """Start it; must be called by the main thread, because it dies with the thread that started it."""
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        read_end, write_end = os.pipe()
        program = os.memfd_create("child", os.MFD_CLOEXEC)
        with theirs:
            try:
                os.write(write_end, materials.template_filter)  # far less than a pipe holds
                os.close(write_end)
                os.pwrite(program, materials.program, 0)
                command = confinement.box_command(
                    materials.bwrap,
                    materials.runtime,
                    seccomp_fd=read_end,
                    program_fd=program,
                    control_fd=theirs.fileno(),
                )
                self._process = subprocess.Popen(
                    command,
                    env={},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=(read_end, program, theirs.fileno()),
                )
            finally:
                os.close(read_end)
                os.close(program)
        with contextlib.suppress(OSError):  # it has ended already: the loop will find out, and what it said
            self.control.send(materials.box_filter)
            self.control.send(materials.child_filter)
        self.control.setblocking(False)
        self.started_at = time.monotonic()
        self.is_warm = False
        self.is_ended = False
        self.ordered: deque[Box] = deque()  # boxes it has not told the handle of
        self.boxes: set[Box] = set()
        self.built = 0

    @property
    def pid(self) -> int:
        """The process id of the outer bubblewrap."""
        return self._process.pid

    def order(self, reuse: int) -> Box:
        """Have a box cloned that serves `reuse` submissions.

        Raises:
            OSError: the template has ended, or is so far behind that no order can be left.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                socket.send_fds(self.control, [framing.BUILD.pack(reuse)], [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        box = Box(self, ours)
        self.built += 1
        self.ordered.append(box)
        self.boxes.add(box)
        return box

    def receive(self) -> tuple[bytes, list[int]] | None:
        """Return the next message, as `Box.receive`."""
        return _receive(self.control)

    def end(self) -> str:
        """End the template and every box of it; return what it had to say."""
        self.is_ended = True
        self.control.close()
        # A bubblewrap killed while it starts leaves the process it has just cloned waiting for its word for ever.
        # Without its control socket the template ends by itself, at once or as soon as it has started.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=START_GRACE_S)
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()  # Popen knows whether it has been waited for, so a number taken again is not hit
        self._process.wait()
        said = self.said()
        if self._process.stderr is not None:
            self._process.stderr.close()
        return said

    def said(self) -> str:
        """Return what the template or a box of it printed because it could not start, and nobody has read yet."""
        if self._process.stderr is None or self._process.stderr.closed:
            return ""  # its boxes may be heard of after it has ended
        os.set_blocking(self._process.stderr.fileno(), False)
        return (self._process.stderr.read(4096) or b"").decode("utf-8", "replace").strip()


class Box:
    """One box: namespaces of its own, in them a process that clones children, one ahead of each submission."""

    def __init__(self, template: Template, control: socket.socket) -> None:
        """Take note of a box that has been ordered; see `Template.order`."""
        self.template = template
        self.control = control
        self.control.setblocking(False)
        self.ordered_at = time.monotonic()
        self.pidfd = -1  # its own handle, -1 until the template has told
        self.waiting = -1  # handle of the child that waits in it, -1 when there is none
        self.is_ready = False
        self.is_busy = False
        self.is_spent = False  # must not be handed out again
        self.is_killed = False
        self.served = 0

    def hand_over(self, memory: int, cpu_s: int, descriptors: list[int]) -> int:
        """Have the waiting child own its descriptors (socket, output, bell), and return the child's handle."""
        self.is_busy = True
        self.served += 1
        socket.send_fds(self.control, [framing.SPAWN.pack(memory, cpu_s)], descriptors)
        pidfd, self.waiting = self.waiting, -1
        return pidfd

    def receive(self) -> tuple[bytes, list[int]] | None:
        """Return the box's next message with the descriptors it brought, b"" at its end, None when there is none."""
        return _receive(self.control)

    def note_built(self, pidfd: int) -> None:
        """Take the box's own handle; one that was to be killed before it had one is killed now."""
        self.pidfd = pidfd
        if self.is_killed:
            self.kill()

    def kill(self) -> None:
        """End the box and all that is in it."""
        self.is_killed = True
        self.control.close()
        if self.waiting >= 0:
            os.close(self.waiting)
            self.waiting = -1
        if self.pidfd >= 0:
            kill_child(self.pidfd)  # process 1 of its namespace: the kernel kills whatever else is in there
            os.close(self.pidfd)
            self.pidfd = -1


def _receive(control: socket.socket) -> tuple[bytes, list[int]] | None:
    try:
        data, descriptors, _, _ = socket.recv_fds(control, 64, 4)
    except BlockingIOError:
        return None
    except OSError:
        return b"", []
    return data, descriptors


class Pool:
    """Keeps boxes warm: as many as may work at the same time, and some to take the place of those thrown away.

    Its boxes are cloned from one template, which is replaced by a fresh one after `TEMPLATE_BOXES`.
    """

    def __init__(
        self,
        materials: Materials,
        *,
        size: int,
        box_reuse: int,
        watch: Callable[[Box | Template], None],
        forget: Callable[[Box | Template], None],
    ) -> None:
        """Prepare an empty pool.

        Args:
            materials: what boxes are made of.
            size: boxes to hold, working ones included.
            box_reuse: submissions one box serves.
            watch: told each box and template that was started, to listen to its `control`.
            forget: told each of them before it is closed.
        """
        self._materials = materials
        self._size = size
        self._box_reuse = box_reuse
        self._watch = watch
        self._forget = forget
        self._idle: deque[Box] = deque()
        self._current: Template | None = None  # the one boxes are ordered from
        self._coming: Template | None = None  # its successor, while it starts
        self._templates: set[Template] = set()  # all that live; the older ones until their last box has gone
        self.boxes: set[Box] = set()
        self.failed_starts = 0
        self.last_words = ""

    def refill(self) -> None:
        """Order boxes until the pool is full; start a template where there is none to order from."""
        is_used_up = self._current is None or self._current.built >= TEMPLATE_BOXES
        if is_used_up and self._coming is None and self.failed_starts < MAX_FAILED_STARTS:
            self._start_template()
        if self._coming is not None and self._coming.is_warm:
            before, self._current, self._coming = self._current, self._coming, None
            if before is not None and not before.boxes:
                self.end_template(before)
        while self._current is not None and len(self.boxes) < self._size:
            try:
                box = self._current.order(self._box_reuse)
            except BlockingIOError:
                return
            except OSError:
                self.end_template(self._current)
                return
            self.boxes.add(box)
            self._watch(box)

    def _start_template(self) -> None:
        try:
            self._coming = Template(self._materials)
        except OSError as error:  # no process, no descriptor or no bubblewrap to be had at the moment
            self._note_no_template(str(error))
            return
        self._templates.add(self._coming)
        self._watch(self._coming)

    @property
    def is_full(self) -> bool:
        """Whether every box the pool wants is there and warm."""
        return len(self.boxes) >= self._size and all(box.is_ready for box in self.boxes)

    def take(self) -> Box | None:
        """Return a warm box, or None when none is ready yet."""
        return self._idle.popleft() if self._idle else None

    def expects_child(self, box: Box) -> bool:
        """Whether a box is still the pool's, at rest, and has no child that waits."""
        return box in self.boxes and not box.is_busy and box.waiting < 0

    def note_waiting(self, box: Box, pidfd: int) -> None:
        """Take a box into service: a child waits in it."""
        box.waiting = pidfd
        box.is_ready = True
        self.failed_starts = 0
        # One that has worked has its memory in the processor's cache.
        (self._idle.appendleft if box.served else self._idle.append)(box)

    def give_back(self, box: Box) -> None:
        """Take a box back after a clean end, until its next child waits; it is thrown away when it is spent."""
        box.is_busy = False
        if box.is_spent or box.served >= self._box_reuse:
            self.throw_away(box)

    def throw_away(self, box: Box) -> None:
        """End a box; another takes its place at the next `refill`."""
        if box not in self.boxes:
            return
        self.boxes.remove(box)
        if box in self._idle:
            self._idle.remove(box)
        self._forget(box)
        box.kill()
        box.template.boxes.discard(box)
        if not box.is_ready:
            self.failed_starts += 1
            self.last_words = box.template.said() or "it ended without a word"
        if not box.template.boxes and box.template is not self._current:
            self.end_template(box.template)

    def end_template(self, template: Template) -> None:
        """End a template that is used up, or that ended by itself; its boxes end with it."""
        if template not in self._templates:
            return
        self._templates.remove(template)
        if template is self._current:
            self._current = None
        if template is self._coming:
            self._coming = None
        self._forget(template)
        said = template.end()  # its boxes end with it, and their sockets tell
        if not template.is_warm:
            self._note_no_template(said or "it ended without a word")

    def _note_no_template(self, why: str) -> None:
        self.failed_starts += 1
        self.last_words = why
        if self._current is not None:
            self._current.built = 0  # it has to do for as long again

    def throw_away_late(self, now: float) -> None:
        """End what did not become ready in time."""
        for template in [t for t in self._templates if not t.is_warm and now - t.started_at > START_LIMIT_S]:
            self.end_template(template)
        for box in [box for box in self.boxes if not box.is_ready and now - box.ordered_at > START_LIMIT_S]:
            self.throw_away(box)

    def close(self) -> None:
        """End every box."""
        for box in list(self.boxes):
            self._forget(box)
            box.kill()
        self.boxes.clear()
        self._idle.clear()
        for template in list(self._templates):
            self.end_template(template)


def kill_child(pidfd: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to a child; nothing happens when it has ended."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, number)
