"""Right work in another arithmetic: single precision, or sums added up in another order.

The gate puts this file's text below a right exemplar and calls `redo` there; so it may import NumPy and nothing of
ours. Whatever an assignment's functions are given and give back then goes through here.
"""

import functools
import math
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

import numpy as np

WAYS = ("float32", "sums reversed", "sums exact")

_numpy = np


def redo(namespace: MutableMapping[str, Any], functions: Iterable[str], way: str) -> None:
    """Replace functions of a namespace by ones that work in another way."""
    enter, leave = (_single, _single_deep) if way == "float32" else (_ORDERS[way].of, _plain)
    if way != "float32":
        for name in ("np", "numpy"):
            if namespace.get(name) is _numpy:
                namespace[name] = _NumPy()
    for name in functions:
        if callable(namespace.get(name)):
            namespace[name] = _redone(namespace[name], enter, leave)


def _redone(function: Callable[..., Any], enter: Callable[[Any], Any], leave: Callable[[Any], Any]) -> Any:
    @functools.wraps(function, updated=())
    def redone(*args: Any, **kwargs: Any) -> Any:
        given = [enter(value) for value in args], {name: enter(value) for name, value in kwargs.items()}
        return leave(function(*given[0], **given[1]))

    return redone


# --- single precision -------------------------------------------------------------------------------------------------


def _single(value: Any) -> Any:
    is_double = isinstance(value, np.ndarray) and value.dtype == np.float64
    return value.astype(np.float32) if is_double else value


def _single_deep(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return np.float32(value)
    return _through(value, _single_deep) if isinstance(value, list | tuple | dict) else _single(value)


def _through(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: change(item) for key, item in value.items()}
    return type(value)(change(item) for item in value) if type(value) in {list, tuple} else value


# --- sums in another order --------------------------------------------------------------------------------------------


class _Reordered(_numpy.ndarray[Any, Any]):
    """An array whose sums, means and products are added up in an order of their own."""

    @classmethod
    def of(cls, value: Any) -> Any:
        is_float = isinstance(value, _numpy.ndarray) and value.dtype.kind == "f"
        return value.view(cls) if is_float else value

    @staticmethod
    def add_up(terms: Any) -> Any:
        """Return the sum over the last axis."""
        raise NotImplementedError

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [_bare(value) for value in inputs]
        kwargs = {name: _bare(value) for name, value in kwargs.items()}
        out = kwargs.get("out")
        if ufunc is _numpy.matmul and method == "__call__" and out is None:
            return self.of(self._product(*plain))
        if ufunc is _numpy.add and method == "reduce" and out in (None, (None,)):
            return self._total(plain[0], kwargs)
        if out is not None:
            kwargs["out"] = tuple(_bare(value) for value in out)
            getattr(ufunc, method)(*plain, **kwargs)
            return out[0].view(type(self)) if len(out) == 1 else out
        result = getattr(ufunc, method)(*plain, **kwargs)
        return tuple(self.of(item) for item in result) if isinstance(result, tuple) else self.of(result)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function is _numpy.dot and len(args) == 2 and not kwargs:
            return self.of(self._dot(*map(_bare, args)))
        if function is _numpy.einsum:
            # With an order of its own to multiply in, which may go through `tensordot`.
            return self.of(_numpy.einsum(*map(_bare, args), **{**kwargs, "optimize": True}))
        return super().__array_function__(function, (type(self),), args, kwargs)

    def dot(self, other: Any, out: None = None) -> Any:  # type: ignore[override]  # noqa: ARG002
        return self.of(self._dot(_bare(self), _bare(other)))

    def _dot(self, left: Any, right: Any) -> Any:
        return self._product(left, right) if _numpy.ndim(left) and _numpy.ndim(right) else left * right

    def _product(self, left: Any, right: Any) -> Any:
        left, right = _numpy.asarray(left), _numpy.asarray(right)
        if max(left.ndim, right.ndim) > 2:
            return _numpy.matmul(left, right)
        rows = left if left.ndim == 2 else left[None, :]
        columns = right.T if right.ndim == 2 else right[None, :]
        if rows.shape[-1] != columns.shape[-1]:
            return _numpy.matmul(left, right)  # which says what is wrong
        product = _numpy.asarray(self.add_up(rows[:, None, :] * columns[None, :, :]))
        product = product if right.ndim == 2 else product[:, 0]
        return product if left.ndim == 2 else product[0]

    def _total(self, array: Any, kwargs: dict[str, Any]) -> Any:
        axis, keepdims = kwargs.pop("axis", 0), kwargs.pop("keepdims", False)
        kwargs.pop("out", None)
        if (
            (isinstance(axis, tuple) and len(axis) < array.ndim)
            or kwargs.get("dtype") is not None
            or array.dtype.kind != "f"
        ):
            return self.of(_numpy.add.reduce(array, axis=axis, keepdims=keepdims, **kwargs))
        if axis is None or isinstance(axis, tuple):
            total = self.add_up(array.reshape(-1))
            return self.of(_numpy.full((1,) * array.ndim, total)) if keepdims else _numpy.float64(total)
        total = self.add_up(_numpy.moveaxis(array, axis, -1))
        return self.of(_numpy.expand_dims(total, axis) if keepdims else total)


class _Reversed(_Reordered):
    @staticmethod
    def add_up(terms: Any) -> Any:
        total = _numpy.zeros(terms.shape[:-1])
        for at in reversed(range(terms.shape[-1])):
            total = total + terms[..., at]
        return total[()]


class _Exact(_Reordered):
    @staticmethod
    def add_up(terms: Any) -> Any:
        flat = terms.reshape(-1, terms.shape[-1])
        return _numpy.array([math.fsum(row) for row in flat.tolist()]).reshape(terms.shape[:-1])[()]


_ORDERS: dict[str, type[_Reordered]] = {"sums reversed": _Reversed, "sums exact": _Exact}


def _bare(value: Any) -> Any:
    if isinstance(value, _Reordered):
        return value.view(_numpy.ndarray)
    return _through(value, _bare) if type(value) in {list, tuple} else value


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | dict):
        return _through(value, _plain)
    return value.view(_numpy.ndarray) if isinstance(value, _Reordered) else value


class _NumPy:
    """NumPy, but for the functions that would make an ordinary array of one with an order of its own."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_numpy, {"asarray": "asanyarray"}.get(name, name))

    @staticmethod
    def array(value: Any, *args: Any, **kwargs: Any) -> Any:
        return _numpy.array(value, *args, **{"subok": True, **kwargs})
