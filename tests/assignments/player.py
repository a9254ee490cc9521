"""A small player of scripts, so that the judge is tested without the sandbox."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np

from assignments.script import Call, Get, Outcome, Ref, Repeat, Seed, Set, Status


def play(script: Any, functions: Any) -> Outcome:
    """Play a script against ordinary functions; copies go in, whatever happens comes back as an outcome."""
    saved: dict[str, Any] = {}
    mutated: list[str] = []
    state: dict[str, Any] = {"function": None, "rests_on": None}

    def given(value: Any) -> Any:
        return saved[value.name] if isinstance(value, Ref) else copy.deepcopy(value)

    def step(item: Any) -> None:
        match item:
            case Call():
                state.update(function=item.function, rests_on=item.rests_on)
                args = [given(value) for value in item.args]
                before = copy.deepcopy(args)
                result = functions[item.function](*args, **{key: given(value) for key, value in item.kwargs.items()})
                mutated.extend(
                    f"{item.function}: {place + 1}"
                    for place, (was, now) in enumerate(zip(before, args, strict=True))
                    if isinstance(was, np.ndarray) and not np.array_equal(was, now)
                )
                if item.collect:
                    saved.setdefault(item.save, []).append(copy.deepcopy(result))
                else:
                    saved[item.save] = result
            case Get():
                saved[item.save] = saved[item.container][item.key]
            case Set():
                saved[item.save] = copy.deepcopy(item.value)
            case Seed():
                np.random.seed(item.value)  # noqa: NPY002
            case Repeat():
                for number in range(1, item.times + 1):
                    for inner in item.steps:
                        step(inner)
                    if item.every and number % item.every == 0:
                        for inner in item.every_steps:
                            step(inner)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            for item in script.steps:
                step(item)
            values = [saved[name] for name in script.returns]
        except KeyError as error:
            if state["function"] in functions:
                return Outcome(Status.RAISED, error_type="KeyError", message=str(error), line=1, **state)
            return Outcome(Status.MISSING, message=f"`{state['function']}` is not defined", **state)
        except Exception as error:  # noqa: BLE001
            return Outcome(Status.RAISED, error_type=type(error).__name__, message=str(error), line=1, **state)
    said = tuple(f"{warning.category.__name__}: {warning.message}" for warning in caught)
    value = values[0] if len(values) == 1 else tuple(values)
    state["rests_on"] = None
    return Outcome(Status.RETURNED, value, mutated=tuple(mutated), warnings=said, **state)
