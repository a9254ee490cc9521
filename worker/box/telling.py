"""What a script or a module came to, in the words a student reads."""

from __future__ import annotations

import builtins
import errno
import importlib.util
import os
import types
from typing import Any

from worker.box.framing import MAX_MESSAGE

LONGEST_NAME = 100  # beyond it nobody meant another name, and to look for one would take the submission's time


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


def describe(error: BaseException, played: Played | Problem, files: frozenset[str]) -> None:
    """Write down what an exception was and where in the student's own code it came from."""
    played.status, hint = _classify(error)
    played.error_type = type(error).__name__[:80]
    try:
        played.message = str(error)[:MAX_MESSAGE]
    except BaseException:  # noqa: BLE001 (a student's own exception may fail to print)
        played.message = ""
    tool = tool_in_the_way(error)
    if tool and played.status != "process_limit":
        # What the tool says of it ("No such file or directory") is no help.
        played.status, hint, played.message = "raised", tool, ""
    if isinstance(error, NameError | AttributeError):
        hint = _meant(error)
    if hint:
        played.message = f"{played.message.rstrip('. ')}. {hint}" if played.message else hint
    if isinstance(error, SyntaxError):
        played.message = beside("rescue").words(error)[:MAX_MESSAGE]
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


def tool_in_the_way(error: BaseException) -> str:
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
    if type(name) is not str or len(name) > LONGEST_NAME or isinstance(error, UnboundLocalError):
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
        _meant_before[name] = beside("rescue").meant(name, [each for each in known if not each.startswith("_")])
    return _meant_before[name]


_read_beside: dict[str, Any] = {}


def beside(name: str) -> Any:
    """Return the module of ours of this name that lies beside this file, read when it is first needed."""
    if name not in _read_beside:
        place = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")  # noqa: PTH118, PTH120, PTH100
        spec = importlib.util.spec_from_file_location(name, place)
        if spec is None or spec.loader is None:
            raise ImportError(name)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)  # may be interrupted, when a submission's time is over
        _read_beside[name] = module
    return _read_beside[name]


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
