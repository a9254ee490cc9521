"""The traps that were found by falling into them: a test for each, seen to fail without its protection.

`docs/sandbox.md` has the table: trap, test, what was taken away to see it fail.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assignments.script import Outcome, Probes, ProbesOutcome, Source, Status, call
from assignments.spec import Limits
from tests.attacks.wall import SECRET, Wall, family
from tests.servers import ROOT, wait_until
from worker.client import Job, RunnerClient

ROOMY = Limits(cpu_s=5, wall_s=20)


def one(wall: Wall, source: str, *args: Any, limits: Limits = ROOMY) -> Outcome:
    """Return what `f` of a submission brought back."""
    job = Job((Source("work.py", "work", (source,)),), "work", (Probes("q", (call("f", *args),)),), limits)
    _, answer = RunnerClient(wall.socket).run(job)
    assert isinstance(answer, ProbesOutcome)
    return answer.outcomes[0]


def boxes_of(wall: Wall) -> list[int]:
    """Return the processes of the boxes."""
    found = family(wall.pid)
    assert found
    return found


def status_field(pid: int, name: str) -> str:
    """Return one line of a process's status."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        text = f"{name}: gone"
    return next(line.partition(":")[2].strip() for line in text.splitlines() if line.startswith(f"{name}:"))


def test_no_process_of_the_sandbox_is_root(the_wall: Wall) -> None:
    """A bubblewrap that root started reads as root, whatever it is told to be inside."""
    for pid in (the_wall.pid, *boxes_of(the_wall)):
        assert "0" not in status_field(pid, "Uid").split()


def test_no_process_of_a_box_was_launched_with_the_environment_of_the_grader(the_wall: Wall) -> None:
    """`--clearenv` clears what is executed, not what /proc/1/environ shows of bubblewrap itself."""
    for pid in boxes_of(the_wall):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a child that has just ended
            assert SECRET.encode() not in Path(f"/proc/{pid}/environ").read_bytes()


def test_no_process_of_a_box_shares_a_session_or_a_group_with_the_runner(the_wall: Wall) -> None:
    """`kill(0)` knows no pid namespace: it reaches the group, and once killed the worker."""
    ours = {os.getsid(the_wall.pid), os.getpgid(the_wall.pid)}
    for pid in boxes_of(the_wall):
        if status_field(pid, "Name") != "bwrap":  # the one outside runs nothing of anybody
            with contextlib.suppress(ProcessLookupError):
                assert not {os.getsid(pid), os.getpgid(pid)} & ours


def test_root_of_a_box_is_read_only(the_wall: Wall) -> None:
    """The empty root is a tmpfs of half the memory, and writable unless it is mounted again."""
    assert the_wall.leftovers() == []  # at rest: no box is being made, and no child of the test before is about to end
    children = [pid for pid in boxes_of(the_wall) if not family(pid)]
    assert children
    for pid in children:
        mounts = [line.split() for line in Path(f"/proc/{pid}/mountinfo").read_text(encoding="utf-8").splitlines()]
        assert [where for _, _, _, _, where, options, *_ in mounts if where == "/" and "ro" in options.split(",")] == [
            "/"
        ]


def test_idle_boxes_live_on(the_wall: Wall) -> None:
    """`--die-with-parent` means the parent's thread: boxes started by one that has ended are gone at once."""
    before = set(boxes_of(the_wall))
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        assert the_wall.canary() == ""
    assert before & set(boxes_of(the_wall))


@pytest.mark.parametrize(
    "way", ["os.memfd_create('x')", "os.open('/dev/shm/x', os.O_CREAT | os.O_RDWR)", "mmap.mmap(-1, 4096).close()"]
)
def test_memory_that_the_limit_does_not_count_cannot_be_had(way: str, the_wall: Wall) -> None:
    """RLIMIT_AS knows neither tmpfs nor memfd, and of a map to share only what is mapped of it at the moment."""
    assert one(the_wall, f"import mmap, os\ndef f():\n    return {way}\n").status is not Status.RETURNED


def test_memory_limit_is_what_a_submission_may_add(the_wall: Wall) -> None:
    """NumPy alone takes 160 MB of address space: a limit of 32 MiB in all would stop every submission."""
    source = "import numpy as np\ndef f(mib):\n    return np.ones(mib << 17).nbytes >> 20\n"
    tight = Limits(cpu_s=5, wall_s=20, memory_mib=32)
    assert one(the_wall, source, 16, limits=tight).value == 16
    assert one(the_wall, source, 48, limits=tight).status is Status.OUT_OF_MEMORY


def test_first_fork_is_refused_and_not_the_thousandth(the_wall: Wall) -> None:
    """RLIMIT_NPROC counts by user, for every box together, and not at all for root."""
    outcome = one(the_wall, "import os\ndef f():\n    return os.fork()\n")
    assert outcome.status is Status.NOT_ALLOWED
    assert "Operation not permitted" in outcome.message


@pytest.mark.parametrize(
    "way",
    [
        "fcntl.fcntl(4, fcntl.F_SETOWN, 1)",
        "fcntl.fcntl(4, 10, 9)",
        "resource.prlimit(2, resource.RLIMIT_NOFILE, (3, 3))",
        "os.kill(os.getppid(), 0)",
    ],
    ids=["F_SETOWN", "F_SETSIG", "prlimit", "kill"],
)
def test_signal_or_limit_for_others_is_refused(way: str, the_wall: Wall) -> None:
    """Without kill() there are still fcntl, which has the kernel send one, and prlimit with another's number."""
    outcome = one(the_wall, f"import fcntl, os, resource\ndef f():\n    return {way}\n")
    assert outcome.status is Status.NOT_ALLOWED
    assert "Operation not permitted" in outcome.message


def test_hang_in_c_that_blocks_every_signal_is_ended_at_its_limit(the_wall: Wall) -> None:
    """Only SIGKILL reaches a loop inside NumPy or Python's whole numbers."""
    source = """
import signal
def f():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    return 9 ** 9 ** 9
"""
    outcome = one(the_wall, source, limits=Limits(cpu_s=0.3, wall_s=30))
    assert outcome.status is Status.TIMED_OUT
    assert "0.3 s of computing time" in outcome.message
    computed = [0.0]

    def is_over() -> bool:
        at_work = [pid for pid in boxes_of(the_wall) if status_field(pid, "State")[0] == "R"]
        for pid in at_work:
            with contextlib.suppress(OSError):
                computed.append(time.clock_gettime((~pid << 3) | 2))  # as clock_getcpuclockid(3) makes it
        return not at_work

    wait_until(is_over, "the hang to end")
    assert max(computed) < 5  # the kernel, the last resort, ends it after 9


def test_nobody_is_killed_by_a_number_that_can_be_taken_again() -> None:
    """A number names whoever has it by then: children are killed by pidfd, boxes by whoever has to wait for them."""
    names = ("runner", "jobs", "boxes", "client")
    for path in (*(ROOT / f"worker/{name}.py" for name in names), *(ROOT / "worker/box").glob("*.py")):
        assert not re.search(r"\bos\.kill(pg)?\(", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize(
    "value", ["np.array(4.0)", "np.float64(4.0).reshape(())", "np.asfortranarray(np.ones((2, 3)))"]
)
def test_shape_of_a_result_is_the_one_that_was_returned(value: str, the_wall: Wall) -> None:
    """`np.ascontiguousarray` makes one dimension of none: a number would be marked wrong for its shape."""
    got = one(the_wall, f"import numpy as np\ndef f():\n    return {value}\n").value
    assert got.shape == eval(value, {"np": np}).shape  # noqa: S307 (the lines above)


def test_process_that_forks_has_seen_no_submission(the_wall: Wall) -> None:
    """A forked process finds with `gc` whatever its parent ever held."""
    plant = "mark = 'trap-' + 'word-of-another'\nkept = [mark] * 3\ndef f():\n    return mark\n"
    hunt = """
import gc, sys
def f():
    word = "trap-" + "word-of-" + "another"
    lists = [o for o in gc.get_objects() if type(o) is list and word in o]
    return len(lists) + sum(word in str(vars(m)) for n, m in list(sys.modules.items()) if n in ("__main__", "os"))
"""
    clean = one(the_wall, hunt).value
    for _ in range(6):
        one(the_wall, plant)
        assert one(the_wall, hunt).value == clean
    assert clean == 0
