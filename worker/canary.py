"""The canary: sample work whose points and mistakes are known, graded before anybody's and then every hour.

A machine can go wrong without a word: another NumPy under the runner, a faulty core, a reference that was edited in
place. The doctor asks whether a submission gets out; this asks whether what comes back is true. It runs once for each
worker, in a thread of its main process, by the worker's own runner, and takes the way a student's upload takes. While
the answers are not what the samples say, the worker claims nothing: runs stay queued for workers whose canary is right.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import structlog

from assignments import catalog, exemplars
from assignments.exemplars import Exemplar
from assignments.spec import Assignment
from worker.client import RunnerClient
from worker.judging import grade_upload
from worker.supply import Gate, why_unreachable

SAMPLES = {
    "activations": ("right_numpy.py", "fed_z.py"),
    "mlp_forward": ("right_numpy.py", "transposed.py"),
    "perceptron": ("right_numpy.py", "update_sign_flipped.py"),
}
"""Exemplars of the pack, one right and one wrong each: element by element, products of matrices, a training loop."""

EVERY_S = 3600.0
RETRY_S = 10.0  # after a difference: it may have been mended
LOOK_S = 0.25  # how soon another runner in the place of the last one is noticed; a look is one `stat`
MAX_WHY = 1000

log = structlog.get_logger(__name__)


class Canary:
    """Keeps a worker's gate shut unless its runner grades the samples as they say they must be."""

    def __init__(self, runner_socket: Path, gate: Gate, *, every_s: float = EVERY_S, retry_s: float = RETRY_S) -> None:
        self._socket = runner_socket
        self._gate = gate
        self._every_s = every_s
        self._retry_s = retry_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="canary", daemon=True)
        self.why: str | None = None
        """Why this worker grades nobody, for staff; None while nothing is known against it."""

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End; a sample that is being graded is not waited for."""
        self._ended.set()

    def _watch(self) -> None:
        runner, due = None, 0.0
        while not self._ended.is_set():
            found = _identity(self._socket)
            if found != runner:
                self._gate.close()  # whoever listens there now has shown nothing yet
                runner, due = found, 0.0
            if time.monotonic() >= due and why_unreachable(self._socket) is None:
                self._judge()
                due = time.monotonic() + (self._every_s if self.why is None else self._retry_s)
            self._ended.wait(LOOK_S)

    def _judge(self) -> None:
        started = time.monotonic()
        try:
            differences = list(self._differences())
        except Exception as error:  # noqa: BLE001 (whatever keeps it from being graded keeps students' work from it, too)
            differences = [f"it could not be graded: {type(error).__name__}: {error}"]
        if differences:
            self._gate.close()
            why = f"this worker's canary differs, so it grades nobody: {'; '.join(differences)}"[:MAX_WHY]
            if why != self.why:
                log.error("canary_differs", differences=differences, cure="see docs/deploy.md, The canary")
            self.why = why
        else:
            self.why = None
            self._gate.open()
            log.info("canary_right", ms=round((time.monotonic() - started) * 1000))

    def _differences(self) -> Iterator[str]:
        """Grade every sample and yield what is not as it says.

        Raises:
            Exception: whatever kept it from being graded.
        """
        runner = RunnerClient(self._socket)
        try:
            for assignment, sample in samples():
                seed = hashlib.sha256(f"canary:{assignment.slug}:{sample.name}".encode()).digest()
                report = grade_upload(assignment, sample.files(assignment), sample.answers, seed=seed, runner=runner)
                for difference in sample.differences(report):
                    yield f"{assignment.slug}/{sample.name}: {difference}"
        finally:
            runner.close()


def samples() -> list[tuple[Assignment, Exemplar]]:
    """Return the samples this pack has; one of somebody's own may have none of them, which is said and not more."""
    found = []
    for slug in sorted(SAMPLES.keys() & catalog.slugs()):
        assignment = catalog.load(slug)
        found += [(assignment, sample) for sample in exemplars.load(assignment) if sample.name in SAMPLES[slug]]
    if len(found) < sum(map(len, SAMPLES.values())):
        log.warning("canary_incomplete", samples=len(found))
    return found


def _identity(runner_socket: Path) -> tuple[int, int, int] | None:
    """Return what tells one runner's socket from its successor's at the same path, or None when there is none."""
    try:
        found = runner_socket.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_ctime_ns
