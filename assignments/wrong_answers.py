"""The wrong answers people are likeliest to give, and what they read for them.

An assignment lists them in its `wrong_answers.toml`; they decide no grade. The gate demands that each of them loses
points and gets a message that says more than "wrong"; `docs/feedback.md` shows them all, so that the feedback can be
read before a student reads it.

    [[wrong]]
    question = "sigmoid"
    answer = "exp(+z) in the denominator"
    code = '''
    def sigmoid(z):
        return 1 / (1 + np.exp(z))
    '''

    [[wrong]]
    question = "z0"
    answer = "the bias forgotten"
    text = "0.0275"

`code` is put below a right exemplar, so that it replaces the function there: the first one by name, or the one that
`base` names; `base = ""` hands it in alone.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from assignments import patterns
from assignments.exemplars import Exemplar, Grade
from assignments.feedback import PRINTED_ONLY
from assignments.spec import Assignment, Kind, Question
from assignments.verdict import QuestionResult, Verdict

WRONG_ANSWERS_FILE = "wrong_answers.toml"
ENTRY_KEYS = {"question", "answer", "code", "text", "base"}
LIKELIEST = 10
"""Wrong answers that every question lists, where it can be answered wrongly in so many ways."""

SAYS_NOTHING = (
    re.compile(r"\d+ of \d+ checks (?:is|are) not right\."),
    re.compile(r"Checks that belong together count as one, so that a constant answer earns nothing\."),
    re.compile(
        r"(?:`\w+`|Your code) returned (?:for [^:]{1,60}: )?"
        r"(?:a (?:whole )?number that is off|an array of the right shape)(?:[^.`]|\.(?=\d))*\."
    ),
    re.compile(re.escape(patterns.NOTHING_SIMPLE)),
    re.compile(r"This is not the right (?:number|answer)\.(?: \d+ decimals are asked for\.)?"),
    re.compile(r"This formula has other values than the right one\."),
    re.compile(r"This is not what Python gives\."),
    re.compile(r"(?i)(?:this is )?(?:wrong|incorrect|not right|false)\W*"),
)
"""Sentences that only say that something is wrong, or by how much."""


class WrongAnswersError(Exception):
    """The list of wrong answers cannot be read."""


@dataclass(frozen=True)
class WrongAnswer:
    """One answer that people are likely to give.

    Args:
        question: which question it answers.
        answer: what it is, in a few words.
        code: the functions it puts in place of the right ones; None for a typed answer.
        text: the answer as typed; None for code.
        base: name of the exemplar the code is put below; "" for none, None for the first right one.
    """

    question: str
    answer: str
    code: str | None = None
    text: str | None = None
    base: str | None = None

    def __str__(self) -> str:
        """Say which it is, in a message."""
        return f"{self.question}, {self.answer!r}"


@dataclass(frozen=True)
class Read:
    """What a student reads for a wrong answer."""

    wrong: WrongAnswer
    result: QuestionResult

    @property
    def sentences(self) -> tuple[str, ...]:
        """The question's feedback, and where that is empty what the first check that is not right says."""
        checks = [
            check.message for check in self.result.checks if check.verdict is not Verdict.PASSED and check.message
        ]
        return self.result.feedback or tuple(checks[:1])

    @property
    def words(self) -> str:
        """The sentences, but for what is not the same on every machine.

        Python's own exceptions differ in words from version to version, and what was printed may be read a moment late.
        """
        text = " ".join(sentence for sentence in self.sentences if sentence != PRINTED_ONLY)
        for check in self.result.checks:
            error, colon, said = (check.got or "").partition(": ")
            if colon and check.verdict is Verdict.CRASHED and said:
                text = text.replace(f"{error}: {said}", f"{error}: …")
        return text

    def problems(self) -> Iterator[str]:
        """Yield a sentence for each way in which this feedback is not worth reading."""
        if self.result.score >= self.result.max_score:
            yield f"wrong answer {self.wrong}: it keeps all {self.result.max_score} points; expected it to lose some"
        elif not self.sentences:
            yield f"wrong answer {self.wrong}: the student reads nothing"
        elif not any(_tells(sentence) for sentence in self.sentences):
            yield (
                f"wrong answer {self.wrong}: the student reads only that it is wrong: {' '.join(self.sentences)!r}; "
                "name the mistake, or say what kind of wrong it is"
            )


def _tells(text: str) -> bool:
    """Return whether a text says more than that something is wrong."""
    for pattern in SAYS_NOTHING:
        text = pattern.sub("", text)
    return bool(re.search(r"[^\W\d_]{2}", text))


def load(assignment: Assignment) -> tuple[WrongAnswer, ...]:
    """Return the listed wrong answers of an assignment, question by question; none where there is no list.

    Raises:
        WrongAnswersError: the file is not TOML, or an entry does not fit the assignment.
    """
    path = assignment.folder / WRONG_ANSWERS_FILE
    if not path.is_file():
        return ()
    try:
        entries = tomllib.loads(path.read_text("utf-8")).get("wrong", [])
    except tomllib.TOMLDecodeError as error:
        raise WrongAnswersError(f"{WRONG_ANSWERS_FILE} is not valid TOML: {error}") from error
    if not isinstance(entries, list):
        raise WrongAnswersError(f"{WRONG_ANSWERS_FILE}: wrong is {entries!r}; expected [[wrong]] tables")
    answers = [_read_entry(assignment, number, entry) for number, entry in enumerate(entries, start=1)]
    order = [question.id for question in assignment.questions]
    return tuple(sorted(answers, key=lambda wrong: order.index(wrong.question)))


def _read_entry(assignment: Assignment, number: int, entry: Any) -> WrongAnswer:
    where = f"{WRONG_ANSWERS_FILE}, entry {number}"
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise WrongAnswersError(f"{where}: expected a table of texts")
    if unknown := sorted(entry.keys() - ENTRY_KEYS):
        raise WrongAnswersError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(ENTRY_KEYS))}")
    questions = {question.id: question for question in assignment.questions}
    question = questions.get(entry.get("question", ""))
    if question is None:
        raise WrongAnswersError(f"{where}: question is {entry.get('question')!r}; there are {', '.join(questions)}")
    if not entry.get("answer", "").strip():
        raise WrongAnswersError(f"{where}: answer is missing; say in a few words what is wrong")
    needed, other = ("text", "code") if question.is_field else ("code", "text")
    if needed not in entry or other in entry or ("base" in entry and question.is_field):
        raise WrongAnswersError(f"{where}: {question.id} is answered by {needed}, and by nothing else")
    return WrongAnswer(**entry)


def missing(assignment: Assignment, listed: Sequence[WrongAnswer]) -> Iterator[str]:
    """Yield a complaint for each question with too few wrong answers, or with one of them twice.

    Ten are asked for. A choice has fewer ways to be wrong: there every wrong choice, and nothing else, is asked for. A
    written answer has none: a teacher marks it.
    """
    for question in assignment.questions:
        entries = [wrong for wrong in listed if wrong.question == question.id]
        for what in ("answer", "text", "code"):
            given = [value for wrong in entries if (value := getattr(wrong, what)) is not None]
            twice = sorted({value for value in given if given.count(value) > 1})
            yield from (f"{WRONG_ANSWERS_FILE}: {question.id} lists {value!r} twice" for value in twice)
        if question.kind is Kind.WRITTEN:
            continue
        # All choices but one are wrong; which one is right is not looked at here: it would keep its points.
        wanted = len(question.choices) - 1 if question.kind is Kind.CHOICE else LIKELIEST
        if len(entries) < wanted:
            yield (
                f"{WRONG_ANSWERS_FILE}: {question.id} lists {len(entries)} wrong answers; expected at least {wanted}"
                + (" (every wrong choice)" if question.kind is Kind.CHOICE else "")
            )


def read_all(
    assignment: Assignment, listed: Sequence[WrongAnswer], samples: Sequence[Exemplar], grade: Grade, pool: Executor
) -> list[Read]:
    """Grade every listed wrong answer and return what the student reads, in order; always for the same hidden cases.

    Raises:
        WrongAnswersError: an exemplar that an entry is put below is not there.
    """
    seed = hashlib.sha256(f"feedback:{assignment.slug}".encode()).digest()
    uploads = [_upload(assignment, wrong, samples) for wrong in listed]

    def read(at: int) -> Read:
        report = grade(assignment, *uploads[at], seed)
        return Read(listed[at], next(result for result in report.questions if result.id == listed[at].question))

    return list(pool.map(read, range(len(listed))))


def _upload(
    assignment: Assignment, wrong: WrongAnswer, samples: Sequence[Exemplar]
) -> tuple[list[tuple[str, bytes]], dict[str, str]]:
    if wrong.code is None:
        return [], {wrong.question: wrong.text or ""}
    source = wrong.code if wrong.base == "" else f"{_base(wrong, samples)}\n\n{wrong.code}"
    return [(f"{assignment.slug}.py", source.encode())], {}


def _base(wrong: WrongAnswer, samples: Sequence[Exemplar]) -> str:
    for sample in samples:
        if sample.source is not None and (sample.is_right if wrong.base is None else sample.name == wrong.base):
            return sample.source
    raise WrongAnswersError(f"{WRONG_ANSWERS_FILE}: {wrong}: there is no exemplar {wrong.base or 'that is right'}")


def by_question(assignment: Assignment, reads: Sequence[Read]) -> Mapping[Question, list[Read]]:
    """Return what is read for each question that lists wrong answers, in the assignment's order."""
    grouped = {question: [r for r in reads if r.wrong.question == question.id] for question in assignment.questions}
    return {question: found for question, found in grouped.items() if found}
