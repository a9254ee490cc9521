"""What the gate found for one assignment, as data, as JSON and as lines for a terminal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from assignments.calibration import Margin
from assignments.spec import Assignment


@dataclass(frozen=True)
class GateReport:
    """What the gate found for one assignment; `failures` holds a sentence for each thing that is wrong."""

    slug: str
    version: str
    questions: int
    is_draft: bool
    seeds: int
    duration_s: float
    failures: tuple[str, ...] = ()
    checks: int = 0  # of all code questions, in one draw
    checks_by_property: int = 0  # those of them that compare nothing, and so have no margin
    mistakes: int = 0
    exemplars: int = 0
    wrong_answers: int = 0
    mutants: int = 0
    mutants_caught: int = 0
    mutants_equivalent: int = 0
    right_margin: Margin | None = None  # None where no right work is off at all
    wrong_margin: Margin | None = None  # None where no wrong work comes near

    @property
    def passed(self) -> bool:
        """Whether the assignment may be published."""
        return not self.failures

    @property
    def mutation_score(self) -> float:
        """Caught mutants as a fraction of those that are not equivalent; 1 where there are none."""
        counted = self.mutants - self.mutants_equivalent
        return self.mutants_caught / counted if counted else 1.0


def empty(assignment: Assignment, seeds: int) -> dict[str, Any]:
    """Return the fields of a report that are known before anything is tried."""
    return {
        "slug": assignment.slug,
        "version": assignment.version,
        "questions": len(assignment.questions),
        "is_draft": assignment.is_draft,
        "seeds": seeds,
    }


def as_json(report: GateReport) -> dict[str, Any]:
    """Return a report as plain data for JSON."""
    return {**asdict(report), "passed": report.passed, "mutation_score": round(report.mutation_score, 4)}


def render(report: GateReport) -> str:
    """Return a report as lines for a terminal."""
    state = "passed" if report.passed else f"FAILED, {len(report.failures)} findings"
    counted = report.mutants - report.mutants_equivalent
    lines = [
        f"{report.slug} {report.version}: {state} in {report.duration_s:.1f} s{' (draft)' if report.is_draft else ''}",
        f"  {report.questions} questions, {report.checks} checks, {report.exemplars} exemplars",
        f"  {report.mistakes} mistakes, told apart for {report.seeds} seeds; {report.wrong_answers} wrong answers read",
    ]
    if report.mutants:
        lines.append(f"  mutants: {report.mutants_caught} of {counted} caught ({100 * report.mutation_score:.1f} %)")
        lines.append(f"  {_counted(report.mutants_equivalent, 'more mutant')} listed as equivalent")
    else:
        lines.append("  no code, so no mutants are made")
    if report.checks:
        lines.append(f"  right work stays below the limit by {report.right_margin or 'any factor: all equal'}")
        lines.append(f"  wrong work goes beyond it by {report.wrong_margin or 'any factor: other forms only'}")
    if report.checks_by_property:
        lines.append(f"  {_counted(report.checks_by_property, 'check')} judged by property, without a margin")
    return "\n".join([*lines, *(f"  - {failure}" for failure in report.failures)])


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing} is" if number == 1 else f"{number} {thing}s are"
