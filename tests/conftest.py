"""Fixtures every test may use: a migrated database on either engine, a Valkey, a runner, the app, a whole service.

Each pytest-xdist worker has servers of its own, started when first asked for.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Flask, SQLAlchemy and the servers are imported by the fixtures that need them: a test of mathematics starts at once.
if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session

    from grader.settings import Settings
    from tests import servers

_numbers = itertools.count(1)


# --- what `./test` and `./test --all` mean ---------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all",
        action="store_true",
        dest="run_all",
        help="what CI runs: linters, types and imports too; a test that would be skipped fails the run",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.option.run_all:
        os.environ["DELTAMARK_REQUIRE_BROWSER"] = "1"
    import hypothesis

    # How long an example takes to be made or tried says how busy the machine is.
    hypothesis.settings.register_profile(
        "deltamark", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("deltamark")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the linters out of a plain run: who works on one test should not wait for mypy."""
    if config.option.run_all:
        return
    left_out = [item for item in items if item.get_closest_marker("quality")]
    if left_out and len(left_out) < len(items):
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _skipped(reporter: Any) -> list[Any]:
    return [report for report in reporter.stats.get("skipped", []) if not hasattr(report, "wasxfail")]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.option.run_all and reporter is not None and _skipped(reporter) and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    skipped = _skipped(terminalreporter)
    if skipped and config.option.run_all:
        terminalreporter.section("Skipped, which --all does not allow", red=True, bold=True)
        for report in skipped:
            terminalreporter.line(f"{report.nodeid}: {report.longrepr[-1] if report.longrepr else ''}")
    if any("browser" in report.keywords for report in skipped):
        terminalreporter.section("The browser's tests were skipped: no Chromium was found", yellow=True)
        terminalreporter.line("Get one and run ./test again: sudo apt-get install chromium libatomic1")
        terminalreporter.line("or, where Playwright has a build:  .venv/bin/playwright install --with-deps chromium")


# --- databases -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.Postgres]:
    """A private PostgreSQL server; its databases come from the fixtures below."""
    from tests import servers

    with servers.short_folder("postgres") as folder:
        server = servers.Postgres(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    from grader.db import upgrade

    path = tmp_path_factory.mktemp("template") / "grader.sqlite3"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: servers.Postgres) -> str:
    """The name of a migrated, empty PostgreSQL database to copy."""
    from grader.db import upgrade

    postgres_server.execute("CREATE DATABASE template_migrated")
    upgrade(postgres_server.url("template_migrated"))
    return "template_migrated"


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a fresh database without a single table; the test runs once on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    else:
        yield from _postgres_database(request.getfixturevalue("postgres_server"), template="template0")


@pytest.fixture(params=["sqlite", "postgres"])
def any_database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of a fresh, migrated database; whoever uses it runs once on each engine.

    With `@pytest.mark.usefixtures("any_database_url")` the fixtures `session`, `settings`, `app` and `client` of the
    test follow it.
    """
    if request.param == "sqlite":
        yield request.getfixturevalue("_sqlite_url")
    else:
        server = request.getfixturevalue("postgres_server")
        yield from _postgres_database(server, template=request.getfixturevalue("postgres_template"))


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a fresh, migrated database: SQLite, or the engine of `any_database_url` in a test that uses that."""
    follows = "any_database_url" in request.fixturenames
    url: str = request.getfixturevalue("any_database_url" if follows else "_sqlite_url")
    return url


@pytest.fixture
def _sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "grader.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


def _postgres_database(server: servers.Postgres, *, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    try:
        yield server.url(name)
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """An open session on the test's own database."""
    from grader.db import make_engine, session_factory

    engine = make_engine(database_url)
    try:
        with session_factory(engine)() as opened:
            yield opened
    finally:
        engine.dispose()


# --- the broker, the runner, the web service, the whole --------------------------------------------------------------


@pytest.fixture(scope="session")
def valkey_server_url() -> Iterator[str]:
    """URL of a private Valkey that lives as long as the test run."""
    from tests import servers

    with servers.valkey_server() as url:
        yield url


@pytest.fixture
def valkey_url(valkey_server_url: str) -> str:
    """URL of a private Valkey, emptied before the test."""
    import redis

    with redis.Redis.from_url(valkey_server_url) as client:
        client.flushall()
    return valkey_server_url


@pytest.fixture(scope="session")
def runner_socket() -> Iterator[Path]:
    """The socket of a real `grader runner`, with real boxes."""
    from tests import servers

    with servers.runner_process() as path:
        yield path


@pytest.fixture
def settings(database_url: str, valkey_url: str, tmp_path: Path) -> Settings:
    """Settings of a service on the test's own database and Valkey; nothing listens on its runner's socket."""
    from grader.settings import Settings

    return Settings(
        data_dir=tmp_path / "data",
        database_url=database_url,
        redis_url=valkey_url,
        secret_key="0" * 64,
        runner_socket=str(tmp_path / "no-runner.sock"),
    )


@pytest.fixture
def app(settings: Settings) -> Flask:
    """The web service, wired as in production."""
    from grader import create_app

    made = create_app(settings)
    made.testing = True
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript, so to speak."""
    return app.test_client()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Service]:
    """A whole service as `./run` starts it, with the demo course, shared by the tests of one process."""
    from tests import servers

    with servers.whole_service(tmp_path_factory.mktemp("service") / "var") as running:
        yield running
