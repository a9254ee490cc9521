"""What waits and works inside a box; with `standins.py` and `rescue.py`, read when they are needed, all of ours.

Three processes, each cloned from the one before, so that NumPy is imported once and a run costs milliseconds. `main`
is the *template* of the boxes. A *box* is cloned from it into namespaces of its own, gives up every capability, takes
the first system call filter, and clones a *child* for each submission, ahead of it. The child goes into a user and a
pid namespace of its own, takes its limits and the second filter, and only then reads the submission. Template and box
never see a submission, an input or a result: a cloned process can read whatever the one before ever held.

The child answers on one socket with frames (`HEAD`): how loading went, then for each question an outcome for each
script. Nobody has to believe a word of it: the student's code could write to that socket as well as we can, and what
it may gain by that is decided outside, where the answers are.

`play` and `Packer` are also used on the trusted side, to play the same scripts against the reference.
"""

from __future__ import annotations

import ast
import builtins
import ctypes
import errno
import faulthandler
import gc
import importlib.machinery
import importlib.util
import io
import json
import math
import mmap
import os
import random
import re
import resource
import signal
import socket
import struct
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

# --- frames -----------------------------------------------------------------------------------------------------------

HEAD = struct.Struct("<BII")  # kind, bytes of JSON, bytes of raw arrays
RESUME, SUBMISSION, QUESTION = 1, 2, 3  # to the child, in this order, one QUESTION for each
CONFINED, LOADED, OUTCOME, DONE = 11, 12, 13, 14  # from the child

BUILD = struct.Struct("<I")  # to the template: submissions the box shall serve; the box's socket comes along
WARM, BUILT = b"T", b"B"  # from the template: it takes orders; a box is there, its handle comes along
SPAWN = struct.Struct("<QI")  # to a waiting child: bytes of memory it may add, seconds of CPU it may ever use
WAITING, ENDED = b"W", b"E"  # from the box: a child waits, its handle comes along; it ended, the wait status follows
STATUS = struct.Struct("<i")
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


# --- values -----------------------------------------------------------------------------------------------------------


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
        raise UnreadableError(_kind_of(value))

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


def _kind_of(value: Any) -> str:
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


# --- playing a script -------------------------------------------------------------------------------------------------


class OutOfTimeError(BaseException):
    """Loading used up its time; not an Exception, so that `except Exception` does not catch it."""


class MissingError(Exception):
    """A function the script calls is not there; the message says what was found instead."""


class NothingError(Exception):
    """A call needs what an earlier one returned, and that was None; the message is the name it was saved under."""


class Played:
    """How one script ended; the fields are those of `assignments.script.Outcome`."""

    __slots__ = (
        *("status", "value", "function", "rests_on", "error_type", "message", "line", "file"),
        *("mutated", "warnings"),
    )

    def __init__(self) -> None:
        self.status = "returned"
        self.value: Any = None
        self.function: str | None = None
        self.rests_on: str | None = None
        self.error_type: str | None = None
        self.message = ""
        self.line: int | None = None
        self.file: str | None = None
        self.mutated: list[str] = []
        self.warnings: list[str] = []


TOLD = tuple(name for name in Played.__slots__ if name != "value")


def play(
    steps: Sequence[Any], returns: Sequence[str], find: Callable[[str], Callable[..., Any]], files: frozenset[str]
) -> Played:
    """Play one script and return how it ended; never raises for what the functions do.

    Args:
        steps: tuples or lists, first their kind: `call` function args kwargs save collect rests_on; `get` container
            key save; `set` save value; `seed` value; `repeat` times steps every every_steps.
        returns: the saved names that come back.
        find: gives the function of that name, or raises MissingError.
        files: file names of the student's own code, for locating an error.
    """
    played = Played()
    player = _Player(find, played)
    try:
        player.play(steps)
        saved = player.saved
        played.value = saved[returns[0]] if len(returns) == 1 else tuple([saved[name] for name in returns])
    except MissingError as error:
        played.status, played.message = "missing", str(error)
    except NothingError as error:
        # Whoever returned nothing is at fault, not the function that would stumble over it.
        played.function, played.rests_on = player.makers.get(str(error), (None, None))
    except BaseException as error:  # noqa: BLE001 (a student's code may raise anything at all)
        describe(error, played, files)
    return played


def describe(error: BaseException, played: Played | Problem, files: frozenset[str]) -> None:
    """Write down what an exception was and where in the student's own code it came from."""
    played.status, hint = _classify(error)
    played.error_type = type(error).__name__[:80]
    try:
        played.message = str(error)[:MAX_MESSAGE]
    except BaseException:  # noqa: BLE001 (a student's own exception may fail to print)
        played.message = ""
    tool = _tool_in_the_way(error)
    if tool and played.status != "process_limit":
        # What the tool says of it ("No such file or directory") is no help.
        played.status, hint, played.message = "raised", tool, ""
    if isinstance(error, NameError | AttributeError):
        hint = _meant(error)
    if hint:
        played.message = f"{played.message.rstrip('. ')}. {hint}" if played.message else hint
    if isinstance(error, SyntaxError):
        played.message = _beside("rescue").words(error)[:MAX_MESSAGE]
        if error.filename in files:
            played.file, played.line = error.filename, error.lineno
            return
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in files:
            played.file, played.line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next


def _classify(error: BaseException) -> tuple[str, str]:
    """Return the status an exception stands for, and a hint for the student or ""."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return "out_of_memory", ""
    if isinstance(error, OutOfTimeError):
        return "timed_out", ""
    if isinstance(error, SystemExit):
        return "crashed", "The code ended the program instead of returning a value"
    if isinstance(error, FileNotFoundError) and "temporary directory" in str(error):
        return "not_allowed", ""
    if isinstance(error, FileNotFoundError):
        return "raised", "There are no files of yours beside the submission here"
    if isinstance(error, OSError) and error.errno in {errno.EPERM, errno.EROFS, errno.EACCES}:
        return "not_allowed", "Files, the network and other programs are out of reach while your code is graded"
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return "process_limit", ""
    return "raised", ""


ONE_PROCESS = "Your code is one process here and cannot start another: call the function directly"
NO_NETWORK = "There is no network here: take every value from the arguments"
TOOLS = {
    "argparse": "There is no command line here: write the values into the code",
    "asyncio": "asyncio does not work here: write ordinary functions and call them directly",
    "bdb": "There is nobody to debug here: take out breakpoint() and pdb",
    "concurrent": ONE_PROCESS,
    "http": NO_NETWORK,
    "multiprocessing": ONE_PROCESS,
    "subprocess": ONE_PROCESS,
    "urllib": NO_NETWORK,
}


def _tool_in_the_way(error: BaseException) -> str:
    """Return the hint for an exception that came out of a tool which cannot work here, or ""."""
    trace = error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__")
        hint = TOOLS.get(module.partition(".")[0], "") if type(module) is str else ""
        if hint:
            return hint
        trace = trace.tb_next
    return ""


_meant_before: dict[str, str] = {}


def _meant(error: NameError | AttributeError) -> str:
    """Return the question whether another name was meant, or ""."""
    name = error.name
    if type(name) is not str or isinstance(error, UnboundLocalError):
        return ""
    if name not in _meant_before:
        known: list[str] = []
        trace = error.__traceback__
        if isinstance(error, AttributeError):
            known = dir(error.obj) if isinstance(error.obj, types.ModuleType) else []
        elif trace is not None:
            while trace.tb_next is not None:
                trace = trace.tb_next
            known = [*trace.tb_frame.f_code.co_varnames, *trace.tb_frame.f_globals, *dir(builtins)]
        _meant_before[name] = _beside("rescue").meant(name, [each for each in known if not each.startswith("_")])
    return _meant_before[name]


_read_beside: dict[str, Any] = {}


def _beside(name: str) -> Any:
    """Return the module of ours of this name that lies beside this file, read when it is first needed."""
    if name not in _read_beside:
        place = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")  # noqa: PTH118, PTH120, PTH100
        spec = importlib.util.spec_from_file_location(name, place)
        if spec is None or spec.loader is None:
            raise ImportError(name)
        _read_beside[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(_read_beside[name])
    return _read_beside[name]


class _Player:
    """The interpreter of steps."""

    def __init__(self, find: Callable[[str], Callable[..., Any]], played: Played) -> None:
        self.saved: dict[str, Any] = {}
        self._find = find
        self._played = played
        self._plain: set[str] = set()  # saved values that came from the grader, so their contents can be compared
        self.makers: dict[str, tuple[str, str | None]] = {}

    def play(self, steps: Sequence[Any]) -> None:
        """Play the steps in order."""
        for step in steps:
            kind = step[0]
            if kind == "call":
                self._call(*step[1:])
            elif kind == "get":
                self._get(*step[1:])
            elif kind == "set":
                self.saved[step[1]] = fresh(step[2], self.saved)
                self._plain.add(step[1])
            elif kind == "seed":
                seed(step[1])
            else:
                self._repeat(*step[1:])

    def _call(  # noqa: PLR0917 (a step's fields, in their order)
        self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], save: str, collect: bool, rests_on: str | None
    ) -> None:
        played, saved = self._played, self.saved
        played.function, played.rests_on = name, rests_on
        function = self._find(name)
        for value in args:
            if type(value) is Ref and value.name in self.makers and saved[value.name] is None:
                raise NothingError(value.name)
        given = [fresh(value, saved) for value in args]
        named = {key: fresh(value, saved) for key, value in kwargs.items()} if kwargs else {}
        # A value the grader prepared is compared with how it was just before the call.
        before = [self._as_was(value) for value in args]
        before_named = {key: self._as_was(value) for key, value in kwargs.items()} if kwargs else {}
        result = function(*given, **named)
        for place, (was, now) in enumerate(zip(before, given, strict=True)):
            if not same(was, now):
                self._note_mutated(name, _parameter(function, place))
        for key, was in before_named.items():
            if not same(was, named[key]):
                self._note_mutated(name, key)
        if collect:
            # Kept as it is now: the next round may change the very array that was returned.
            saved.setdefault(save, []).append(fresh(result, saved))
        else:
            saved[save] = result
        self.makers[save] = (name, rests_on)
        self._plain.discard(save)

    def _as_was(self, value: Any) -> Any:
        """Return an argument as it has to be after the call; None where that cannot be said."""
        if type(value) is Ref:
            return fresh(self.saved[value.name], self.saved) if value.name in self._plain else None
        return value

    def _note_mutated(self, function: str, argument: str) -> None:
        text = f"{function}: {argument}"
        if text not in self._played.mutated and len(self._played.mutated) < MAX_WARNINGS:
            self._played.mutated.append(text)

    def _get(self, container: str, key: str | int, save: str) -> None:
        self._played.function, self._played.rests_on = self.makers.get(container, (None, None))
        self.saved[save] = self.saved[container][key]
        self.makers[save] = self.makers.get(container, ("", None))

    def _repeat(self, times: int, steps: Sequence[Any], every: int, every_steps: Sequence[Any]) -> None:
        for number in range(1, times + 1):
            self.play(steps)
            if every and number % every == 0:
                self.play(every_steps)


def _parameter(function: Callable[..., Any], place: int) -> str:
    """Return a parameter's name where the function tells, else its position, from 1."""
    code = getattr(function, "__code__", None)
    if isinstance(code, types.CodeType) and place < code.co_argcount:
        return code.co_varnames[place]
    return str(place + 1)


def fresh(value: Any, saved: Mapping[str, Any]) -> Any:
    """Return `value` with every array and container copied and every Ref replaced by what it stands for."""
    kind = type(value)
    if kind is np.ndarray:
        return value.copy()
    if kind is list:
        return [fresh(item, saved) for item in value]
    if kind is tuple:
        return tuple([fresh(item, saved) for item in value])
    if kind is dict:
        return {key: fresh(item, saved) for key, item in value.items()}
    return saved[value.name] if kind is Ref else value


def same(was: Any, now: Any) -> bool:
    """Whether plain data is unchanged, to the bit; what is not plain data counts as unchanged."""
    kind = type(was)
    if kind is np.ndarray:
        if type(now) is not np.ndarray or was.dtype != now.dtype or was.shape != now.shape:
            return False
        if was.nbytes > 4096 and bool((was == now).all()):
            return True
        # Quick where they are small; and NaN is the same as NaN.
        return bool(was.tobytes() == now.tobytes())
    if kind is list or kind is tuple:
        return type(now) is kind and len(was) == len(now) and all(map(same, was, now))
    if kind is dict:
        return type(now) is dict and was.keys() == now.keys() and all(same(item, now[key]) for key, item in was.items())
    if kind is float or kind is int or kind is str or kind is bool:
        return was is now or (type(now) is kind and repr(was) == repr(now))
    return True


def seed(value: int) -> None:
    """Seed both generators a student may draw from."""
    random.seed(value)
    np.random.seed(value)  # noqa: NPY002 (the legacy generator is the one students call)


# --- loading a submission ---------------------------------------------------------------------------------------------

ONLY_NUMPY = "NumPy is the only library here"
HINTS = {
    "torch": f"{ONLY_NUMPY}: write the step itself, for example `x @ W + b` for a linear layer",
    "torchvision": ONLY_NUMPY,
    "tensorflow": f"{ONLY_NUMPY}: write the step itself, for example `x @ W + b` for a linear layer",
    "keras": ONLY_NUMPY,
    "jax": f"{ONLY_NUMPY}: `import numpy as np` has the same functions, without gradients",
    "cupy": f"{ONLY_NUMPY}: `import numpy as np` has the same functions",
    "sklearn": f"{ONLY_NUMPY}: what a model does is what is asked for here",
    "scipy": f"{ONLY_NUMPY}: for example `1 / (1 + np.exp(-z))` does what `expit` does",
    "pandas": f"{ONLY_NUMPY}: the functions get their numbers as arguments",
    "numba": f"{ONLY_NUMPY}: take the decorator out",
    "joblib": f"{ONLY_NUMPY}, and one process: call the function directly",
    "requests": f"{ONLY_NUMPY}, and there is no network: take every value from the arguments",
    **dict.fromkeys(("sympy", "statsmodels", "xgboost", "lightgbm", "torchaudio", "transformers"), ONLY_NUMPY),
    **dict.fromkeys(("cv2", "PIL", "imageio", "skimage"), f"{ONLY_NUMPY}, and there is no picture to read"),
    **dict.fromkeys(("tkinter", "_tkinter", "turtle", "pygame"), "There is no window to draw in here: take it out"),
}
NOT_HERE = "Only NumPy and Python's own library are here; a file of your own has to be handed in together with this one"
MAX_FAILED_STATEMENTS = 20  # of one cell; whatever fails more often is not meant to be run
AGAIN_S = 0.5  # a statement that took longer is not tried a second time
AFTER_TIMEOUT_S = 1.0  # what the remaining cells get when one used up all the time
FUTURE_FLAGS = 0x1000000  # `from __future__ import annotations`, the one such import that still changes anything
AT_TOP_LEVEL = re.compile(r'File "([^"\n]{1,300})", line (\d{1,7}) in <module>')


DIED_HERE = {
    "timed_out": "the time for loading was used up here",
    "output_limit": "more was printed here than output may hold",
}


class Problem:
    """What went wrong in one cell; fields as in `assignments.script.Load`."""

    __slots__ = ("error_type", "file", "line", "message", "status")

    def __init__(self) -> None:
        self.status = "raised"
        self.error_type: str | None = None
        self.message = ""
        self.file: str | None = None
        self.line: int | None = None

    def note(self, consequence: str) -> str:
        """Return the remark for the student."""
        where = f"{self.file}, line {self.line}" if self.line else f"{self.file}"
        said = f"{self.error_type}: {self.message}" if self.error_type and self.message else self.message
        said = (said or self.error_type or "it failed").rstrip(". ")
        return f"{where}: {said}{'' if said.endswith(('?', '!')) else '.'} {consequence}"


class Loader:
    """The submission's modules: runs their cells, lets them import each other, finds functions in them."""

    def __init__(self, sources: Sequence[Any], entry: str, stops: Mapping[str, int], asked: Sequence[str] = ()) -> None:
        self.sources = {source["module"]: source for source in sources}
        self.entry = entry
        self.stops = dict(stops)  # file or cell → top-level line that must not be reached again
        self.modules: dict[str, types.ModuleType] = {}
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.files = frozenset(label for source in sources for label in _labels(source))
        self.is_loading = self.is_running = False
        self._times_out = 0
        self._asked = tuple(asked)
        self._said_missing: dict[str, str] = {}
        self._cpu_s = 0.0
        self._missing: set[str] = set()  # names that statements which failed would have given
        self._early: list[tuple[NameError, str, types.CodeType]] = []  # statements that used a name before its time

    # The import system calls these three.

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002
        """Return a spec for a module of the submission."""
        return importlib.machinery.ModuleSpec(name, self) if name in self.sources else None  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> types.ModuleType | None:  # noqa: ARG002
        """Let the import system make the module."""
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        """Run a module another one imports."""
        self._run_module(self.sources[module.__name__], module)

    def load(self, cpu_s: float) -> None:
        """Run every module, the one named like the assignment first."""
        global _loader  # noqa: PLW0603 (a signal handler knows nothing else)
        _loader = self
        self._cpu_s = cpu_s
        sys.argv = [f"{self.entry}.py"]
        sys.meta_path.insert(0, self)
        self.is_loading = True
        # It goes off again and again: a bare `except:` in a loop catches the first one. The clock on the wall is read
        # by the runner, which knows how long this process had to wait for a processor; see `_on_time`.
        signal.setitimer(signal.ITIMER_PROF, cpu_s, 0.2)
        for name in sorted(self.sources, key=lambda name: name != self.entry):
            if name not in self.modules:
                module = types.ModuleType(name)
                sys.modules.setdefault(name, module)
                self._run_module(self.sources[name], module)
        self.is_loading = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for name in self._asked:
            head = f"\ndef {name}("
            if sum(f"\n{text}".count(head) for source in self.sources.values() for text in source["cells"]) > 1:
                self._note(_beside("rescue").defined_again(name, self._texts()))

    def _texts(self) -> list[tuple[str, str]]:
        """Return label and text of every cell."""
        return [pair for source in self.sources.values() for pair in zip(_labels(source), source["cells"], strict=True)]

    def find(self, name: str) -> Callable[..., Any]:
        """Return the submission's function of that name.

        Raises:
            MissingError: no module defines it, two do, or it is not a function.
        """
        entry = self.modules.get(self.entry)
        if entry is not None and name in entry.__dict__:
            value = entry.__dict__[name]
        else:
            # One object seen from two modules is one definition: the other module imports it.
            found = {
                id(module.__dict__[name]): (self.sources[module_name]["name"], module.__dict__[name])
                for module_name, module in reversed(self.modules.items())
                if name in module.__dict__
            }
            if not found:
                raise MissingError(self._why_missing(name))
            if len(found) > 1:
                files = " and ".join(sorted(file for file, _ in found.values()))
                raise MissingError(f"`{name}` is defined in {files}; keep one of them")
            ((_, value),) = found.values()
        if not callable(value):
            raise MissingError(self._why_no_function(name, value))
        function: Callable[..., Any] = value
        return function

    def _why_missing(self, name: str) -> str:
        """Return that a function is not defined, and where it stands instead or which one may be meant."""
        if name not in self._said_missing:
            rescue = _beside("rescue")
            own = [
                known
                for module in self.modules.values()
                for known, value in module.__dict__.items()
                if isinstance(value, types.FunctionType) and value.__code__.co_filename in self.files
            ]
            said = rescue.whereabouts(name, self._texts())
            self._said_missing[name] = said or f"`{name}` is not defined{rescue.near(name, own, self._asked)}"
        return self._said_missing[name]

    def _why_no_function(self, name: str, value: Any) -> str:
        if name not in self._said_missing:
            other = _beside("rescue").other_value(name, self._texts())
            self._said_missing[name] = f"`{name}` is {_kind_of(value)}, not a function{other}"
        return self._said_missing[name]

    def _run_module(self, source: Any, module: types.ModuleType) -> None:
        self.modules[source["module"]] = module
        module.__file__ = source["name"]
        outer, self._early = self._early, []
        for label, text in zip(_labels(source), source["cells"], strict=True):
            if self._times_out > 1:
                self._note(f"{label} was not run: the time for loading was used up before it.")
                continue
            try:
                self._run_cell(label, text.removeprefix("\ufeff"), module.__dict__)
            except BaseException as error:  # noqa: BLE001 (a student's code may raise anything at all)
                self._note_problem(error, label)
        early, self._early = self._early, outer
        for too_early, label, code in early:
            self._try_again(too_early, label, code, module.__dict__)

    def _run_cell(self, label: str, text: str, namespace: dict[str, Any]) -> None:
        """Run one cell; a statement that raises costs itself alone, and the rest of the cell is run without it.

        A library that is not there, an `input()` that nobody answers or a file that was left at home must not cost the
        functions below it; and a file must not lose more by it than a notebook does, whose cells fail one by one.
        """
        stop = self.stops.get(label)
        if stop is None:
            code = compile(text, label, "exec", dont_inherit=True)
        else:
            kept = [node for node in _statements(text, label) if (node.end_lineno or node.lineno) < stop]
            code = compile(ast.Module(kept, []), label, "exec", dont_inherit=True)
        nodes: list[ast.stmt] | None = None
        for _ in range(MAX_FAILED_STATEMENTS):
            started = time.monotonic()
            try:
                self._run(code, namespace)
            except (Exception, SystemExit) as error:
                line = _top_level_line(error, label)
                nodes = _statements(text, label) if nodes is None else nodes
                failed = [node for node in nodes if _first_line(node) <= line <= (node.end_lineno or node.lineno)]
                # `exit()` means that the rest is not to be run; a command line that is not there does not.
                if not failed or (isinstance(error, SystemExit) and not _tool_in_the_way(error)):
                    raise
                flags = code.co_flags & FUTURE_FLAGS
                self._note_failed(error, label, failed[0], flags, time.monotonic() - started)
                rest = [node for node in nodes if line < _first_line(node) and (stop is None or node.lineno < stop)]
                code = compile(ast.Module(rest, []), label, "exec", flags=flags, dont_inherit=True)
            else:
                return
        self._note(f"{label}: {MAX_FAILED_STATEMENTS} statements failed; what follows them was not run.")

    def _note_failed(self, error: BaseException, label: str, node: ast.stmt, flags: int, took_s: float) -> None:
        """Write down why a statement failed, or remember it for another try."""
        if isinstance(error, ImportError) and isinstance(node, ast.Import | ast.ImportFrom):
            self._missing.update((name.asname or name.name).partition(".")[0] for name in node.names)
        if isinstance(error, NameError) and not isinstance(error, UnboundLocalError) and took_s < AGAIN_S:
            if error.name in self._missing:
                self._missing.update(_bound(node))
                return  # why it is not there has been said
            self._early.append((error, label, compile(ast.Module([node], []), label, "exec", flags, dont_inherit=True)))
            return
        self._missing.update(_bound(node))
        self._note_problem(error, label)

    def _try_again(self, error: NameError, label: str, code: types.CodeType, namespace: dict[str, Any]) -> None:
        """Run a statement once more, now that all the others were: the cells of a notebook may lie out of order."""
        if error.name is None or error.name not in namespace or self._times_out:
            self._note_problem(error, label)
            return
        try:
            self._run(code, namespace)
        except BaseException as again:  # noqa: BLE001 (a student's code may raise anything at all)
            self._note_problem(again, label)

    def _run(self, code: types.CodeType, namespace: dict[str, Any]) -> None:
        outer, self.is_running = self.is_running, True
        try:
            exec(code, namespace)  # noqa: S102 (this is what the box is for)
        finally:
            self.is_running = outer

    def _note_problem(self, error: BaseException, label: str) -> None:
        problem = Problem()
        describe(error, problem, self.files)
        problem.file = problem.file or label
        consequence = "What was defined before it counts."
        if isinstance(error, OutOfTimeError):
            self._times_out += 1
            problem.error_type = None
            problem.message = f"the time for loading ({self._cpu_s:g} s of computing time) was used up here"
            self.stops[label] = _top_level_line(error, label)
            signal.setitimer(signal.ITIMER_PROF, AFTER_TIMEOUT_S, 0.2)
            signal.setitimer(signal.ITIMER_REAL, AFTER_TIMEOUT_S, 0.2)
        elif isinstance(error, SystemExit):
            problem.error_type, tool = None, _tool_in_the_way(error)
            problem.message = tool or "the code ends the program here"
            consequence = "The rest was run without it." if tool else consequence
        elif isinstance(error, SyntaxError):
            consequence = f"Python {sys.version_info[0]}.{sys.version_info[1]} could run nothing in it."
        elif isinstance(error, Exception):
            consequence = "The rest was run without it."
        if isinstance(error, ImportError):
            hint = HINTS.get((error.name or "").partition(".")[0], "")
            if not hint and isinstance(error, ModuleNotFoundError):
                hint = NOT_HERE
            if "shared object" in problem.message:
                problem.message = "it is not here"
            problem.message = f"{problem.message}. {hint}" if hint else problem.message
        self.problems.append(problem)
        self._note(problem.note(consequence))

    def note_shown(self, library: str) -> None:
        """Say that a library only shows things and has a stand-in."""
        self._note(f"{library} shows nothing here and costs nothing: what it would draw or print is left out.")

    def _note(self, text: str) -> None:
        if text and len(self.notes) < MAX_NOTES:
            self.notes.append(text)

    def stop_before(self, trace: str, why: str) -> None:
        """Take the line where the process before this one died out of what is run, and say so."""
        for label, line in AT_TOP_LEVEL.findall(trace):
            if label in self.files:
                self.stops[label] = int(line)
                problem = Problem()
                problem.status, problem.file, problem.line = why, label, int(line)
                problem.message = DIED_HERE.get(why, "the process died here")
                self.problems.append(problem)
                self._note(problem.note("What was defined before it counts."))
                return


_loader: Loader | None = None  # the one at work


def _on_time(signum: int, frame: Any) -> None:  # noqa: ARG001 (a signal handler's signature)
    """Interrupt the student's code that is being loaded; never our own.

    The runner sends SIGALRM once, when loading has taken its time; from then on the process reminds itself.
    """
    if _loader is None:
        return
    if _loader.is_loading and signum == signal.SIGALRM and not signal.getitimer(signal.ITIMER_REAL)[0]:
        signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
    if _loader.is_running:
        raise OutOfTimeError


def _labels(source: Any) -> list[str]:
    """Return what messages call each cell of a source."""
    if source["labels"]:
        return [f"{source['name']}, {label}" for label in source["labels"]]
    return [source["name"]] * len(source["cells"])


def _statements(text: str, label: str) -> list[ast.stmt]:
    """Return a cell's top-level statements."""
    tree = compile(text, label, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    return tree.body if isinstance(tree, ast.Module) else []


def _first_line(node: ast.stmt) -> int:
    """Return the line a statement begins at; of a function that is its first decorator's."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return node.lineno


def _bound(node: ast.stmt) -> set[str]:
    """Return the names a statement would have given."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def _top_level_line(error: BaseException, label: str) -> int:
    """Return the line of the top-level statement of `label` an exception went through; 0 when it did not."""
    trace, line = error.__traceback__, 0
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == label and code.co_name == "<module>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


# --- the child --------------------------------------------------------------------------------------------------------


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


def frame(kind: int, header: Any, blobs: Sequence[bytes] = ()) -> bytes:
    """Return one frame."""
    body = to_json(header).encode()
    blob = b"".join(blobs)
    return HEAD.pack(kind, len(body), len(blob)) + body + blob


def _receive(read: Callable[[int, int], bytes]) -> Iterator[tuple[int, Any, bytes]]:
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
            body, blob = bytes(data[start : start + header_size]), bytes(data[start + header_size : at + wanted])
            at, wanted = at + wanted, HEAD.size
            yield kind, json.loads(body), blob


def run_submission(read: Callable[[int, int], bytes] = os.read, write: Callable[[int, bytes], int] = os.write) -> None:
    """Load the submission and answer every question; the process is confined already."""
    global _flood  # noqa: PLW0603 (as `_printed`)
    answers = _Answers(write)
    frames = _receive(read)
    _, resume, _ = next(frames)
    _flood = resume["flood"]
    _, submission, _ = next(frames)
    loader = Loader(submission["sources"], submission["entry"], json.loads(resume["stops"]), submission["asked"])
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
            _warned.clear()
            played = play(steps, script["returns"], loader.find, loader.files)
            played.warnings = list(_warned)
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


def _tap_streams() -> None:
    """Have standard output and standard error counted; as before, a line or an error is written at once."""
    out = io.TextIOWrapper(
        io.BufferedWriter(_Tap(1, "w", closefd=False)), "utf-8", errors="backslashreplace", line_buffering=True
    )
    err = io.TextIOWrapper(
        io.BufferedWriter(_Tap(2, "w", closefd=False)), "utf-8", errors="backslashreplace", line_buffering=True
    )
    sys.stdout = sys.__stdout__ = out  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = err  # type: ignore[misc]


_warned: list[str] = []


def _record_warning(message: Any, category: type[Warning], *_: Any, **__: Any) -> None:
    if len(_warned) < MAX_WARNINGS:
        text = f"{category.__name__}: {message}"[:200]
        if text not in _warned:
            _warned.append(text)


def _no_input(prompt: object = "") -> str:  # noqa: ARG001 (the signature of `input`)
    """Stand in for `input`."""
    raise EOFError("nobody is there to answer input() while your code is graded; take the value as an argument")


class _LastResort:
    """The last on `sys.meta_path`: has a stand-in ready for a library that only shows things, such as matplotlib.

    The stand-ins are read when the first submission of this process asks for one; most never do.
    """

    def __init__(self) -> None:
        self._finder: Any = None

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return the spec of a stand-in, or None."""
        if name.partition(".")[0] not in STOOD_IN:
            return None
        if self._finder is None:
            self._finder = _beside("standins").Finder(self._note)
        return self._finder.find_spec(name, path, target)

    def _note(self, library: str) -> None:
        if _loader is not None:
            _loader.note_shown(library)


STOOD_IN = frozenset({
    *("matplotlib", "mpl_toolkits", "matplotlib_inline", "seaborn", "plotly", "bokeh", "altair", "graphviz"),
    *("IPython", "ipywidgets", "tqdm", "google"),
})  # fmt: skip


def _show(*_: object, **__: object) -> None:
    """Stand in for a notebook's `display`."""


def _get_shell() -> Any:
    """Stand in for a notebook's `get_ipython`, which `jupyter nbconvert` writes where a magic was."""
    import IPython  # type: ignore[import-not-found]  # the stand-in

    return IPython.get_ipython()


def _leave(status: object = None) -> None:
    """Stand in for `exit` and `os._exit`: what was defined before still counts."""
    raise SystemExit(status)


_end_process = os._exit


def _tame_interpreter() -> None:
    """Replace what makes no sense in a box by what tells the student so."""
    builtins.input = _no_input
    builtins.display = _show  # type: ignore[attr-defined]
    builtins.get_ipython = _get_shell  # type: ignore[attr-defined]
    sys.meta_path.append(_LastResort())
    builtins.exit = builtins.quit = _leave  # type: ignore[assignment]
    os._exit = _leave  # type: ignore[assignment]
    signal.signal(signal.SIGPROF, _on_time)
    signal.signal(signal.SIGALRM, _on_time)
    sys.breakpointhook = lambda *_, **__: None
    sys.unraisablehook = lambda *_: None  # what an object says while it is thrown away
    warnings.simplefilter("always")
    warnings.showwarning = _record_warning


# --- the box ----------------------------------------------------------------------------------------------------------

CLONE_PIDFD, CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x1000, 0x20000, 0x2000000, 0x4000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x8000000, 0x10000000, 0x20000000, 0x40000000
BOX_FLAGS = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET
CHILD_FLAGS = CLONE_NEWUSER | CLONE_NEWPID
CLONE_NUMBER = {"x86_64": 56, "aarch64": 220}
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
CAPABILITY_VERSION_3 = 0x20080522


class _Filter(ctypes.Structure):
    """The kernel's `struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


class Confinement:
    """What boxes and children put on; prepared once in the template, so that cloning and putting on is quick."""

    def __init__(self, box_bpf: bytes, child_bpf: bytes) -> None:
        libc = ctypes.PyDLL(None, use_errno=True)  # keeps the GIL: there is no other thread to give it to
        self._bpf = [ctypes.create_string_buffer(bpf, len(bpf)) for bpf in (box_bpf, child_bpf)]
        self._filters = [_Filter(len(bpf) // 8, ctypes.cast(bpf, ctypes.c_void_p)) for bpf in self._bpf]
        self._pidfd = ctypes.c_int(-1)
        # Functions and arguments are looked up and made here, once: in a child each would cost page faults.
        self._syscall, self._capset, self._prctl = libc.syscall, libc.capset, libc.prctl
        self._clone_box, self._clone_child = map(self._clone_args, (BOX_FLAGS, CHILD_FLAGS))
        self._capset_args = ((ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)())
        self._box_filter, self._child_filter = (
            (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) for program in self._filters
        )
        # What all inherit: these hold for the template as well, which writes no file and has few descriptors.
        self._require(self._prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        self._address_space = _used_address_space()

    def _clone_args(self, flags: int) -> tuple[Any, ...]:
        number = ctypes.c_long(CLONE_NUMBER[os.uname().machine])
        all_flags = ctypes.c_long(flags | CLONE_PIDFD | signal.SIGCHLD)
        return number, all_flags, None, ctypes.byref(self._pidfd), None, None

    @staticmethod
    def _require(result: int) -> None:
        if result != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    def clone_box(self) -> tuple[int, int]:
        """Clone a box into namespaces of its own; return (0, -1) in the box, (pid, pidfd) in the template."""
        return self._clone(self._clone_box)

    def clone_child(self) -> tuple[int, int]:
        """Clone a child into a new user and a new pid namespace; return (0, -1) in the child, (pid, pidfd) in the box.

        A plain system call, and none of what CPython does around a fork: that is for locks other threads may hold,
        and here are no others. It would cost a child two hundred page faults, a fifth of all it takes to grade.
        """
        return self._clone(self._clone_child)

    def _clone(self, args: tuple[Any, ...]) -> tuple[int, int]:
        pid: int = self._syscall(*args)
        if pid < 0:
            self._require(pid)
        return (pid, self._pidfd.value) if pid else (0, -1)

    def put_on_box(self) -> None:
        """Give up what the template may and a box may not: every capability, and making namespaces but a child's.

        Raises:
            OSError: the kernel refused; the process must end.
        """
        self._require(self._capset(*self._capset_args))
        self._require(self._prctl(*self._box_filter))

    def put_on_child(self, memory: int, cpu_s: int) -> None:
        """Confine this process for good.

        Args:
            memory: bytes it may have on top of what the template had.
            cpu_s: seconds after which the kernel kills it, should everybody else forget to.

        Raises:
            OSError: the kernel refused; nothing of the submission may be read then.
        """
        os.setsid()
        space = self._address_space + memory
        resource.setrlimit(resource.RLIMIT_AS, (space, space))
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
        # Counted in its own user namespace since Linux 5.14. Threads take process numbers, which the whole machine has
        # 32,768 of: where there are none left, nobody can start anything any more.
        resource.setrlimit(resource.RLIMIT_NPROC, (MAX_THREADS, MAX_THREADS))
        self._require(self._capset(*self._capset_args))
        self._require(self._prctl(*self._child_filter))


def _used_address_space() -> int:
    """Return the bytes of address space this process has; found by trying, because a box has no /proc."""
    low, high = 0, 1 << 40
    limits = resource.getrlimit(resource.RLIMIT_AS)
    while high - low > 1 << 16:
        middle = (low + high) // 2
        try:
            resource.setrlimit(resource.RLIMIT_AS, (middle, limits[1]))
            mmap.mmap(-1, mmap.PAGESIZE).close()
        except (OSError, MemoryError):
            low = middle
        else:
            high = middle
    resource.setrlimit(resource.RLIMIT_AS, limits)
    return high


_REHEARSAL = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def forward(x, W, b, lr=1.0):
    h = sigmoid(W @ x + b)
    p = np.tanh(np.dot(W.T, h)) - x
    loss = 0.5 * np.sum((p - x) ** 2) + np.mean(np.abs(h)) + np.log(h).max()
    if loss > 0:
        W = W - lr * np.outer(h, p).reshape(W.shape)
    return W, h.copy(), float(loss), int(np.argmax(h)), [x.tolist()]

def plain(x, a=1):
    return a * x**2
"""
REHEARSALS = 4


def rehearse() -> None:
    """Run a submission of our own, as a child would, so that no child pays for a first time.

    What the interpreter learns here (specialised code, caches of types and of NumPy's operations) a child inherits;
    what it would learn itself costs it a copied page each.
    """
    packer = Packer()
    args = [packer.pack(value) for value in (np.ones(3), np.ones((2, 3)), np.zeros(2))]
    steps = [["call", "forward", args, {"lr": 0.5}, "result", False, None]]
    plain = [["call", "plain", [2.0], {}, "result", False, None]]
    source = {"name": "rehearsal.py", "module": "rehearsal", "cells": [_REHEARSAL], "labels": []}
    question = {"seed": 1, "scripts": [{"steps": each, "returns": ["result"]} for each in (steps, plain)]}
    frames = b"".join(
        [
            frame(RESUME, {"stops": "{}", "trace": "", "why": "", "questions": 2, "flood": 1 << 20}),
            frame(SUBMISSION, {"sources": [source], "entry": "rehearsal", "asked": ["plain"], "cpu_s": 60}),
            *[frame(QUESTION, question, packer.blobs)] * 2,
        ]
    )
    for _ in range(REHEARSALS):
        parts = iter([frames, b""])
        run_submission(lambda _fd, _size, parts=parts: next(parts), lambda _fd, data: len(data))  # type: ignore[misc]
        del sys.meta_path[0], sys.modules["rehearsal"]


def main() -> None:
    """Be the template: clone a box for each order; ends, and all boxes with it, when the runner closes the socket."""
    os.dup2(int(sys.argv[1]), CONTROL_FD)
    os.closerange(CONTROL_FD + 1, 64)
    control = socket.socket(fileno=CONTROL_FD)
    box_bpf, child_bpf = control.recv(1 << 16), control.recv(1 << 16)
    os.environ.clear()
    os.environ.update(LANG="C.UTF-8", PATH="/python/bin", OPENBLAS_NUM_THREADS="1")
    _tap_streams()
    # What a submission was doing when it had to be killed, or when it crashed; written by C, so a hang in C tells too.
    faulthandler.enable(file=JOB_FD, all_threads=False)
    faulthandler.register(signal.SIGUSR1, file=JOB_FD, all_threads=False)
    _tame_interpreter()
    rehearse()
    confinement = Confinement(box_bpf, child_bpf)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, _bury_boxes)
    control.send(WARM)
    while True:
        try:
            request, descriptors, _, _ = socket.recv_fds(control, BUILD.size, 1)
        except OSError:  # closed, with something of ours unread
            request = b""
        if not request:
            _end_process(0)
        pid, pidfd = confinement.clone_box()
        if pid == 0:
            _be_box(confinement, *BUILD.unpack(request), *descriptors)
        socket.send_fds(control, [BUILT], [pidfd])
        for descriptor in (*descriptors, pidfd):
            os.close(descriptor)


def _bury_boxes(signum: int, frame: Any) -> None:  # noqa: ARG001 (a signal handler's signature)
    """Take note of boxes that have ended, so that nothing is left of them."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _be_box(confinement: Confinement, reuse: int, socket_fd: int) -> None:
    """Clone one child after the other, each ahead of its submission; never returns.

    A submission goes from the runner to its child: this process has none of its descriptors, ever.
    """
    try:
        os.dup2(socket_fd, CONTROL_FD)
        os.closerange(CONTROL_FD + 1, 64)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        confinement.put_on_box()
        control = socket.socket(fileno=CONTROL_FD)
        for _ in range(reuse):
            pid, pidfd = confinement.clone_child()
            if pid == 0:
                _be_child(confinement, control)
            socket.send_fds(control, [WAITING], [pidfd])
            os.close(pidfd)
            _, status = os.waitpid(pid, 0)
            control.send(ENDED + STATUS.pack(status))
        control.recv(1)  # it has served its time; the runner ends it
    except BaseException as error:  # noqa: BLE001 (whatever it was, this process must not go on as a template)
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        _end_process(70)
    _end_process(0)


def _be_child(confinement: Confinement, control: socket.socket) -> None:
    """Wait for a submission and become its process; never returns."""
    try:
        request, descriptors, _, _ = socket.recv_fds(control, SPAWN.size, 3)
        if not request:
            _end_process(0)
        job, output, bell = descriptors
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(job, JOB_FD)
        os.dup2(bell, BELL_FD)
        os.closerange(JOB_FD + 1, 64)
        # Its own: flags set on one that all children share would be read by the next.
        os.close(0)
        os.open("/dev/null", os.O_RDONLY)
        confinement.put_on_child(*SPAWN.unpack(request))
        os.write(JOB_FD, HEAD.pack(CONFINED, 0, 0))
        run_submission()
    except BaseException:  # noqa: BLE001 (whatever it was, this process must not go on as a box)
        _end_process(70)
    _end_process(0)


if __name__ == "__main__":
    main()
