"""What a runner starts, what it leaves behind, what it refuses."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assignments.script import Load, Probes, ProbesOutcome, Source, Status, call
from assignments.spec import Limits
from worker import wire
from worker.box import framing
from worker.client import Job, JobFailed, RunnerClient, RunnerUnavailable
from worker.confinement import find_bwrap

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0  # however busy the machine is; what must not happen at all is let to take longer than this

SOURCE = """
import os, struct, time
def nothing():
    return 0
def crash():
    os.abort()
def wait(seconds):
    time.sleep(seconds)
    return time.monotonic()
def say_trigger():
    print("TRIGGER")
def answer():
    for kind, body in ((13, b'{"status":"returned","value":0}'), (14, b"{}")):
        os.write(4, struct.pack("<BII", kind, len(body), 0) + body)
    os.write(3, b"\\1" + bytes(7))
def stay():
    answer()
    time.sleep(600)
def die_afterwards():
    answer()
    os.abort()
def lie():
    os.write(4, b"\\x0d\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00[]\\x0e\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00{}")
    os.write(3, b"\\1" + bytes(7))
def forge():
    os.write(4, b"\\x0d\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00[]\\x0e\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00{}")
    time.sleep(9)
"""


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Look until it is so; a deadline turns a hang into a failure."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S:.0f} s for {what}"
        time.sleep(0.01)


def children(pid: int) -> set[tuple[int, str]]:
    """Return the children of `pid`: number and moment of start, so that a reused number is another process."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == pid:
                    found.add((int(entry.name), fields[19]))
    return found


def descendants(pid: int) -> set[tuple[int, str]]:
    """Return the processes below `pid`, as `children`."""
    below = children(pid)
    return below.union(*(descendants(child) for child, _ in below))


def boxes(runner: int) -> set[tuple[int, str]]:
    """Return the boxes of a runner; below it are bubblewrap, the template, the boxes, their children."""
    level = {(runner, "")}
    for _ in range(3):
        level = {child for pid, _ in level for child in children(pid)}
    return level


def is_alive(process: tuple[int, str]) -> bool:
    """Whether exactly this process still runs; a zombie does not."""
    try:
        fields = Path(f"/proc/{process[0]}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[19] == process[1] and fields[0] != "Z"


@dataclass
class Started:
    """A runner of the test's own."""

    process: subprocess.Popen[str]
    path: Path

    def run(self, function: str, *args: float, limits: Limits | None = None) -> ProbesOutcome:
        """Call one function in a submission of its own."""
        _, answer = RunnerClient(self.path).run(job(function, *args, limits=limits))
        assert isinstance(answer, ProbesOutcome)
        return answer


def job(function: str, *args: float, limits: Limits | None = None) -> Job:
    """Return a job of one question."""
    source = Source("work.py", "work", (SOURCE,))
    return Job((source,), "work", (Probes("q", (call(function, *args),)),), limits or Limits())


def command(path: Path, *, workers: int = 1, box_reuse: int = 50, before: str = "") -> list[str]:
    call_it = f"runner.serve({str(path)!r}, workers={workers}, box_reuse={box_reuse})"
    return [sys.executable, "-c", f"{before}\nfrom worker import runner\nraise SystemExit({call_it})"]


ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "GRADER_SECRET_KEY": "told-to-nobody"}


def serves(runner: Started) -> bool:
    """Whether it answers; a runner that has ended never will."""
    if runner.process.poll() is not None:
        pytest.fail(f"the runner ended: {runner.process.communicate()[1]}")
    with contextlib.suppress(RunnerUnavailable):
        return runner.run("wait", 0).outcomes[0].status is Status.RETURNED
    return False


@contextlib.contextmanager
def started(*, workers: int = 1, box_reuse: int = 50, before: str = "") -> Iterator[Started]:
    """Start a runner and wait until it listens."""
    with tempfile.TemporaryDirectory(prefix="runner-") as folder:
        path = Path(folder) / "sub" / "runner.sock"
        process = subprocess.Popen(
            command(path, workers=workers, box_reuse=box_reuse, before=before),
            env=ENVIRONMENT,
            stderr=subprocess.PIPE,
            text=True,
        )
        runner = Started(process, path)

        try:
            wait_until(lambda: serves(runner), "the runner")
            wait_until(lambda: len(boxes(process.pid)) == 2 * workers, "its boxes")
            yield runner
        finally:
            process.kill()
            process.communicate()


@pytest.fixture
def runner() -> Iterator[Started]:
    """A runner with one place and boxes that are reused."""
    with started() as ready:
        yield ready


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_survives_the_end_of_a_runner_at_work(number: signal.Signals, runner: Started) -> None:
    """SIGKILL gives it no chance to clean up: the boxes die with it by the kernel's hand."""
    waiting = RunnerClient(runner.path).run(job("wait", 60))
    assert isinstance(next(waiting), Load)
    # bubblewrap, the template, two boxes and their children
    wait_until(lambda: len(descendants(runner.process.pid)) >= 6, "every process of it")
    family = descendants(runner.process.pid)
    runner.process.send_signal(number)
    assert runner.process.wait(PATIENCE_S) == (0 if number != signal.SIGKILL else -9)
    wait_until(lambda: not any(map(is_alive, family)), "the boxes to end")
    with pytest.raises(RunnerUnavailable, match="runner"):
        next(waiting)


def test_socket_is_open_to_its_owner_alone(runner: Started) -> None:
    assert stat.S_IMODE(runner.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(runner.path.parent.stat().st_mode) == 0o700


def test_jobs_run_side_by_side_up_to_the_number_of_workers() -> None:
    with started(workers=2) as runner:
        beside = RunnerClient(runner.path).run(job("wait", 2 * PATIENCE_S, limits=Limits(wall_s=3 * PATIENCE_S)))
        assert isinstance(next(beside), Load)
        begun = time.monotonic()
        assert runner.run("nothing").outcomes[0].value == 0
        assert time.monotonic() - begun < PATIENCE_S, "it waited for the one before it to end"
        beside.close()  # type: ignore[attr-defined]


def test_jobs_beyond_the_number_of_workers_wait_for_their_turn(runner: Started) -> None:
    ends: list[float] = []
    threads = [
        threading.Thread(target=lambda: ends.append(runner.run("wait", 0.3).outcomes[0].value)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ends.sort()
    assert len(ends) == 3
    assert min(later - earlier for earlier, later in itertools.pairwise(ends)) > 0.25


def test_job_whose_client_has_gone_is_ended(runner: Started) -> None:
    """There is one place: if the abandoned job kept it for all its time, the next one would wait as long."""
    abandoned = RunnerClient(runner.path).run(job("wait", 2 * PATIENCE_S, limits=Limits(wall_s=3 * PATIENCE_S)))
    assert isinstance(next(abandoned), Load)
    abandoned.close()  # type: ignore[attr-defined]
    begun = time.monotonic()
    assert runner.run("wait", 0).outcomes[0].status is Status.RETURNED
    assert time.monotonic() - begun < PATIENCE_S


def test_client_that_only_knocks_harms_nobody(runner: Started) -> None:
    import socket

    for greeting in (
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x15\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x15\x02\0\0\0\0\0\0\0{}",
    ):
        with socket.socket(socket.AF_UNIX) as stream:
            stream.connect(str(runner.path))
            stream.sendall(greeting)
    assert runner.run("wait", 0).outcomes[0].status is Status.RETURNED


def test_box_serves_one_submission_after_the_other_while_they_end_cleanly(runner: Started) -> None:
    before = boxes(runner.process.pid)
    for _ in range(5):
        runner.run("nothing")
    assert boxes(runner.process.pid) == before


@pytest.mark.parametrize("function", ["crash", "forge", "lie"])
def test_box_is_thrown_away_after_anything_but_a_clean_end(function: str, runner: Started) -> None:
    before = boxes(runner.process.pid)
    assert runner.run(function, limits=Limits(wall_s=0.5)).outcomes[0].status is not Status.RETURNED
    wait_until(lambda: len(boxes(runner.process.pid)) == len(before) == 2, "two boxes")
    wait_until(lambda: len(before - boxes(runner.process.pid)) == 1, "one of them to be gone")
    wait_until(lambda: len(boxes(runner.process.pid) - before) == 1, "another in its place")


@pytest.mark.parametrize("function", ["die_afterwards", "stay"])
def test_box_is_thrown_away_when_its_process_dies_after_the_last_answer(function: str, runner: Started) -> None:
    """All points are there by then; what else it was at, nobody knows."""
    before = boxes(runner.process.pid)
    assert runner.run(function).outcomes[0].value == 0
    wait_until(lambda: before - boxes(runner.process.pid), "its box to be gone")
    assert runner.run("nothing").outcomes[0].value == 0


def test_process_that_stays_after_its_last_answer_is_ended(runner: Started) -> None:
    """Else a thread of it would hold a box for ever."""
    family = descendants(runner.process.pid)
    assert runner.run("stay").outcomes[0].value == 0
    wait_until(lambda: not all(map(is_alive, family)), "the process to be gone")


def test_box_that_is_thrown_away_ends_whatever_it_was_doing(runner: Started) -> None:
    """Closing the way to it would let a box at work go on."""
    waiting = RunnerClient(runner.path).run(job("wait", 60, limits=Limits(wall_s=90)))
    assert isinstance(next(waiting), Load)
    before = boxes(runner.process.pid)
    waiting.close()  # type: ignore[attr-defined]
    wait_until(lambda: len([box for box in before if not is_alive(box)]) == 1, "the box at work to be gone")


def test_process_killed_from_outside_is_the_graders_fault(runner: Started) -> None:
    """By the kernel, because the machine has no memory left: never a verdict."""
    waiting = RunnerClient(runner.path).run(job("wait", 30))
    assert isinstance(next(waiting), Load)
    busy = [child for box, _ in boxes(runner.process.pid) for child, _ in children(box)]
    for pid in busy:
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(RunnerUnavailable, match="killed from outside"):
        next(waiting)


def test_job_that_is_too_large_is_refused_before_it_is_read(runner: Started) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(PATIENCE_S)
        stream.connect(str(runner.path))
        stream.sendall(framing.HEAD.pack(wire.JOB, 100, wire.MAX_JOB))
        assert b"too large" in stream.recv(1000)


def test_reuse_of_one_gives_every_submission_a_box_of_its_own() -> None:
    with started(box_reuse=1) as runner:
        seen = boxes(runner.process.pid)
        for number in range(1, 5):
            runner.run("nothing")
            wait_until(lambda: seen.update(boxes(runner.process.pid)) or len(seen) >= 2 + number, "another box")  # noqa: B023


def status(pid: int) -> dict[str, str]:
    """Return what the kernel says about a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


CAP_SYS_ADMIN = 1 << 21


def test_box_and_child_have_given_up_what_their_template_may() -> None:
    """The template may make namespaces, in its own user namespace; it never reads a byte of a submission."""
    with started() as runner:
        wait_until(
            lambda: [len(children(box)) for box, _ in boxes(runner.process.pid)] == [1, 1],
            "a child to wait in each of two boxes",
        )
        for box, _ in boxes(runner.process.pid):
            template = status(int(status(box)["PPid"]))
            assert int(template["CapEff"], 16) == int(template["CapPrm"], 16) == CAP_SYS_ADMIN
            ((waiting, _),) = children(box)
            assert {status(box)[f"Cap{name}"] for name in ("Inh", "Prm", "Eff", "Amb")} == {"0" * 16}
            filters = [int(said["Seccomp_filters"]) for said in (template, status(box), status(waiting))]
            assert filters[1] == filters[0] + 1
            assert {said["NoNewPrivs"] for said in (template, status(box), status(waiting))} == {"1"}


def test_every_box_has_namespaces_of_its_own() -> None:
    with started() as runner:
        found = [box for box, _ in boxes(runner.process.pid)]
        found.append(int(status(found[0])["PPid"]))
        for name in ("mnt", "pid", "net", "ipc", "uts", "cgroup"):
            assert len({Path(f"/proc/{pid}/ns/{name}").readlink() for pid in found}) == 3, name


def test_template_is_replaced_and_nobody_waits_for_it() -> None:
    """Boxes of one template share the layout of their memory, so it is drawn anew from time to time."""
    before = "from worker import boxes\nboxes.TEMPLATE_BOXES = 3"
    with started(box_reuse=1, before=before) as runner:
        templates: set[tuple[int, str]] = set()

        def served() -> bool:
            assert runner.run("nothing").outcomes[0].status is Status.RETURNED
            templates.update(child for bwrap, _ in children(runner.process.pid) for child in children(bwrap))
            return len(templates) >= 4

        wait_until(served, "four templates")
        wait_until(lambda: sum(map(is_alive, templates)) <= 2, "the used ones to be gone")


def test_many_crashes_leave_no_descriptor_and_no_process_behind(runner: Started) -> None:
    fds = Path(f"/proc/{runner.process.pid}/fd")

    def settled() -> int:
        runner.run("nothing")
        return len(list(fds.iterdir()))

    before = max(settled() for _ in range(10))  # the next child of a box may not have been heard of yet
    for _ in range(40):
        runner.run("crash")
    wait_until(lambda: settled() <= before, "the runner to be as it was")
    wait_until(lambda: len(descendants(runner.process.pid)) <= 6, "the dead boxes to be gone")


def test_missing_runner_is_unavailable_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(RunnerUnavailable, match="grader runner"):
        next(RunnerClient(tmp_path / "nobody.sock").run(job("nothing")))


def test_box_killed_from_outside_is_the_graders_fault(runner: Started) -> None:
    waiting = RunnerClient(runner.path).run(job("wait", 30))
    assert isinstance(next(waiting), Load)
    family = descendants(runner.process.pid)
    for pid, _ in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with pytest.raises(RunnerUnavailable, match="failed"):
        next(waiting)
    assert runner.run("wait", 0).outcomes[0].status is Status.RETURNED


ALLOW_ALL = """
import pyseccomp, tempfile
from worker import boxes, confinement
def everything():
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file); file.seek(0)
        return file.read()
confinement.{name} = everything
"""
NO_FILTER = "".join(ALLOW_ALL.format(name=f"{name}_filter") for name in ("child", "box", "template"))

# What is taken away, and an attack that must then get through: else that attack proves nothing.
WEAKER = {
    "second filter": (ALLOW_ALL.format(name="child_filter"), "own limits"),
    "every filter": (NO_FILTER, "network"),
    "read-only root": (
        """from worker import confinement
old = confinement.box_command
confinement.box_command = lambda *a, **k: " ".join(old(*a, **k)).replace("--remount-ro / ", "").split()""",
        "writing",
    ),
    "bubblewrap": ("from worker import confinement\nconfinement.OLDEST_BWRAP = (99, 0)", "bubblewrap 99.0"),
    "namespaces": ("from worker import confinement\nconfinement.NAMESPACES = ('--uid', '0')", "box"),
    "box": ("from worker import confinement\nconfinement.ENVIRONMENT['PYTHONPATH'] = '/nowhere'", "box"),
}


@pytest.mark.parametrize("missing", WEAKER)
def test_runner_refuses_to_start_without_its(missing: str, tmp_path: Path) -> None:
    before, told = WEAKER[missing]
    path = tmp_path / "runner.sock"
    ended = subprocess.run(
        command(path, before=before), env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert ended.returncode == 3, ended.stderr
    assert told in ended.stderr
    with pytest.raises(RunnerUnavailable):
        next(RunnerClient(path).run(job("nothing")))


PARENT = """
import ctypes, signal, subprocess, sys, time
def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
print(subprocess.Popen(sys.argv[1:], preexec_fn=die_with_parent).pid, flush=True)
time.sleep(600)
"""


def test_runner_follows_the_supervisor_it_was_tied_to(tmp_path: Path) -> None:
    """Started as root it becomes another user, and the kernel then forgets the tie unless it is made again."""
    path = tmp_path / "runner.sock"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *command(path)], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert parent.stdout is not None
        runner = Started(parent, path)
        wait_until(lambda: serves(runner), "the runner")
        family = descendants(parent.pid)
    finally:
        parent.kill()
        parent.communicate()
    wait_until(lambda: not any(map(is_alive, family)), "the runner and its boxes to end")


FAULTY = """
from worker import jobs
old = jobs.JobRun._read_output
def faulty(self):
    result = old(self)
    assert b"TRIGGER" not in self._printed
    return result
jobs.JobRun._read_output = faulty
"""


def test_fault_of_the_runner_itself_costs_one_job_and_never_a_verdict(tmp_path: Path) -> None:
    path = tmp_path / "runner.sock"
    process = subprocess.Popen(command(path, before=FAULTY), env=ENVIRONMENT, stderr=subprocess.DEVNULL, text=True)
    runner = Started(process, path)
    try:
        wait_until(lambda: serves(runner), "the runner")
        for _ in range(3):
            with pytest.raises(RunnerUnavailable, match="failed"):
                runner.run("say_trigger")
            assert runner.run("wait", 0).outcomes[0].status is Status.RETURNED
    finally:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


@contextlib.contextmanager
def moved_bwrap() -> Iterator[tuple[Path, str]]:
    """Give a bubblewrap that can be taken away, and what makes a runner use it."""
    with tempfile.TemporaryDirectory(prefix="bwrap-") as folder:
        Path(folder).chmod(0o755)  # the runner is another user
        bwrap = Path(folder) / "bwrap"
        bwrap.symlink_to(find_bwrap())
        yield bwrap, f"from worker import boxes, confinement\nconfinement.find_bwrap = lambda: {str(bwrap)!r}\n"


def test_runner_outlives_a_time_in_which_no_box_can_be_started() -> None:
    """As while bubblewrap is brought up to date: who asks is told that it is the grader's, and later it works again."""
    with moved_bwrap() as (bwrap, before), started(before=before) as runner:
        target = bwrap.readlink()
        bwrap.unlink()
        for pid, _ in children(runner.process.pid):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not children(runner.process.pid), "its templates to end")
        with pytest.raises(RunnerUnavailable, match="no box can be started") as told:
            runner.run("wait", 0)
        assert not isinstance(told.value, JobFailed)
        bwrap.symlink_to(target)
        wait_until(lambda: serves(runner), "boxes")


def test_template_whose_successor_cannot_be_started_has_to_do() -> None:
    few = "boxes.TEMPLATE_BOXES = 4\n"
    with moved_bwrap() as (bwrap, before), started(before=before + few, box_reuse=1) as runner:
        bwrap.unlink()
        for _ in range(20):
            assert runner.run("wait", 0).outcomes[0].status is Status.RETURNED


def test_second_runner_at_the_same_place_refuses(runner: Started) -> None:
    ended = subprocess.run(
        command(runner.path), env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert ended.returncode == 3
    assert "another runner" in ended.stderr
    assert runner.run("wait", 0).outcomes[0].status is Status.RETURNED


def test_stale_socket_of_a_killed_runner_is_replaced(tmp_path: Path) -> None:
    import socket

    path = tmp_path / "runner.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    process = subprocess.Popen(command(path), env=ENVIRONMENT, text=True)
    try:
        wait_until(lambda: serves(Started(process, path)), "the runner")
    finally:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


KILL_WHILE_STARTING = """
import ctypes, os
from pathlib import Path
from worker import boxes
from worker.boxes import Materials, Template
from worker.privileges import leave_root
leave_root()
PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)  # whatever is left without a parent comes to this process
boxes.START_GRACE_S = 60.0  # the tenth of a second a start takes is longer where everything is busy
materials = Materials.gather()
for delay in range(20):
    template = Template(materials)
    os.sched_yield() if delay % 2 else None
    template.end()
    assert template.said() == ""  # a box of it may be heard of afterwards
left = []
for entry in Path("/proc").iterdir():
    if entry.name.isdigit():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and fields[0] != "Z":
            left.append(int(entry.name))
print(len(left))
for pid in left:
    os.kill(pid, 9)
"""


def test_template_ended_while_it_starts_leaves_no_process_behind() -> None:
    """A bubblewrap killed between its clone and its word to the clone leaves that waiting for ever."""
    done = subprocess.run(
        [sys.executable, "-c", KILL_WHILE_STARTING],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=True,
    )
    assert done.stdout.strip() == "0"
