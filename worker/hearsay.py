"""Names and places that a child tells: believed where they stand in the submission, or in what was asked.

A submission may choose the name of a parameter, the line of an error or the question its failure rests on, by a hidden
check's input for example, and write all of it past our own code. What is kept is what it might have told honestly.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from assignments.disclosure import TYPES
from assignments.script import Call, Outcome, Repeat, Status, Step
from worker.wire import Job, lines_of

_WORD = re.compile(r"\w+")
_OURS = frozenset(
    _WORD.findall(
        "is not defined did you mean your are stands inside the class function (line of cell): move it out, to the "
        "left margin and without self below if __name__ which run here a block that was its end could be in keep one "
        "them an gives name another value"
    )
)
"""The words of what `rescue.whereabouts` and its like say."""
_CHANGED = re.compile(r"(\w+): (\w+)")
_LOOKED_THROUGH = 2 << 20  # characters of a submission, smallest files first: a set of 20 MiB of words takes 250 MB


class Known:
    """What one job's outcomes may speak of."""

    def __init__(self, job: Job) -> None:
        self._sources = job.sources
        self._calls = [call for probes in job.probes for script in probes.scripts for call in _calls(script.steps)]
        self.lines = lines_of(job.sources)

    def checked(self, outcome: Outcome) -> Outcome:
        """Return an outcome without what is neither in the submission nor in the scripts."""
        changes: dict[str, Any] = {}
        if outcome.function is not None and outcome.function not in self._functions:
            changes["function"] = None
        if outcome.rests_on is not None and outcome.rests_on not in self._questions:
            changes["rests_on"] = None
        is_placed = outcome.file is not None or outcome.line is not None
        if is_placed and not self._is_place(outcome.file, outcome.line):
            changes |= {"file": None, "line": None}
        if outcome.mutated:
            changes["mutated"] = tuple(dict.fromkeys(map(self._changed, outcome.mutated)))
        if outcome.status is Status.MISSING and not all(map(self._is_word, _WORD.findall(outcome.message))):
            changes["message"] = ""
        return dataclasses.replace(outcome, **changes) if changes else outcome

    @functools.cached_property
    def _functions(self) -> frozenset[str]:
        return frozenset(call.function for call in self._calls)

    @functools.cached_property
    def _questions(self) -> frozenset[str | None]:
        return frozenset(call.rests_on for call in self._calls)

    @functools.cached_property
    def _names(self) -> frozenset[str]:
        """Every word of the submission and its files' names, and what the scripts call and name; rarely asked for.

        In what is left out of a submission too large to be looked through nothing is known, and so nothing told.
        """
        asked = [name for call in self._calls for name in (call.function, *call.kwargs)]
        known = {word for text in (*asked, *(source.name for source in self._sources)) for word in _WORD.findall(text)}
        left = _LOOKED_THROUGH
        for text in sorted((text for source in self._sources for text in source.cells), key=len):
            left -= len(text)
            if left < 0:
                break
            known.update(_WORD.findall(text))
        return frozenset(known)

    def _is_word(self, word: str) -> bool:
        """Whether it is of the submission, one of ours, or the number of a line there is."""
        if word.isdecimal() and len(word) < 7:
            return int(word) <= max(self.lines.values(), default=0)
        return word in _OURS or word in TYPES or word in self._names

    def _is_place(self, file: str | None, line: int | None) -> bool:
        return file in self.lines and (line is None or line <= self.lines[file])

    def _changed(self, entry: str) -> str:
        """Return "function: argument"; an argument whose name stands nowhere has none."""
        told = _CHANGED.fullmatch(entry)
        if told is None:
            return "argument"
        function = told[1] if told[1] in self._functions else ""
        is_known = told[2] in self._names or (told[2].isdigit() and len(told[2]) == 1)  # a parameter by its position
        return f"{function}: {told[2] if is_known else 'argument'}"


def _calls(steps: Sequence[Step]) -> Iterator[Call]:
    """Yield every call of a script."""
    for step in steps:
        if isinstance(step, Call):
            yield step
        elif isinstance(step, Repeat):
            yield from _calls(step.steps)
            yield from _calls(step.every_steps)
