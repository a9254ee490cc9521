"""Loads the answers of an assignment and checks that they fit its description.

Only the worker and the author's tools import this: the `questions.py` it loads says what is right.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import ModuleType
from typing import Any

from assignments import catalog, expression, variants
from assignments.catalog import CatalogError
from assignments.language import Choice, Code, Definition, Expression, Literal, Number, Part, Variant, Written
from assignments.spec import Assignment, Kind, Question

KINDS: Mapping[Kind, type] = {
    Kind.NUMBER: Number,
    Kind.LITERAL: Literal,
    Kind.CHOICE: Choice,
    Kind.EXPRESSION: Expression,
    Kind.WRITTEN: Written,
    Kind.CODE: Code,
}


@dataclass(frozen=True)
class Definitions:
    """What an assignment's `questions.py` says, the answers by question id, and the numbers of its statement."""

    questions: Mapping[str, Definition]
    default_variant: Variant


def of(assignment: Assignment) -> Definitions:
    """Return the answers of an assignment, from the pack or from a folder that is not in it yet."""
    return load(assignment.slug) if assignment.folder.parent == catalog.PACK else read(assignment)


@cache
def load(slug: str) -> Definitions:
    """Return the answers of a published assignment; imported once per process.

    Raises:
        CatalogError: description and answers do not fit; every problem is listed.
    """
    return read(catalog.load(slug))


def read(assignment: Assignment) -> Definitions:
    """Import the folder's `questions.py` and check it against the description.

    Raises:
        CatalogError: it cannot be imported, or does not fit; every problem is listed.
    """
    try:
        module = _import(assignment)
    except Exception as error:
        raise CatalogError(assignment.slug, [f"questions.py stopped: {type(error).__name__}: {error}"]) from error
    definitions = Definitions(getattr(module, "QUESTIONS", {}), variants.default(assignment.folder))
    problems = problems_of(assignment, definitions)
    if problems:
        raise CatalogError(assignment.slug, problems)
    return definitions


def _import(assignment: Assignment) -> ModuleType:
    if assignment.folder.parent == catalog.PACK:
        return importlib.import_module(f"assignments.{assignment.slug}.questions")
    # A folder that is not in the pack yet, such as one being written.
    spec = importlib.util.spec_from_file_location(f"{assignment.slug}_questions", assignment.folder / "questions.py")
    if spec is None or spec.loader is None:  # pragma: no cover - the path ends in .py
        raise ImportError(f"{assignment.folder} has no loadable questions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def problems_of(assignment: Assignment, definitions: Definitions) -> list[str]:
    """Return a sentence for each way the answers do not fit the description; empty when they fit."""
    if not isinstance(definitions.questions, Mapping):
        return ["QUESTIONS is not a mapping from question id to its definition"]
    described = {question.id: question for question in assignment.questions}
    problems = [
        f"question {name}: questions.py does not define it" for name in described.keys() - definitions.questions
    ]
    problems += [f"question {name}: not in assignment.toml" for name in definitions.questions.keys() - described.keys()]
    for name, question in described.items():
        if name not in definitions.questions:
            continue
        definition = definitions.questions[name]
        if not isinstance(definition, KINDS[question.kind]):
            problems.append(f"question {name}: kind is {question.kind}, but it is a {type(definition).__name__}")
            continue
        problems += [f"question {name}: {problem}" for problem in _problems(question, definition, described)]
    return sorted(problems)


def parts_of(code: Code, question: Question) -> tuple[Part, ...]:
    """Return how the points of a code question are split."""
    return code.parts or (Part("value", question.points),)


def _problems(question: Question, definition: Definition, described: Mapping[str, Question]) -> list[str]:
    match definition:
        case Number():
            return _number_problems(question, definition)
        case Choice():
            return _choice_problems(question, definition)
        case Written():
            total = sum((points for _, points in definition.rubric), Decimal(0))
            return [] if total == question.points else [f"the rubric adds up to {total} of {question.points} points"]
        case Code():
            return _code_problems(question, definition, described)
        case Expression():
            return _mistake_problems(definition.mistakes) + _formula_problems(definition)
        case Literal():
            return _mistake_problems(definition.mistakes)


def _number_problems(question: Question, number: Number) -> list[str]:
    problems = _mistake_problems(number.mistakes)
    if None not in {number.decimals, question.decimals} and number.decimals != question.decimals:
        problems.append(f"decimals are {number.decimals} in questions.py and {question.decimals} in assignment.toml")
    return problems


def _formula_problems(question: Expression) -> list[str]:
    problems = []
    grammar = expression.grammar_of(question)
    for text in (question.answer, *(mistake.text for mistake in question.mistakes)):
        try:
            expression.parse(text, grammar)
        except expression.ExpressionError as error:
            problems.append(f"{text!r}: {error}")
    known = grammar.names | grammar.functions
    unknown = {alias: name for alias, name in question.aliases.items() if name not in known}
    return problems + [f"{alias} stands for {name}, which is not known" for alias, name in unknown.items()]


def _choice_problems(question: Question, choice: Choice) -> list[str]:
    wrong = set(question.choices) - {choice.answer}
    problems = []
    if choice.answer not in question.choices:
        problems.append(f"the answer {choice.answer!r} is not among the choices")
    if choice.says.keys() != wrong:
        problems.append(f"says explains {sorted(choice.says)}; expected each wrong choice: {sorted(wrong)}")
    if not choice.names.keys() <= wrong:
        problems.append(f"names has {sorted(choice.names.keys() - wrong)}, not wrong choices")
    return problems


def _code_problems(question: Question, code: Code, described: Mapping[str, Question]) -> list[str]:
    problems = _mistake_problems(code.mistakes)
    missing = set(question.functions) - code.reference.keys()
    if missing:
        problems.append(f"the reference lacks {', '.join(sorted(missing))}")
    names = [part.name for part in code.parts]
    if len(set(names)) < len(names):
        problems.append("two parts have the same name")
    total = sum((part.points for part in code.parts), Decimal(0))
    if code.parts and total != question.points:
        problems.append(f"the parts add up to {total} of {question.points} points")
    problems += [
        f"part {part.name} needs {part.needs}, which does not come before it"
        for position, part in enumerate(code.parts)
        if part.needs is not None and part.needs not in names[:position]
    ]
    for mistake in code.mistakes:
        unknown = set(mistake.fails) - set(names)
        if unknown:
            problems.append(f"mistake {mistake.name} fails unknown parts {', '.join(sorted(unknown))}")
        if mistake.replaces is not None and not mistake.replaces.keys() <= code.reference.keys():
            problems.append(f"mistake {mistake.name} replaces functions the reference does not have")
    others = (*code.rests_on, *code.resting)
    problems += [f"rests on {name}, which is not a question" for name in others if name not in described]
    return problems


def _mistake_problems(mistakes: tuple[Any, ...]) -> list[str]:
    problems = []
    for mistake in mistakes:
        if not mistake.name or not mistake.says:
            problems.append(f"mistake {mistake.name or '(no name)'} lacks a name or the words that explain it")
        if not 0 <= mistake.keeps < 1:
            problems.append(f"mistake {mistake.name} keeps {mistake.keeps}; expected a share from 0 to below 1")
    return problems
