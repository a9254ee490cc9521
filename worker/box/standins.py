"""What stands in a box where a library would be that only shows things: plots, progress bars, rich output.

A submission that draws its loss curve is as right as one that does not, so drawing does nothing here and fails never.
Libraries whose results a submission may build on (pandas, SciPy, PyTorch) have no stand-in: they raise ImportError,
which `try: import torch` expects, and the student is told.

This file is bound into the box, where `taming.py` reads it when a submission asks for one of its `STOOD_IN`.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from opcode import opname
from typing import Any, Self

import numpy as np

_DATA = "no data set and no picture can be read here"
_READS = frozenset({"load_dataset", "imread", "upload"})
_PYPLOT = """annotate arrow axes axhline axis axvline bar barh boxplot cla clabel clf clim close cm colorbar contour
contourf draw errorbar figaspect figlegend figtext figure fill fill_between gca gcf get_cmap grid hist hist2d hlines
imread imsave imshow ioff ion isinteractive legend loglog margins matshow minorticks_on pause pcolor pcolormesh pie
plot polar quiver rc rcParams rcdefaults savefig scatter sca semilogx semilogy setp show stackplot stem step
streamplot style subplot subplot2grid subplot_mosaic subplots subplots_adjust suptitle switch_backend table text
tick_params tight_layout title tricontourf twinx twiny violinplot vlines xlabel xlim xscale xticks ylabel ylim yscale
yticks""".split()  # noqa: SIM905 (a table of names reads as one)
_ARITHMETIC = """add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow matmul rmatmul and
rand or ror neg pos abs""".split()  # noqa: SIM905


class Plot:
    """A figure, an axis, a line, a widget: whatever is done with it, the result is another one and nothing happens."""

    __array_ufunc__ = None  # an array times a plot is asked of the plot

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take whatever the real thing would take, also where a submission makes a subclass."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _SPECIAL.get(name) or Plot()

    def __setattr__(self, name: str, value: Any) -> None:
        """Let attributes be set, and forget them."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return another plot; but a lone function as it is, because a decorator must leave it what it was."""
        if len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType):
            return args[0]
        return Plot()

    def __getitem__(self, key: Any) -> Plot:
        return Plot()

    def __setitem__(self, key: Any, value: Any) -> None:
        """Let `rcParams["font.size"] = 14` be."""

    def __delitem__(self, key: Any) -> None:
        """Let it be."""

    def __iter__(self) -> Iterator[Plot]:
        """Give as many as `line, = ax.plot(x)` or `n, bins, patches = ax.hist(x)` ask for, and none to a loop."""
        return iter([Plot() for _ in range(_asked_for(sys._getframe(1)))])  # noqa: SLF001

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False  # `while plt.fignum_exists(1)` ends

    def __contains__(self, item: Any) -> bool:
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Pass every exception on."""

    def __float__(self) -> float:
        return 0.0

    def __int__(self) -> int:
        return 0

    __index__ = __int__

    def __repr__(self) -> str:
        return "<a plot, which is not drawn here>"

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        """Let `class Ticks(ticker.Formatter)` be a class."""
        return (Plot,)


def _same_again(self: Plot, *_: Any) -> Plot:
    return self


for _operation in _ARITHMETIC:
    setattr(Plot, f"__{_operation}__", _same_again)


def _asked_for(frame: types.FrameType) -> int:
    """Return how many values the statement at work in a frame unpacks; 0 for anything but an unpacking."""
    at = frame.f_lasti
    code = frame.f_code.co_code
    return code[at + 1] if opname[code[at]] in {"UNPACK_SEQUENCE", "UNPACK_EX"} else 0


def _subplots(nrows: int = 1, ncols: int = 1, *_: Any, squeeze: bool = True, **__: Any) -> tuple[Plot, Any]:
    """Return a figure and axes in the shape the real one would give."""
    return Plot(), _axes(nrows, ncols, squeeze=squeeze)


def _axes(nrows: Any = 1, ncols: Any = 1, *_: Any, squeeze: bool = True, **__: Any) -> Any:
    rows, columns = (size if isinstance(size, int) and 0 < size <= 100 else 1 for size in (nrows, ncols))
    axes = np.empty((rows, columns), dtype=object)
    for place in np.ndindex(axes.shape):
        axes[place] = Plot()  # one by one: NumPy would take a plot for a sequence without entries
    if not squeeze:
        return axes
    return axes[0, 0] if axes.size == 1 else axes.squeeze()


def _no_data(*_: Any, **__: Any) -> Any:
    raise FileNotFoundError(_DATA)


_SPECIAL: dict[str, Callable[..., Any]] = {"subplots": _axes, **dict.fromkeys(_READS, _no_data)}


class Bar:
    """A progress bar that only goes through what it is given."""

    def __init__(self, iterable: Iterable[Any] | None = None, *_: Any, **known: Any) -> None:
        self._iterable = () if iterable is None else iterable
        self.n = 0
        self.total = known.get("total")

    def __iter__(self) -> Iterator[Any]:
        return iter(self._iterable)

    def __len__(self) -> int:
        return len(self._iterable)  # type: ignore[arg-type]  # as the real one: TypeError where there is none

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Pass every exception on."""

    def update(self, n: float = 1) -> None:
        """Count, as some loops read it."""
        self.n += int(n)

    @staticmethod
    def write(text: str, *_: Any, **__: Any) -> None:
        """Print, as the real one does."""
        sys.stdout.write(f"{text}\n")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Plot()


def _range_bar(*args: int, **known: Any) -> Bar:
    return Bar(range(*args), **known)


class _Module(types.ModuleType):
    """A module that has every name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        inside = f"{self.__name__}.{name}"
        return importlib.import_module(inside) if inside in _GIVEN else _SPECIAL.get(name) or Plot()


def _displayed(*_: Any, **__: Any) -> None:
    """Stand in for a notebook's `display`."""


_GIVEN: dict[str, dict[str, Any]] = {
    "matplotlib.pyplot": {name: _SPECIAL.get(name) or Plot() for name in _PYPLOT} | {"subplots": _subplots},
    "matplotlib": {"use": _displayed, "__version__": "0"},
    "IPython": {"get_ipython": Plot},
    "IPython.display": {"display": _displayed, "clear_output": _displayed},
    "tqdm": {"tqdm": Bar, "trange": _range_bar, "tqdm_notebook": Bar, "__version__": "0"},
}
_GIVEN |= {f"tqdm.{name}": _GIVEN["tqdm"] for name in ("auto", "notebook", "std", "autonotebook", "gui")}


class Finder:
    """The last on `sys.meta_path`: makes a module for a name nobody else knows."""

    def __init__(self, note: Callable[[str], None]) -> None:
        """Prepare.

        Args:
            note: told a library's name when it is first asked for.
        """
        self._note = note
        self._noted: set[str] = set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002
        """Return a spec for a library that only shows things, and for every module in it."""
        library = name.partition(".")[0]
        if library == "google" and name != library and not f"{name}.".startswith("google.colab."):
            return None
        if library not in self._noted:
            self._noted.add(library)
            self._note(library)
        return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> types.ModuleType:
        """Return the stand-in."""
        module = _Module(spec.name)
        module.__dict__.update(_GIVEN.get(spec.name, {}))
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing is left to be run; a name of a submodule stays the submodule."""
