"""The pages. Each module is one blueprint: it reads the request, calls a service, renders a template."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, g

from grader.settings import Settings
from grader.web import assignment, auth, courses, errors, filters, gradebook, identity, me, security, submission

BLUEPRINTS = (
    auth.blueprint,
    courses.blueprint,
    assignment.blueprint,
    submission.blueprint,
    me.blueprint,
    gradebook.blueprint,
)


def register(app: Flask) -> None:
    """Add the pages, their error pages, the login and the security headers to the service."""
    settings: Settings = app.config["GRADER_SETTINGS"]
    security.install(app, is_https=settings.secure_cookies)
    identity.install()
    filters.install(app)
    errors.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    static_version = _static_version(Path(app.static_folder or ""))

    @app.context_processor
    def offer_to_templates() -> dict[str, object]:
        return {"static_version": static_version, "zone_name": _zone_name}


def _zone_name() -> str:
    zone = g.get("zone", dt.UTC)
    return zone.key if isinstance(zone, ZoneInfo) else "UTC"


def _static_version(folder: Path) -> str:
    """Return a mark that changes with any stylesheet or script, so that browsers may keep them for long."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".css", ".js"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:10]
