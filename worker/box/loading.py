"""Loading a submission: its files and cells are run, a statement that fails costs itself alone."""

from __future__ import annotations

import ast
import importlib.machinery
import re
import signal
import sys
import time
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from worker.box.framing import MAX_NOTES
from worker.box.packing import kind_of
from worker.box.telling import MissingError, OutOfTimeError, Problem, beside, describe, tool_in_the_way

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
        at_work[:] = [self]
        self._cpu_s = cpu_s
        sys.argv = [f"{self.entry}.py"]
        sys.meta_path.insert(0, self)
        self.is_loading = True
        # It goes off again and again: a bare `except:` in a loop catches the first one. The clock on the wall is read
        # by the runner, which knows how long this process had to wait for a processor; see `on_time`.
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
                self._note(beside("rescue").defined_again(name, self._texts()))

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
            rescue = beside("rescue")
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
            other = beside("rescue").other_value(name, self._texts())
            self._said_missing[name] = f"`{name}` is {kind_of(value)}, not a function{other}"
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
                if not failed or (isinstance(error, SystemExit) and not tool_in_the_way(error)):
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
            is_idle = signal.SIGALRM in error.args  # the clock on the wall went off before it had computed enough
            limit = "by waiting" if is_idle else f"{self._cpu_s:g} s of computing time"
            problem.message = f"the time for loading was used up here ({limit})"
            self.stops[label] = _top_level_line(error, label)
            signal.setitimer(signal.ITIMER_PROF, AFTER_TIMEOUT_S, 0.2)
            signal.setitimer(signal.ITIMER_REAL, AFTER_TIMEOUT_S, 0.2)
        elif isinstance(error, SystemExit):
            problem.error_type, tool = None, tool_in_the_way(error)
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


at_work: list[Loader] = []  # the one that loads, or has loaded; a signal handler knows nothing else


def on_time(signum: int, frame: Any) -> None:  # noqa: ARG001 (a signal handler's signature)
    """Interrupt the student's code that is being loaded; never our own.

    The runner sends SIGALRM once, when loading has taken its time; from then on the process reminds itself.
    """
    if not at_work:
        return
    (loader,) = at_work
    if loader.is_loading and signum == signal.SIGALRM and not signal.getitimer(signal.ITIMER_REAL)[0]:
        signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
    if loader.is_running:
        raise OutOfTimeError(signum)


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
