"""The language questions are written in: what is right, what is known to be wrong, and in which words to say so.

An assignment's `questions.py` defines `QUESTIONS`, a mapping from question id to one of `Number`, `Literal`, `Choice`,
`Expression`, `Written` and `Code`. Where the statement's numbers may differ from student to student
(`assignments.variants`), answers are functions of them.

Everything here is declaration; `assignments.judge` gives it its meaning. Whatever text names a mistake (`says`)
explains it to the student without giving the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any
from typing import Literal as OneOf

import numpy as np

from assignments.script import Outcome, Script
from assignments.verdict import Curve

Variant = Mapping[str, float]
"""The numbers of a statement by name; empty where an assignment has no variants."""

Accepted = tuple[str, ...] | Callable[[Variant], tuple[str, ...]]
"""Further spellings of one number, each equal in value to what may be typed."""

Share = Fraction
"""A part of a question's points, in [0, 1]."""

NOTHING = Fraction(0)


@dataclass(frozen=True)
class Tolerance:
    """How far off still counts as equal: |got - want| <= atol + rtol * |want|.

    A float32 result is given at least rtol 1e-4 and atol 1e-6; where atol is 0 it stays 0, for float32 as well.
    """

    rtol: float = 1e-6
    atol: float = 1e-9


# --- typed questions --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WrongNumber:
    """A wrong number people really give; it counts as given when it is as close as a right answer would have to be."""

    name: str
    value: float | Callable[[Variant], float]
    says: str
    keeps: Share = NOTHING
    decimals: int | None = None  # overrides the question's
    accepts: Accepted = ()  # other ways to type the same mistake ("0.0006"), equal in value


@dataclass(frozen=True)
class Number:
    """A number typed into the page.

    `decimals` 0 asks for a whole number, exact; d > 0 for d digits after the point; None for any number within
    `rtol` of the answer. `follow` computes the value from the student's own typed numbers, by question id (a blank or
    unreadable one stands as the right value): whoever answers wrong but within half a unit of the last digit of that
    keeps half the points.
    """

    answer: float | Callable[[Variant], float]
    decimals: int | None = None
    mistakes: tuple[WrongNumber, ...] = ()
    accepts: Accepted = ()  # other numbers accepted, equal in value to one of these texts ("0.0005")
    follow: Callable[[Variant, Mapping[str, float]], float] | None = None
    rtol: float = 1e-6
    says: str = ""  # where to look, for a wrong number that no mistake explains


@dataclass(frozen=True)
class WrongLiteral:
    """A wrong Python literal people really give."""

    name: str
    value: Any
    says: str
    keeps: Share = NOTHING


@dataclass(frozen=True)
class Literal:
    """A Python literal typed into the page: numbers, strings, True, False, None, lists, tuples, dicts and sets."""

    answer: Any
    mistakes: tuple[WrongLiteral, ...] = ()
    says: str = ""  # where to look, for a wrong literal that no mistake explains


@dataclass(frozen=True)
class Choice:
    """One of the choices listed in `assignment.toml`."""

    answer: str
    says: Mapping[str, str]  # wrong choice → why it is wrong
    names: Mapping[str, str] = field(default_factory=dict)  # wrong choice → mistake's name


@dataclass(frozen=True)
class WrongExpression:
    """A wrong formula people really give."""

    name: str
    text: str
    says: str
    keeps: Share = NOTHING


@dataclass(frozen=True)
class Expression:
    """A formula typed into the page; equal to the answer when it has the same value at points drawn by `sample`.

    Args:
        answer: the right formula, in the students' own notation.
        names: what a student may use; every one needs a value in each sample.
        sample: one point: a value for each name. Values that depend on each other are computed there.
        functions: what a student may call, each with one argument.
        aliases: other spellings of names and functions, for example {"ŷ": "y_hat", "σ": "sigma"}.
        mistakes: wrong formulas known by name.
        says: where to look, for a wrong formula that no mistake explains.
    """

    answer: str
    names: tuple[str, ...]
    sample: Callable[[np.random.Generator], Mapping[str, float]]
    functions: Mapping[str, Callable[[float], float]]
    aliases: Mapping[str, str] = field(default_factory=dict)
    mistakes: tuple[WrongExpression, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class Written:
    """A text marked by a teacher: rubric items with the points of each."""

    rubric: tuple[tuple[str, Decimal], ...]


# --- code questions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A share of a question's points that is judged by itself.

    A "value" part earns by the share of its checks that are right. A "pure" part (no argument changed in place) and a
    "quiet" part (no warning) earn all or nothing. A question without parts has the one part `Part("value", points)`.
    """

    name: str
    points: Decimal
    pick: int | None = None  # "value": index into the returned tuple; None compares all that came back
    what: OneOf["value", "pure", "quiet"] = "value"
    needs: str | None = None  # earns only when the part of this name earned something


@dataclass(frozen=True)
class Fault:
    """What a property check found wrong, where it also knows the mistake by name.

    A fault may also fit mistakes that it does not prove: it goes with them where another check names one.
    """

    message: str
    mistake: str | None = None  # name of one of the question's mistakes
    fits: tuple[str, ...] = ()  # names of mistakes it may come from, beside other causes


Holds = Callable[[Any], "str | Fault | None"]
"""Judges what a script returned: None when it is right, else the message for the student.

One that raises on odd data counts as "cannot be read", never as an error of the grader.
"""


@dataclass(frozen=True)
class Check:
    """One script and what must come back: what the reference gives, or whatever `holds` accepts.

    Checks of one `group` count as one, right only when all of them are: a pair of cases with different answers in one
    group keeps a constant answer from collecting points.
    """

    name: str
    script: Script
    visible: bool = False
    holds: Holds | None = None
    tolerance: Tolerance | None = None  # overrides the question's
    parts: tuple[str, ...] = ()  # names of the parts it feeds; () feeds all
    shows: str | None = None  # the text for `input` of a visible check; default: rendered from the script's calls
    group: str = ""


@dataclass(frozen=True)
class Mistake:
    """A wrong answer known by name.

    It is recognised in one of three ways: `replaces` holds wrong variants of functions, played in place of the
    reference's, and the student's results agree with them on every check; `when` looks at the outcomes of all checks,
    in order; or a check's `holds` names it in a `Fault`.
    """

    name: str
    says: str
    replaces: Mapping[str, Callable[..., Any]] | None = None
    when: Callable[[Sequence[Outcome]], bool] | None = None  # one that raises does not match
    keeps: Share = NOTHING
    fails: tuple[str, ...] = ()  # names of the parts it concerns; () concerns all


Functions = Mapping[str, Callable[..., Any]]
"""Functions by the name a script calls."""


@dataclass(frozen=True)
class Code:
    """A question answered by functions the student uploads.

    Args:
        reference: the right functions, by the name the scripts call.
        checks: draws the checks; the fixed visible ones first, then the hidden ones.
        mistakes: known ones; where several match, the first declared is named.
        parts: how the points are split; their sum is the question's points. () is one part for all.
        tolerance: for checks that do not set their own.
        rests_on: questions whose functions the scripts also call. Where one of them is not right, a result that is
            wrong without a known mistake says nothing about this question, which is then skipped.
        curves: (student's outcomes, reference's outcomes), both in the order of the checks → curves for the page.
        hint: (got, want) of a failed check → a further sentence, where no mistake is known.
        remark: name of each "value" part → (got, want) of its checks that were compared → a last sentence about what is
            wrong, whether its mistake is known or not.
        advice: as `remark`, said where everything is right: about how it was done, which costs nothing.
        may_change: names of functions that are asked to change an argument in place.
        resting: for a student whose function of this question calls one of another question: that question's id → a
            function that takes the wrong functions of a mistake known there, and returns the forms this question's
            right ones take when they rest on them. Whoever gives exactly one of these earns all the points: the
            mistake was charged where it was made.
        is_slow: whether its functions take so long that the gate puts it only to mutants nothing else catches.
    """

    reference: Mapping[str, Callable[..., Any]]
    checks: Callable[[np.random.Generator], Sequence[Check]]
    mistakes: tuple[Mistake, ...] = ()
    parts: tuple[Part, ...] = ()
    tolerance: Tolerance = Tolerance()
    rests_on: tuple[str, ...] = ()
    curves: Callable[[Sequence[Outcome], Sequence[Outcome]], Sequence[Curve]] | None = None
    hint: Callable[[Any, Any], str | None] | None = None
    remark: Callable[[Mapping[str, Sequence[tuple[Any, Any]]]], str | None] | None = None
    advice: Callable[[Mapping[str, Sequence[tuple[Any, Any]]]], str | None] | None = None
    may_change: tuple[str, ...] = ()
    resting: Mapping[str, Callable[[Functions], Sequence[Functions]]] = field(default_factory=dict)
    is_slow: bool = False


Definition = Number | Literal | Choice | Expression | Written | Code
"""What a `questions.py` says about one question."""
