"""The worker's way to a runner: hand a job in, get its results one after the other.

What comes out is made of hostile data: a student's code may have written any byte of it. It has been read by
`wire.py`, so it has the types it is declared with, and it says nothing that anybody has to believe.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assignments.script import Load, Outcome, Probes, ProbesOutcome, Status
from assignments.spec import Limits
from worker import wire
from worker.box import framing
from worker.hearsay import Known
from worker.wire import Death, Job

__all__ = ["Job", "JobFailed", "RunnerClient", "RunnerUnavailable"]

CHUNK = 1 << 16
PATIENCE_S = 120.0  # what is waited for a connection, and beyond the longest a question may take


class RunnerUnavailable(Exception):
    """The grader, not the student, failed: no runner, or it gave up. The job can be tried again."""


class JobFailed(RunnerUnavailable):
    """The runner is there and gave this very job up; perhaps it always will, so somebody has to count."""


class RunnerClient:
    """Talks to the runner that listens on one unix socket; connections are kept for the next job."""

    def __init__(self, socket_path: str | Path) -> None:
        self._path = str(socket_path)
        self._kept: list[socket.socket] = []

    def run(self, job: Job) -> Iterator[Load | ProbesOutcome]:
        """Run a job and yield first how loading went, then each question's outcomes as the question ends.

        Closing the iterator early ends the job.

        Raises:
            RunnerUnavailable: there is no runner, or it could not finish the job; nothing is the student's fault.
        """
        while True:
            try:
                connection, is_kept = self._kept.pop(), True  # asked by several threads, so not looked at before
            except IndexError:
                connection, is_kept = self._connect(), False
            connection.settimeout(patience_s(job.limits))
            is_answered = False
            try:
                for event in run_over(connection, job):
                    is_answered = True
                    yield event
            except RunnerUnavailable as error:
                connection.close()
                if is_answered or not is_kept or isinstance(error, JobFailed):
                    raise
                # The runner this connection led to has been replaced in the meantime: ask the new one.
            except BaseException:
                connection.close()
                raise
            else:
                self._kept.append(connection)
                return

    def close(self) -> None:
        """Close the connections that are kept."""
        while self._kept:
            self._kept.pop().close()

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(PATIENCE_S)
        try:
            connection.connect(self._path)
        except OSError as error:
            connection.close()
            raise RunnerUnavailable(
                f"No runner answers at {self._path} ({error.strerror or error}). Start it with `grader runner`."
            ) from error
        return connection


def patience_s(limits: Limits) -> float:
    """Return after how many seconds of silence a runner is not there any more.

    On a machine that is too busy it waits for a question up to twice its time by the clock, and twenty times its
    computing time, before it says so itself.
    """
    return PATIENCE_S + 3 * limits.wall_s + 25 * limits.cpu_s


def run_over(connection: socket.socket, job: Job) -> Iterator[Load | ProbesOutcome]:
    """Run a job over an open connection; as `RunnerClient.run`."""
    try:
        connection.sendall(wire.encode_job(job))
        yield from _results(connection, job)
    except OSError as error:
        raise RunnerUnavailable(f"The runner went away while it worked ({error.strerror or error}).") from error


def _results(connection: socket.socket, job: Job) -> Iterator[Load | ProbesOutcome]:
    known = Known(job)
    stream = _Stream(connection)
    for expected in range(-1, len(job.probes)):
        try:
            kind, header, blob = stream.receive()
            if kind == wire.FAULT:
                gave_up = RunnerUnavailable if header.get("is_away") else JobFailed
                raise gave_up(f"The runner failed: {header['message']}")
            if expected < 0 and kind == wire.LOADING:
                yield _read_loading(connection, job, known, header, blob)
            elif kind == wire.ANSWER and header["number"] == expected:
                yield _read_answer(connection, job, known, header, blob)
            else:
                raise RunnerUnavailable("The runner answered out of order.")
        except (KeyError, TypeError, ValueError) as error:
            raise RunnerUnavailable(f"The runner wrote what cannot be read ({error!r}).") from error


class _Stream:
    """Reads frames from a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._data = bytearray()

    def receive(self) -> tuple[int, dict[str, Any], bytes]:
        """Return the next frame: kind, header, blob."""
        kind, header_size, blob_size = framing.HEAD.unpack(self._take(framing.HEAD.size))
        if header_size > wire.MAX_ENVELOPE or blob_size > wire.MAX_JOB:
            raise RunnerUnavailable("The runner wrote what cannot be read.")
        return kind, json.loads(self._take(header_size)), self._take(blob_size)

    def _take(self, size: int) -> bytes:
        while len(self._data) < size:
            more = self._connection.recv(max(CHUNK, size - len(self._data)))
            if not more:
                raise RunnerUnavailable("The runner closed the connection before the job was done.")
            self._data += more
        taken = bytes(memoryview(self._data)[:size])
        del self._data[:size]
        return taken


def _read_death(header: dict[str, Any], trace: bytes) -> Death | None:
    death = header["death"]
    if death is None:
        return None
    return Death(Status(death["status"]), str(death["why"]), int(death["signal"]), trace)


def _read_loading(connection: socket.socket, job: Job, known: Known, header: dict[str, Any], blob: bytes) -> Load:
    death = _read_death(header, blob)
    if death is not None:
        outcome = death.as_outcome(job.limits, known.lines)
        where = f"{outcome.file}, line {outcome.line}: " if outcome.line else ""
        note = f"{where}{outcome.message} Nothing of the submission could be loaded."
        return Load(outcome.status, None, outcome.message, outcome.file, outcome.line, (note,))
    try:
        ((_, told, _),) = wire.split_frames(blob)
        return wire.read_load(told)
    except (wire.WireError, ValueError):
        _report_odd(connection)
        message = "what the process said about loading cannot be read"
        return Load(Status.UNREADABLE, message=message, notes=(f"The submission was loaded, but {message}.",))


def _read_answer(
    connection: socket.socket, job: Job, known: Known, header: dict[str, Any], blob: bytes
) -> ProbesOutcome:
    probes: Probes = job.probes[header["number"]]
    printed, trace = int(header["printed"]), int(header["trace"])
    death = _read_death(header, blob[printed : printed + trace])
    outcomes: list[Outcome] = []
    unreadable = False
    try:
        for _, told, arrays in wire.split_frames(blob[printed + trace :]):
            outcomes.append(known.checked(wire.read_outcome(told, arrays)))
            if len(outcomes) > len(probes.scripts):
                break  # the rest may be a million of them
    except wire.WireError:
        unreadable = True
    # An answer nobody asked for is as odd as one that cannot be read.
    if unreadable or len(outcomes) > len(probes.scripts):
        _report_odd(connection)
        outcomes = outcomes[: max(len(probes.scripts) - 1, 0)]
        outcomes.append(Outcome(Status.UNREADABLE, message="What came back from your code cannot be read."))
        death = None
    if death is not None and len(outcomes) < len(probes.scripts):
        outcomes.append(death.as_outcome(job.limits, known.lines))
    if not outcomes:
        outcomes.append(Outcome(Status.CRASHED, message="No answer came back from your code."))
    while len(outcomes) < len(probes.scripts):
        outcomes.append(Outcome(Status.NOT_RUN, message="An earlier case ended the process."))
    return ProbesOutcome(
        question_id=probes.question_id,
        outcomes=tuple(outcomes[: len(probes.scripts)]),
        stdout=wire.clean(blob[:printed].decode("utf-8", "replace")),
        cpu_s=float(header["cpu_s"]),
    )


def _report_odd(connection: socket.socket) -> None:
    """Tell the runner that this submission wrote what no child writes: the box it ran in is not used again."""
    try:
        connection.sendall(framing.frame(wire.ODD, {}))
    except OSError:
        return  # it is gone, and its boxes with it
