"""Values on their way: plain data to JSON and raw array bytes, and back; within bounds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from worker.box.framing import (
    DTYPE_NAMES,
    DTYPES,
    LEAST_BYTES,
    MAX_DEPTH,
    MAX_RESULT,
    MAX_TEXT,
    MAX_VALUES,
    MAX_WHOLE_KEYS,
)


class Ref:
    """Stands for a saved value in a decoded script."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class UnreadableError(Exception):
    """A value is not plain data, or more of it than may cross; the message says what it is."""


class Packer:
    """Turns plain values into JSON plus raw array bytes, within bounds."""

    def __init__(self, limit: int = MAX_RESULT) -> None:
        self.blobs: list[bytes] = []
        self._room = limit
        self._values = MAX_VALUES
        self._text = MAX_TEXT
        self._longest = 0

    def require_narrow(self) -> None:
        """Refuse many values with a long text among them: as an array, NumPy gives each the room of the longest."""
        if (MAX_VALUES - self._values) * self._longest > MAX_TEXT:
            raise UnreadableError(f"more than {MAX_TEXT >> 20} MiB of text")

    def pack(self, value: Any, depth: int = 0) -> Any:
        """Return the JSON form of `value`; the bytes of its arrays are appended to `blobs` in order.

        Raises:
            UnreadableError: it holds something that is not plain data, or is too large or too deep.
        """
        self._values -= 1
        if self._values < 0:
            raise UnreadableError(f"more than {MAX_VALUES:,} values; NumPy arrays may be larger")
        kind = type(value)
        if kind is float:
            return value if math.isfinite(value) else {"f": repr(value)}
        if kind is bool or value is None:
            return value
        if kind is np.ndarray:
            return self._pack_array(value)
        if depth > MAX_DEPTH:
            raise UnreadableError(f"containers nested more than {MAX_DEPTH} deep")
        if kind is int:
            if value.bit_length() > 64:
                self._spend_text(value.bit_length() // 3)
                if value.bit_length() > 3300:
                    raise UnreadableError("a whole number of more than 990 digits")
            return value
        if kind is str:
            self._spend_text(len(value))
            return value
        if kind is list:
            return [self.pack(item, depth + 1) for item in value]
        if kind is tuple:
            return {"t": [self.pack(item, depth + 1) for item in value]}
        if kind is dict:
            items = [[self._pack_key(key), self.pack(item, depth + 1)] for key, item in value.items()]
            if len(items) > MAX_WHOLE_KEYS and sum(type(key) is int for key, _ in items) > MAX_WHOLE_KEYS:
                raise UnreadableError(f"a dict of more than {MAX_WHOLE_KEYS:,} whole numbers")
            return {"d": items}
        return self._pack_other(value, depth)

    def _pack_other(self, value: Any, depth: int) -> Any:
        """Pack what is plain data in another coat: NumPy scalars, subclasses, ranges, what has `__array__`."""
        if isinstance(value, np.generic):
            if value.dtype.name in DTYPES:
                self._spend(value.dtype.itemsize)
                self.blobs.append(value.tobytes())
                return {"s": value.dtype.name}
            if value.dtype.kind == "f":  # long double, whose `item` is one again
                return self.pack(float(value), depth + 1)
            return self.pack(value.item(), depth + 1)
        if isinstance(value, np.ndarray):
            return self._pack_array(np.asarray(value))
        if isinstance(value, int):
            return self.pack(int.__add__(value, 0), depth + 1)
        if isinstance(value, float):
            return self.pack(float.__add__(value, 0.0), depth + 1)
        if isinstance(value, str):
            return self.pack(str.__str__(value), depth + 1)
        if isinstance(value, complex):
            return self.pack(np.complex128(value), depth + 1)
        if isinstance(value, range):
            return self.pack(list(value[: MAX_VALUES + 1]), depth + 1)
        for plain in (list, tuple, dict):
            if isinstance(value, plain):
                return self.pack(plain(value), depth + 1)
        if hasattr(type(value), "__array__"):
            return self._pack_array(np.asarray(value))
        raise UnreadableError(kind_of(value))

    def _pack_key(self, key: Any) -> str | int:
        if isinstance(key, np.integer):
            return int(key)
        if type(key) is str:
            self._spend_text(len(key))
            return key
        if type(key) is int and key.bit_length() <= 64:
            return key
        raise UnreadableError(f"a dict whose keys are of type {type(key).__name__}")

    def _pack_array(self, array: np.ndarray[Any, Any]) -> Any:
        name = DTYPE_NAMES.get(array.dtype)
        if name is None:
            return self._pack_odd_array(array)
        # A broadcast array can be terabytes of nothing: it is refused by its size, before anything is copied.
        self._spend(max(array.nbytes, LEAST_BYTES * array.size))
        if not array.size and math.prod([size for size in array.shape if size]) > MAX_VALUES:
            raise UnreadableError(f"an empty array of more than {MAX_VALUES:,} rows")
        self.blobs.append(array.tobytes())
        return {"a": [name, array.shape]}

    def _pack_odd_array(self, array: np.ndarray[Any, Any]) -> Any:
        """Pack an array of objects or texts as a list, one of foreign byte order or long doubles as a native one."""
        dtype = array.dtype
        if dtype.kind in "OU":
            if array.size > MAX_VALUES:
                raise UnreadableError(f"an array of {array.size:,} objects")
            return self.pack(array.tolist(), 1)
        native = np.dtype(np.float64) if dtype.char == "g" else dtype.newbyteorder("=")
        if native not in DTYPE_NAMES:
            raise UnreadableError(f"an array of dtype {str(dtype)[:40]}")
        if array.nbytes > MAX_RESULT:
            self._spend(array.nbytes)
        return self._pack_array(array.astype(native))

    def _spend(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise UnreadableError(f"more than {MAX_RESULT >> 20} MiB of numbers")

    def _spend_text(self, size: int) -> None:
        self._text -= size
        self._longest = max(self._longest, size)
        if self._text < 0:
            raise UnreadableError(f"more than {MAX_TEXT >> 20} MiB of text")


def kind_of(value: Any) -> str:
    """Return a type's name with its article, for a message."""
    name = type(value).__name__[:60]
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


class Unpacker:
    """Turns packed values back; for bytes from the trusted side only."""

    def __init__(self, blob: bytes) -> None:
        self._blob = blob
        self._at = 0

    def unpack(self, plain: Any) -> Any:
        """Return the value `plain` stands for; arrays are read-only views of the received bytes."""
        kind = type(plain)
        if kind is list:
            return [self.unpack(item) for item in plain]
        if kind is not dict:
            return plain
        ((tag, body),) = plain.items()
        if tag == "a":
            return self._take(DTYPES[body[0]], body[1])
        if tag == "s":
            return self._take(DTYPES[body], [])[()]
        if tag == "t":
            return tuple([self.unpack(item) for item in body])
        if tag == "d":
            return {key: self.unpack(item) for key, item in body}
        return Ref(body) if tag == "r" else float(body)

    def _take(self, dtype: np.dtype[Any], shape: list[int]) -> np.ndarray[Any, Any]:
        count = math.prod(shape)
        array = np.frombuffer(self._blob, dtype, count, self._at) if count else np.empty(0, dtype)
        self._at += array.nbytes
        return array.reshape(shape)
