"""The web server against clients that stall, do not hang up or send too much, over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import connections
from grader.db import make_engine, session_factory
from grader.services import tokens
from tests import factories, servers
from tests.factories import NOW

NUM_THREADS = 4
AT_ONCE_S = 1.5  # an answer that waited for nobody
TRIES = 3  # who is kept waiting is so each time, and not only when a busy machine stands still


@pytest.fixture(scope="module")
def port(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A `grader web` with few threads."""
    folder = tmp_path_factory.mktemp("connections")
    database = folder / "grader.sqlite3"
    database.write_bytes(sqlite_template.read_bytes())
    number = servers.free_port()
    environment = servers.clean_environment(
        GRADER_DATA_DIR=str(folder),
        GRADER_DATABASE_URL=f"sqlite:///{database}",
        GRADER_PORT=str(number),
        GRADER_WEB_THREADS=str(NUM_THREADS),
    )
    process = subprocess.Popen(servers.grader_command("web"), env=environment, cwd=servers.ROOT)
    try:
        servers.wait_until(lambda: process.poll() is None and is_alive(number), "the web server")
        yield number
    finally:
        servers.stop(process)


@pytest.fixture(scope="module")
def token(port: int, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The token of a student of dl101."""
    path = next(tmp_path_factory.getbasetemp().glob("connections*/grader.sqlite3"))
    engine = make_engine(f"sqlite:///{path}")
    with session_factory(engine)() as session:
        course = factories.make_course(session, "dl101")
        student = factories.enrol(session, course, factories.make_user(session))
        factories.make_assignment(session, course, "perceptron")
        session.commit()
        _, text = tokens.create(session, student, "test", expires_at=None, now=NOW)
        session.commit()
    engine.dispose()
    return text


def is_alive(port: int) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
        return bool(answer.status == 200)
    return False


def seconds_to_answer(port: int) -> float:
    begun = time.monotonic()
    assert is_alive(port)
    return time.monotonic() - begun


@contextlib.contextmanager
def clients(port: int, count: int, said: bytes) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60)) for _ in range(count)]
        for client in opened:
            client.sendall(said)
        yield opened


def test_clients_that_do_not_hang_up_delay_nobody(port: int):
    said = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    def delay_s() -> float:
        with clients(port, NUM_THREADS - 1, said) as opened:
            for client in opened:
                assert client.recv(100).startswith(b"HTTP/1.1 200")
            return seconds_to_answer(port)

    assert any(delay_s() < AT_ONCE_S for _ in range(TRIES))


def test_connections_that_say_nothing_delay_nobody(port: int):
    """Browsers open connections in advance."""

    def delay_s() -> float:
        with clients(port, 4 * NUM_THREADS, b""):
            return seconds_to_answer(port)

    assert any(delay_s() < AT_ONCE_S + 4 * connections.SILENCE_S for _ in range(TRIES))


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        (
            b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            b"Content-Length: 99\r\n\r\n-"
        ),
    ],
    ids=["in its head", "in its body"],
)
def test_a_request_that_stops_coming_gives_its_thread_back(port: int, said: bytes):
    with clients(port, NUM_THREADS, said) as opened:
        assert seconds_to_answer(port) < 3 * connections.PATIENCE_S
        for client in opened:
            while client.recv(10_000):  # ends: the server has hung up
                pass


def test_a_request_that_comes_in_pieces_is_answered(port: int):
    with clients(port, 1, b"GET /heal") as (client,):
        for piece in (b"thz HTTP/1.1\r\nHo", b"st: x\r\nConnection: close\r\n", b"\r\n"):
            time.sleep(0.2)  # the pause is what is tested
            client.sendall(piece)
        assert client.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("how", ["keep-alive", "close"])
def test_whoever_sends_more_than_we_take_reads_why(port: int, token: str, how: str):
    """A client that writes its whole body before it reads must find 413 there, not a broken connection.

    The server waits for it for some seconds only, and a machine may stand still for as long; but hardly each time.
    """
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Connection": how}
    path = "/api/v1/courses/dl101/assignments/perceptron/submissions"

    def reads_why() -> bool:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            try:
                connection.request("POST", path, b" " * (30 << 20), headers)
                answer = connection.getresponse()
                document = json.loads(answer.read())
            except ConnectionError:
                return False
        assert (answer.status, document["status"]) == (413, 413)
        return True

    assert any(reads_why() for _ in range(TRIES))


def test_an_endless_upload_is_refused_before_it_is_read(port: int, token: str):
    head = (
        "POST /api/v1/courses/dl101/assignments/perceptron/submissions HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {1 << 40}\r\n\r\n"
    )
    with clients(port, 1, head.encode()) as (client,):
        assert client.recv(100).startswith(b"HTTP/1.1 413")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 4 * connections.LINGER_BYTES:
                sent += client.send(b"x" * (1 << 20))
        assert sent < 2 * connections.LINGER_BYTES
