"""What crosses the wall: jobs on their way down, and on their way up bytes that a student's code may have written.

Everything is a frame: `framing.HEAD`, then JSON, then raw array bytes. Never pickle. Reading is total: whatever the
bytes are, the result is a value of the right type or `WireError`, in time and memory bounded by their number.

The same script that goes down is played on this side against the reference: `play_trusted`.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assignments.script import (
    Call,
    Get,
    Load,
    Outcome,
    Probes,
    Ref,
    Repeat,
    Script,
    Seed,
    Set,
    Source,
    Status,
    Step,
)
from assignments.spec import Limits
from worker.box import framing, packing, playing, telling

JOB, ODD = 21, 22  # to the runner
LOADING, ANSWER, FAULT = 31, 32, 33  # from the runner

MAX_TRACE = 4096
MAX_JOB = 512 << 20
MAX_ENVELOPE = 64 << 10  # JSON the runner itself writes
MAX_DIMENSION = 1 << 40
MAX_INT_BITS = 4096

TOLD = {
    status.value: status
    for status in (
        *(Status.RETURNED, Status.RAISED, Status.MISSING, Status.UNREADABLE, Status.TIMED_OUT, Status.OUT_OF_MEMORY),
        *(Status.PROCESS_LIMIT, Status.NOT_ALLOWED, Status.CRASHED, Status.OUTPUT_LIMIT),
    )
}
"""The statuses a child may report; the others are for the runner and for this side to say."""


class WireError(Exception):
    """The bytes are not what a child of ours would write."""


@dataclass(frozen=True)
class Job:
    """One submission and what is asked of it.

    `entry` is the module named like the assignment. Limits hold for each question, and for loading.
    """

    sources: tuple[Source, ...]
    entry: str
    probes: tuple[Probes, ...]
    limits: Limits


# --- down: jobs -------------------------------------------------------------------------------------------------------


def encode_job(job: Job) -> bytes:
    """Return the frame that hands a job to a runner: its limits, and inside it the frames a child will read."""
    limits = job.limits
    submission = {
        "sources": [
            {"name": s.name, "module": s.module, "cells": s.cells, "labels": s.cell_labels} for s in job.sources
        ],
        "entry": job.entry,
        "asked": sorted({name for probes in job.probes for script in probes.scripts for name in _called(script.steps)}),
        "cpu_s": limits.cpu_s,
    }
    parts = [framing.frame(framing.SUBMISSION, submission), *map(_encode_probes, job.probes)]
    header = {
        "cpu_s": limits.cpu_s,
        "wall_s": limits.wall_s,
        "memory_mib": limits.memory_mib,
        "output_kib": limits.output_kib,
        "parts": list(map(len, parts)),
    }
    return framing.frame(JOB, header, parts)


def _called(steps: Sequence[Step]) -> Iterator[str]:
    """Yield the names of the functions a script calls."""
    for step in steps:
        if isinstance(step, Call):
            yield step.function
        elif isinstance(step, Repeat):
            yield from _called(step.steps)
            yield from _called(step.every_steps)


def _encode_probes(probes: Probes) -> bytes:
    packer = packing.Packer(MAX_JOB)
    scripts = [
        {"steps": [_encode_step(step, packer) for step in script.steps], "returns": script.returns}
        for script in probes.scripts
    ]
    header = {"scripts": scripts, "seed": zlib.crc32(probes.question_id.encode())}
    return framing.frame(framing.QUESTION, header, packer.blobs)


def _encode_step(step: Step, packer: packing.Packer) -> list[Any]:
    if isinstance(step, Call):
        args = [_encode_value(value, packer) for value in step.args]
        kwargs = {key: _encode_value(value, packer) for key, value in step.kwargs.items()}
        return ["call", step.function, args, kwargs, step.save, step.collect, step.rests_on]
    if isinstance(step, Get):
        return ["get", step.container, step.key, step.save]
    if isinstance(step, Set):
        return ["set", step.save, _encode_value(step.value, packer)]
    if isinstance(step, Seed):
        return ["seed", step.value]
    steps = [_encode_step(inner, packer) for inner in step.steps]
    return ["repeat", step.times, steps, step.every, [_encode_step(inner, packer) for inner in step.every_steps]]


def _encode_value(value: Any, packer: packing.Packer) -> Any:
    kind = type(value)
    if kind is np.ndarray:
        return packer.pack(value)  # the commonest by far
    if kind is Ref:
        return {"r": value.name}
    if kind is list:
        return [_encode_value(item, packer) for item in value]
    if kind is tuple:
        return {"t": [_encode_value(item, packer) for item in value]}
    if kind is dict:
        return {"d": [[key, _encode_value(item, packer)] for key, item in value.items()]}
    return packer.pack(value)


# --- up: outcomes -----------------------------------------------------------------------------------------------------


def split_frames(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield kind, JSON and blob of each frame in `data`.

    Raises:
        WireError: the bytes do not end with a frame's end.
    """
    at = 0
    while at < len(data):
        if at + framing.HEAD.size > len(data):
            raise WireError("a frame ends inside its head")
        kind, header_size, blob_size = framing.HEAD.unpack_from(data, at)
        at += framing.HEAD.size
        if at + header_size + blob_size > len(data):
            raise WireError("a frame is shorter than its head says")
        yield kind, data[at : at + header_size], data[at + header_size : at + header_size + blob_size]
        at += header_size + blob_size


_PLAIN_KEYS = {"status", "value", "function"}


def read_outcome(header: bytes, blob: bytes) -> Outcome:
    """Return what a child says a script brought back.

    Raises:
        WireError: it is not what a child writes.
    """
    told = _read_object(header)
    status = _read_status(told)
    value = None
    if status is Status.RETURNED:
        reader = _Reader(blob)
        value = reader.read(told.get("value"), 0)
        reader.require_end()
    elif blob:
        raise WireError("arrays came with a failure")
    if status is Status.RETURNED and not told.keys() - _PLAIN_KEYS:
        return Outcome(status, value, _optional_text(told, "function", 100))  # the commonest by far
    return Outcome(
        status=status,
        value=value,
        function=_optional_text(told, "function", 100),
        rests_on=_optional_text(told, "rests_on", 100),
        error_type=_optional_text(told, "error_type", 100),
        message=_optional_text(told, "message", 2 * framing.MAX_MESSAGE) or "",
        line=_read_line(told),
        file=_optional_text(told, "file", 300),
        mutated=_read_texts(told, "mutated", framing.MAX_WARNINGS, 200),
        warnings=_read_texts(told, "warnings", framing.MAX_WARNINGS, 200),
    )


def read_load(header: bytes) -> Load:
    """Return what a child says about loading.

    Raises:
        WireError: it is not what a child writes.
    """
    told = _read_object(header)
    return Load(
        status=_read_status(told),
        error_type=_optional_text(told, "error_type", 100),
        message=_optional_text(told, "message", 2 * framing.MAX_MESSAGE) or "",
        file=_optional_text(told, "file", 300),
        line=_read_line(told),
        notes=_read_texts(told, "notes", framing.MAX_NOTES, 1500),
    )


def _read_object(header: bytes) -> dict[str, Any]:
    if len(header) > framing.MAX_JSON:
        raise WireError("more text than may cross")
    try:
        text = header.decode()
        told, end = _DECODER.scan_once(text, 0)  # type: ignore[attr-defined]  # what `decode` calls, and not told of
    except (ValueError, RecursionError, StopIteration) as error:
        raise WireError(f"not JSON: {error}") from error
    if end != len(text):  # blanks before or behind as well: a child of ours writes none
        raise WireError("more than JSON")
    if type(told) is not dict:
        raise WireError("not an object")
    return told


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _read_status(told: dict[str, Any]) -> Status:
    name = told.get("status")
    status = TOLD.get(name) if type(name) is str else None
    if status is None:
        raise WireError("not a status a child may tell")
    return status


def _read_line(told: dict[str, Any]) -> int | None:
    line = told.get("line")
    if line is None or (type(line) is int and 0 <= line < 1 << 31):
        return line
    raise WireError("a line is not a number")


def _optional_text(told: dict[str, Any], name: str, longest: int) -> str | None:
    text = told.get(name)
    if text is None:
        return None
    if type(text) is not str:
        raise WireError(f"{name} is not text")
    return clean(text[:longest])


def _read_texts(told: dict[str, Any], name: str, most: int, longest: int) -> tuple[str, ...]:
    texts = told.get(name, [])
    if type(texts) is not list or not all(type(text) is str for text in texts):
        raise WireError(f"{name} is not a list of texts")
    return tuple([clean(text[:longest]) for text in texts[:most]])


def clean(text: str) -> str:
    """Return `text` without control characters, direction overrides and lone surrogates; line ends and tabs stay.

    What is left can be stored by PostgreSQL and printed to a terminal.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join([char if char in "\n\t" or unicodedata.category(char)[0] != "C" else "\N{REPLACEMENT CHARACTER}"
                    for char in text.replace("\r\n", "\n")])  # fmt: skip


class _Reader:
    """Reads packed values that a hostile hand may have packed."""

    def __init__(self, blob: bytes) -> None:
        self._blob = blob
        self._at = 0
        self._room = framing.MAX_VALUES  # in containers; a child of ours counts as closely
        self._longest = 1  # text
        self._numbers = 0  # in arrays

    def require_end(self) -> None:
        """Refuse bytes that no array accounts for, and what would be gigabytes as an array of texts.

        NumPy gives each item of such an array the room of the longest.
        """
        if self._at != len(self._blob):
            raise WireError("bytes are left over")
        if (framing.MAX_VALUES - self._room) * self._longest > framing.MAX_TEXT:
            raise WireError("more text than may cross")

    def read(self, plain: Any, depth: int) -> Any:
        """Return the value; its arrays are copies the caller owns."""
        kind = type(plain)
        if kind is float or kind is bool or plain is None:
            return plain
        if kind is int:
            if plain.bit_length() > MAX_INT_BITS:
                raise WireError("a number of too many digits")
            return plain
        if kind is str:
            self._longest = max(self._longest, len(plain))
            if self._longest > framing.MAX_TEXT:
                raise WireError("more text than may cross")
            return clean(plain)
        if depth > 2 * framing.MAX_DEPTH:
            raise WireError("nested too deep")
        if kind is list:
            self._spend(len(plain))
            return [self.read(item, depth + 1) for item in plain]
        if kind is not dict or len(plain) != 1:
            raise WireError("not a packed value")
        ((tag, body),) = plain.items()
        if tag == "t" and type(body) is list:
            self._spend(len(body))
            return tuple([self.read(item, depth + 1) for item in body])
        if tag == "d" and type(body) is list:
            self._spend(len(body))
            items = [self._read_item(item, depth) for item in body]
            whole = sum(type(key) is int for key, _ in items)
            if whole > framing.MAX_WHOLE_KEYS:
                raise WireError("too many whole numbers as keys")  # they can be made to be in each other's way
            return dict(items)
        if tag == "f" and body in ("nan", "inf", "-inf"):
            return float(body)
        if tag == "a" and type(body) is list and len(body) == 2:
            return self._read_array(body[0], body[1])
        if tag == "s":
            return self._read_array(body, [])[()]
        raise WireError("not a packed value")

    def _spend(self, values: int) -> None:
        self._room -= values
        if self._room < 0:
            raise WireError("more values than may cross")

    def _read_item(self, item: Any, depth: int) -> tuple[str | int, Any]:
        if type(item) is not list or len(item) != 2 or type(item[0]) not in (str, int):
            raise WireError("not a dict's item")
        key = self.read(item[0], depth)
        if type(key) is int and key.bit_length() > 64:
            raise WireError("a key of too many digits")  # longer ones can be made to collide, all of them
        return key, self.read(item[1], depth + 1)

    def _read_array(self, name: Any, shape: Any) -> np.ndarray[Any, Any]:
        dtype = framing.DTYPES.get(name) if type(name) is str else None
        if dtype is None:
            raise WireError("no such dtype")
        if type(shape) is not list or len(shape) > framing.MAX_DEPTH:
            raise WireError("not a shape")
        if not all(type(size) is int and 0 <= size <= MAX_DIMENSION for size in shape):
            raise WireError("not a shape")
        size = math.prod(shape) * dtype.itemsize
        if size > len(self._blob) - self._at:
            raise WireError("an array is longer than its bytes")
        self._numbers += size // dtype.itemsize
        if self._numbers * framing.LEAST_BYTES > framing.MAX_RESULT:
            raise WireError("more numbers than may cross")
        if not size and math.prod([each for each in shape if each]) > framing.MAX_VALUES:
            raise WireError("an empty array of too many rows")  # no bytes at all, and an object for each row
        raw = self._blob[self._at : self._at + size]
        self._at += size
        if name == "bool" and raw.strip(b"\0\1"):
            raise WireError("a truth value that is neither")
        try:
            return np.frombuffer(bytearray(raw), dtype).reshape(shape)  # of its own, and writable
        except (ValueError, MemoryError) as error:
            raise WireError(f"not an array: {error}") from error


# --- up: how a process ended ------------------------------------------------------------------------------------------

_TRACE_LINE = re.compile(r'File "([^"\n]{1,300})", line (\d{1,7}) in ([^\s]{1,100})')
_NOTES = {
    "cpu": "Your code used its {cpu_s:g} s of computing time",
    "wall": "Your code had not finished after {wall_s:g} s",
    "output": "Your code printed more than {output_kib} KiB",
    "frame": "Your code wrote to the grader's own channel, or returned more than can be read",
    "exit": "Your code ended the whole process",
    "load": "Your submission could not be loaded again after an earlier question had to be stopped",
}
_SIGNALS = {4: "illegal instruction", 6: "abort", 7: "bus error", 8: "arithmetic fault", 11: "segmentation fault"}


@dataclass(frozen=True)
class Death:
    """How a child ended before it had answered; `why` and `signal` are the runner's words, `trace` is hostile."""

    status: Status
    why: str
    signal: int
    trace: bytes

    def as_outcome(self, limits: Limits, files: Mapping[str, int]) -> Outcome:
        """Return the outcome of the script that was being played."""
        function, file, line = where_stopped(self.trace, files)
        if self.why == "signal":
            kind = _SIGNALS.get(self.signal, "a system call that does not exist" if self.signal == 31 else "")
            text = f"The Python process crashed ({kind or f'signal {self.signal}'})"
        else:
            text = _NOTES.get(self.why, "Your code ended without an answer").format_map(vars(limits))
        if self.why in {"cpu", "wall"}:
            text += " and was stopped" + (f" in `{function}`" if function else "")
        elif function:
            text += f" in `{function}`"
        return Outcome(status=self.status, message=f"{text}.", function=function, file=file, line=line)


def where_stopped(trace: bytes, files: Mapping[str, int]) -> tuple[str | None, str | None, int | None]:
    """Return function, file and line of the innermost frame of the student's own, as far as the trace tells.

    Args:
        trace: what faulthandler wrote, or a submission in its place.
        files: as `lines_of`.
    """
    text = trace[-MAX_TRACE:].decode("utf-8", "replace")
    for file, line, function in _TRACE_LINE.findall(text):
        if int(line) <= files.get(file, -1):
            return (None if function == "<module>" else clean(function)), file, int(line)
    return None, None, None


def lines_of(sources: Sequence[Source]) -> dict[str, int]:
    """Return how many lines there are below each name under which a submission's code appears in tracebacks.

    An error may be at the end, behind the last of them.
    """
    return {
        label: text.count("\n") + text.count("\r") + 2
        for source in sources
        for label, text in zip(
            [f"{source.name}, {cell}" for cell in source.cell_labels] or [source.name] * len(source.cells),
            source.cells,
            strict=False,
        )
    }


# --- the trusted side -------------------------------------------------------------------------------------------------


def play_trusted(script: Script, functions: Mapping[str, Callable[..., Any]]) -> Outcome:
    """Play a script against functions of our own, in this process; never for a student's code.

    Args:
        script: what a child would play.
        functions: by the names the script calls them.

    Returns:
        what a child would have answered; an exception of a function is an outcome, as it is there.
    """

    def find(name: str) -> Callable[..., Any]:
        try:
            return functions[name]
        except KeyError:
            raise telling.MissingError(f"`{name}` is not defined") from None

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        played = playing.play([_native_step(step) for step in script.steps], script.returns, find, frozenset())
    return Outcome(
        status=Status(played.status),
        value=playing.fresh(played.value, {}),
        function=played.function,
        rests_on=played.rests_on,
        error_type=played.error_type,
        message=played.message,
        mutated=tuple(played.mutated),
        warnings=tuple(dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in caught)),
    )


def _native_step(step: Step) -> list[Any]:
    if isinstance(step, Call):
        args = [_native_value(value) for value in step.args]
        kwargs = {key: _native_value(value) for key, value in step.kwargs.items()}
        return ["call", step.function, args, kwargs, step.save, step.collect, step.rests_on]
    if isinstance(step, Get):
        return ["get", step.container, step.key, step.save]
    if isinstance(step, Set):
        return ["set", step.save, _native_value(step.value)]
    if isinstance(step, Seed):
        return ["seed", step.value]
    if isinstance(step, Repeat):
        steps = [_native_step(inner) for inner in step.steps]
        return ["repeat", step.times, steps, step.every, [_native_step(inner) for inner in step.every_steps]]
    raise TypeError(f"{step!r} is not a step")


def _native_value(value: Any) -> Any:
    kind = type(value)
    if kind is Ref:
        return packing.Ref(value.name)
    if kind is list:
        return [_native_value(item) for item in value]
    if kind is tuple:
        return tuple([_native_value(item) for item in value])
    if kind is dict:
        return {key: _native_value(item) for key, item in value.items()}
    return value
