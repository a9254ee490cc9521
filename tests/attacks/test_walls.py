"""What the kernel says about the processes of a box while a submission is at work in it: every wall by itself.

An attack that fails says that one wall was in its way, and not which. Here each is looked at, from outside.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assignments.script import Load, Probes, ProbesOutcome, Source, Status, call
from assignments.spec import Limits
from tests.attacks.wall import Wall, family, wall
from tests.servers import wait_until
from worker.client import Job, RunnerClient

SPACES = ("user", "pid", "net", "ipc", "uts", "cgroup", "mnt")
NOBODY = "0000000000000000"
MIB = 1 << 20


@dataclass(frozen=True)
class Chain:
    """The processes from the runner down to one that runs a submission."""

    runner: int
    bwrap: int
    template: int
    box: int
    child: int


def status(pid: int) -> dict[str, str]:
    """Return what the kernel says about a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def at_work(runner: int) -> list[int]:
    """Return the processes whose standard output is read by somebody, and that stand where children do."""
    found = []
    for pid in family(runner):
        try:
            if len(above(pid, runner)) == 4 and os.readlink(f"/proc/{pid}/fd/1").startswith("pipe:"):  # noqa: PTH115
                found.append(pid)
        except OSError:
            continue
    return found


def above(pid: int, top: int) -> list[int]:
    """Return the processes above `pid`, nearest first, up to `top`."""
    found = []
    while pid != top:
        pid = int(status(pid)["PPid"])
        found.append(pid)
    return found


@pytest.fixture(scope="module")
def chain(the_wall: Wall) -> Iterator[Chain]:
    """A submission at work, and all that stands above it."""
    source = "import time\ntime.sleep(0)\ndef f():\n    time.sleep(600)\n"
    limits = Limits(cpu_s=60, wall_s=600, memory_mib=100)
    job = Job((Source("work.py", "work", (source,)),), "work", (Probes("q", (call("f"),)),), limits)
    running = RunnerClient(the_wall.socket).run(job)
    assert isinstance(next(running), Load)
    try:
        (child,) = wait_until(lambda: at_work(the_wall.pid), "the child at work")
        box, template, bwrap, _ = above(child, the_wall.pid)
        yield Chain(the_wall.pid, bwrap, template, box, child)
    finally:
        running.close()  # type: ignore[attr-defined]


def said_inside(wall: Wall, source: str) -> object:
    """Return what `f` of a submission tells."""
    job = Job((Source("work.py", "work", (source,)),), "work", (Probes("q", (call("f"),)),), Limits())
    _, answer = RunnerClient(wall.socket).run(job)
    assert isinstance(answer, ProbesOutcome)
    assert answer.outcomes[0].status is Status.RETURNED, answer
    return answer.outcomes[0].value


def spaces(pid: int) -> dict[str, str]:
    """Return which namespaces a process is in."""
    return {name: os.readlink(f"/proc/{pid}/ns/{name}") for name in SPACES}  # noqa: PTH115 (a name, not a path)


def others(one: int, other: int) -> set[str]:
    """Return the kinds of namespaces that two processes do not share."""
    mine, theirs = spaces(one), spaces(other)
    return {name for name in SPACES if mine[name] != theirs[name]}


def test_template_box_and_child_each_stand_in_namespaces_of_their_own(chain: Chain) -> None:
    assert others(chain.runner, chain.template) == set(SPACES)
    assert others(chain.template, chain.box) == set(SPACES) - {"user"}
    assert others(chain.box, chain.child) == {"user", "pid"}


def test_each_process_has_one_more_list_of_calls_than_the_one_before_it(chain: Chain) -> None:
    counts = [int(status(pid)["Seccomp_filters"]) for pid in (chain.runner, chain.template, chain.box, chain.child)]
    assert counts == [counts[0] + more for more in range(4)]
    assert {status(pid)["Seccomp"] for pid in (chain.template, chain.box, chain.child)} == {"2"}
    assert {status(pid)["NoNewPrivs"] for pid in (chain.template, chain.box, chain.child)} == {"1"}


def test_submission_has_no_capability_not_even_in_its_own_namespace(chain: Chain) -> None:
    for pid in (chain.box, chain.child):
        assert {status(pid)[f"Cap{name}"] for name in ("Inh", "Prm", "Eff", "Amb")} == {NOBODY}


def test_submission_runs_as_nobody_of_no_group(chain: Chain) -> None:
    for pid in (chain.runner, chain.bwrap, chain.template, chain.box, chain.child):
        said = status(pid)
        assert "0" not in said["Uid"].split() + said["Gid"].split()
        assert set(said["Groups"].split()) <= set(said["Gid"].split())


def test_submission_sees_itself_as_nobody(the_wall: Wall) -> None:
    """And so learns nothing of the uid it really has, which is the same for every box."""
    source = "import os\ndef f():\n    return [*os.getresuid(), *os.getresgid(), *os.getgroups()]\n"
    assert set(said_inside(the_wall, source)) == {65534}  # type: ignore[call-overload]


def test_one_user_is_known_in_a_box_and_none_to_a_submission(chain: Chain) -> None:
    """What can be mapped can be become; a submission's namespace maps nobody."""
    ours = status(chain.template)["Uid"].split()[0]
    for pid in (chain.template, chain.box):
        assert Path(f"/proc/{pid}/uid_map").read_text(encoding="ascii").split() == ["65534", ours, "1"]
    for kind in ("uid_map", "gid_map"):
        assert Path(f"/proc/{chain.child}/{kind}").read_text(encoding="ascii") == ""


def test_box_shows_no_package_of_the_graders(the_wall: Wall) -> None:
    """The interpreter's own folder of packages may hold anything; in a box it is empty, and NumPy lies elsewhere."""
    source = """
import os, sys
def f():
    found = []
    for folder, folders, files in os.walk(sys.prefix):
        if os.path.basename(folder) in ("site-packages", "dist-packages"):
            found += folders + files
    return found + sorted(set(os.listdir("/site")) - {"numpy", "numpy.libs"})
"""
    assert said_inside(the_wall, source) == []


def test_order_of_a_set_is_the_same_in_every_template() -> None:
    """A regrade months later has to see it as well."""
    source = "def f():\n    return hash('a word'), [*{'one', 'two', 'three', 'four'}]\n"
    seen = []
    for _ in range(2):
        with wall(workers=1) as started:
            seen.append(said_inside(started, source))
    assert seen[0] == seen[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be in groups it then has to leave")
def test_runner_keeps_no_group_it_was_started_with() -> None:
    """A group of root's may read what others may not: logs, disks, the sockets of other services."""
    with wall(workers=1, before="import os; os.setgroups([4, 6, 27])") as started:
        assert said_inside(started, "def f():\n    return 1\n") == 1
        assert status(started.pid)["Groups"] == ""


def test_each_submission_has_a_session_of_its_own(chain: Chain) -> None:
    sessions = [os.getsid(pid) for pid in (chain.runner, chain.template, chain.child)]
    assert len(set(sessions)) == 3
    assert os.getpgid(chain.child) == chain.child


def test_every_mount_of_a_box_is_read_only_and_none_shows_the_kernel(chain: Chain) -> None:
    kinds, writable = set(), set()
    for line in Path(f"/proc/{chain.child}/mountinfo").read_text(encoding="utf-8").splitlines():
        head, _, tail = line.partition(" - ")
        place, options = head.split()[4:6]
        kinds.add(tail.split()[0])
        if "ro" not in options.split(","):
            writable.add(place)
    assert writable <= {"/dev/null", "/dev/urandom"}
    assert not kinds & {"proc", "sysfs", "mqueue", "devpts", "cgroup", "cgroup2", "debugfs"}


def test_submission_holds_five_descriptors_and_nothing_of_the_runners(chain: Chain) -> None:
    held = {int(entry.name): str(entry.readlink()) for entry in Path(f"/proc/{chain.child}/fd").iterdir()}
    assert sorted(held) == [0, 1, 2, 3, 4]
    assert held[0] == "/dev/null"
    assert held[1] == held[2]
    kinds = [held[number].partition(":")[0] for number in (1, 3, 4)]
    assert kinds == ["pipe", "anon_inode", "socket"]


def test_box_holds_its_way_to_the_runner_and_nothing_of_a_submission(chain: Chain) -> None:
    for pid in (chain.box, chain.template):
        assert sorted(int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir()) == [0, 1, 2, 3]


def test_submission_has_every_limit(chain: Chain) -> None:
    limits: dict[str, tuple[str, str]] = {}
    for line in Path(f"/proc/{chain.child}/limits").read_text(encoding="utf-8").splitlines()[1:]:
        limits[line[:26].strip()] = (line[26:47].strip(), line[47:68].strip())
    assert limits["Max open files"] == ("32", "32")
    assert limits["Max file size"] == ("0", "0")
    assert limits["Max core file size"] == ("0", "0")
    assert limits["Max processes"] == ("256", "256")
    seconds, most = limits["Max cpu time"]
    assert seconds == most != "unlimited"
    assert int(seconds) < 600
    space, most = limits["Max address space"]
    assert space == most != "unlimited"
    taken = int(status(chain.child)["VmSize"].split()[0]) << 10
    assert taken < int(space) < taken + 200 * MIB


def test_processes_of_a_box_were_started_with_nothing_of_the_runners_environment(chain: Chain) -> None:
    ours = {"LANG", "PATH", "PYTHONHOME", "PYTHONPATH", "PYTHONHASHSEED", "LD_LIBRARY_PATH", "OPENBLAS_NUM_THREADS"}
    assert Path(f"/proc/{chain.bwrap}/environ").read_bytes() == b""
    for pid in (chain.template, chain.box, chain.child):
        words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        assert {word.partition(b"=")[0].decode() for word in words if word} <= ours | {"MALLOC_ARENA_MAX", "PWD"}
