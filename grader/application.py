"""The Flask application: configuration, database and queue, and which half answers a refusal."""

from __future__ import annotations

import datetime as dt
import re

from flask import Flask, request
from flask.typing import ResponseReturnValue
from gunicorn.http.errors import ParseException
from werkzeug.middleware.proxy_fix import ProxyFix

from grader.api import problems
from grader.db import engine_options, normalised_url, prepare
from grader.errors import BadRequest, NotFound
from grader.extensions import csrf, database, limiter, login_manager
from grader.queue import Queue
from grader.services.text import can_be_stored
from grader.settings import Settings

API_PREFIX = "/api/"
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
_FORM_OVERHEAD_BYTES = 1 << 20  # typed answers, part headers, JSON's escapes
_MAX_FORM_PARTS = 300
_SESSION_LIFETIME = dt.timedelta(days=14)


class Application(Flask):
    """Flask with our configuration; below `/api/` every refusal is a problem document, elsewhere a page."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("grader")
        self.config.update(
            GRADER_SETTINGS=settings,
            SECRET_KEY=settings.resolved_secret_key(),
            # Bodies are bounded before they are read; the field limit leaves room for code pasted into a form.
            MAX_CONTENT_LENGTH=settings.max_upload_bytes + _FORM_OVERHEAD_BYTES,
            MAX_FORM_MEMORY_SIZE=settings.max_file_bytes + _FORM_OVERHEAD_BYTES,
            MAX_FORM_PARTS=_MAX_FORM_PARTS,
            SESSION_COOKIE_NAME="deltamark",
            SESSION_COOKIE_HTTPONLY=True,
            SESSION_COOKIE_SAMESITE="Lax",
            SESSION_COOKIE_SECURE=settings.secure_cookies,
            PERMANENT_SESSION_LIFETIME=_SESSION_LIFETIME,
            SEND_FILE_MAX_AGE_DEFAULT=dt.timedelta(hours=1),
            WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form left open overnight still works
        )
        self.debug = False  # whatever FLASK_DEBUG says: the debugger would run anybody's code
        self.json.sort_keys = False  # type: ignore[attr-defined]
        self.json.ensure_ascii = False  # type: ignore[attr-defined]
        self.before_request(_look_at_address)
        if settings.trusted_proxies:
            count = settings.trusted_proxies
            self.wsgi_app = ProxyFix(self.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]

    def handle_user_exception(self, e: Exception) -> ResponseReturnValue:
        """Answer an exception of a view: a problem document below `/api/`, else what the pages registered."""
        if isinstance(e, ParseException):  # gunicorn reads a body as late as the view does
            e = BadRequest("the body does not come in the pieces that its Transfer-Encoding announces")
        if request.path.startswith(API_PREFIX):
            return problems.answer(e)
        return super().handle_user_exception(e)


def _look_at_address() -> None:
    """Refuse, before anybody looks for it, what no row can be named by.

    PostgreSQL takes no NUL in a text, so that an address with one would be a failure of ours; and no control character
    of an address reaches a log.
    """
    if _CONTROLS.search(request.path):
        raise NotFound("there is nothing at this address")
    if not all(can_be_stored(text) for pair in request.args.items(multi=True) for text in pair):
        raise BadRequest("a parameter of the address holds a character that is no text")


def connect(app: Flask, settings: Settings) -> None:
    """Give requests a session on the settings' database that hands runs to the settings' queue after commit."""
    url = normalised_url(settings.resolved_database_url())
    # A thread holds a connection while it answers, not while it waits: fewer connections than threads do.
    options = engine_options(url, pool_size=max(5, settings.web_threads // 2))
    app.config["SQLALCHEMY_ENGINES"] = {"default": {"url": url, **options}}
    database.init_app(app)
    queue = Queue(settings.redis_url)
    app.extensions["grader_queue"] = queue
    with app.app_context():
        prepare(database.engine)
        database.sessionmaker.configure(info={"queue": queue})


def install_extensions(app: Flask, settings: Settings) -> None:
    """Install login, CSRF protection and rate limits; the limits live in the broker, or in memory while it is away."""
    app.config.setdefault("RATELIMIT_STORAGE_URI", _limits_url(settings.redis_url))
    app.config.setdefault("RATELIMIT_STORAGE_OPTIONS", _limits_options(settings.redis_url))
    app.config.setdefault("RATELIMIT_STRATEGY", "fixed-window")
    app.config.setdefault("RATELIMIT_IN_MEMORY_FALLBACK_ENABLED", True)
    app.config.setdefault("RATELIMIT_SWALLOW_ERRORS", True)
    app.config.setdefault("RATELIMIT_KEY_PREFIX", "grader")
    csrf.init_app(app)
    login_manager.init_app(app)
    limiter.init_app(app)


def _limits_url(redis_url: str) -> str:
    if not redis_url:
        return "memory://"
    for scheme in ("unix://", "redis+socket://"):
        if redis_url.startswith(scheme):
            return redis_url.replace(scheme, "redis+unix://", 1)
    return redis_url


def _limits_options(redis_url: str) -> dict[str, int]:
    return {"socket_connect_timeout": 1, "socket_timeout": 1} if redis_url else {}
