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
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from assignments import catalog
from assignments.spec import Assignment
from assignments.verdict import Report
from grader.cli import assignments_group, cli
from grader.settings import SettingsError, load_settings

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
def grading(*, has_code: bool = True, workers: int = 1) -> Iterator[Grade]:
    """Offer a function that grades one upload, with a runner of its own where code is to be run.

    Raises:
        GraderFailed: the sandbox cannot be had on this machine, or grading failed.
    """
    from worker.client import RunnerClient, RunnerUnavailable
    from worker.judging import GradingError, grade_upload
    from worker.private_runner import private_runner

    def grade(assignment: Assignment, files: list[tuple[str, bytes]], answers: dict[str, str], seed: bytes) -> Report:
        try:
            return grade_upload(assignment, files, answers, seed=seed, runner=runner)
        except (GradingError, RunnerUnavailable) as error:
            raise GraderFailed(str(error)) from error

    if not has_code:
        runner = RunnerClient("")
        yield grade
        return
    try:
        with private_runner(workers=workers, box_reuse=load_settings().box_reuse) as socket_path:
            runner = RunnerClient(socket_path)
            yield grade
    except RunnerUnavailable as error:
        raise GraderFailed(str(error)) from error


def _find(slug: str) -> Assignment:
    if slug not in catalog.slugs():
        raise click.UsageError(f"there is no assignment {slug!r}; there are: {', '.join(catalog.slugs())}")
    return catalog.load(slug)


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
    with grading(workers=2) as grade:
        reports = []
        for assignment in chosen:
            report = gate.check(assignment, grade=grade, play=play_trusted)
            reports.append(report)
            if not as_json:
                click.echo(gate.render(report))
    if as_json:
        click.echo(json.dumps([gate.as_json(report) for report in reports], indent=2, ensure_ascii=False))
    if not all(report.passed for report in reports):
        sys.exit(1)


@assignments_group.command("new")
@click.argument("slug")
def new_command(slug: str) -> None:
    """Make a folder for a new assignment, complete enough to pass `check`."""
    from assignments import scaffold

    try:
        folder = scaffold.create(slug)
    except scaffold.ScaffoldError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"Made {folder}. Next: edit its questions.py, then run `grader assignments check {slug}`.")


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
