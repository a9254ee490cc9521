"""The `grader` command: the service's own commands, and those that grade.

The group lives in `grader.cli`, which may not know the worker; this module adds what needs it.
"""

from __future__ import annotations

import hashlib
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from assignments import catalog
from assignments.spec import Assignment
from assignments.verdict import Report
from grader.cli import assignments_group, cli
from grader.settings import SettingsError, load_settings

if TYPE_CHECKING:
    from worker.sample_runs import Sandbox

GRADER_FAILED = 3


class GraderFailed(click.ClickException):
    """The grader's fault, not the upload's: exit code 3."""

    exit_code = GRADER_FAILED


@cli.command("grade")
@click.argument("slug")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--answers",
    "answers_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON object: question to text.",
)
@click.option("--answer", "typed", multiple=True, metavar="QUESTION=TEXT", help="One typed answer; may be repeated.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws the hidden cases.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def grade_command(
    slug: str, files: tuple[Path, ...], answers_file: Path | None, typed: tuple[str, ...], seed: int, *, as_json: bool
) -> None:
    """Grade FILES and typed answers as a submission to SLUG would be, in the real sandbox.

    Needs no database and no server. Exit codes: 0 graded, 2 bad usage, 3 the grader failed.
    """
    from grader.services import results
    from grader.services.unpack import FilesRejected, unpack

    assignment = _find(slug)
    answers = _read_answers(assignment, answers_file, typed)
    if not files and not answers:
        raise click.UsageError(f"nothing to grade: give the files or the answers of {slug}")
    uploads = [(path.name, path.read_bytes()) for path in files]
    if uploads and not assignment.code_questions:
        raise click.UsageError(f"{slug} has no question that is answered by code; type its answers with --answer")
    try:
        if uploads:
            unpack(uploads, slug)
    except FilesRejected as error:
        raise click.UsageError(str(error)) from error
    with grading(has_code=bool(uploads)) as grade:
        report = grade(assignment, uploads, answers, hashlib.sha256(f"grade:{seed}".encode()).digest())
    run = results.report_json(report)
    click.echo(json.dumps(run, indent=2, ensure_ascii=False) if as_json else results.report_text(run), nl=as_json)


Grade = Callable[[Assignment, list[tuple[str, bytes]], dict[str, str], bytes], Report]


@contextmanager
def grading(*, has_code: bool = True) -> Iterator[Grade]:
    """Offer a function that grades one upload, with a runner of its own where code is to be run.

    Raises:
        GraderFailed: the sandbox cannot be had on this machine, or grading failed.
    """
    from worker.sample_runs import Sandbox

    if has_code:
        with _sandbox() as sandbox:
            yield sandbox.grade
    else:
        with _told_as_ours():
            yield Sandbox("").grade


@contextmanager
def _sandbox(workers: int = 1) -> Iterator[Sandbox]:
    """Offer a sandbox of this command's own; what fails in it is the grader's fault."""
    from worker.private_runner import private_runner
    from worker.sample_runs import Sandbox

    with _told_as_ours(), private_runner(workers=workers, box_reuse=load_settings().box_reuse) as socket_path:
        yield Sandbox(socket_path)


@contextmanager
def _told_as_ours() -> Iterator[None]:
    from worker.client import RunnerUnavailable
    from worker.judging import GradingError

    try:
        yield
    except (GradingError, RunnerUnavailable) as error:
        raise GraderFailed(str(error)) from error


def _find(slug: str) -> Assignment:
    if slug not in catalog.slugs():
        raise click.UsageError(f"there is no assignment {slug!r}; there are: {', '.join(catalog.slugs())}")
    try:
        return catalog.load(slug)
    except catalog.CatalogError as error:
        # Whoever is writing an assignment meets this often: the findings, and nothing else.
        findings = "\n".join(f"  - {problem}" for problem in error.problems)
        raise click.ClickException(f"assignment {slug} does not fit together:\n{findings}") from error


def _read_answers(assignment: Assignment, path: Path | None, typed: tuple[str, ...]) -> dict[str, str]:
    answers: dict[str, str] = {}
    if path is not None:
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise click.UsageError(f"{path} is not JSON: {error}") from error
        if not isinstance(read, dict) or not all(isinstance(text, str | int | float) for text in read.values()):
            raise click.UsageError(f"{path} must be one JSON object that maps each question to its text")
        answers.update({question: str(text) for question, text in read.items()})
    for item in typed:
        question, equals, text = item.partition("=")
        if not equals:
            raise click.UsageError(f"--answer {item!r} lacks a =; expected QUESTION=TEXT")
        answers[question] = text
    known = {question.id for question in assignment.fields}
    if unknown := sorted(set(answers) - known):
        fields = ", ".join(sorted(known)) or "none"
        raise click.UsageError(f"{assignment.slug} has no field {', '.join(unknown)}; its fields are: {fields}")
    return answers


@assignments_group.command("check")
@click.argument("slugs", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check_command(slugs: tuple[str, ...], *, as_json: bool) -> None:
    """Prove the tests of SLUGS (default: the whole pack) before a student sees them; exit 1 on any failure."""
    from assignments import gate
    from worker.wire import play_trusted

    chosen = [_find(slug) for slug in slugs or catalog.slugs()]
    with _sandbox(workers=2) as sandbox:
        reports = []
        for assignment in chosen:
            report = gate.check(assignment, grade=sandbox.grade, run=sandbox.run, play=play_trusted)
            reports.append(report)
            if not as_json:
                click.echo(gate.render(report))
    if as_json:
        click.echo(json.dumps([gate.as_json(report) for report in reports], indent=2, ensure_ascii=False))
    if not all(report.passed for report in reports):
        sys.exit(1)


@assignments_group.command("feedback")
@click.argument("slugs", nargs=-1)
@click.option("--write", is_flag=True, help="Put it into docs/feedback.md; without SLUGS the page is made anew.")
def feedback_command(slugs: tuple[str, ...], *, write: bool) -> None:
    """Show what students read for the likeliest wrong answers to SLUGS (default: the whole pack)."""
    from assignments import exemplars, feedback_table, wrong_answers

    sections: dict[str, str] = {}
    with _sandbox(workers=2) as sandbox, ThreadPoolExecutor(2) as pool:
        for assignment in [_find(slug) for slug in slugs or catalog.slugs()]:
            try:
                listed = wrong_answers.load(assignment)
                reads = wrong_answers.read_all(assignment, listed, exemplars.load(assignment), sandbox.grade, pool)
            except (wrong_answers.WrongAnswersError, exemplars.ExemplarError) as error:
                raise click.ClickException(f"{assignment.slug}: {error}") from error
            sections[assignment.slug] = feedback_table.section(assignment, reads)
            problems = [*wrong_answers.missing(assignment, listed), *(p for read in reads for p in read.problems())]
            for problem in problems:
                click.echo(f"{assignment.slug}: {problem}", err=True)
    if not write:
        click.echo("\n".join(sections.values()), nl=False)
        return
    path = feedback_table.PAGE
    if slugs and path.is_file():
        sections = feedback_table.sections_of(path.read_text("utf-8")) | sections
    path.write_text(feedback_table.page(sections), "utf-8")
    click.echo(f"Wrote {path}.")


@assignments_group.command("new")
@click.argument("slug")
def new_command(slug: str) -> None:
    """Make a folder for a new assignment, complete enough to pass `check`."""
    from assignments import scaffold

    try:
        folder = scaffold.create(slug)
    except scaffold.ScaffoldError as error:
        raise click.UsageError(str(error)) from error
    click.echo(
        f"Made {folder}: a small complete assignment. Write your own over it, file by file (docs/authoring.md shows\n"
        f"one being made), and run `grader assignments check {slug}` after every change."
    )


@cli.command("worker")
def worker_command() -> None:
    """Grade what is queued, until told to stop."""
    from worker.app import run_worker

    run_worker(load_settings())


@cli.command("sweep")
@click.option("--once", is_flag=True, help="Sweep one time and say what was done.")
def sweep_command(*, once: bool) -> None:
    """Queue again what a dead worker left behind; by default in a loop, until told to stop."""
    from grader.logs import configure_logging
    from grader.queue import Queue
    from worker.supply import Supplies
    from worker.sweeper import sweep, sweep_regularly

    supplies = Supplies()
    supplies.settings = load_settings()
    configure_logging(supplies.settings.log_level)
    supplies.open()
    if once:
        with supplies.sessions() as session:
            swept = sweep(session, Queue(supplies.settings.redis_url), now=supplies.now(session))
        click.echo(f"queued again: {swept.requeued}, ended as failed: {swept.failed}, hints sent: {swept.hinted}")
        return
    ended = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 (a signal handler's signature)
        ended.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sweep_regularly(supplies, ended)


@cli.command("runner")
@click.option("--socket", "socket_path", type=click.Path(path_type=Path), help="Where to listen.")
@click.option("--workers", type=click.IntRange(1, 256), help="Submissions run at the same time.")
@click.option("--box-reuse", type=click.IntRange(1), help="Submissions one box serves.")
def runner_command(socket_path: Path | None, workers: int | None, box_reuse: int | None) -> None:
    """Own the sandbox boxes and run students' code in them; refuses to start where the protection is missing."""
    from worker import runner

    settings = load_settings()
    sys.exit(
        runner.serve(
            socket_path or settings.resolved_runner_socket(),
            workers=workers or settings.workers,
            box_reuse=box_reuse or settings.box_reuse,
        )
    )


@cli.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor_command(*, as_json: bool) -> None:
    """Say what is configured, what can be reached, and which sandbox this machine gives; exit 1 on any fault."""
    from worker import doctor

    findings = doctor.examine_service(load_settings())
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in findings], indent=2, ensure_ascii=False))
    else:
        click.echo(doctor.render(findings))
    if not all(finding.ok for finding in findings):
        sys.exit(1)


def main() -> None:
    """Run the command line; a setting that cannot be used is told as one line, not as a traceback."""
    try:
        cli()
    except SettingsError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
