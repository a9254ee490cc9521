"""How far right and wrong work stay from a tolerance's limit.

A result is as far off as its worst entry: |got - want| / limit, 0 where all is equal, 1 on the limit. Right work that
is off by more than a tenth, or wrong work by less than ten times the limit, shows that a tolerance is badly chosen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from assignments import compare
from assignments.findings import picked
from assignments.language import Tolerance
from assignments.mistakes import Trial
from assignments.script import Status

LEAST = 10.0
"""The margin that right and wrong work must keep to the limit."""


def distance(got: Any, want: Any, tolerance: Tolerance) -> float:
    """Return the worst entry's |got - want| / limit; infinity where the two are not of one form.

    Both are read as `compare.compare` reads them.
    """
    if isinstance(want, tuple | Mapping):
        return _of_items(got, want, tolerance)
    if want is None or isinstance(want, str):
        return 0.0 if compare.compare(got, want, tolerance) is None else math.inf
    wanted = compare.numbers(want)
    if isinstance(wanted, str):
        return _of_items(got, tuple(want), tolerance) if isinstance(want, list) else math.inf
    given = compare.numbers(got)
    if isinstance(given, str) or given.shape != wanted.shape:
        return math.inf
    with np.errstate(all="ignore"):
        gap = np.abs(given.astype(np.float64) - wanted.astype(np.float64))
        # Infinity where infinity is due is no distance at all; anything else that is not finite is as far as can be.
        gap = np.where(given == wanted, 0.0, np.where(np.isfinite(gap), gap, np.inf))
        limits = compare.allowed_gap(given, wanted, tolerance)
        shares = np.where((gap == 0.0) | np.isinf(gap), gap, gap / limits)
    return float(np.max(shares, initial=0.0))


def _of_items(got: Any, want: tuple[Any, ...] | Mapping[Any, Any], tolerance: Tolerance) -> float:
    if isinstance(got, np.ndarray) and got.ndim:
        got = tuple(got)
    if isinstance(want, Mapping):
        if not isinstance(got, dict) or not want.keys() <= got.keys():
            return math.inf
        pairs = [(got[key], wanted) for key, wanted in want.items()]
    else:
        if not isinstance(got, list | tuple) or len(got) != len(want):
            return math.inf
        pairs = list(zip(got, want, strict=True))
    return max((distance(item, wanted, tolerance) for item, wanted in pairs), default=0.0)


def distances(trial: Trial) -> dict[int, float]:
    """Return how far off each check is, the worst part of it, by position.

    A check that ended without a result, or that a property does not hold for, is infinitely far off; one whose
    property holds has no distance and is left out.
    """
    found: dict[int, float] = {}
    for part in trial.value_parts:
        for at, finding in trial.findings[part.name].items():
            if trial.checks[at].holds is not None or trial.outcomes[at].status is not Status.RETURNED:
                if not finding.is_right:
                    found[at] = math.inf
                continue
            got, want = picked(trial.outcomes[at].value, trial.expect(at).value, part)
            found[at] = max(found.get(at, 0.0), distance(got, want, trial.tolerance(at)))
    return found
