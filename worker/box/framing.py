"""Frames and messages: what goes over the sockets of a box, and how much of it may."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

HEAD = struct.Struct("<BII")  # kind, bytes of JSON, bytes of raw arrays
RESUME, SUBMISSION, QUESTION = 1, 2, 3  # to the child, in this order, one QUESTION for each
CONFINED, LOADED, OUTCOME, DONE = 11, 12, 13, 14  # from the child

BUILD = struct.Struct("<I")  # to the template: submissions the box shall serve; the box's socket comes along
WARM, BUILT = b"T", b"B"  # from the template: it takes orders; a box is there, its handle comes along
SPAWN = struct.Struct("<QI")  # to a waiting child: bytes of memory it may add, seconds of CPU it may ever use
WAITING, ENDED = b"W", b"E"  # from the box: a child waits, its handle comes along; one ended, see STATUS
STATUS = struct.Struct("<i")  # with ENDED: the wait status; the handle of the next child comes along when that waits
PRINTED = struct.Struct("<Q")  # with LOADED and DONE, before anything else: bytes this child has printed until now

CONTROL_FD, BELL_FD, JOB_FD = 3, 3, 4  # a child has the bell where the box has its control socket

MAX_JSON = 4 << 20
MAX_RESULT = 32 << 20  # bytes of results of one question
LEAST_BYTES = 8  # that a number in an array counts for: whoever compares it makes a float64 of it
MAX_VALUES = 100_000
MAX_TEXT = 1 << 20
MAX_WHOLE_KEYS = 1000  # of one dict: more of them can be chosen so that each is looked for in the places of all others
MAX_DEPTH = 32
MAX_MESSAGE = 500
MAX_WARNINGS = 20
MAX_NOTES = 30
MAX_THREADS = 256  # far more than fit into its memory with the usual stacks; with tiny ones 30,000 would
FILLS_SOCKET = 1 << 16  # bytes; half of what a socket holds, or less
RING_S = 0.005  # answers that come faster than this are told together

DTYPES = {
    name: np.dtype(name)
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    )
}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}  # native byte order only
# As `json.JSONEncoder(separators=(",", ":"))` does it, but made once and not for each frame, of which a submission has
# forty; what it is given never holds itself, so nobody looks for that.
_encode = json.encoder.c_make_encoder(  # type: ignore[attr-defined]  # CPython's own
    None, None, json.encoder.encode_basestring_ascii, None, ":", ",", False, False, True
)


def to_json(plain: Any) -> str:
    """Return the JSON of what holds nothing but JSON's own types."""
    return "".join(_encode(plain, 0))


_scan = json.scanner.c_make_scanner(json.JSONDecoder())  # type: ignore[attr-defined]  # CPython's own, as above


def from_json(text: str) -> Any:
    """Return what `to_json` wrote; what stands behind it is not looked at.

    As `json.loads`, but without its checks, of which a submission would pay for five.
    """
    return _scan(text, 0)[0]


def frame(kind: int, header: Any, blobs: Sequence[bytes] = ()) -> bytes:
    """Return one frame."""
    body = to_json(header).encode()
    blob = b"".join(blobs)
    return HEAD.pack(kind, len(body), len(blob)) + body + blob


def receive(read: Callable[[int, int], bytes]) -> Iterator[tuple[int, Any, bytes]]:
    """Yield the frames of this submission until there are no more."""
    data, at, wanted = bytearray(), 0, HEAD.size
    while True:
        while len(data) - at < wanted:
            del data[:at]
            at = 0
            more = read(JOB_FD, max(1 << 16, wanted - len(data)))
            if not more:
                return
            data += more
        kind, header_size, blob_size = HEAD.unpack_from(data, at)
        wanted = HEAD.size + header_size + blob_size
        if len(data) - at >= wanted:
            start = at + HEAD.size
            body, blob = data[start : start + header_size].decode(), bytes(data[start + header_size : at + wanted])
            at, wanted = at + wanted, HEAD.size
            yield kind, from_json(body), blob
