"""The web server: gunicorn with threads, configured from the settings and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from grader.connections import PatientWorker
from grader.logs import configure_logging
from grader.settings import Settings

_MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 (gunicorn's heartbeat file belongs in memory: a slow disk would kill workers)


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """A gunicorn that reads no configuration file and no command line."""

    def __init__(self, options: Mapping[str, Any], settings: Settings) -> None:
        self._options = options
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Take the options we were given."""
        for key, value in self._options.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        """Return the application; called in each worker process, after the fork."""
        from grader import create_app

        configure_logging(self._settings.log_level)
        return create_app(self._settings)


def options(settings: Settings) -> dict[str, Any]:
    """Return gunicorn's options.

    Threads, because a stream of events holds one; no control socket, because it would be made in the home folder.
    """
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    chosen: dict[str, Any] = {
        "bind": [f"{host}:{settings.port}"],
        "workers": settings.web_workers,
        "worker_class": PatientWorker,
        "threads": settings.web_threads,
        "worker_connections": 1000,
        "timeout": 60,
        "graceful_timeout": 10,
        "keepalive": 5,
        "max_requests": 0,
        "control_socket_disable": True,
        "proc_name": "grader-web",
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning" if settings.log_level == "info" else settings.log_level,
        "limit_request_line": 4094,
        "limit_request_fields": 60,
        # Which proxies to believe is `Application`'s business; gunicorn itself believes none.
        "forwarded_allow_ips": "",
    }
    if _MEMORY_FOLDER.is_dir() and os.access(_MEMORY_FOLDER, os.W_OK):
        chosen["worker_tmp_dir"] = str(_MEMORY_FOLDER)
    return chosen


def serve(settings: Settings) -> None:
    """Serve until a signal ends it; does not return."""
    # Whatever the environment says: neither gunicorn's own options nor Flask's debugger come from there.
    for name in ("GUNICORN_CMD_ARGS", "FLASK_DEBUG", "FLASK_APP", "WEB_CONCURRENCY"):
        os.environ.pop(name, None)
    settings.resolved_secret_key()  # made once here, not raced for by the workers
    Server(options(settings), settings).run()
