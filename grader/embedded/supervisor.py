"""Starts the parts of the service in order, keeps them alive, stops them in reverse order.

One thread; a signal only sets a flag, which every wait looks at. The parts are started by command, as a real
deployment starts them, so that this module needs to know nothing of the worker.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import http.client
import os
import re
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO

import click

from grader.embedded import valkey
from grader.embedded.processes import Child, Warden
from grader.settings import Settings

READY_LIMIT_S = 120.0
LOG_LIMIT_BYTES = 5 << 20  # a longer log is put aside at the next start
SANDBOX_MISSING = 3  # exit code of a runner that found this machine's protection lacking
SANDBOX_RETRY_S = 30.0
_A_WORKER_IS_READY = re.compile(r'^grader_workers\{state="ready"\} [1-9]', re.MULTILINE)


class StartError(Exception):
    """The service cannot be started, or not be kept running; the message says why and what to do."""


class StopRequested(Exception):
    """Somebody asked the service to stop."""


def shown_host(host: str) -> str:
    """Return the host part of a URL that reaches a server listening on `host`."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 (recognised, not bound)
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


class Supervisor:
    """The parts of one service and the folder they live in."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data_dir = settings.data_dir.resolve()
        self.url = settings.public_url.rstrip("/") or f"http://{shown_host(settings.host)}:{settings.port}"
        self.children: list[Child] = []  # in the order of their start
        self.stops_asked = 0
        self._is_served = False
        self._warden: Warden | None = None
        self._lock: IO[str] | None = None

    # --- start -------------------------------------------------------------------------------------------------------

    def claim(self) -> None:
        """Make the data folder this process's own, check the port, and be ready for signals.

        Raises:
            StartError: another service lives in the folder, or the port is taken.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_signal)
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.data_dir / "log").mkdir(mode=0o700, exist_ok=True)
        self._lock = self._lock_folder()
        self._require_port()
        # Forked here, it keeps the lock until it has killed whatever a dead supervisor left.
        self._warden = Warden()

    def start_servers(self) -> None:
        """Start what needs no database: the broker, unless one is configured, and the runner.

        Raises:
            StartError: there is no broker to start.
        """
        self.redis_url = self.settings.redis_url
        if not self.redis_url:
            path = self.settings.runtime_dir() / "valkey.sock"
            folder = self.data_dir / "valkey"
            folder.mkdir(mode=0o700, exist_ok=True)
            try:
                command = valkey.command(valkey.find_server(), path, folder)
            except valkey.ServerMissingError as error:
                raise StartError(str(error)) from error
            self._start(Child("valkey", command, {"PATH": os.environ.get("PATH", os.defpath)}, self._log("valkey")))
            self.redis_url = valkey.url(path)
        self._start(self._grader("runner", self._runner_environment()))

    def start_service(self) -> None:
        """Start what needs the database: the web server and the worker."""
        self._start(self._grader("worker", self._service_environment(), stop_limit_s=25.0))
        self._start(self._grader("web", self._service_environment(), stop_limit_s=5.0))

    def start_sweeper(self) -> None:
        """Start the sweeper; it can wait until people do not."""
        self._start(self._grader("sweep", self._service_environment()))

    def wait_until_ready(self) -> bool:
        """Return once the pages are served and something can be graded; False when grading has to wait.

        Raises:
            StartError: a part keeps dying before the pages are served, or they are not served in time.
            StopRequested: somebody asked the service to stop.
        """
        deadline = time.monotonic() + READY_LIMIT_S
        while self._answer("/readyz") is None:
            self.tend()
            if time.monotonic() > deadline:
                raise StartError(self._gave_up(self._child("web"), f"was not ready after {READY_LIMIT_S:.0f} s"))
            time.sleep(0.02)
        self._is_served = True
        # Told by the figures, which come from the database: a worker reports there that its sandbox can be used.
        while not _A_WORKER_IS_READY.search(self._answer("/metrics") or ""):
            self.tend()
            if time.monotonic() > deadline or self._child("runner").process is None:
                return False
            time.sleep(0.02)
        return True

    # --- life --------------------------------------------------------------------------------------------------------

    def tend(self) -> None:
        """Start again whatever has died.

        Raises:
            StartError: a part died too often in a row, before anything was served.
            StopRequested: somebody asked the service to stop.
        """
        if self.stops_asked:
            raise StopRequested
        for child in self.children:
            if child.has_died():
                self._bury(child)
            elif child.process is None and time.monotonic() >= child.restart_at:
                child.start(self._guard)

    def serve(self) -> None:
        """Keep every part alive until somebody asks to stop."""
        with contextlib.suppress(StopRequested):
            while True:
                self.tend()
                time.sleep(0.1)

    def _bury(self, child: Child) -> None:
        code = child.bury(self._guard)
        if child.name == "runner" and code == SANDBOX_MISSING:
            # Its cure may be applied while the service runs; until then submissions wait, none is lost.
            if child.deaths == 1:
                self._say(f"Grading is paused; submissions are kept and wait.\n{child.log_tail()}")
            child.restart_at = time.monotonic() + SANDBOX_RETRY_S
            return
        if child.deaths >= Child.MOST_DEATHS:
            gave_up = self._gave_up(child, f"ended {child.deaths} times in a row (exit code {code})")
            if not self._is_served:
                raise StartError(gave_up)
            # A worker that keeps dying must not take the pages along, at which uploads are still taken and kept.
            if child.deaths == Child.MOST_DEATHS:
                self._say(f"{gave_up}\nWhat it does waits, everything else goes on; it is tried every 10 s.")
            return
        self._say(f"`grader {child.name}` ended with exit code {code}; starting it again. Its log: {child.log}")

    def _gave_up(self, child: Child, what: str) -> str:
        return f"`{child.name}` {what}. The last lines of {child.log}:\n\n{child.log_tail()}"

    # --- stop --------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop every part and wait for it; ask twice, and it is killed instead of asked."""
        if self._warden is None:
            return
        begun = self.stops_asked
        servers = [child for child in self.children if child.name in {"valkey", "runner"}]
        # The worker still needs runner and broker to finish, and nobody else needs to wait for the other.
        for group in ([child for child in self.children if child not in servers], servers[::-1]):
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.finish(self._guard, lambda: self.stops_asked > max(begun, 1))
        self._warden.dismiss()
        self._warden = None
        with contextlib.suppress(OSError):  # what somebody else keeps there is theirs
            folder = self.settings.runtime_dir()
            for name in ("valkey.sock", "runner.sock"):
                (folder / name).unlink(missing_ok=True)
            folder.rmdir()

    # --- parts -------------------------------------------------------------------------------------------------------

    @property
    def _guard(self) -> Warden:
        if self._warden is None:
            raise StartError("the data folder has not been claimed yet")
        return self._warden

    def _start(self, child: Child) -> None:
        if self.stops_asked:
            raise StopRequested
        with contextlib.suppress(FileNotFoundError):
            if child.log.stat().st_size > LOG_LIMIT_BYTES:
                child.log.replace(child.log.with_suffix(".log.1"))
        self.children.append(child)
        child.start(self._guard)

    def _grader(self, name: str, environment: dict[str, str], *, stop_limit_s: float = 10.0) -> Child:
        command = [str(Path(sys.executable).with_name("grader")), name]
        return Child(name, command, environment, self._log(name), stop_limit_s)

    def _service_environment(self) -> dict[str, str]:
        return os.environ | {
            "GRADER_DATA_DIR": str(self.data_dir),
            "GRADER_REDIS_URL": self.redis_url,
            "GRADER_RUNNER_SOCKET": str(self.settings.resolved_runner_socket()),
            "GRADER_HOST": self.settings.host,
            "GRADER_PORT": str(self.settings.port),
            "GRADER_PUBLIC_URL": self.url,
        }

    def _runner_environment(self) -> dict[str, str]:
        """Return an environment without any secret: what owns students' code gets what it needs by name."""
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LANG", "LC_ALL") if name in os.environ}
        return kept | {
            "GRADER_RUNNER_SOCKET": str(self.settings.resolved_runner_socket()),
            "GRADER_WORKERS": str(self.settings.workers),
            "GRADER_BOX_REUSE": str(self.settings.box_reuse),
            "GRADER_SANDBOX": self.settings.sandbox,
            "GRADER_LOG_LEVEL": self.settings.log_level,
        }

    def _child(self, name: str) -> Child:
        return next(child for child in self.children if child.name == name)

    def _log(self, name: str) -> Path:
        return self.data_dir / "log" / f"{name}.log"

    def _note_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stops_asked += 1

    @staticmethod
    def _say(text: str) -> None:
        moment = dt.datetime.now(dt.UTC).astimezone().strftime("%H:%M:%S")
        click.echo(f"{moment} {text}")

    def _answer(self, path: str) -> str | None:
        """Return what the web server answers, or None until it answers 200."""
        host = shown_host(self.settings.host).strip("[]")
        connection = http.client.HTTPConnection(host, self.settings.port, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.read().decode() if response.status == http.client.OK else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def _lock_folder(self) -> IO[str]:
        file = (self.data_dir / "run.lock").open("a+")
        for _ in range(40):  # a service that was just killed needs a moment to be gone
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                file.truncate(0)
                file.write(f"process {os.getpid()}, {self.url}")
                file.flush()
                return file
            time.sleep(0.05)
        file.seek(0)
        raise StartError(
            f"Deltamark already runs on the data folder {self.data_dir} ({file.read().strip()}).\n"
            "Stop it first, or give this one a folder and a port of its own: "
            "GRADER_DATA_DIR=./var2 PORT=8001 ./run"
        )

    def _require_port(self) -> None:
        host, port = self.settings.host, self.settings.port
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            raise StartError(
                f"Port {port} of {host} cannot be used: {error.strerror or error}.\n"
                f"Free it, or choose another one: PORT={port + 1 if port < 65535 else 8000} ./run"
            ) from error
