"""The database of `./run`: tables up to date, the demo course in it, its logins in `demo.json`."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import sqlite3
from pathlib import Path
from typing import Any

from grader.embedded.supervisor import StartError
from grader.settings import Settings

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"


def prepare(settings: Settings, url: str) -> None:
    """Bring the tables up to date and fill an empty database with the demo course.

    Raises:
        StartError: the database cannot be used.
    """
    if not settings.database_url and is_prepared(settings.data_dir / "grader.sqlite3"):
        return
    # Imported only when there is something to do: loading them takes longer than all else this process does.
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    from grader import db
    from grader.services import demo

    address = settings.resolved_database_url()
    try:
        db.upgrade(address)
        with db.session_factory(db.make_engine(address))() as session:
            demo.seed(
                session,
                url,
                now=dt.datetime.now(dt.UTC),
                keep=lambda logins: write_logins(settings.data_dir / "demo.json", logins),
            )
    except SQLAlchemyError as error:
        shown = make_url(address).render_as_string(hide_password=True)
        raise StartError(f"The database {shown} cannot be used: {error}") from error


def is_prepared(path: Path) -> bool:
    """Return whether the SQLite file has the newest tables and people in it; asked without the ORM, so at once."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = {revision for (revision,) in connection.execute("SELECT version_num FROM alembic_version")}
            people = connection.execute("SELECT 1 FROM users LIMIT 1").fetchone()
    except sqlite3.Error:
        return False
    return people is not None and found == _newest_revisions()


def _newest_revisions() -> set[str]:
    """Return the migrations no other one follows, read as text."""
    texts = [path.read_text(encoding="utf-8") for path in MIGRATIONS.glob("*.py")]
    revisions = {found for text in texts for found in re.findall(r'^revision\b.*?= "(\w+)"', text, re.MULTILINE)}
    followed = {found for text in texts for found in re.findall(r'^down_revision\b.*?= "(\w+)"', text, re.MULTILINE)}
    return revisions - followed


def write_logins(path: Path, logins: dict[str, Any]) -> None:
    """Write `demo.json`, readable by its owner alone, whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(logins, file, indent=2, ensure_ascii=False)
        file.write("\n")
    draft.replace(path)


def read_logins(path: Path, url: str) -> dict[str, Any] | None:
    """Return what `demo.json` says, with the address the service has today; None where there is none."""
    try:
        logins = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(logins, dict) or not {"course", "instructor", "assistant", "students"} <= logins.keys():
        return None
    if logins.get("url") != url:
        logins["url"] = url
        write_logins(path, logins)
    return logins
