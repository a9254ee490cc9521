"""What comes out of a box about itself, as far as it may be repeated to the student.

A submission chooses its exceptions' texts, its classes' names and more, and may choose them by a hidden check's input.
So on a hidden check nothing is repeated but words from the lists here; on a visible one, whose input is shown anyway,
everything may be.
"""

from __future__ import annotations

import builtins
import re

from assignments.render import clean
from assignments.script import Outcome, Status

_ERRORS = frozenset(
    name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)
) | {
    *("LinAlgError", "AxisError", "UFuncTypeError", "_UFuncNoLoopError", "_UFuncBinaryResolutionError"),
    *("_UFuncInputCastingError", "_UFuncOutputCastingError", "_ArrayMemoryError", "DTypePromotionError"),
    *("JSONDecodeError", "InvalidOperation", "DivisionByZero", "UnsupportedOperation", "Empty", "Full"),
    *("FrozenInstanceError", "StatisticsError", "BrokenProcessPool", "CancelledError", "BdbQuit"),
}  # fmt: skip
_TYPES = frozenset(name for name, kind in vars(builtins).items() if isinstance(kind, type)) | {
    *("NoneType", "function", "method", "module", "generator", "coroutine", "async_generator", "ellipsis"),
    *("builtin_function_or_method", "dict_keys", "dict_values", "dict_items", "list_iterator", "range_iterator"),
    *("tuple_iterator", "Decimal", "Fraction", "partial", "ufunc", "Generator", "RandomState", "NotImplementedType"),
    *("count", "cycle", "repeat", "chain", "islice", "starmap", "product", "deque", "defaultdict", "datetime"),
    *("flatiter", "nditer", "Plot", "SimpleNamespace", "dtype", "Random", "array"),
}  # fmt: skip
_KIND = re.compile(r"(?:an? |a dict whose keys are of type )(\w{1,60})")
_SIZE = re.compile(
    r"more than [\d,]{1,9} (?:values; NumPy arrays may be larger|MiB of (?:numbers|text))"
    r"|containers nested more than \d{1,3} deep|a whole number of more than \d{1,4} digits"
    r"|an empty array of more than [\d,]{1,9} rows|a dict of more than [\d,]{1,9} whole numbers"
    r"|an array of [\d,]{1,20} objects|an array of dtype [<>|=]?[a-zA-Z]\d{0,3}(?:\[\w{1,2}\])?"
)
_MISSING = re.compile(
    r"`[A-Za-z_]{1,40}\d?` is not defined(?:; did you mean your `[A-Za-z_]{1,40}\d{0,2}`\?)?"
    r"|`[A-Za-z_]{1,40}\d?` is an? [A-Za-z]{1,30}, not a function"
    r"|`[A-Za-z_]{1,40}\d?` is defined in [\w .-]{1,200}; keep one of them"
)

_ADVICE = (
    (re.compile(r"is one process here"), "Your code is one process here and cannot start another: call the function."),
    (re.compile(r"asyncio does not work here"), "asyncio does not work here: write ordinary functions."),
    (re.compile(r"nobody to debug here"), "There is nobody to debug here: take out breakpoint() and pdb."),
    (re.compile(r"no files of yours"), "There are no files of yours here: take every value from the arguments."),
    (re.compile(r"answer input\(\)"), "Nobody can answer `input()` here: take every value from the arguments."),
    (
        re.compile(r"^module 'numpy' has no attribute|was removed in the NumPy 2|was a deprecated alias"),
        "This NumPy has that name no more: write `float`, `int` and `bool` without `np.`, and `np.nan`, `np.inf`.",
    ),
    (
        re.compile(r"^ufunc 'bitwise_xor' not supported|^unsupported operand type\(s\) for \^=?:"),
        "In Python a power is written `**`; `^` is another operator.",
    ),
    (
        re.compile(r"^name '(?:torch|tf|tensorflow|keras|jax|jnp|sklearn|scipy|pd|pandas)' is not defined"),
        "Only NumPy and Python's own library are there to import.",
    ),
)
_WRITES = re.compile(r"Read-only file system|^\[Errno 13\]|No usable temporary directory")


def error_name(outcome: Outcome, *, is_visible: bool) -> str:
    """Return what an exception is called, or that it is the submission's own."""
    name = clean(outcome.error_type, 60)
    return (name if is_visible or name in _ERRORS else "an exception of its own") or "an exception"


def kind_of_value(outcome: Outcome, *, is_visible: bool) -> str:
    """Return what kind of value could not be read, or ""."""
    kind = clean(outcome.message, 120)
    if is_visible or _SIZE.fullmatch(kind):
        return kind
    found = _KIND.fullmatch(kind)
    return kind if found and found[1] in _TYPES else "an object of its own class" if found else ""


def why_missing(outcome: Outcome, *, is_visible: bool) -> str:
    """Return what was said about a function that is not there, or ""."""
    said = clean(outcome.message, 300)
    return said if is_visible or _MISSING.fullmatch(said) else ""


def advice(outcome: Outcome) -> str:
    """Return what to do about what cannot work here, in our own words; "" where they do not fit."""
    complaint = str(outcome.message)[:600]
    return next((words for pattern, words in _ADVICE if pattern.search(complaint)), "")


def tried_to_write(outcome: Outcome) -> bool:
    """Return whether it was a file that something forbidden was done to."""
    return outcome.status is Status.NOT_ALLOWED and _WRITES.search(str(outcome.message)[:300]) is not None
