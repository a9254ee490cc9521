"""What Flask is given once for the whole service: the request's session, login, CSRF, rate limits.

`create_app` initialises them; views import them from here.
"""

from __future__ import annotations

import inspect

from flask import request
from flask.sansio.app import App
from flask_limiter import Limiter
from flask_login import LoginManager
from flask_sqlalchemy_lite import SQLAlchemy
from flask_wtf.csrf import CSRFProtect

from grader.db import session_options


class Database(SQLAlchemy):
    """The request's session; an ordinary one, never an asynchronous one."""

    def init_app(self, app: App) -> None:
        """Register without the closing of asynchronous sessions: it costs every request a thread and an event loop."""
        super().init_app(app)
        app.teardown_appcontext_funcs[:] = [
            function for function in app.teardown_appcontext_funcs if not inspect.iscoroutinefunction(function)
        ]


database = Database(session_options=session_options())
login_manager = LoginManager()
csrf = CSRFProtect()


def client_address() -> str:
    """Return the address a request comes from, as the trusted proxies tell it."""
    return request.remote_addr or "unknown"


limiter = Limiter(key_func=client_address, headers_enabled=True, default_limits=[])
