"""Playing a script: calls of functions, step by step; the trusted side plays its reference by this, too."""

from __future__ import annotations

import random
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from worker.box.framing import MAX_WARNINGS
from worker.box.packing import Ref
from worker.box.telling import MissingError, NothingError, Played, describe


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
