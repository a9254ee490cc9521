"""Loading a folder's answers, and refusing what does not fit its description."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from assignments import catalog, definitions
from assignments.catalog import CatalogError
from assignments.definitions import Definitions, problems_of
from assignments.language import (
    Choice,
    Code,
    Expression,
    Literal,
    Mistake,
    Number,
    Part,
    Written,
    WrongExpression,
    WrongNumber,
)
from assignments.spec import Assignment, Kind, Limits, Question

QUESTIONS = (
    Question("n", Kind.NUMBER, "N", Decimal(1), decimals=2),
    Question("c", Kind.CHOICE, "C", Decimal(1), choices=("a", "b")),
    Question("w", Kind.WRITTEN, "W", Decimal(3)),
    Question("f", Kind.CODE, "F", Decimal(4), functions=("f",)),
)
RIGHT = {
    "n": Number(1.0, 2),
    "c": Choice("a", {"b": "Because."}),
    "w": Written((("clear", Decimal(3)),)),
    "f": Code({"f": abs}, lambda _: []),
}


def problems(**changes):
    assignment = Assignment("made", "0", "Made", "", "", "", QUESTIONS, Limits(), Path("/nowhere/made"))
    return " | ".join(problems_of(assignment, Definitions({**RIGHT, **changes}, {})))


def code(**changes):
    return Code(**{**vars(RIGHT["f"]), **changes})


def test_fitting_answers_have_no_problems():
    assert problems() == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"more": Number(1.0)}, "question more: not in assignment.toml"),
        ({"n": Literal(1)}, "kind is number, but it is a Literal"),
        ({"n": Number(1.0, 3)}, "decimals are 3 in questions.py and 2"),
        ({"n": Number(1.0, mistakes=(WrongNumber("m", 2.0, ""),))}, "lacks a name or the words"),
        ({"c": Choice("x", {"a": "", "b": ""})}, "'x' is not among the choices"),
        ({"c": Choice("a", {})}, "expected each wrong choice: ['b']"),
        ({"c": Choice("a", {"b": "Because."}, {"a": "m"})}, "names has ['a']"),
        ({"w": Written((("clear", Decimal(2)),))}, "the rubric adds up to 2 of 3"),
        ({"f": code(reference={"g": abs})}, "the reference lacks f"),
        ({"f": code(parts=(Part("a", Decimal(3)),))}, "the parts add up to 3 of 4"),
        ({"f": code(parts=(Part("a", Decimal(2)), Part("a", Decimal(2))))}, "the same name"),
        ({"f": code(parts=(Part("a", Decimal(4), needs="b"),))}, "needs b, which does not come before"),
        ({"f": code(mistakes=(Mistake("m", "Words.", fails=("b",)),))}, "fails unknown parts b"),
        ({"f": code(mistakes=(Mistake("m", "Words.", {"g": abs}),))}, "replaces functions the reference does not have"),
        ({"f": code(mistakes=(Mistake("m", "Words.", keeps=2),))}, "keeps 2; expected a share"),
        ({"f": code(rests_on=("zz",))}, "rests on zz"),
    ],
)
def test_what_does_not_fit_is_named(changes, words):
    assert words in problems(**changes)


def test_a_formula_that_cannot_be_read_is_named():
    question = Question("e", Kind.EXPRESSION, "E", Decimal(1))
    assignment = Assignment("made", "0", "Made", "", "", "", (question,), Limits(), Path("/nowhere/made"))
    formula = Expression("2*x", ("x",), lambda _: {"x": 1.0}, {}, {"χ": "y"}, (WrongExpression("m", "x y", "Words."),))

    found = problems_of(assignment, Definitions({"e": formula}, {}))

    assert found[0].startswith("question e: 'x y': This formula cannot be read")
    assert found[1] == "question e: χ stands for y, which is not known"


def test_a_question_without_an_answer_is_named():
    assignment = Assignment("made", "0", "Made", "", "", "", QUESTIONS, Limits(), Path("/nowhere/made"))

    assert problems_of(assignment, Definitions({}, {}))[0] == "question c: questions.py does not define it"


@pytest.mark.parametrize("slug", catalog.slugs())
def test_every_assignment_of_the_pack_has_fitting_answers(slug):
    assert definitions.load(slug).questions.keys() == {question.id for question in catalog.load(slug).questions}


def made(tmp_path, source):
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "questions.py").write_text(source)
    return Assignment("made", "0", "Made", "", "", "", (QUESTIONS[0],), Limits(), folder)


def test_a_folder_outside_the_pack_is_loaded_by_its_path(tmp_path):
    source = "from assignments.language import Number\nQUESTIONS = {'n': Number(lambda v: v['x'], 2)}\n"
    assignment = made(tmp_path, source)
    (assignment.folder / "variant.py").write_text("DEFAULT_VARIANT = {'x': 3.0}\n")

    found = definitions.of(assignment)

    assert found.default_variant == {"x": 3.0}
    assert isinstance(found.questions["n"], Number)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("1/0", "questions.py stopped: ZeroDivisionError"),
        ("QUESTIONS = [1]", "not a mapping"),
        ("", "question n: questions.py does not define it"),
    ],
)
def test_a_folder_that_cannot_be_loaded_says_why(tmp_path, source, words):
    with pytest.raises(CatalogError, match=words):
        definitions.of(made(tmp_path, source))
