"""A runner for one command's own use: started, waited for, and gone with the command."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.embedded.processes import Warden, die_with_parent
from worker.client import RunnerUnavailable
from worker.supply import why_unreachable

START_S = 30.0


@contextmanager
def private_runner(*, workers: int, box_reuse: int) -> Iterator[Path]:
    """Start a runner with an emptied environment and give its socket; stop it at the end.

    Raises:
        RunnerUnavailable: it did not start; the message is the runner's own.
    """
    with tempfile.TemporaryDirectory(prefix="grader-") as folder:
        socket_path = Path(folder) / "runner.sock"
        log = Path(folder) / "log"
        # The runner gives its privileges up, and with them the kernel's promise to end it with its parent.
        warden = Warden()
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "worker.cli", "runner", "--socket", str(socket_path)),
                    *("--workers", str(workers), "--box-reuse", str(box_reuse)),
                ],
                env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(Path(__file__).parents[1])},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 (this process has no other thread yet)
            )
        warden.add(process.pid)
        try:
            _wait_until_ready(process, socket_path, log)
            yield socket_path
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            warden.dismiss()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], socket_path: Path, log: Path) -> None:
    pidfd = os.pidfd_open(process.pid)
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    try:
        for _ in range(int(START_S / 0.01)):
            if why_unreachable(socket_path) is None:
                return
            if poll.poll(10):
                said = log.read_text(encoding="utf-8", errors="replace").strip()
                raise RunnerUnavailable(said or f"the runner ended at once with exit code {process.wait()}")
    finally:
        os.close(pidfd)
    raise RunnerUnavailable(f"the runner was not ready after {START_S:.0f} s")
