"""What templates may call: moments, points, sizes, labels, Markdown. Templates themselves do no arithmetic."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, g
from markupsafe import Markup

from grader.web import markdown, words


def install(app: Flask) -> None:
    """Add the filters and tests to the application's templates."""
    app.jinja_env.filters.update(
        moment=moment,
        when=when,
        points=words.points,
        filesize=words.size,
        duration=words.duration,
        markdown=markdown.render,
        markdown_inline=markdown.render_inline,
        plain_code=markdown.plain_code,
        verdict=words.verdict_label,
        status=words.status_label,
        state=words.state_label,
    )
    app.jinja_env.globals.update(plural=words.plural)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def show_times_in(timezone: str) -> None:
    """Show this request's moments in a course's time zone; UTC where the name is unknown."""
    try:
        g.zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        g.zone = dt.UTC


def as_datetime(value: dt.datetime | str) -> dt.datetime:
    """Return an aware moment from a moment or from its ISO text."""
    moment_ = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment_ if moment_.tzinfo else moment_.replace(tzinfo=dt.UTC)


def moment(value: dt.datetime | str | None, *, seconds: bool = False) -> Markup:
    """Return a `<time>` element with date, time and zone, in the course's zone."""
    if value is None:
        return Markup("–")
    aware = as_datetime(value)
    local = aware.astimezone(g.get("zone", dt.UTC))
    clock = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    text = f"{local.day} {local.strftime('%b %Y')}, {clock}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        aware.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), f"{text} {local.tzname()}", text
    )


def when(value: dt.datetime | str | None) -> Markup:
    """Return a `<time>` element that says how far away a moment is: "in 3 days", "2 hours ago"."""
    if value is None:
        return Markup("–")
    aware = as_datetime(value)
    away = (aware - now()).total_seconds()
    if abs(away) < 60:
        text = "just now" if away <= 0 else "within a minute"
    else:
        length = words.duration(abs(away))
        first_unit = " ".join(length.split()[:2]) if abs(away) >= 2 * 86_400 else length
        text = f"in {first_unit}" if away > 0 else f"{first_unit} ago"
    return Markup('<time datetime="{}">{}</time>').format(aware.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), text)


def now() -> dt.datetime:
    """Return this request's moment: one page, one time."""
    if "now" not in g:
        g.now = dt.datetime.now(dt.UTC)
    moment_: dt.datetime = g.now
    return moment_
