"""What makes no sense in a box: input, plots, exit; replaced by what tells the student so."""

from __future__ import annotations

import builtins
import os
import signal
import sys
import warnings
from typing import Any

from worker.box.framing import MAX_WARNINGS
from worker.box.loading import at_work, on_time
from worker.box.telling import beside

warned: list[str] = []


def _record_warning(message: Any, category: type[Warning], *_: Any, **__: Any) -> None:
    if len(warned) < MAX_WARNINGS:
        text = f"{category.__name__}: {message}"[:200]
        if text not in warned:
            warned.append(text)


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
            self._finder = beside("standins").Finder(self._note)
        return self._finder.find_spec(name, path, target)

    def _note(self, library: str) -> None:
        for loader in at_work:
            loader.note_shown(library)


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


end_process = os._exit


def tame_interpreter() -> None:
    """Replace what makes no sense in a box by what tells the student so."""
    builtins.input = _no_input
    builtins.display = _show  # type: ignore[attr-defined]
    builtins.get_ipython = _get_shell  # type: ignore[attr-defined]
    sys.meta_path.append(_LastResort())
    builtins.exit = builtins.quit = _leave  # type: ignore[assignment]
    os._exit = _leave  # type: ignore[assignment]
    signal.signal(signal.SIGPROF, on_time)
    signal.signal(signal.SIGALRM, on_time)
    sys.breakpointhook = lambda *_, **__: None
    sys.unraisablehook = lambda *_: None  # what an object says while it is thrown away
    warnings.simplefilter("always")
    warnings.showwarning = _record_warning
