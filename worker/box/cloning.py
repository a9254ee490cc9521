"""Cloning boxes and children, and what they put on before they see a submission."""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import signal
from typing import Any

from worker.box.framing import MAX_THREADS

CLONE_PIDFD, CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x1000, 0x20000, 0x2000000, 0x4000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x8000000, 0x10000000, 0x20000000, 0x40000000
BOX_FLAGS = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET
CHILD_FLAGS = CLONE_NEWUSER | CLONE_NEWPID
CLONE_NUMBER = {"x86_64": 56, "aarch64": 220}
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
CAPABILITY_VERSION_3 = 0x20080522


class _Filter(ctypes.Structure):
    """The kernel's `struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


class Confinement:
    """What boxes and children put on; prepared once in the template, so that cloning and putting on is quick."""

    def __init__(self, box_bpf: bytes, child_bpf: bytes) -> None:
        libc = ctypes.PyDLL(None, use_errno=True)  # keeps the GIL: there is no other thread to give it to
        self._bpf = [ctypes.create_string_buffer(bpf, len(bpf)) for bpf in (box_bpf, child_bpf)]
        self._filters = [_Filter(len(bpf) // 8, ctypes.cast(bpf, ctypes.c_void_p)) for bpf in self._bpf]
        self._pidfd = ctypes.c_int(-1)
        # Functions and arguments are looked up and made here, once: in a child each would cost page faults.
        self._syscall, self._capset, self._prctl = libc.syscall, libc.capset, libc.prctl
        self._clone_box, self._clone_child = map(self._clone_args, (BOX_FLAGS, CHILD_FLAGS))
        self._capset_args = ((ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)())
        self._box_filter, self._child_filter = (
            (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) for program in self._filters
        )
        # What all inherit: these hold for the template as well, which writes no file and has few descriptors.
        self._require(self._prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        self._address_space = _used_address_space()

    def _clone_args(self, flags: int) -> tuple[Any, ...]:
        number = ctypes.c_long(CLONE_NUMBER[os.uname().machine])
        all_flags = ctypes.c_long(flags | CLONE_PIDFD | signal.SIGCHLD)
        return number, all_flags, None, ctypes.byref(self._pidfd), None, None

    @staticmethod
    def _require(result: int) -> None:
        if result != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    def clone_box(self) -> tuple[int, int]:
        """Clone a box into namespaces of its own; return (0, -1) in the box, (pid, pidfd) in the template."""
        return self._clone(self._clone_box)

    def clone_child(self) -> tuple[int, int]:
        """Clone a child into a new user and a new pid namespace; return (0, -1) in the child, (pid, pidfd) in the box.

        A plain system call, and none of what CPython does around a fork: that is for locks other threads may hold,
        and here are no others. It would cost a child two hundred page faults, a fifth of all it takes to grade.
        """
        return self._clone(self._clone_child)

    def _clone(self, args: tuple[Any, ...]) -> tuple[int, int]:
        pid: int = self._syscall(*args)
        if pid < 0:
            self._require(pid)
        return (pid, self._pidfd.value) if pid else (0, -1)

    def put_on_box(self) -> None:
        """Give up what the template may and a box may not: every capability, and making namespaces but a child's.

        Raises:
            OSError: the kernel refused; the process must end.
        """
        self._require(self._capset(*self._capset_args))
        self._require(self._prctl(*self._box_filter))

    def put_on_child(self, memory: int, cpu_s: int) -> None:
        """Confine this process for good.

        Args:
            memory: bytes it may have on top of what the template had.
            cpu_s: seconds after which the kernel kills it, should everybody else forget to.

        Raises:
            OSError: the kernel refused; nothing of the submission may be read then.
        """
        os.setsid()
        space = self._address_space + memory
        resource.setrlimit(resource.RLIMIT_AS, (space, space))
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
        # Counted in its own user namespace since Linux 5.14. Threads take process numbers, which the whole machine has
        # 32,768 of: where there are none left, nobody can start anything any more.
        resource.setrlimit(resource.RLIMIT_NPROC, (MAX_THREADS, MAX_THREADS))
        self._require(self._capset(*self._capset_args))
        self._require(self._prctl(*self._child_filter))


def _used_address_space() -> int:
    """Return the bytes of address space this process has; found by trying, because a box has no /proc."""
    low, high = 0, 1 << 40
    limits = resource.getrlimit(resource.RLIMIT_AS)
    while high - low > 1 << 16:
        middle = (low + high) // 2
        try:
            resource.setrlimit(resource.RLIMIT_AS, (middle, limits[1]))
            mmap.mmap(-1, mmap.PAGESIZE).close()
        except (OSError, MemoryError):
            low = middle
        else:
            high = middle
    resource.setrlimit(resource.RLIMIT_AS, limits)
    return high
