"""One run, from claimed to stored.

`grade_upload` is the whole of grading and knows no database: the command line uses it as it is, the worker wraps it in
a claim and a transaction.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog
from sqlalchemy.exc import OperationalError as DatabaseError

from assignments import catalog
from assignments.judge import Judge
from assignments.script import Load, ProbesOutcome, Source
from assignments.spec import Assignment
from assignments.verdict import QuestionResult, Report, Verdict
from grader.services import runs
from grader.services.unpack import FilesRejected, unpack
from worker import claims
from worker.client import Job, JobFailed, RunnerClient, RunnerUnavailable
from worker.supply import Supplies
from worker.wire import play_trusted

PROGRESS_AFTER_S = 0.3  # a run shorter than this is shown when it is done: telling earlier would cost more than it says
SANDBOX = "strict"

DEFINES = re.compile(r"^(?:async[ \t]+)?def[ \t]+(\w{1,60})", re.MULTILINE)
SHOWN = 4  # names of functions in a remark

log = structlog.get_logger(__name__)


class GradingError(Exception):
    """The grader failed; the message is for staff."""


def grade_upload(
    assignment: Assignment,
    files: Sequence[tuple[str, bytes]],
    answers: Mapping[str, str],
    *,
    seed: bytes,
    runner: RunnerClient,
    variant: Mapping[str, float] | None = None,
    on_question: Callable[[QuestionResult], None] | None = None,
) -> Report:
    """Grade one upload and return everything a student may read about it.

    Args:
        assignment: what was asked.
        files: name and content of each file, as uploaded; empty where only fields were filled in.
        answers: question id → text as typed.
        seed: what the hidden cases are drawn from.
        runner: where the code runs; not asked when there is no code.
        variant: the student's own numbers; None for the statement's.
        on_question: told each result as its question ends.

    Raises:
        RunnerUnavailable: the sandbox is away; the upload is untouched and can be graded later.
        GradingError: the grader itself failed.
    """
    started = time.monotonic()
    tell = on_question or _tell_nobody
    judge = Judge(assignment, seed=seed, play=play_trusted, variant=variant)
    results: dict[str, QuestionResult] = {}
    notes: list[str] = []
    printed: list[str] = []
    sources: tuple[Source, ...] = ()

    def add(found: Iterable[QuestionResult]) -> None:
        for result in found:
            results[result.id] = result
            tell(result)

    add(judge.judge_fields(answers))
    if assignment.code_questions and not files:
        add(judge.no_code())
    elif assignment.code_questions:
        try:
            unpacked = unpack(files, assignment.slug)
        except FilesRejected as error:
            # It was read at the door: if it cannot be read any more, the fault is ours.
            raise GradingError(f"an accepted upload cannot be unpacked: {error}") from error
        notes.extend(unpacked.notes)
        sources = tuple(unpacked.sources)
        job = Job(sources=sources, entry=assignment.slug, probes=judge.probes(), limits=assignment.limits)
        load: Load | None = None
        for event in runner.run(job):
            if isinstance(event, Load):
                load = event
                judge.play_reference()  # the box plays the student's functions meanwhile
                notes.extend(note for note in event.notes if note not in notes)
            elif load is None:
                raise GradingError("the runner answered a question before it said how loading went")
            else:
                add([_judge(judge, event, load)])
                printed.append(event.stdout)
    missing = [question.id for question in assignment.questions if question.id not in results]
    if missing:
        raise GradingError(f"no result came back for {', '.join(missing)}")
    if sources and all(results[question.id].verdict is Verdict.MISSING for question in assignment.code_questions):
        notes.extend(_other_assignment(assignment, sources))
    report = Report(
        assignment=assignment.slug,
        assignment_version=assignment.version,
        seed_id=judge.seed_id,
        questions=tuple(results[question.id] for question in assignment.questions),
        stdout="".join(printed)[: assignment.limits.output_kib * 1024],
        notes=tuple(notes),
        duration_ms=round((time.monotonic() - started) * 1000),
    )
    if report.has_grader_error:
        failed = [q.id for q in report.questions if q.verdict == "grader_error"]
        raise GradingError(f"the grader could not judge {', '.join(failed)}")
    return report


def _other_assignment(assignment: Assignment, sources: Sequence[Source]) -> list[str]:
    """Return the remark that the file of another assignment was handed in, where it looks like one.

    Its text is only searched for names: nothing of a submission is parsed outside a box. Which assignment it may be is
    not said: that one may not be published yet.
    """
    defined = {name for source in sources for cell in source.cells for name in DEFINES.findall(cell)}
    others = [catalog.load(slug) for slug in catalog.course_slugs() if slug != assignment.slug]
    asked = [{name for question in other.code_questions for name in question.functions} for other in others]
    fitting = sorted(max((names & defined for names in asked), key=len, default=()))
    if not fitting:
        return []
    names = ", ".join(f"`{name}`" for name in fitting[:SHOWN])
    return [f"This looks like work for another assignment: it defines {names}. Was another file meant?"]


def _judge(judge: Judge, outcome: ProbesOutcome, load: Load) -> QuestionResult:
    try:
        return judge.judge_code(outcome.question_id, outcome, load)
    except Exception as error:  # whatever the judge trips over is our fault, never a zero
        raise GradingError(f"judging {outcome.question_id} failed: {type(error).__name__}: {error}") from error


def _tell_nobody(result: QuestionResult) -> None:
    """Ignore progress."""


def grade_next(supplies: Supplies, *, hint: str) -> None:
    """Claim the run that is first in the fair order as soon as the gate is open, grade it and store what was found.

    Nothing that happens here is ever the student's loss: a sandbox that is away leaves the run queued, any failure of
    ours has it tried again, a result whose lease was lost is dropped because another worker's counts.
    """
    if not supplies.gate.is_open:
        log.info("hint_held", hint=hint, why="nothing may be claimed until the canary is right")
    if not supplies.gate.wait():
        log.debug("nothing_may_be_claimed", hint=hint)
        return
    with supplies.sessions() as session:
        claim = claims.claim_next(session, now=supplies.now(session), lease_s=supplies.settings.lease_s)
    if claim is None:
        log.debug("nothing_to_claim", hint=hint)
        return
    structlog.contextvars.bind_contextvars(run_id=claim.run_id)
    try:
        with claims.Heartbeat(supplies, claim):
            _grade_claimed(supplies, claim)
    except JobFailed as error:
        log.warning("sandbox_gave_up", error=str(error))
        with supplies.sessions() as session:
            claims.give_up(session, claim, now=supplies.now(session), reason=str(error)[:2000])
    except RunnerUnavailable as error:
        log.warning("sandbox_away", error=str(error))
        with supplies.sessions() as session:
            claims.put_back(session, claim)
    except runs.LeaseLostError:
        log.warning("result_dropped", why="the lease was lost")
    except Exception as error:
        log.exception("grading_failed")
        with supplies.sessions() as session:
            reason = f"{type(error).__name__}: {error}"[:2000]
            claims.give_up(session, claim, now=supplies.now(session), reason=reason)
        if isinstance(error, DatabaseError):
            supplies.engine.dispose()
    finally:
        structlog.contextvars.clear_contextvars()


def _grade_claimed(supplies: Supplies, claim: claims.Claim) -> None:
    with supplies.sessions() as session:
        work = runs.load_work(session, claim.run_id, supplies.settings.resolved_secret_key())
    progress = _Progress(supplies, claim)
    report = grade_upload(
        catalog.load(work.assignment_slug),
        work.files,
        work.answers,
        seed=work.seed,
        runner=supplies.runner,
        variant=work.variant,
        on_question=progress.tell,
    )
    with supplies.sessions() as session:
        runs.store(session, claim.run_id, claim.token, report, now=supplies.now(session), sandbox=SANDBOX)
    log.info("run_graded", submission_id=work.submission_id, score=str(report.score), ms=report.duration_ms)


class _Progress:
    """Shows results as they come, for runs long enough to be watched."""

    def __init__(self, supplies: Supplies, claim: claims.Claim) -> None:
        self._supplies = supplies
        self._claim = claim
        self._told_at = time.monotonic()
        self._number = 0
        self._held: list[QuestionResult] = []

    def tell(self, result: QuestionResult) -> None:
        """Store the result for whoever watches; results that come faster than anyone reads are told together."""
        self._held.append(result)
        if time.monotonic() - self._told_at < PROGRESS_AFTER_S:
            return
        with self._supplies.sessions() as session:
            for held in self._held:
                runs.report_question(session, self._claim.run_id, self._claim.token, self._number, held)
                self._number += 1
        self._held.clear()
        self._told_at = time.monotonic()
