"""How the web server treats clients that are slow, silent or send too much.

gunicorn's threaded worker reads a request in one of its threads and waits for as long as the client likes, and it lets
connections end in its main loop, two seconds each: a few dozen clients that stall, or a handful that do not hang up,
would keep everybody else out. Here a request has to keep coming, and a connection ends in the thread that served it.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time
from typing import Any

from gunicorn.http import get_parser
from gunicorn.workers.gthread import _DEFER, ThreadWorker

SILENCE_S = 0.1
"""How long a thread waits for the first byte; browsers open connections they may never use. Then the main loop does."""
PATIENCE_S = 10.0
"""How long a request may take that sends next to nothing."""
SLOWEST_BYTES_PER_S = 16 * 1024
"""What a client has to send in a second to be waited for longer: 5 MiB within five and a half minutes."""
LINGER_S = 5.0
"""How long a client may go on sending what nobody reads any more, and how long it may take to hang up."""
LINGER_BYTES = 64 << 20
"""How much of it is thrown away; whoever sends more finds the connection cut."""


class PatientSocket:
    """A client's socket whose reads end when the request does not keep coming."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._until = 0.0
        self.has_stalled = False

    def begin(self) -> None:
        """Start the clock of the next request."""
        self._until = time.monotonic() + PATIENCE_S

    def recv(self, size: int) -> bytes:
        """Return what the client has sent.

        Raises:
            ConnectionResetError: it has sent too little for too long.
        """
        timeout = self._client.gettimeout()
        left = self._until - time.monotonic()
        if timeout is not None:
            left = min(left, timeout)
        if left <= 0 or not _is_readable(self._client, left):
            self.has_stalled = True
            raise ConnectionResetError(errno.ECONNRESET, "the request stopped coming")
        received = self._client.recv(size)
        self._until += len(received) / SLOWEST_BYTES_PER_S
        return received

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's threaded worker, with bounds on how long a client may hold one of its threads or its main loop."""

    def handle(self, conn: Any) -> Any:
        """Serve one request; when the connection is to end, end it here and not in the main loop."""
        if conn.parser is None:
            if not conn.wait_for_data(SILENCE_S):
                return _DEFER
            conn.parser = get_parser(self.cfg, PatientSocket(conn.sock), conn.client)
        client: PatientSocket = conn.parser.unreader.sock
        client.begin()
        goes_on = super().handle(conn)
        if goes_on is False:
            _hang_up(conn.sock, 0.0 if client.has_stalled else LINGER_S)
        return goes_on


def _hang_up(client: socket.socket, linger_s: float) -> None:
    """Close a connection so that the client can still read the answer.

    Closing it with unread bytes would reset it, and a client that is still sending an upload we refused would see a
    broken connection instead of the reason.
    """
    deadline = time.monotonic() + linger_s
    left = LINGER_BYTES
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_WR)
        while left > 0 and (seconds := deadline - time.monotonic()) > 0 and _is_readable(client, seconds):
            received = len(client.recv(1 << 16))
            if not received:
                break
            left -= received
    client.close()


def _is_readable(client: socket.socket, timeout_s: float) -> bool:
    # Not `select`, which takes no descriptor over 1023.
    poll = select.poll()
    poll.register(client, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))
