"""The process that owns the boxes and serves jobs over a unix socket to any number of workers.

It holds no secret, no answer and no address of anything. One thread does everything: a box lives as long as the
thread that started it, and a loop that only forwards bytes is never the slow part.
"""

from __future__ import annotations

import contextlib
import functools
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path

from worker import wire
from worker.box import framing
from worker.boxes import MAX_FAILED_STARTS, Box, Materials, Pool, Template
from worker.confinement import ConfinementError
from worker.jobs import TICK_S, BadJobError, JobRun, Request
from worker.privileges import StillRootError, leave_root

RETRY_S = 1.0  # pause after boxes failed to start again and again
BACKLOG = 512
CHUNK = 1 << 18
MAX_UNSENT = 64 << 20  # bytes of answers for one client; until it has read some, its child is not listened to
REFUSED = 3  # exit code: the sandbox is not what it must be
KEPT_ENVIRONMENT = ("PATH", "LANG", "TZ", "PYTHONPATH")


class _Connection:
    """A client's connection: a job comes in, frames go out, then the next job may come."""

    def __init__(self, stream: socket.socket) -> None:
        self.socket = stream
        self.incoming = bytearray()
        self.outgoing: list[memoryview] = []
        self.is_blocked = False  # waits for the client to read
        self.run: JobRun | None = None
        self.boxes: list[Box] = []  # the boxes its latest job has been in


class Runner:
    """The loop: clients, jobs, boxes."""

    def __init__(self, materials: Materials, *, workers: int, box_reuse: int) -> None:
        """Prepare; boxes start with the first turn of the loop.

        Args:
            materials: what boxes are made of.
            workers: jobs that run at the same time.
            box_reuse: submissions one box serves.
        """
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._workers = workers
        self._pool = Pool(
            materials, size=2 * workers, box_reuse=box_reuse, watch=self._watch_box, forget=self._forget_box
        )
        self._waiting: deque[JobRun] = deque()
        self._running: set[JobRun] = set()  # jobs that hold a box, be it only until their child has ended
        self._owners: dict[JobRun, _Connection] = {}
        self._by_box: dict[Box, JobRun] = {}
        self._connections: set[_Connection] = set()
        self._to_send: set[_Connection] = set()
        self._retry_at = self._late_at = 0.0

    # --- the loop ---

    def listen(self, listener: socket.socket) -> None:
        """Accept clients from a listening socket."""
        listener.setblocking(False)

        def accept(_: int) -> None:
            with contextlib.suppress(BlockingIOError):
                stream, _address = listener.accept()
                self.add_client(stream)

        self._watch(listener.fileno(), select.EPOLLIN, accept)

    def wake_on(self, descriptor: int, handler: Callable[[], None]) -> None:
        """Call `handler` when the descriptor can be read."""
        self._watch(descriptor, select.EPOLLIN, lambda _: handler())

    def forget(self, descriptor: int) -> None:
        """Stop watching a descriptor given to `wake_on`."""
        self._unwatch(descriptor)

    @property
    def last_words(self) -> str:
        """What the last box that did not start had to say."""
        return self._pool.last_words

    def add_client(self, stream: socket.socket) -> None:
        """Serve one connection."""
        stream.setblocking(False)
        connection = _Connection(stream)
        self._connections.add(connection)
        self._watch(stream.fileno(), select.EPOLLIN, lambda events: self._serve(connection, events))

    def turn(self) -> None:
        """Wait for something to happen and do what it asks for."""
        now = time.monotonic()
        if self._pool.failed_starts >= MAX_FAILED_STARTS:
            self._pause(now)
        else:
            self._pool.refill()
        is_idle = not self._waiting and self._pool.is_full
        timeout = TICK_S if self._running else -1 if is_idle else RETRY_S
        for descriptor, events in self._epoll.poll(timeout):
            handler = self._handlers.get(descriptor)
            if handler is not None:  # an earlier event of this turn may have closed it
                handler(events)
        now = time.monotonic()
        for run in list(self._running):
            self._guarded(run, self._tick)
        if now >= self._late_at:
            self._late_at = now + TICK_S
            self._pool.throw_away_late(now)
        self._start_waiting(now)
        while self._to_send:
            connection = self._to_send.pop()
            if connection in self._connections and not connection.is_blocked:
                self._send_pending(connection)

    def close(self) -> None:
        """End every job and every box."""
        for connection in list(self._connections):
            connection.socket.close()
        self._pool.close()
        self._epoll.close()

    def _pause(self, now: float) -> None:
        """Boxes will not start: say so to whoever waits, and try again a little later."""
        if self._retry_at == 0.0:
            self._retry_at = now + RETRY_S
            _say(f"boxes do not start: {self._pool.last_words}")
            while self._waiting:
                self._waiting.popleft().fail("no box can be started", is_away=True)
        elif now >= self._retry_at:
            self._retry_at = 0.0
            self._pool.failed_starts = 0

    def _watch(self, descriptor: int, events: int, handler: Callable[[int], None]) -> None:
        self._epoll.register(descriptor, events)
        self._handlers[descriptor] = handler

    def _unwatch(self, descriptor: int) -> None:
        if self._handlers.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    # --- clients ---

    def _serve(self, connection: _Connection, events: int) -> None:
        if events & select.EPOLLOUT:
            self._send_pending(connection)
        if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
            self._read(connection)

    def _read(self, connection: _Connection) -> None:
        while True:
            try:
                data = connection.socket.recv(CHUNK)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._drop(connection)
                return
            connection.incoming += data
            try:
                while self._take_request(connection):
                    pass  # a remark on the last job and the next job may come at once
            except BadJobError as error:
                self._send(connection, framing.frame(wire.FAULT, {"message": f"not a job: {error}"}))
                self._send_pending(connection)
                self._drop(connection)
                return
            if len(data) < CHUNK:
                return

    def _take_request(self, connection: _Connection) -> bool:
        """Take one frame of what a client has sent; return whether a whole one was there."""
        data = connection.incoming
        if len(data) < framing.HEAD.size:
            return False
        kind, header_size, blob_size = framing.HEAD.unpack_from(data)
        size = framing.HEAD.size + header_size + blob_size
        if header_size + blob_size > wire.MAX_JOB:
            raise BadJobError("it is too large")
        if len(data) < size:
            return False
        if kind == wire.ODD:
            # What came up was not written by our code: whoever wrote it shall not have company.
            for box in connection.boxes:
                box.is_spent = True
                if not box.is_busy:
                    self._pool.throw_away(box)
            del data[:size]
        elif kind == wire.JOB and (connection.run is None or connection.run.is_finished):
            body = memoryview(bytes(data[framing.HEAD.size : size]))
            del data[:size]
            request = Request.read(bytes(body[:header_size]), body[header_size:])
            run = JobRun(
                request,
                send=lambda frame: self._send(connection, frame),
                finish=self._finished,
                want_box=self._waiting.appendleft,
                is_behind=lambda: sum(map(len, connection.outgoing)) > MAX_UNSENT,
            )
            connection.run = run
            connection.boxes.clear()
            self._owners[run] = connection
            self._waiting.append(run)
            self._start_waiting(time.monotonic())
        else:
            raise BadJobError("one job at a time")
        return True

    def _send(self, connection: _Connection, frame: bytes) -> None:
        if connection in self._connections:
            connection.outgoing.append(memoryview(frame))
            self._to_send.add(connection)  # sent when this turn's events have been dealt with, all at once

    def _send_pending(self, connection: _Connection) -> None:
        frames = connection.outgoing
        while frames:
            try:
                sent = connection.socket.sendmsg(frames[:64])
            except BlockingIOError:
                connection.is_blocked = True
                self._epoll.modify(connection.socket.fileno(), select.EPOLLIN | select.EPOLLOUT)
                return
            except OSError:
                frames.clear()  # reading will find out, and end the job
                return
            while frames and sent >= len(frames[0]):
                sent -= len(frames.pop(0))
            if sent:
                frames[0] = frames[0][sent:]
        if connection.is_blocked:
            connection.is_blocked = False
            self._epoll.modify(connection.socket.fileno(), select.EPOLLIN)

    def _drop(self, connection: _Connection) -> None:
        """The client has gone: so has the reason for its job."""
        self._connections.discard(connection)
        self._unwatch(connection.socket.fileno())
        connection.socket.close()
        run = connection.run
        if run is not None and not run.is_finished:
            run.abort(time.monotonic())
            if run in self._waiting:
                self._waiting.remove(run)
            self._owners.pop(run, None)

    # --- jobs and boxes ---

    def _start_waiting(self, now: float) -> None:
        # A job whose answers are all there only has its child to end: that takes a box, but not a place.
        while self._waiting and sum(not run.is_finished for run in self._running) < self._workers:
            box = self._pool.take()
            if box is None:
                return
            run = self._waiting.popleft()
            self._running.add(run)
            self._by_box[box] = run
            self._owners[run].boxes.append(box)
            try:
                working = run.start_in(box, now)
            except OSError:  # the box has ended, and its socket has not told yet
                self._pool.throw_away(box)
                self._by_box.pop(box, None)
                self._running.discard(run)
                self._waiting.appendleft(run)
                continue
            # Heard by its edge and never read: the child holds the very same bell, could make reading it block, and
            # empty it between the poll and the reading.
            self._watch(working.bell, select.EPOLLIN | select.EPOLLET, self._guard(run, self._look))
            self._watch(working.output, select.EPOLLIN, self._guard(run, self._look_at_output))
            if not working.send():
                self._watch(working.socket.fileno(), select.EPOLLOUT, self._guard(run, self._send_more))

    def _guard(self, run: JobRun, action: Callable[[JobRun], None]) -> Callable[[int], None]:
        """Return a handler of events that does something for a job."""
        return lambda _: self._guarded(run, action)

    def _guarded(self, run: JobRun, action: Callable[[JobRun], None]) -> None:
        """Do something for a job; should our own code fail at it, that costs this job and no other."""
        try:
            action(run)
        except Exception:  # noqa: BLE001 (what a hostile child may bring us to is not known in advance)
            _say(f"a job failed by the runner's own fault:\n{traceback.format_exc()}")
            run.fail("the runner could not deal with what the submission did")
            self._end_child(run, None)

    def _tick(self, run: JobRun) -> None:
        if not run.tick(time.monotonic()):
            self._end_child(run, None)

    def _look(self, run: JobRun) -> None:
        if run.child is not None:
            run.look(time.monotonic())

    def _look_at_output(self, run: JobRun) -> None:
        if run.child is not None and not run.look_at_output(time.monotonic()):
            self._unwatch(run.child.output)  # nothing more will come, and the loop would hear of it for ever

    def _send_more(self, run: JobRun) -> None:
        if run.child is not None and run.child.send():
            self._unwatch(run.child.socket.fileno())

    def _finished(self, run: JobRun) -> None:
        """The client has all its answers; the child may still have to end, and is not listened to any more."""
        self._owners.pop(run, None)
        if run.child is not None:
            self._unwatch(run.child.bell)
            self._unwatch(run.child.output)

    def _watch_box(self, source: Box | Template) -> None:
        hear = (
            functools.partial(self._hear, source)
            if isinstance(source, Box)
            else functools.partial(self._hear_template, source)
        )
        self._watch(source.control.fileno(), select.EPOLLIN, lambda _: hear())

    def _forget_box(self, source: Box | Template) -> None:
        self._unwatch(source.control.fileno())

    def _hear_template(self, template: Template) -> None:
        """Take the messages of a template: it is warm, it has cloned a box, it is gone."""
        while not template.is_ended and (message := template.receive()) is not None:
            data, descriptors = message
            if data == framing.WARM:
                template.is_warm = True
            elif data == framing.BUILT and len(descriptors) == 1 and template.ordered:
                template.ordered.popleft().note_built(descriptors[0])
            else:
                for descriptor in descriptors:
                    os.close(descriptor)
                self._pool.end_template(template)

    def _hear(self, box: Box) -> None:
        """Take the messages of a box: a child waits in it, the child has ended, it is gone."""
        while box in self._pool.boxes and (message := box.receive()) is not None:
            data, descriptors = message
            run = self._by_box.get(box)
            is_end = data[:1] == framing.ENDED and len(data) == 1 + framing.STATUS.size and run is not None
            if run is not None:
                status = framing.STATUS.unpack(data[1:])[0] if is_end else None
                self._guarded(run, functools.partial(self._end_child, status=status))
            if (is_end or data == framing.WAITING) and len(descriptors) == 1 and self._pool.expects_child(box):
                self._pool.note_waiting(box, descriptors[0])
                continue
            for descriptor in descriptors:
                os.close(descriptor)
            if not is_end:
                self._pool.throw_away(box)

    def _end_child(self, run: JobRun, status: int | None) -> None:
        reusable = None
        if run.child is not None:
            for descriptor in (run.child.bell, run.child.output, run.child.socket.fileno()):
                self._unwatch(descriptor)
            reusable = run.note_ended(status, time.monotonic())
        self._release(run, reusable)

    def _release(self, run: JobRun, reusable: Box | None) -> None:
        """A job has let go of its box."""
        self._running.discard(run)
        for box in [box for box, holder in self._by_box.items() if holder is run]:
            del self._by_box[box]
            if box is reusable:
                self._pool.give_back(box)
            else:
                self._pool.throw_away(box)


def serve(socket_path: str | Path, *, workers: int, box_reuse: int) -> int:
    """Own the boxes and serve jobs until SIGTERM or SIGINT; must run in the main thread of a process of its own.

    The socket appears, with mode 0600, when a real box has withstood the doctor's attacks; it is gone at the end,
    and so is every process that was started.

    Args:
        socket_path: where to listen; its folder is made with mode 0700 when it is not there.
        workers: jobs that run at the same time.
        box_reuse: submissions one box serves; 1 gives each its own.

    Returns:
        the exit code: 0 after a signal, 3 when the sandbox is not what it must be; then stderr says what and why.
    """
    from worker.doctor import examine_runner  # the doctor knows the runner, so not at the top

    path = Path(socket_path).absolute()
    for name in list(os.environ):
        if name not in KEPT_ENVIRONMENT:
            del os.environ[name]
    try:
        listener = _bind(path)
    except OSError as error:
        _say(f"cannot listen at {path}: {error}")
        return REFUSED
    try:
        leave_root([path.parent])
        materials = Materials.gather()
    except (StillRootError, ConfinementError) as error:
        _remove(path)
        _say(f"{error} {error.cure}")
        return REFUSED
    is_ending: list[bool] = []
    wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_ending.append(True))
    signal.set_wakeup_fd(wake_write)
    runner = Runner(materials, workers=workers, box_reuse=box_reuse)
    runner.wake_on(wake_read, lambda: is_ending.append(True))
    try:
        failed = [probe for probe in examine_runner(runner) if not probe.ok]
        for probe in failed:
            _say(f"{probe.name}: {probe.detail} {probe.cure}")
        if failed:
            return REFUSED
        listener.listen(BACKLOG)
        runner.listen(listener)
        _say(f"serving at {path}: {workers} at a time, {box_reuse} submissions a box")
        while not is_ending:
            runner.turn()
        return 0
    finally:
        _remove(path)
        runner.close()
        listener.close()


def _say(text: str) -> None:
    """Tell the operator."""
    sys.stderr.write(f"runner: {text}\n")
    sys.stderr.flush()


def _bind(path: Path) -> socket.socket:
    """Return a socket bound to `path`, open to its owner alone, not listening yet.

    Raises:
        OSError: the path cannot be used, or another runner listens there.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        try:
            other.connect(str(path))
        except FileNotFoundError:
            pass
        except ConnectionRefusedError:
            path.unlink()  # left by a runner that was killed
        else:
            raise OSError("another runner listens there")
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    return listener


def _remove(path: Path) -> None:
    # A runner that was root may not be allowed to: the next one replaces what it finds.
    with contextlib.suppress(OSError):
        path.unlink()
