"""A submission's public JSON, arranged for the result page: what is opened, what is grouped, how the bar is drawn.

The page shows what the API says and nothing else, so the two can never disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.web.charts import Chart, charts
from grader.web.words import Label, duration, plural, points, status_label, verdict_label

_LOST_POINTS = frozenset({"partial", "failed", "crashed", "timed_out", "out_of_memory", "invalid", "grader_error"})
_BAR_WIDTH = 1000.0
_BAR_GAP = 8.0


@dataclass(frozen=True)
class Segment:
    """One question's place in the score bar, in units of the drawing; `fill` is the part that was earned."""

    x: float
    width: float
    fill: float
    tone: str
    title: str


@dataclass(frozen=True)
class QuestionView:
    """One question as the page shows it."""

    id: str
    title: str
    score: float
    max_score: float
    is_bonus: bool
    verdict: str
    label: Label
    mistake: str | None
    feedback: Sequence[str]
    visible_checks: Sequence[Mapping[str, Any]]
    hidden_checks: Sequence[Mapping[str, Any]]
    charts: Sequence[Chart]
    is_open: bool

    @property
    def passed_hidden(self) -> int:
        """Number of hidden checks that passed."""
        return sum(check["verdict"] == "passed" for check in self.hidden_checks)

    @property
    def opens_hidden(self) -> bool:
        """Whether only hidden checks tell what is wrong, so that they are shown at once."""
        shown_wrong = any(check["verdict"] != "passed" for check in self.visible_checks)
        return not shown_wrong and self.passed_hidden < len(self.hidden_checks)

    @staticmethod
    def shows_values(check: Mapping[str, Any]) -> bool:
        """Whether a check has something to put side by side; some only have a remark."""
        return any(key in check for key in ("input", "got", "expected"))

    @property
    def has_body(self) -> bool:
        """Whether there is anything to unfold."""
        return bool(self.feedback or self.charts or self.visible_checks or self.hidden_checks)


def question_views(questions: Sequence[Mapping[str, Any]]) -> list[QuestionView]:
    """Return the questions in order; open is one: the first that lost points, that lacks its code, or with a curve."""
    lost = (question["id"] for question in questions if question["verdict"] in _LOST_POINTS)
    drawn = (question["id"] for question in questions if question.get("curves"))
    # Why a function is missing is worth reading; that a field was left blank is not.
    lacking = (each["id"] for each in questions if each["verdict"] == "missing" and each.get("checks"))
    open_id = next(lost, None) or next(lacking, None) or next(drawn, None)
    views = []
    for question in questions:
        checks = question.get("checks", [])
        views.append(
            QuestionView(
                id=question["id"],
                title=question.get("title") or question["id"],
                score=question["score"],
                max_score=question["max_score"],
                is_bonus=bool(question.get("bonus") or question.get("is_bonus")),
                verdict=question["verdict"],
                label=verdict_label(question["verdict"]),
                mistake=question.get("mistake"),
                feedback=question.get("feedback", []),
                visible_checks=[check for check in checks if check["visible"]],
                hidden_checks=[check for check in checks if not check["visible"]],
                charts=charts(question["id"], question.get("curves", ())),
                is_open=question["id"] == open_id,
            )
        )
    return views


def score_bar(questions: Sequence[QuestionView]) -> list[Segment]:
    """Return the bar's segments, each as wide as its question's points are many."""
    total = sum(question.max_score for question in questions)
    if total <= 0:
        return []
    room = _BAR_WIDTH - _BAR_GAP * (len(questions) - 1)
    segments = []
    x = 0.0
    for question in questions:
        width = room * question.max_score / total
        earned = question.score / question.max_score if question.max_score else 0.0
        segments.append(
            Segment(
                x=round(x, 1),
                width=round(width, 1),
                fill=round(width * earned, 1),
                tone={"passed": "good", "pending": "wait"}.get(question.verdict, "part"),
                title=question.title,
            )
        )
        x += width + _BAR_GAP
    return segments


@dataclass(frozen=True)
class Summary:
    """The result in one word and one sentence."""

    label: Label
    word: str
    sentence: str


def summary(result: Mapping[str, Any], questions: Sequence[QuestionView]) -> Summary:
    """Return the headline of a graded result, and where to look first."""
    wrong = [question for question in questions if question.verdict in _LOST_POINTS or question.verdict == "missing"]
    pending = [question for question in questions if question.verdict == "pending"]
    if result["status"] != "graded":
        return Summary(status_label(result["status"]), status_label(result["status"]).word, "")
    if not wrong:
        sentence = _to_mark(pending) if pending else "Every question is right."
        return Summary(verdict_label("passed"), "Graded", sentence)
    count = plural(len(wrong), "question needs", "questions need")
    sentence = " ".join([f"{count} another look.", *([_to_mark(pending)] if pending else [])])
    return Summary(verdict_label("partial" if result["score"] else "failed"), "Graded", sentence)


def _to_mark(pending: Sequence[QuestionView]) -> str:
    """Return what waits for a teacher, and what it can bring."""
    is_bonus = all(question.is_bonus for question in pending)
    most = points(sum(question.max_score for question in pending))
    kind = "bonus points on top" if is_bonus else "points more"
    return f"{plural(len(pending), 'answer waits', 'answers wait')} for a teacher, for up to {most} {kind}."


@dataclass(frozen=True)
class Waiting:
    """What a person who waits is told."""

    title: str
    detail: str


def waiting(result: Mapping[str, Any]) -> Waiting:
    """Return the place and the estimate while queued, and what goes on while running."""
    if result["status"] == "running":
        return Waiting("Being graded now", "Your code runs in the sandbox; results appear as they come.")
    queue = result.get("queue")
    if not queue:
        return Waiting("In the queue", "It is your turn soon.")
    place = "You are next" if queue["place"] <= 1 else f"Number {queue['place']} in the queue"
    return Waiting(place, f"About {duration(max(1, round(queue['estimate_s'])))} to go.")
