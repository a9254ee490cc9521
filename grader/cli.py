"""The service's own commands. `worker.cli` adds those that grade; the `grader` script starts there.

Every refusal is one clear line on standard error and exit code 2.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from assignments import catalog
from grader.errors import GraderError
from grader.models import Course, CourseAssignment, Role, User
from grader.settings import load_settings

_REGRADES_AT_ONCE = 50

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="deltamark", prog_name="grader")
def cli() -> None:
    """Deltamark: grades deep-learning homework and says why.

    Settings come from environment variables named GRADER_…; `grader doctor` shows them.
    """


@contextmanager
def open_session(*, writes: bool) -> Iterator[Session]:
    """Yield a session on the configured database; commit at the end when it writes.

    Raises:
        click.ClickException: the database cannot be used, or a service refuses what is asked.
    """
    from grader.db import begin_write, make_engine, session_factory

    engine = make_engine(load_settings().resolved_database_url())
    try:
        with session_factory(engine)() as session:
            if writes:
                begin_write(session)
            yield session
            session.commit()
    except GraderError as error:
        raise Refused(error) from error
    except ProgrammingError as error:
        raise click.ClickException("the database has no tables yet; run `grader db upgrade` first") from error
    except OperationalError as error:
        if "no such table" in str(error.orig):
            raise click.ClickException("the database has no tables yet; run `grader db upgrade` first") from error
        raise click.ClickException(f"the database cannot be used: {error.orig}") from error
    finally:
        engine.dispose()


class Refused(click.ClickException):
    """A service's refusal, with each field at fault on a line of its own."""

    exit_code = 2

    def __init__(self, error: GraderError) -> None:
        lines = [f"  {problem.field}: {problem.detail}" for problem in error.errors]
        super().__init__("\n".join([error.detail, *lines]))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def json_option(command: Command) -> Command:
    """Add `--json` to a command that prints a list."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def _course(session: Session, slug: str) -> Course:
    course = session.scalar(select(Course).where(Course.slug == slug))
    if course is None:
        known = ", ".join(session.scalars(select(Course.slug).order_by(Course.slug))) or "none yet"
        raise click.UsageError(f'there is no course "{slug}"; there are: {known}')
    return course


def _user(session: Session, email: str) -> User:
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None:
        raise click.UsageError(f'nobody has the email "{email}"; `grader user add` adds a person')
    return user


# --- database -----------------------------------------------------------------------------------------------------


@cli.group("db")
def db_group() -> None:
    """The database's tables."""


@db_group.command("upgrade")
@click.argument("revision", default="head")
def db_upgrade(revision: str) -> None:
    """Make the tables, or bring them up to date; data stays."""
    _migrate("upgrade", revision)


@db_group.command("downgrade")
@click.argument("revision")
@click.confirmation_option(prompt="Columns and tables of later versions are lost. Go on?")
def db_downgrade(revision: str) -> None:
    """Take the tables back to REVISION; `base` removes them all, with everything in them."""
    _migrate("downgrade", revision)


def _migrate(direction: str, revision: str) -> None:
    from alembic.util import CommandError

    from grader import db

    url = load_settings().resolved_database_url()
    try:
        getattr(db, direction)(url, revision)
    except CommandError as error:
        raise click.UsageError(str(error)) from error
    except OperationalError as error:
        raise click.ClickException(f"the database cannot be used: {error.orig}") from error
    click.echo(f"The database is at revision {revision}.")


# --- people -------------------------------------------------------------------------------------------------------


@cli.group("user")
def user_group() -> None:
    """People."""


@user_group.command("add")
@click.argument("email")
@click.option("--name", default="", help="Display name; default: the part of the address before the @.")
@click.option("--admin", "is_admin", is_flag=True, help="May do everything, in every course.")
@click.option("--course", "course_slug", help="Enrol the person in this course.")
@click.option("--role", type=click.Choice([str(role) for role in Role]), default="student", show_default=True)
@click.option("--section", default="", help="Section of the course.")
@click.option("--password", "asks", is_flag=True, help="Ask for a password.")
@click.option("--password-stdin", "from_stdin", is_flag=True, help="Read the password from standard input.")
def user_add(
    email: str,
    *,
    name: str,
    course_slug: str | None,
    role: str,
    section: str,
    is_admin: bool,
    asks: bool,
    from_stdin: bool,
) -> None:
    """Add a person with EMAIL; without a password option a random one is made and printed, this once."""
    from grader.services import accounts, audit, courses

    if asks and from_stdin:
        raise click.UsageError("--password and --password-stdin exclude each other")
    password = accounts.new_password()
    if asks:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    elif from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    with open_session(writes=True) as session:
        course = _course(session, course_slug) if course_slug else None
        user = accounts.create_user(session, email, name, password, is_admin=is_admin, now=_now())
        if course is not None:
            courses.enrol(session, course, user, Role(role), section=section)
        course_id = course.id if course is not None else None
        audit.record(session, None, course_id, "user.created", user.email, {"is_admin": is_admin}, _now())
    place = f" as {role} of {course_slug}" if course_slug else ""
    click.echo(f"Added {user.email}{place}.")
    if not asks and not from_stdin:
        click.echo(f"Password, shown only now: {password}")


@cli.group("token")
def token_group() -> None:
    """API tokens."""


@token_group.command("create")
@click.argument("email")
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@click.option("--days", type=click.IntRange(1, 3650), help="Valid for so many days; default: until revoked.")
def token_create(email: str, name: str, days: int | None) -> None:
    """Make a token for EMAIL and print it, this once."""
    from grader.services import audit, tokens

    with open_session(writes=True) as session:
        user = _user(session, email)
        expires_at = _now() + dt.timedelta(days=days) if days else None
        token, text = tokens.create(session, user, name, expires_at=expires_at, now=_now())
        detail = {"id": token.id, "for": user.email}
        audit.record(session, None, None, "token.created", token.name, detail, _now())
    click.echo(text)


# --- courses ------------------------------------------------------------------------------------------------------


@cli.group("course")
def course_group() -> None:
    """Courses."""


@course_group.command("create")
@click.argument("slug")
@click.option("--title", required=True, help="Title as people read it.")
@click.option("--term", default="", help="For example “Autumn 2026”.")
@click.option("--timezone", default="UTC", show_default=True, help="Zone its pages show times in.")
@click.option("--instructor", "instructors", multiple=True, metavar="EMAIL", help="Known person; may be repeated.")
@click.option("--assignment", "slugs", multiple=True, metavar="SLUG", help="Give out; repeatable; “all” but examples.")
@click.option("--variants", "has_variants", is_flag=True, help="Each student gets numbers of their own where possible.")
def course_create(
    slug: str,
    *,
    title: str,
    term: str,
    timezone: str,
    instructors: tuple[str, ...],
    slugs: tuple[str, ...],
    has_variants: bool,
) -> None:
    """Add a course with address SLUG."""
    from grader.services import audit, courses

    with open_session(writes=True) as session:
        course = courses.create_course(
            session, slug, title, term=term, timezone=timezone, has_variants=has_variants, now=_now()
        )
        for email in instructors:
            courses.enrol(session, course, _user(session, email), Role.INSTRUCTOR)
        chosen = catalog.course_slugs() if "all" in slugs else slugs
        for assignment in chosen:
            courses.publish(session, course, assignment, now=_now())
        detail = {"assignments": list(chosen), "variants": has_variants}
        audit.record(session, None, course.id, "course.created", course.slug, detail, _now())
    click.echo(f"Added the course {slug} with {len(chosen)} assignments and {len(instructors)} instructors.")


@course_group.command("list")
@json_option
def course_list(*, as_json: bool) -> None:
    """List the courses."""
    with open_session(writes=False) as session:
        rows = [
            {
                "slug": course.slug,
                "title": course.title,
                "term": course.term,
                "timezone": course.timezone,
                "variants": course.has_variants,
            }
            for course in session.scalars(select(Course).order_by(Course.slug))
        ]
    _print_rows(rows, as_json=as_json)


@course_group.command("variants")
@click.argument("slug", metavar="COURSE")
@click.argument("state", type=click.Choice(["on", "off"]))
def course_variants(slug: str, state: str) -> None:
    """Give each student of COURSE numbers of their own (on), or everybody the lecture's (off).

    What was handed in before keeps the numbers it answers, also when it is graded again.
    """
    from grader.services import courses

    with open_session(writes=True) as session:
        changed = courses.switch_variants(session, _course(session, slug), on=state == "on", actor_id=None, now=_now())
    whose = "each student has numbers of their own" if state == "on" else "everybody has the lecture's numbers"
    click.echo(f"{slug}: {whose} {'now' if changed else 'already'}.")


@cli.group("roster")
def roster_group() -> None:
    """The people of a course."""


@roster_group.command("import")
@click.argument("course_slug", metavar="COURSE")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option(
    "--passwords",
    "passwords_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Give new accounts a random password and write email,password to this new file (mode 0600).",
)
@json_option
def roster_import(course_slug: str, file: Path, passwords_file: Path | None, *, dry_run: bool, as_json: bool) -> None:
    """Add and update the people of COURSE from a CSV FILE with the columns name,email,section,role.

    All lines are taken, or none. Nobody is removed. `-` reads standard input.
    """
    from grader.services import roster

    if passwords_file is not None and passwords_file.exists():
        raise click.UsageError(f"{passwords_file} exists; passwords are written to a new file only")
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is not UTF-8 text; save it as “CSV UTF-8” and try again") from error
    with open_session(writes=True) as session:
        summary = roster.import_csv(
            session,
            _course(session, course_slug),
            text,
            actor=None,
            now=_now(),
            dry_run=dry_run,
            with_passwords=passwords_file is not None,
        )
        if passwords_file is not None and not dry_run:
            _write_passwords(passwords_file, summary.passwords)  # before the commit: none is lost
    counts = {
        "dry_run": dry_run,
        "added": len(summary.added),
        "changed": len(summary.changed),
        "unchanged": summary.unchanged,
        "new_accounts": len(summary.new_accounts),
        "new_sections": summary.new_sections,
    }
    if as_json:
        click.echo(json.dumps(counts, indent=2, ensure_ascii=False))
        return
    verb = "Would add" if dry_run else "Added"
    click.echo(
        f"{verb} {counts['added']} people ({counts['new_accounts']} new accounts), change {counts['changed']}, "
        f"leave {counts['unchanged']} as they are."
    )


def _write_passwords(path: Path, passwords: dict[str, str]) -> None:
    path.touch(mode=0o600, exist_ok=False)
    lines = ["email,password", *(f"{email},{password}" for email, password in passwords.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@cli.group("gradebook")
def gradebook_group() -> None:
    """Grades."""


@gradebook_group.command("export")
@click.argument("course_slug", metavar="COURSE")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File; default: standard output.")
@click.option("--excel", "for_excel", is_flag=True, help="Begin with a byte-order mark, as Excel wants it.")
def gradebook_export(course_slug: str, output: Path | None, *, for_excel: bool) -> None:
    """Write the gradebook of COURSE as CSV."""
    import io

    from grader.services import gradebook

    out = io.StringIO(newline="")
    with open_session(writes=False) as session:
        count = gradebook.export(session, _course(session, course_slug), out)
    data = out.getvalue().encode("utf-8-sig" if for_excel else "utf-8")
    if output is None:
        sys.stdout.buffer.write(data)
        return
    output.touch(mode=0o600)
    output.write_bytes(data)
    click.echo(f"Wrote {count} students to {output}.")


# --- assignments and serving --------------------------------------------------------------------------------------


@cli.command("regrade")
@click.argument("course_slug", metavar="COURSE")
@click.argument("slug", metavar="ASSIGNMENT")
@click.option("--failed", "only_failed", is_flag=True, help="Only what the grader itself failed to grade.")
def regrade(course_slug: str, slug: str, *, only_failed: bool) -> None:
    """Grade every submission of ASSIGNMENT in COURSE again, behind what students hand in meanwhile.

    The results so far stay until the new ones are there; every earlier run is kept.
    """
    from grader.services import audit, runs

    with open_session(writes=True) as session:
        course = _course(session, course_slug)
        row = session.scalar(
            select(CourseAssignment).where(CourseAssignment.course_id == course.id, CourseAssignment.slug == slug)
        )
        if row is None:
            raise click.UsageError(f'{course_slug} does not give out "{slug}"')
        chosen = runs.gradable_again(session, row.id, only_failed=only_failed)
        audit.record(session, None, course.id, "assignment.regraded", slug, {"submissions": len(chosen)}, _now())
        for start in range(0, len(chosen), _REGRADES_AT_ONCE):
            runs.grade_again(session, chosen[start : start + _REGRADES_AT_ONCE], _now())
            session.commit()  # uploads want their turn to write
    click.echo(f"Queued {len(chosen)} submissions of {slug} to be graded again.")


@cli.group("assignments")
def assignments_group() -> None:
    """The pack of assignments."""


@assignments_group.command("list")
@json_option
def assignments_list(*, as_json: bool) -> None:
    """List the assignments of the pack."""
    specs, broken = [], []
    for slug in catalog.slugs():
        try:
            specs.append(catalog.load(slug))
        except catalog.CatalogError as error:
            broken.append(str(error))
    rows = [
        {
            "slug": spec.slug,
            "points": float(spec.max_score),
            "questions": len(spec.questions),
            "version": spec.version,
            "state": "example" if spec.is_example else "draft" if spec.is_draft else "course",
            "title": spec.title,
        }
        for spec in specs
    ]
    _print_rows(rows, as_json=as_json)
    for problem in broken:
        click.echo(f"Left out: {problem}", err=True)


@cli.command("web")
def web_command() -> None:
    """Serve the pages and the API until told to stop."""
    from grader.server import serve

    serve(load_settings())


def _print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print rows as aligned columns with a heading, or as JSON."""
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        click.echo("There are none yet.")
        return
    texts = [[f"{value:g}" if isinstance(value, float) else str(value) for value in row.values()] for row in rows]
    table = [[key.replace("_", " ") for key in rows[0]], *texts]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
