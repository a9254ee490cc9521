"""Finds an assignment's description and refuses an inconsistent one.

A folder of this package with an `assignment.toml` is an assignment; the folder's name is its slug. Only what a student
may see is read here, so the web service loads this module without ever meeting an answer. What is right is in the
folder's `questions.py`; see `assignments.definitions`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from assignments import variants
from assignments.spec import Assignment, Erratum, Kind, Limits, Question

PACK = Path(__file__).resolve().parent
REFERENCE = PACK.parent / "reference"
STATEMENT_FILE = "assignment.toml"
VERSION_DIGITS = 12
MAX_DECIMALS = 12

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")

TOP_KEYS = {"title", "source", "summary", "limits", "questions", "draft", "example"}
QUESTION_KEYS = {
    "id", "kind", "title", "points", "prompt", "signature", "functions", "choices", "decimals", "bonus", "errata",
}  # fmt: skip
ERRATUM_KEYS = {"slide", "prints", "holds"}
LIMIT_KEYS = {"cpu_s", "wall_s", "memory_mib", "output_kib"}


class CatalogError(Exception):
    """An assignment contradicts itself or is incomplete; `problems` holds a sentence for each finding."""

    def __init__(self, slug: str, problems: Iterable[str]) -> None:
        self.slug = slug
        self.problems = tuple(problems)
        super().__init__(f"assignment {slug}: " + "; ".join(self.problems))


class UnknownAssignmentError(CatalogError):
    """There is no assignment of that slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug, [f"there is no such assignment; the pack has {', '.join(slugs())}"])


def slugs() -> tuple[str, ...]:
    """Return the slug of every assignment in the pack, sorted."""
    return tuple(sorted(path.parent.name for path in PACK.glob(f"*/{STATEMENT_FILE}")))


def course_slugs() -> tuple[str, ...]:
    """Return the slugs of what a course is given when it asks for everything: no examples and no drafts, sorted."""
    specs = (load(slug) for slug in slugs())
    return tuple(spec.slug for spec in specs if not spec.is_example and not spec.is_draft)


@cache
def load(slug: str) -> Assignment:
    """Return the assignment of that slug; read once per process.

    Raises:
        UnknownAssignmentError: no folder of that name holds an assignment.
        CatalogError: the folder is inconsistent; every problem is listed.
    """
    if slug not in slugs():
        raise UnknownAssignmentError(slug)
    return read(PACK / slug)


def with_numbers(slug: str, numbers: variants.Numbers | None) -> Assignment:
    """Return the assignment of that slug as it reads with these numbers; None stands for its own.

    Raises:
        UnknownAssignmentError: no folder of that name holds an assignment.
        CatalogError: the folder is inconsistent; every problem is listed.
    """
    assignment = load(slug)
    return assignment if not numbers else _read_with(assignment.folder, tuple(numbers.items()))


@lru_cache(maxsize=256)
def _read_with(folder: Path, numbers: tuple[tuple[str, float], ...]) -> Assignment:
    return read(folder, dict(numbers))


def read(folder: Path, numbers: variants.Numbers | None = None) -> Assignment:
    """Read and check one assignment folder, wherever it lies.

    Args:
        folder: with the assignment's files.
        numbers: what stands for `{{name}}` in statement and prompt; None for the assignment's own.

    Raises:
        CatalogError: a file is missing or unreadable, or they contradict each other; every problem is listed.
    """
    problems: list[str] = []
    slug = folder.name
    if not NAME.fullmatch(slug):
        problems.append(f"folder name {slug!r} is not lower-case letters, digits and underscores, letter first")
    numbers = _default_numbers(folder, problems) if numbers is None else numbers
    statement = _read_statement(folder, numbers, problems)
    prompt = _filled(_read_text(folder / "prompt.md", problems), "prompt.md", numbers, problems)
    if not (folder / "questions.py").is_file():
        problems.append("questions.py is missing: nothing says what is right")

    table = _Table(statement, STATEMENT_FILE, problems)
    table.refuse_unknown(TOP_KEYS)
    title, source, summary = (table.text(key) for key in ("title", "source", "summary"))
    is_draft, is_example = table.flag("draft"), table.flag("example")
    limits = _limits(table.mapping("limits"), problems)
    questions = _questions(table.tables("questions"), problems)
    if not questions:
        problems.append(f"{STATEMENT_FILE} lists no questions")
    if any(not question.is_field for question in questions) and not (folder / "starter.py").is_file():
        problems.append("starter.py is missing although there are code questions")

    if problems:
        raise CatalogError(slug, problems)
    return Assignment(
        slug=slug,
        version=version_of(folder),
        title=title,
        source=source,
        summary=summary,
        prompt=prompt,
        questions=questions,
        limits=limits,
        folder=folder,
        is_draft=is_draft,
        is_example=is_example,
    )


def version_of(folder: Path) -> str:
    """Return a short digest of everything that decides a grade in this folder.

    That is the statement, the answers, the mathematics they are compared with and the code that compares; not the
    starter and not the exemplars.
    """
    deciding = [path for path in sorted(folder.glob("*.py")) if path.name != "starter.py"]
    deciding += [folder / STATEMENT_FILE, folder / "prompt.md"]
    deciding += sorted(REFERENCE.glob("*.py")) + sorted(PACK.glob("*.py"))
    digest = hashlib.sha256()
    for path in deciding:
        digest.update(f"{path.parent.name}/{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:VERSION_DIGITS]


class _Table:
    """One table of the TOML file; what is missing or of the wrong type is noted and replaced by something empty."""

    def __init__(self, values: Mapping[str, Any], where: str, problems: list[str]) -> None:
        self._values = values
        self._where = where
        self._problems = problems

    def refuse_unknown(self, known: set[str]) -> None:
        for key in self._values.keys() - known:
            self.complain(f"unknown key {key!r}; known are {', '.join(sorted(known))}")

    def complain(self, problem: str) -> None:
        self._problems.append(f"{self._where}: {problem}")

    def has(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str, default: str | None = None) -> str:
        value = self._values.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            self.complain(f"{key} is {'missing' if value is None else repr(value)}; expected a text")
            return ""
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.complain(f"{key} is {value!r}; expected a list of texts")
            return ()
        if len(set(value)) < len(value):
            self.complain(f"{key} lists the same text twice")
        return tuple(value)

    def flag(self, key: str) -> bool:
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            self.complain(f"{key} is {value!r}; expected true or false")
        return value is True

    def whole(self, key: str, highest: int) -> int | None:
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= highest:
            self.complain(f"{key} is {value!r}; expected a whole number from 0 to {highest}")
            return None
        return value

    def points(self, key: str) -> Decimal:
        value = self._values.get(key)
        try:
            # Written as text, because 1.2 as a TOML float is not 1.2.
            points = Decimal(value) if isinstance(value, str) else Decimal("NaN")
        except InvalidOperation:
            points = Decimal("NaN")
        if not points.is_finite() or points <= 0:
            self.complain(f'{key} is {value!r}; expected positive points as a text, for example "1.5"')
            return Decimal(0)
        return points

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            self.complain(f"{key} is {value!r}; expected a table")
            return {}
        return value

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.complain(f"{key} is {value!r}; expected tables")
            return []
        return list(value)


def _default_numbers(folder: Path, problems: list[str]) -> variants.Numbers:
    try:
        return variants.default(folder)
    except Exception as error:  # noqa: BLE001 (an author's file may fail in any way)
        problems.append(f"{variants.VARIANT_FILE} stopped: {type(error).__name__}: {error}")
        return {}


def _filled(text: str, where: str, numbers: variants.Numbers, problems: list[str]) -> str:
    """Return the text with its numbers; a text without variants may print double braces as it likes."""
    unknown = variants.places(text) - numbers.keys() if numbers else set()
    problems.extend(f"{where} has a place for {name}, which {variants.VARIANT_FILE} does not name" for name in unknown)
    return variants.fill(text, numbers)


def _read_statement(folder: Path, numbers: variants.Numbers, problems: list[str]) -> Mapping[str, Any]:
    text = _filled(_read_text(folder / STATEMENT_FILE, problems), STATEMENT_FILE, numbers, problems)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{STATEMENT_FILE} is not valid TOML: {error}")
        return {}


def _read_text(path: Path, problems: list[str]) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        problems.append(f"{path.name} is missing")
    except UnicodeDecodeError as error:
        problems.append(f"{path.name} is not UTF-8: {error}")
    return ""


def _limits(values: Mapping[str, Any], problems: list[str]) -> Limits:
    table = _Table(values, "limits", problems)
    table.refuse_unknown(LIMIT_KEYS)
    for key in LIMIT_KEYS & values.keys():
        value = values[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            table.complain(f"{key} is {value!r}; expected a positive number")
            return Limits()
    default = Limits()
    return Limits(
        cpu_s=float(values.get("cpu_s", default.cpu_s)),
        wall_s=float(values.get("wall_s", default.wall_s)),
        memory_mib=int(values.get("memory_mib", default.memory_mib)),
        output_kib=int(values.get("output_kib", default.output_kib)),
    )


def _questions(tables: list[Mapping[str, Any]], problems: list[str]) -> tuple[Question, ...]:
    questions: list[Question] = []
    for position, values in enumerate(tables, start=1):
        question_id = values.get("id")
        if not isinstance(question_id, str) or not NAME.fullmatch(question_id):
            problems.append(f"question {position}: id is {question_id!r}; expected lower-case letters, digits and _")
            continue
        if any(question.id == question_id for question in questions):
            problems.append(f"question {question_id}: the id is used twice")
        question = _question(question_id, _Table(values, f"question {question_id}", problems))
        if question is not None:
            questions.append(question)
    return tuple(questions)


def _question(question_id: str, table: _Table) -> Question | None:
    table.refuse_unknown(QUESTION_KEYS)
    kind_text = table.text("kind")
    try:
        kind = Kind(kind_text)
    except ValueError:
        if kind_text:
            table.complain(f"kind is {kind_text!r}; expected one of {', '.join(Kind)}")
        return None
    question = Question(
        id=question_id,
        kind=kind,
        title=table.text("title"),
        points=table.points("points"),
        prompt=table.text("prompt", default=""),
        signature=table.text("signature", default=""),
        functions=table.texts("functions"),
        choices=table.texts("choices"),
        decimals=table.whole("decimals", MAX_DECIMALS),
        is_bonus=table.flag("bonus"),
        errata=_errata(table),
    )
    _check_kind(question, table)
    return question


def _errata(table: _Table) -> tuple[Erratum, ...]:
    errata = []
    for values in table.tables("errata"):
        if values.keys() != ERRATUM_KEYS or not all(isinstance(text, str) and text for text in values.values()):
            table.complain(f"an erratum needs exactly the texts {', '.join(sorted(ERRATUM_KEYS))}")
            continue
        errata.append(Erratum(**values))
    return tuple(errata)


def _check_kind(question: Question, table: _Table) -> None:
    """Complain about keys that the question's kind needs and lacks, or has and cannot use."""
    belongs: dict[str, tuple[Kind, Callable[[Question], bool]]] = {
        "functions": (Kind.CODE, lambda q: bool(q.functions)),
        "choices": (Kind.CHOICE, lambda q: len(q.choices) >= 2),
    }
    for key, (kind, is_given) in belongs.items():
        if question.kind is kind and not is_given(question):
            table.complain(f"a {kind} question needs {key}")
        if question.kind is not kind and table.has(key):
            table.complain(f"{key} means nothing to a {question.kind} question")
    if table.has("decimals") and question.kind is not Kind.NUMBER:
        table.complain(f"decimals means nothing to a {question.kind} question")
    if table.has("signature") and question.kind is not Kind.CODE:
        table.complain(f"signature means nothing to a {question.kind} question")
    for function in question.functions:
        if not function.isidentifier():
            table.complain(f"functions lists {function!r}, which is not a Python name")
        elif question.signature and function not in question.signature:
            table.complain(f"signature does not show {function}")
