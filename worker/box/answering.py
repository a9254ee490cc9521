"""A submission's process at work: it loads, plays what it is asked, and writes down what came back."""

from __future__ import annotations

import io
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from worker.box.framing import (
    BELL_FD,
    DONE,
    FILLS_SOCKET,
    JOB_FD,
    LOADED,
    MAX_RESULT,
    OUTCOME,
    PRINTED,
    RING_S,
    frame,
    from_json,
    receive,
    to_json,
)
from worker.box.loading import Loader
from worker.box.packing import Packer, Unpacker, UnreadableError
from worker.box.playing import play, seed
from worker.box.taming import warned
from worker.box.telling import TOLD, Played, Problem, describe


class _Answers:
    """The child's way out: frames on one socket, and a bell for when somebody should look.

    A frame without the bell wakes nobody; it is still there when the process dies the moment after. So the bell rings
    for what is worth a look: the end, and an answer that somebody may have been waiting for.
    """

    def __init__(self, write: Callable[[int, bytes], int]) -> None:
        self._write = write
        self._unseen = 0
        self._rung_at = time.monotonic()

    def send(self, data: bytes) -> None:
        """Write frames."""
        for at in range(0, len(data), FILLS_SOCKET):
            piece = data[at : at + FILLS_SOCKET]
            self._unseen += len(piece) + 1024  # what the kernel counts for a small message
            if self._unseen > FILLS_SOCKET:  # ring before the socket is full, or nobody would empty it
                self.ring()
            while piece:
                piece = piece[self._write(JOB_FD, piece) :]

    def ring(self) -> None:
        """Wake the runner."""
        self._unseen = 0
        self._rung_at = time.monotonic()
        self._write(BELL_FD, b"\1\0\0\0\0\0\0\0")

    def ring_if_late(self) -> None:
        """Wake the runner unless it was a moment ago."""
        if time.monotonic() - self._rung_at > RING_S:
            self.ring()


def run_submission(read: Callable[[int, int], bytes] = os.read, write: Callable[[int, bytes], int] = os.write) -> None:
    """Load the submission and answer every question; the process is confined already."""
    global _flood  # noqa: PLW0603 (as `_printed`)
    answers = _Answers(write)
    frames = receive(read)
    _, resume, _ = next(frames)
    _flood = resume["flood"]
    _, submission, _ = next(frames)
    loader = Loader(submission["sources"], submission["entry"], from_json(resume["stops"]), submission["asked"])
    if resume["why"]:
        loader.stop_before(resume["trace"], resume["why"])
    loader.load(submission["cpu_s"])
    _flush()
    first = loader.problems[0] if loader.problems else None
    told = {name: getattr(first, name) for name in Problem.__slots__} if first else {"status": "returned"}
    answers.send(frame(LOADED, told | {"notes": loader.notes}, [_tell_printed(), to_json(loader.stops).encode()]))
    answers.ring_if_late()
    left = resume["questions"]
    for _, header, blob in frames:
        seed(header["seed"])
        unpacker = Unpacker(blob)
        room = MAX_RESULT
        written = b""
        for script in header["scripts"]:
            if written:
                answers.send(written)  # now: the next script may end the process
            steps = _unpack_steps(script["steps"], unpacker)
            warned.clear()
            played = play(steps, script["returns"], loader.find, loader.files)
            played.warnings = list(warned)
            written, size = _pack_played(played, room)
            room -= size
        _flush()
        answers.send(written + frame(DONE, {}, [_tell_printed()]))
        left -= 1
        if left:
            answers.ring_if_late()
    answers.ring()


def _unpack_steps(steps: Sequence[Any], unpacker: Unpacker) -> list[Any]:
    unpacked: list[Any] = []
    for step in steps:
        kind = step[0]
        if kind == "call":
            args = [unpacker.unpack(value) for value in step[2]]
            kwargs = {key: unpacker.unpack(value) for key, value in step[3].items()}
            unpacked.append([kind, step[1], args, kwargs, *step[4:]])
        elif kind == "set":
            unpacked.append([kind, step[1], unpacker.unpack(step[2])])
        elif kind == "repeat":
            body = _unpack_steps(step[2], unpacker)
            unpacked.append([kind, step[1], body, step[3], _unpack_steps(step[4], unpacker)])
        else:
            unpacked.append(step)
    return unpacked


def _pack_played(played: Played, room: int) -> tuple[bytes, int]:
    """Return one outcome as a frame, and how many bytes its arrays take."""
    packer = Packer(room)
    value = None
    if played.status == "returned":
        try:
            value = packer.pack(played.value)
            packer.require_narrow()
        except UnreadableError as error:
            played.status, played.message = "unreadable", str(error)
        except BaseException as error:  # noqa: BLE001 (packing calls methods of the student's own objects)
            describe(error, played, frozenset())
            if played.status == "raised":
                played.status = "unreadable"
        if played.status != "returned":
            value, packer.blobs = None, []
    header = {name: got for name in TOLD if (got := getattr(played, name))}
    if value is not None:
        header["value"] = value
    return frame(OUTCOME, header, packer.blobs), sum(map(len, packer.blobs))


def _flush() -> None:
    try:  # noqa: SIM105 (quicker than a context manager, and every submission pays for it)
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001, S110 (whatever stands there now is the submission's own)
        pass


class _Tap(io.FileIO):
    """Where `print` ends; it counts, so that the runner knows which question a line belongs to."""

    def write(self, data: Any) -> int:
        """Write, and count what was taken; a flood waits here for its end.

        Else a flood that ends by itself would be one only where the runner happens to look in time.
        """
        global _printed  # noqa: PLW0603 (two streams, one count)
        taken = super().write(data)
        _printed += taken
        while _printed - _printed_told > _flood:
            time.sleep(1.0)
        return taken


_printed = _printed_told = 0
_flood: float = math.inf  # bytes; whoever prints more for one question is ended by the runner


def _tell_printed() -> bytes:
    """Return how much was printed so far; what comes after it is counted for the next question."""
    global _printed_told  # noqa: PLW0603 (as `_printed`)
    _printed_told = _printed
    return PRINTED.pack(_printed)


def tap_streams() -> None:
    """Have standard output and standard error counted; as before, a line or an error is written at once."""
    out = io.TextIOWrapper(
        io.BufferedWriter(_Tap(1, "w", closefd=False)), "utf-8", errors="backslashreplace", line_buffering=True
    )
    err = io.TextIOWrapper(
        io.BufferedWriter(_Tap(2, "w", closefd=False)), "utf-8", errors="backslashreplace", line_buffering=True
    )
    sys.stdout = sys.__stdout__ = out  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = err  # type: ignore[misc]
