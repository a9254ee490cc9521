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
    *("URLError", "HTTPError", "gaierror"),
}  # fmt: skip
TYPES = frozenset(name for name, kind in vars(builtins).items() if isinstance(kind, type)) | {
    *("NoneType", "function", "method", "module", "generator", "coroutine", "async_generator", "ellipsis"),
    *("builtin_function_or_method", "dict_keys", "dict_values", "dict_items", "list_iterator", "range_iterator"),
    *("tuple_iterator", "Decimal", "Fraction", "partial", "ufunc", "Generator", "RandomState", "NotImplementedType"),
    *("count", "cycle", "repeat", "chain", "islice", "starmap", "product", "deque", "defaultdict", "datetime"),
    *("flatiter", "nditer", "Plot", "_ArrayFunctionDispatcher", "SimpleNamespace", "dtype", "Random", "array"),
    *("ndarray", "float64", "float32", "int64", "int32", "complex128"),
}  # fmt: skip
"""Names of classes that are nobody's own."""

_KIND = re.compile(r"(?:an? |a dict whose keys are of type )(\w{1,60})")
_SIZE = re.compile(
    r"more than [\d,]{1,9} (?:values; NumPy arrays may be larger|MiB of (?:numbers|text))"
    r"|containers nested more than \d{1,3} deep|a whole number of more than \d{1,4} digits"
    r"|an empty array of more than [\d,]{1,9} rows|a dict of more than [\d,]{1,9} whole numbers"
    r"|an array of [\d,]{1,20} objects|an array of dtype [<>|=]?[a-zA-Z]\d{0,3}(?:\[\w{1,2}\])?"
)
_NAME = r"`[A-Za-z_]{1,40}\d{0,2}`"
_PLACE = r"\(line \d{1,6} of [\w ().,-]{1,120}\)"
_MISSING = re.compile(
    rf"{_NAME} is not defined(?:; did you mean your {_NAME}\?|; defined are {_NAME}(?:, {_NAME}){{0,4}})?"
    rf"|{_NAME} stands inside the (?:class|function) {_NAME} {_PLACE}: move it out, to the left margin"
    r"(?: and without `self`)?"
    rf"|{_NAME} stands (?:below `if __name__ ==`, which is not run here|inside a block that was not run to its end)"
    rf" {_PLACE}: move it out, to the left margin(?: and without `self`)?"
    rf"|{_NAME} could not be defined {_PLACE}"
    rf"|{_NAME} is an? (?P<kind>\w{{1,30}}), not a function"
    r"(?:: line \d{1,6} of [\w ().,-]{1,120} gives the name another value)?"
    rf"|{_NAME} is defined in [\w .-]{{1,200}}; keep one of them"
)
KINDS = {
    **dict.fromkeys(("a generator", "an async_generator"), "Is it a `yield` where a `return` is due?"),
    "a coroutine": "Take `async` away from its `def`.",
    **dict.fromkeys(
        ("a function", "a method", "a builtin_function_or_method", "a type", "an ufunc", "a _ArrayFunctionDispatcher"),
        "Is `()` missing behind the last name?",
    ),
    **dict.fromkeys(
        ("a map", "a filter", "a zip", "an enumerate", "a dict_keys", "a dict_values", "a dict_items"),
        "`list(…)` around it makes a list of it.",
    ),
    "a set": "A set has no order: return a list or an array.",
}
"""What to do about a value that cannot be read, by its kind."""

_ADVICE = (
    (re.compile(r"is one process here"), "Your code is one process here and cannot start another: call the function."),
    (re.compile(r"asyncio does not work here"), "asyncio does not work here: write ordinary functions."),
    (re.compile(r"nobody to debug here"), "There is nobody to debug here: take out breakpoint() and pdb."),
    (re.compile(r"no files of yours"), "There are no files of yours here: take every value from the arguments."),
    (re.compile(r"answer input\(\)"), "Nobody can answer `input()` here: take every value from the arguments."),
    (re.compile(r"no network here"), "There is no network here: take every value from the arguments."),
    (re.compile(r"no command line here"), "There is no command line here: write the values into the code."),
    (
        re.compile(
            r"^module 'numpy' has no attribute '(?:float|int|bool|object|str|long|complex|unicode)_?'"
            r"|^module 'numpy' has no attribute '(?:Inf|Infinity|infty|NaN|PINF|NINF|product|in1d|row_stack)'"
            r"|was removed in the NumPy 2|was a deprecated alias"
        ),
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
    (
        re.compile(r"^name 'np' is not defined"),
        "Put `import numpy as np` at the top of the file, and nothing that takes it away.",
    ),
    (
        re.compile(r"^name 'self' is not defined"),
        "Outside of a class there is no `self`: take the values from the arguments.",
    ),
    (
        re.compile(r"^name '(?:xrange|raw_input|unicode|long)' is"),
        "That is Python 2: now it is `range`, `input`, `str`, `int`.",
    ),
    (
        re.compile(r"^name '\w+' is not defined"),
        "Is the name spelled as where it gets its value, and does it get one before this line?",
    ),
    (
        re.compile(r"'NoneType'|NoneType object"),
        "A call came back with None: is a `return` missing in a function that is called here?",
    ),
    (
        re.compile(r"^'(?:int|float|bool|str|list|tuple|numpy\.\w+)' object is not callable"),
        "What stands before the `(` is no function: is a `*` missing, or does a variable have the name of a function?",
    ),
    (
        re.compile(r"^'(?:function|method|builtin_function_or_method)' object is not subscriptable"),
        "A function is called with round brackets: `f(x)`, not `f[x]`.",
    ),
    (
        re.compile(r"^The truth value of an array"),
        "`if`, `and`, `or` and `not` need one True or False, an array has many: use `np.where` or a mask.",
    ),
    (
        re.compile(r"only (?:0-dimensional|length-1|size-1) arrays can be converted"),
        "An array stands where one number is due: `int`, `float` and `math` take one number, NumPy takes arrays.",
    ),
    (
        re.compile(r"inhomogeneous shape"),
        "Things of different lengths make no array: return them side by side, `return a, b`.",
    ),
    (
        re.compile(r"could not be broadcast|^matmul: |^shapes .* not aligned|gufunc signature"),
        "Two arrays whose shapes do not fit each other meet in this line: print both shapes.",
    ),
    (
        re.compile(r"^Cannot cast ufunc .* to dtype\('u?int"),
        "An array of whole numbers cannot take fractions: write `w = w + step`, or make it one of `float` first.",
    ),
    (
        re.compile(
            r"^can't multiply sequence by non-int|^list indices must be integers|for [-*/+@]{1,2}=?: '(?:list|tuple)'"
            r"|for [-*/+@]{1,2}=?: '\w+' and '(?:list|tuple)'|^'list' object has no attribute"
        ),
        "A list is no array: `np.array(…)` makes one, which can be added, multiplied and indexed with `[i, j]`.",
    ),
    (
        re.compile(r"for [-*/+@%]{1,2}=?: .*'str'|dtype\('<U"),
        "A text stands where a number is due: `float(…)` reads one.",
    ),
    (
        re.compile(r"^unhashable type: 'numpy\.ndarray'"),
        "An array can be no key of a dict and no argument of a function with `lru_cache`.",
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
    return kind if found and found[1] in TYPES else "an object of its own class" if found else ""


def why_missing(outcome: Outcome, *, is_visible: bool) -> str:
    """Return what was said about a function that is not there, or ""."""
    said = clean(outcome.message, 300)
    found = _MISSING.fullmatch(said)
    is_ours = found is not None and (found["kind"] is None or found["kind"] in TYPES)
    return said if is_visible or is_ours else ""


def advice(outcome: Outcome) -> str:
    """Return what to do about what cannot work here, in our own words; "" where they do not fit."""
    complaint = str(outcome.message)[:600]
    return next((words for pattern, words in _ADVICE if pattern.search(complaint)), "")


def tried_to_write(outcome: Outcome) -> bool:
    """Return whether it was a file that something forbidden was done to."""
    return outcome.status is Status.NOT_ALLOWED and _WRITES.search(str(outcome.message)[:300]) is not None
