"""One submission's way through the boxes.

A job is played by one child after the other until every question has its answer: the first child answers as many
as it can, and each death costs one question; the next child loads the sources again and goes on behind it. The runner
forwards what children write without reading more of it than the heads of frames.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from worker import wire
from worker.box import framing
from worker.boxes import Box, kill_child

LOAD_GRACE_S = 2.5  # the child stops its own loading at the limit and needs a moment for what is left
TRACE_GRACE_S = 0.05  # between asking a child where it is and killing it
TICK_S = 0.02  # how often limits are looked at while something runs
# How long a question may take because the machine is busy, before the grader gives up: twice its limit, and so many
# seconds for each it has computed. Who only sleeps holds nobody up for long.
MAX_STRETCH_ASLEEP, MAX_WAIT_PER_CPU_S = 2, 20
LEAST_PATIENCE_S = 20.0  # where limits are short, twice of them may pass before a crowded machine gives it a first turn
# A question may print this many times what is kept of it. Whether a little too much is seen in time hangs on how busy
# the machine is, and must not decide over points: a right solution that tells too much loses the end of what it tells.
FLOOD = 16
CONFINE_LIMIT_S = 30.0  # for a waiting child to take its limits: milliseconds, but for a machine that stands still
CPU_BLIND_S = TICK_S
LINGER_S = 1.0  # for a child whose answers are all there; longer, and its box would not be back within the two seconds
END_GRACE_S = 2.0  # between a child's last answer, or its death sentence, and its end
MAX_LOAD_DEATHS = 2
MAX_LOST_BOXES = 3  # boxes a job may lose before it has begun in them
MAX_ANSWER = framing.MAX_RESULT + (16 << 20)  # one question's frames: arrays, and JSON
MAX_OUTCOMES = 1 << 14  # frames of one question: a dozen are asked for, but a million small ones are small, too
MAX_STOPS = 1 << 14
CHUNK = 1 << 18
TRACES = b"FCS"  # how what faulthandler writes begins: "Fatal", "Current thread", "Stack"


class BadJobError(Exception):
    """A client sent what is not a job."""


@dataclass(frozen=True)
class Request:
    """A job as the runner sees it: limits, and frames it does not open."""

    cpu_s: float
    wall_s: float
    memory: int
    output: int
    submission: memoryview
    questions: tuple[memoryview, ...]

    @classmethod
    def read(cls, header: bytes, blob: memoryview) -> Request:
        """Read a job frame.

        Raises:
            BadJobError: it is not one.
        """
        try:
            told = json.loads(header)
            at, parts = 0, []
            for size in told["parts"]:
                parts.append(blob[at : at + int(size)])
                at += int(size)
            if at != len(blob) or not parts:
                raise BadJobError("the parts do not add up")
            return cls(
                cpu_s=float(told["cpu_s"]),
                wall_s=float(told["wall_s"]),
                memory=int(told["memory_mib"]) << 20,
                output=int(told["output_kib"]) << 10,
                submission=parts[0],
                questions=tuple(parts[1:]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BadJobError(f"{type(error).__name__}: {error}") from error


@dataclass
class _Ending:
    """Why a child has to end, or ended."""

    status: str
    why: str
    signal: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"status": self.status, "why": self.why, "signal": self.signal}


class Child:
    """One child at work: its descriptors on this side, and what it has written that nobody has looked at yet."""

    def __init__(self, box: Box, request: Request, first: int, resume: bytes) -> None:
        self.box = box
        self.socket, theirs = socket.socketpair()
        self.output, their_output = os.pipe2(os.O_CLOEXEC)
        self.bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.socket.setblocking(False)
        os.set_blocking(self.output, False)
        self.pidfd = -1
        self._number: int | None = None
        self.is_reminded = False  # that the time for loading is over
        self.outgoing = [memoryview(resume), request.submission, *request.questions[first:]]
        self.incoming = bytearray()
        self.is_confined = False
        self.is_loaded = False
        self.ending: _Ending | None = None
        self.kill_at = math.inf
        self.is_condemned = False
        with theirs:
            try:
                # The kernel's own limit is the last resort, should this process be too busy to look.
                cpu_s = math.ceil((len(request.questions) + 2) * (request.cpu_s + LOAD_GRACE_S))
                self.pidfd = box.hand_over(request.memory, cpu_s, [theirs.fileno(), their_output, self.bell])
            except OSError:
                self.close()
                raise
            finally:
                os.close(their_output)

    def send(self) -> bool:
        """Send what fits of the sources and questions; return whether everything has gone."""
        while self.outgoing:
            try:
                sent = self.socket.sendmsg(self.outgoing[:64])
            except BlockingIOError:
                return False
            except OSError:
                self.outgoing.clear()  # it is dead, and its box will say so
                return True
            while self.outgoing and sent >= len(self.outgoing[0]):
                sent -= len(self.outgoing.pop(0))
            if sent:
                self.outgoing[0] = self.outgoing[0][sent:]
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
        return True

    def cpu_s(self) -> float:
        """Return the seconds of computing time used by all its threads so far; 0 when it cannot be told."""
        with contextlib.suppress(OSError):
            return time.clock_gettime((~self._pid() << 3) | 2)  # as clock_getcpuclockid(3) makes it
        return 0.0

    def waited_s(self) -> float:
        """Return the seconds it was ready to run and had no processor; 0 where the kernel does not count them.

        Its first thread's: others can only take from the time limit of the whole. The wait it is in is not among them.
        """
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(_read_proc(f"/proc/{self._pid()}/schedstat").split()[1]) / 1e9
        return 0.0

    def turn(self) -> tuple[bool, int]:
        """Return whether its first thread runs or is ready to, and the nanoseconds it has run so far."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            state = _read_proc(f"/proc/{self._pid()}/stat").rpartition(b")")[2].split()[0]
            return state == b"R", int(_read_proc(f"/proc/{self._pid()}/schedstat").split()[0])
        return False, 0

    def _pid(self) -> int:
        """Return its number, which stays its own until it has ended.

        Raises:
            ProcessLookupError: it has no handle, or has ended.
        """
        if self._number is None:
            lines = _read_proc(f"/proc/self/fdinfo/{self.pidfd}").splitlines()
            self._number = next((int(line[4:]) for line in lines if line.startswith(b"Pid:")), -1)
        if self._number <= 0:
            raise ProcessLookupError
        return self._number

    def condemn(self, ending: _Ending, now: float) -> None:
        """Ask where it is, and have it killed a moment later."""
        if self.ending is None:
            self.ending = ending
            self.kill_at = now + TRACE_GRACE_S
            if self.pidfd >= 0:
                kill_child(self.pidfd, signal.SIGUSR1)

    def kill(self) -> None:
        """Kill it now."""
        self.is_condemned = True
        if self.pidfd >= 0:
            kill_child(self.pidfd)

    def read(self) -> bool:
        """Take in some of what the child has written; return whether there may be more."""
        try:
            data = self.socket.recv(CHUNK)
        except OSError:  # nothing there, or nobody
            return False
        self.incoming += data
        return len(data) == CHUNK

    def close(self) -> None:
        """Close everything on this side."""
        self.socket.close()
        os.close(self.output)
        os.close(self.bell)
        if self.pidfd >= 0:
            os.close(self.pidfd)


def _read_proc(path: str) -> bytes:
    """Return a short file of /proc; in three system calls, because a busy machine has every question ask."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 1024)
    finally:
        os.close(descriptor)


class JobRun:
    """A job in progress; the runner's loop tells it what happened, it tells the runner's loop what to send.

    `send` takes a frame for the client, `finish` is called once when nothing more will come, `want_box` when the job
    needs another box to go on; `is_behind` says whether the client has too much to read already.
    """

    def __init__(
        self,
        request: Request,
        *,
        send: Callable[[bytes], None],
        finish: Callable[[JobRun], None],
        want_box: Callable[[JobRun], None],
        is_behind: Callable[[], bool] = lambda: False,
    ) -> None:
        self._request = request
        self._send = send
        self._finish = finish
        self._want_box = want_box
        self._is_behind = is_behind
        self.child: Child | None = None
        self.is_finished = False
        self._number = -1  # the question being answered; -1 while loading
        self._next = 0  # the first question the next child is asked
        self._is_load_told = False
        self._load_deaths = 0
        self._lost_boxes = 0
        self._stops = "{}"
        self._trace = ""
        self._why = ""
        self._answer: list[bytes] = []  # the current question's frames
        self._answer_size = 0
        self._printed = bytearray()  # by the child, and not told yet; `_cut` says what of it belongs to which question
        self._printed_told = 0  # bytes before it
        self._printed_before = b""  # while loading
        self._started = self._tick_at = 0.0  # the child
        self._since = 0.0  # the question, or loading
        self._cpu_before = self._waited_before = 0.0
        self._ran_ns = -1  # the child's first thread, at the last look after the clock's limit
        self._cpu_last = 0.0  # used by a question whose child is gone

    def start_in(self, box: Box, now: float) -> Child:
        """Begin, or go on, in a box."""
        resume = framing.frame(
            framing.RESUME,
            {
                "stops": self._stops,
                "trace": self._trace,
                "why": self._why,
                "questions": len(self._request.questions) - self._next,
                "flood": FLOOD * self._request.output,
            },
        )
        self._number = -1
        self._answer.clear()
        self._answer_size = 0
        self._printed.clear()
        self._printed_told = 0
        self._started = self._since = now
        self._tick_at = now + TICK_S
        self._cpu_before = self._waited_before = 0.0
        self._ran_ns = -1
        self.child = Child(box, self._request, self._next, resume)
        return self.child

    # --- what happened ---

    def look(self, now: float) -> None:
        """Read what the child has written and printed; not while the client is behind, or all of it would lie here."""
        if not self._is_behind():
            self._read_all(now)

    def _read_all(self, now: float) -> None:
        working = self.child
        may_be_more = working is not None
        while working is not None and may_be_more and not self.is_finished:
            may_be_more = working.read()
            self._read_output()  # whatever was printed before these answers has been printed by now
            self._take_frames(working, now)
            if len(working.incoming) > MAX_ANSWER:
                working.condemn(_Ending("unreadable", "frame"), now)
                return

    def look_at_output(self, now: float) -> bool:
        """Read what the child has printed; too much of it ends it. Return whether more may come."""
        may_come = self._read_output()
        working = self.child
        if working is not None and len(self._printed) > FLOOD * self._request.output:
            if self._is_behind():
                return False  # answers before it are not read now; `tick` comes back to it
            # Answers written before may still lie unread; if there is one, part of this belongs to the next question.
            number = self._number
            self.look(now)
            if number == self._number:
                working.condemn(_Ending("output_limit", "output"), now)
                return False
        return may_come

    def _read_output(self) -> bool:
        """Take in what the child has printed, up to where it counts as a flood; return whether more may come."""
        working = self.child
        while working is not None and len(self._printed) <= FLOOD * self._request.output:
            try:
                data = os.read(working.output, 1 << 16)
            except BlockingIOError:
                return True
            if not data:
                return False
            self._printed += data
        return working is not None

    def tick(self, now: float) -> bool:
        """Judge the limits: computing time first, then the clock on the wall. Return False when the box is hopeless.

        The clock on the wall stands still while the child waits for a processor: that is the machine's fault.
        """
        working = self.child
        if working is None or now < self._tick_at:
            return True
        if self._is_behind():
            self._since += now - (self._tick_at - TICK_S)  # the child may be waiting for the client: no time of its own
        self._tick_at = now + TICK_S
        if working.ending is not None:
            if now >= working.kill_at and not working.is_condemned:
                working.kill()
            return now < working.kill_at + END_GRACE_S
        if self.is_finished:
            if now - self._since >= LINGER_S:
                working.condemn(_Ending("crashed", "exit"), now)
            return True
        self.look(now)
        self.look_at_output(now)  # a flood is judged here at the latest: its child waits, and no event tells of it
        if not working.is_confined:
            return now - self._started < CONFINE_LIMIT_S
        grace = LOAD_GRACE_S if self._number < 0 else 0.0
        if working.cpu_s() - self._cpu_before >= self._request.cpu_s + grace:
            working.condemn(_Ending("timed_out", "cpu"), now)
        elif now - self._since >= self._request.wall_s:
            self._judge_wall(working, now, grace)
        return True

    def _judge_wall(self, working: Child, now: float, grace: float) -> None:
        """The clock on the wall says it is over: end the child unless it had to wait for a processor."""
        took = now - self._since
        is_ready, ran_ns = working.turn()  # asked first: a wait that ends now is among those that are counted
        is_waiting, self._ran_ns = is_ready and self._ran_ns in {-1, ran_ns}, ran_ns
        charged = took - (working.waited_s() - self._waited_before)
        if charged >= self._request.wall_s + grace and not is_waiting:
            working.condemn(_Ending("timed_out", "wall"), now)
        elif self._number < 0 and charged >= self._request.wall_s and not working.is_reminded:
            working.is_reminded = True  # it stops its own loading, and what was defined counts
            kill_child(working.pidfd, signal.SIGALRM)
        elif took >= self._longest_s(working, self._request.wall_s + grace):
            self.fail("this machine is too busy to let a submission run")
            working.kill()

    def _longest_s(self, working: Child, limit_s: float) -> float:
        computed_s = working.cpu_s() - self._cpu_before
        return max(MAX_STRETCH_ASLEEP * limit_s, LEAST_PATIENCE_S) + MAX_WAIT_PER_CPU_S * computed_s

    def note_ended(self, status: int | None, now: float) -> Box | None:
        """Take note that the child ended; return its box when it may be used again.

        Args:
            status: its wait status; None when its box is gone, or would not say.
            now: the moment.
        """
        working = self.child
        if working is None:
            return None
        if not self.is_finished:
            self._read_all(now)
            self._read_output()
            self._cpu_last = working.cpu_s() - self._cpu_before
        self.child = None
        trace = bytes(working.incoming[-wire.MAX_TRACE :])
        working.close()
        if self.is_finished:
            return working.box if status == 0 and working.ending is None else None
        ending = working.ending
        if ending is None:
            fault = self._own_fault(working, status)
            if fault and not working.is_confined and self._lost_boxes < MAX_LOST_BOXES:
                self._lost_boxes += 1  # nothing of the submission had been read yet: another box does as well
                self._want_box(self)
                return None
            if fault:
                self.fail(fault)
                return None
            number = os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else 0
            ending = _Ending("crashed", "signal", number) if number else _Ending("crashed", "exit")
        self._bury(working, ending, trace, now)
        return None

    def abort(self, now: float) -> None:
        """End the job: nobody waits for it any more."""
        self.is_finished = True
        if self.child is not None:
            self.child.condemn(_Ending("crashed", "aborted"), now)
            self.child.kill_at = now
            self.child.kill()

    def fail(self, message: str, *, is_away: bool = False) -> None:
        """Tell the client that the grader failed.

        Args:
            message: why.
            is_away: it had nothing to do with this job, which may be tried again as often as it takes.
        """
        if not self.is_finished:  # else the client would take it for the answer to its next job
            self._send(framing.frame(wire.FAULT, {"message": message, "is_away": is_away}))
            self._end()

    # --- what follows from it ---

    @staticmethod
    def _own_fault(working: Child, status: int | None) -> str:
        """Return why an unexplained end is the grader's and not the student's; "" when it is the student's."""
        if status is None:
            return "the box ended under its child"
        if not working.is_confined:
            return "a child could not be confined"
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            # A submission cannot send signals, and its memory is limited: this machine itself ran out of it.
            return "a child was killed from outside, probably because this machine has no memory left"
        return ""

    def _take_frames(self, working: Child, now: float) -> None:
        data, at = working.incoming, 0
        while not self.is_finished and len(data) - at >= framing.HEAD.size:
            kind, header_size, blob_size = framing.HEAD.unpack_from(data, at)
            if header_size > framing.MAX_JSON or blob_size > framing.MAX_RESULT or not self._is_due(working, kind):
                # A crash leaves a trace where a frame would be; it is read when the child has ended.
                if data[at : at + 1] not in TRACES:
                    working.condemn(_Ending("unreadable", "frame"), now)
                break
            size = framing.HEAD.size + header_size + blob_size
            if len(data) - at < size:
                break
            if working.ending is not None:
                break  # too late: what had been written before the sentence has been read
            self._take(working, kind, bytes(data[at : at + size]), header_size, now)
            at += size
        del data[:at]

    def _is_due(self, working: Child, kind: int) -> bool:
        if not working.is_confined:
            return kind == framing.CONFINED
        if not working.is_loaded:
            return kind == framing.LOADED
        return kind in {framing.OUTCOME, framing.DONE}

    def _take(self, working: Child, kind: int, frame: bytes, header_size: int, now: float) -> None:
        if kind == framing.CONFINED:
            working.is_confined = True
            self._since = now
        elif kind == framing.LOADED:
            working.is_loaded = True
            self._take_loaded(frame, header_size, now)
        elif kind == framing.OUTCOME:
            if len(self._answer) >= MAX_OUTCOMES or self._answer_size > MAX_ANSWER:
                working.condemn(_Ending("unreadable", "frame"), now)
                return
            self._answer.append(frame)
            self._answer_size += len(frame)
        else:
            self._tell_answer(None, b"", now, _printed_at(frame, header_size))

    def _take_loaded(self, frame: bytes, header_size: int, now: float) -> None:
        stops = frame[framing.HEAD.size + header_size + framing.PRINTED.size :]
        if len(stops) <= MAX_STOPS:
            self._stops = stops.decode("ascii", "replace")
        self._why = self._trace = ""
        printed = self._cut(_printed_at(frame, header_size))
        if not self._is_load_told:
            self._is_load_told = True
            self._send(framing.frame(wire.LOADING, {"death": None}, [frame]))
            self._printed_before = printed
        self._go_on(self._next, now)

    def _go_on(self, number: int, now: float) -> None:
        """Turn to a question; beyond the last one the job is done."""
        self._number = number
        self._since = now
        self._ran_ns = -1
        if number >= len(self._request.questions):
            self._end()
            return
        self._cpu_before = self._cpu_s(now)
        self._waited_before = self._waited_s(now)

    def _cpu_s(self, now: float) -> float:
        """Return the child's computing time; 0 in its first moments, when looking would cost more than it tells."""
        return self.child.cpu_s() if self.child is not None and now - self._started > CPU_BLIND_S else 0.0

    def _waited_s(self, now: float) -> float:
        """Return how long the child has waited for a processor; 0 in its first moments, as `_cpu_s`."""
        return self.child.waited_s() if self.child is not None and now - self._started > CPU_BLIND_S else 0.0

    def _cut(self, printed_at: int | None) -> bytes:
        """Take what was printed until the child had printed so much; None for all there is.

        A child goes on while this process is busy: when an answer is read, what it printed for the next question may
        have been read as well. Its word is good enough, because nothing but its own text hangs on it.
        """
        size = len(self._printed)
        if printed_at is not None:
            size = min(max(printed_at - self._printed_told, 0), size)
        printed = bytes(self._printed[: min(size, self._request.output)])
        del self._printed[:size]
        self._printed_told += size
        return printed

    def _tell_answer(self, ending: _Ending | None, trace: bytes, now: float, printed_at: int | None = None) -> None:
        """Send a question's answer to the client and turn to the next."""
        if self._number + 1 >= len(self._request.questions):
            printed_at = None  # what no count knows of, because it went past Python, is told at the latest now
        printed = (self._printed_before + self._cut(printed_at))[: self._request.output]
        used_s = self._cpu_s(now) - self._cpu_before if self.child is not None else self._cpu_last
        header = {
            "number": self._number,
            "printed": len(printed),
            "trace": len(trace),
            "cpu_s": round(max(used_s, 0.0), 6),
            "death": ending.as_json() if ending else None,
        }
        self._send(framing.frame(wire.ANSWER, header, [printed, trace, *self._answer]))
        self._printed_before = b""
        self._answer.clear()
        self._answer_size = 0
        self._next = self._number + 1
        self._go_on(self._next, now)

    def _bury(self, working: Child, ending: _Ending, trace: bytes, now: float) -> None:
        """A child has died before its time: charge it to the question it was at, and go on with another child."""
        if working.is_loaded:
            self._tell_answer(ending, trace, now)
        else:
            self._load_deaths += 1
            self._why, self._trace = ending.status, trace.decode("utf-8", "replace")
            if self._load_deaths > MAX_LOAD_DEATHS:
                self._give_up(ending, trace, now)
        if not self.is_finished:
            self._want_box(self)

    def _give_up(self, ending: _Ending, trace: bytes, now: float) -> None:
        """Loading kills every child: what is left cannot be answered."""
        if not self._is_load_told:
            self._is_load_told = True
            self._send(framing.frame(wire.LOADING, {"death": ending.as_json()}, [trace]))
        self._number = self._next
        while not self.is_finished:
            self._tell_answer(_Ending(ending.status, "load"), b"", now)

    def _end(self) -> None:
        if not self.is_finished:
            self.is_finished = True
            self._finish(self)


def _printed_at(frame: bytes, header_size: int) -> int | None:
    """Return how much a child says it had printed when it wrote this frame; None where it does not say."""
    at = framing.HEAD.size + header_size
    return framing.PRINTED.unpack_from(frame, at)[0] if len(frame) >= at + framing.PRINTED.size else None
