"""Attacks on a real box, to know before the first submission what the sandbox of this machine is worth.

A runner does not start when one of them gets through; `grader doctor` runs them all and says what to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket, socketpair
from typing import TYPE_CHECKING, Any

from assignments.script import Load, Outcome, Probes, ProbesOutcome, Source, Status, call
from assignments.spec import Limits
from worker.boxes import Materials
from worker.client import Job, RunnerUnavailable, run_over
from worker.confinement import ConfinementError
from worker.privileges import StillRootError, leave_root

if TYPE_CHECKING:
    from grader.settings import Settings
    from worker.runner import Runner

_CURE = (
    "Do not grade here. If this machine or its container was changed lately, compare it with docs/sandbox.md; "
    "if not, report this as a fault of the sandbox."
)
_CURE_START = (
    "Allow unprivileged user namespaces: `sysctl kernel.apparmor_restrict_unprivileged_userns=0` on Ubuntu, "
    "`sysctl user.max_user_namespaces=10000` where it is 0; in Docker run the runner with "
    "`security_opt: [seccomp=docs/deploy/seccomp-runner.json, apparmor=unconfined]`."
)
START_LIMIT_S = 60.0


@dataclass(frozen=True)
class Probe:
    """One finding; `cure` is empty where `ok`."""

    name: str
    ok: bool
    detail: str
    cure: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return asdict(self)


# What a hostile submission would do. Each function returns what it achieved; nothing, if the sandbox holds.
_ATTACKS = """
import ctypes, errno, fcntl, mmap, os, resource, signal, socket, subprocess, threading
libc = ctypes.CDLL(None, use_errno=True)

def refused(action, *args, codes=(errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOSYS)):
    try:
        action(*args)
    except OSError as error:
        return error.errno in codes
    return False

def environment():
    return sorted(set(os.environ) - {"LANG", "PATH", "OPENBLAS_NUM_THREADS"})

def files():
    expected = {"python", "site", "box", "lib", "lib64", "dev"}
    seen = sorted(set(os.listdir("/")) - expected) + sorted(set(os.listdir("/dev")) - {"null", "urandom"})
    return seen + [path for path in ("/proc/self/environ", "/proc/1/environ", "/etc/passwd", "/root", "/home", "/sys")
                   if os.path.exists(path)]

def writing():
    folders = ["/", "/tmp", "/dev", "/dev/shm", "/lib", "/box", "/site", "/site/numpy", "/python/lib"]
    return [folder for folder in folders
            if not refused(lambda: os.close(os.open(folder + "/planted", os.O_CREAT | os.O_WRONLY)))]

def sockets():
    kinds = {"inet": socket.AF_INET, "unix": socket.AF_UNIX, "netlink": 16, "alg": 38, "vsock": 40}
    return [name for name, kind in kinds.items() if not refused(socket.socket, kind, socket.SOCK_STREAM)]

def processes():
    found = [] if refused(os.fork, codes=(errno.EPERM,)) else ["fork"]
    found += [] if refused(os.execv, "/python/bin/python3", ["python3"], codes=(errno.EPERM,)) else ["exec"]
    found += [] if refused(subprocess.run, ["/python/bin/python3", "-V"]) else ["subprocess"]
    return found + ([] if os.getpid() == 1 else ["not alone in its pid namespace"])

def signals():
    return [str(pid) for pid in (0, -1, 1, 2, os.getppid()) if not refused(os.kill, pid, 0, codes=(errno.EPERM,))]

def fcntl_signals():
    names = {"F_SETOWN": 8, "F_SETSIG": 10, "F_SETLEASE": 1024, "F_SETLK": 6, "F_NOTIFY": 1026}
    return [name for name, number in names.items() if not refused(fcntl.fcntl, 4, number, 0, codes=(errno.EPERM,))]

def limits():
    huge = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    found = []
    for name in ("AS", "CPU", "FSIZE", "CORE", "NOFILE"):
        kind = getattr(resource, "RLIMIT_" + name)
        try:
            resource.setrlimit(kind, huge)
            found.append(name)
        except (ValueError, OSError):
            pass
    if not refused(resource.prlimit, 2, resource.RLIMIT_NOFILE, (3, 3), codes=(errno.EPERM,)):
        found.append("limits of others")
    return found

def descriptors():
    found = []
    for number in range(5, 64):
        try:
            os.fstat(number)
            found.append(str(number))
        except OSError:
            pass
    return found

def calls(numbers):
    found = []
    for name, number in numbers.items():
        ctypes.set_errno(0)
        result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(0)] * 5)
        if result != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
            found.append(name)
    return found

def namespaces():
    flags = {"user": 0x10000000, "mount": 0x20000, "net": 0x40000000, "pid": 0x20000000}
    found = []
    for name, flag in flags.items():
        ctypes.set_errno(0)
        if libc.unshare(flag) == 0 or ctypes.get_errno() != errno.EPERM:
            found.append(name)
    return found

def maps_to_share():
    return [] if refused(mmap.mmap, -1, 4096, mmap.MAP_SHARED, codes=(errno.EPERM,)) else ["one of 4 KiB"]

def pages(futex):
    import numpy as np
    file = os.open("/site/numpy/__init__.py", os.O_RDONLY)
    page = mmap.mmap(file, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ)
    os.close(file)
    advices = {"COLD": 20, "PAGEOUT": 21}
    found = [name for name, number in advices.items() if not refused(page.madvise, number, codes=(errno.EPERM,))]
    at = ctypes.c_void_p(np.frombuffer(page, np.uint8).ctypes.data)
    return found + (["FUTEX_WAKE"] if libc.syscall(ctypes.c_long(futex), at, 1, 1) >= 0 else [])

def works():
    import numpy as np
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    return np.linalg.solve(np.eye(3) * 2, np.ones(3))

def memory():
    import numpy as np
    return [np.empty(1 << 24) for _ in range(40)]

def loop():
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        pass

def flood():
    while True:
        os.write(2, b"A" * 65536)

def forge():
    import struct
    while True:
        os.write(4, struct.pack("<BII", 12, 1 << 31, 1 << 31))

def leave():
    ctypes.CDLL(None)._exit(0)
"""

_FORBIDDEN = (
    *("ptrace", "process_vm_writev", "pidfd_open", "pidfd_getfd", "memfd_create", "shmget", "mq_open"),
    *("io_uring_setup", "io_uring_enter", "name_to_handle_at", "open_by_handle_at"),
    *("bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "mount", "umount2", "pivot_root", "chroot"),
    *("setns", "socket", "socketpair", "splice", "execve", "execveat", "vfork", "kill", "tgkill", "flock", "mknodat"),
    *("init_module", "kexec_load", "clock_settime", "sched_setscheduler", "setpriority", "inotify_init1"),
    *("personality", "fallocate", "timer_create", "unshare", "sethostname"),
    *("sysinfo", "statfs", "fstatfs", "fadvise64", "mincore", "cachestat"),
)


def _nothing_achieved(what: str) -> Callable[[Outcome], str]:
    def judge(outcome: Outcome) -> str:
        if outcome.status is Status.RETURNED and outcome.value == []:
            return ""
        if outcome.status is Status.RETURNED:
            return f"{what}: {outcome.value}."
        return f"{what}: the attempt ended oddly, {outcome.status.value}: {outcome.message}."

    return judge


def _ends_as(*statuses: Status) -> Callable[[Outcome], str]:
    def judge(outcome: Outcome) -> str:
        return "" if outcome.status in statuses else f"it ended as {outcome.status.value} {outcome.message}."

    return judge


def _is_solved(outcome: Outcome) -> str:
    if outcome.status is Status.RETURNED and getattr(outcome.value, "tolist", lambda: None)() == [0.5, 0.5, 0.5]:
        return ""
    return f"NumPy does not work in a box: {outcome.status.value} {outcome.error_type or ''} {outcome.message}."


@dataclass(frozen=True)
class _Attack:
    name: str
    function: str
    judge: Callable[[Outcome], str]
    args: tuple[Any, ...] = ()


def _calls_by_number(names: Iterable[str]) -> dict[str, int]:
    import pyseccomp  # importable once the filters have been made

    native = pyseccomp.system_arch()
    numbers = {name: pyseccomp.resolve_syscall(native, name) for name in names}
    return {name: number for name, number in numbers.items() if number >= 0}


def _quick_attacks() -> list[_Attack]:
    """Return what one healthy child can try."""
    futex = tuple(_calls_by_number(["futex"]).values())
    return [
        _Attack("works", "works", _is_solved),
        _Attack("environment", "environment", _nothing_achieved("variables of the runner are visible")),
        _Attack("files", "files", _nothing_achieved("files of this machine are visible")),
        _Attack("writing", "writing", _nothing_achieved("files can be written in")),
        _Attack("network", "sockets", _nothing_achieved("sockets can be made")),
        _Attack("processes", "processes", _nothing_achieved("other programs can be started")),
        _Attack("signals", "signals", _nothing_achieved("signals can be sent to")),
        _Attack("signals by fcntl", "fcntl_signals", _nothing_achieved("fcntl takes")),
        _Attack("own limits", "limits", _nothing_achieved("limits can be raised")),
        _Attack("descriptors", "descriptors", _nothing_achieved("descriptors of others are open")),
        _Attack("system calls", "calls", _nothing_achieved("the kernel answers"), (_calls_by_number(_FORBIDDEN),)),
        _Attack("namespaces", "namespaces", _nothing_achieved("namespaces can be made")),
        _Attack("memory to share", "maps_to_share", _nothing_achieved("maps can be shared")),
        _Attack("pages of files", "pages", _nothing_achieved("pages of all boxes take"), futex),
        _Attack("memory", "memory", _ends_as(Status.OUT_OF_MEMORY)),
    ]


_ENDLESS_ATTACKS = (_Attack("endless loop", "loop", _ends_as(Status.TIMED_OUT)),)
_DEADLY_ATTACKS = (
    _Attack("flood of output", "flood", _ends_as(Status.OUTPUT_LIMIT)),
    _Attack("forged result", "forge", _ends_as(Status.UNREADABLE)),
    _Attack("silent exit", "leave", _ends_as(Status.CRASHED)),
)


def _job(attacks: Sequence[_Attack], limits: Limits) -> Job:
    return Job(
        sources=(Source("attacks.py", "attacks", (_ATTACKS,)),),
        entry="attacks",
        probes=tuple(Probes(attack.name, (call(attack.function, *attack.args),)) for attack in attacks),
        limits=limits,
    )


def _judged(attacks: Sequence[_Attack], results: Iterable[Load | ProbesOutcome]) -> list[Probe]:
    probes = []
    answers = [result for result in results if isinstance(result, ProbesOutcome)]
    for attack, answer in zip(attacks, answers, strict=True):
        fault = attack.judge(answer.outcomes[0])
        probes.append(Probe(attack.name, not fault, fault or "contained", _CURE if fault else ""))
    return probes


def examine_runner(runner: Runner, *, is_thorough: bool = False) -> list[Probe]:
    """Attack boxes of this runner; its loop is turned here, by the main thread, until all have ended.

    Args:
        runner: not serving anybody yet.
        is_thorough: also the attacks that each cost a box.
    """
    ours, theirs = socketpair(AF_UNIX, SOCK_STREAM)
    jobs: list[tuple[Sequence[_Attack], Limits]] = [
        (_quick_attacks(), Limits(cpu_s=10, wall_s=20, memory_mib=512, output_kib=64)),
        (_ENDLESS_ATTACKS, Limits(cpu_s=0.1, wall_s=5, memory_mib=512, output_kib=64)),
    ]
    if is_thorough:
        # With time enough, however busy the machine: they must not end as an endless loop does.
        jobs.append((_DEADLY_ATTACKS, Limits(cpu_s=10, wall_s=20, memory_mib=512, output_kib=64)))
    found: list[Probe] = []

    def attack(connections: list[socket]) -> None:
        try:
            for (attacks, limits), connection in zip(jobs, connections, strict=True):
                connection.settimeout(START_LIMIT_S)
                with connection:
                    found.extend(_judged(attacks, run_over(connection, _job(attacks, limits))))
        except RunnerUnavailable as error:
            found.append(Probe("box", False, f"{error} {runner.last_words}".strip(), _CURE_START))
        finally:
            theirs.close()

    pairs = [socketpair(AF_UNIX, SOCK_STREAM) for _ in jobs]
    for mine, _ in pairs:
        runner.add_client(mine)
    is_done: list[bool] = []
    runner.wake_on(ours.fileno(), lambda: is_done.append(True))
    attacker = threading.Thread(target=attack, args=([client for _, client in pairs],))
    attacker.start()
    while not is_done:
        runner.turn()
    attacker.join()
    runner.forget(ours.fileno())
    ours.close()
    return found


def examine() -> list[Probe]:
    """Attack boxes of this machine, all attacks, in a process of its own; nothing has to be running."""
    said = subprocess.run(
        [sys.executable, "-m", "worker.doctor"],
        env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return [Probe(**probe) for probe in json.loads(said.stdout)]
    except (ValueError, TypeError):
        detail = said.stderr.strip()[-1000:] or f"the examination ended with code {said.returncode}"
        return [Probe("sandbox", False, detail, _CURE_START)]


def _examine_here() -> list[Probe]:
    from worker.runner import Runner

    try:
        leave_root()
        materials = Materials.gather()
    except (StillRootError, ConfinementError) as error:
        return [Probe("sandbox", False, str(error), error.cure)]
    runner = Runner(materials, workers=2, box_reuse=50)
    try:
        parts = Probe("parts", True, f"bubblewrap at {materials.bwrap}, libseccomp, uid {os.geteuid()}")
        return [parts, *examine_runner(runner, is_thorough=True)]
    finally:
        runner.close()


# --- the whole service ------------------------------------------------------------------------------------------------


def examine_service(settings: Settings) -> list[Probe]:
    """Examine the sandbox, and whether database, broker and runner can be reached with these settings."""
    return [_examine_database(settings), _examine_broker(settings), _examine_runner_socket(settings), *examine()]


def _examine_database(settings: Settings) -> Probe:
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    from grader.db import make_engine

    url = settings.resolved_database_url()
    path = settings.data_dir / "grader.sqlite3"
    if not settings.database_url and not path.exists():
        # As in a runner's container, or before the first `./run`.
        return Probe("database", True, f"none is configured, and {path} does not exist yet")
    try:
        engine = make_engine(url)
        with engine.connect() as connection:
            connection.execute(text("SELECT 1 FROM alembic_version"))
        shown = engine.url.render_as_string(hide_password=True)
        engine.dispose()
    except (SQLAlchemyError, OSError, ValueError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        return Probe("database", False, reason, "Check GRADER_DATABASE_URL, then run `grader db upgrade`.")
    return Probe("database", True, shown)


def _examine_broker(settings: Settings) -> Probe:
    import redis

    if not settings.redis_url:
        return Probe("broker", True, "a private Valkey, started by ./run")
    try:
        with redis.Redis.from_url(settings.redis_url.replace("redis+socket://", "unix://")) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        return Probe("broker", False, str(error), "Check GRADER_REDIS_URL, and that the server is running.")
    return Probe("broker", True, "it answers")


def _examine_runner_socket(settings: Settings) -> Probe:
    path = settings.resolved_runner_socket()
    with socket(AF_UNIX, SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
        except OSError as error:
            reason = f"no runner answers at {path} ({error.strerror or error})"
            return Probe("runner", False, reason, "Start one with `grader runner`, or the whole service with ./run.")
    return Probe("runner", True, f"it answers at {path}")


def render(probes: Iterable[Probe]) -> str:
    """Return the findings as a terminal shows them, faults with their cure."""
    lines = []
    for probe in probes:
        lines.append(f"{'ok   ' if probe.ok else 'FAULT'}  {probe.name}: {probe.detail}")
        if not probe.ok:
            lines.append(f"       {probe.cure}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(json.dumps([probe.as_json() for probe in _examine_here()]))
