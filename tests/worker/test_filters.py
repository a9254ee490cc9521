"""The lists of system calls as the kernel reads them: every number, every argument that a rule looks at.

Each call is written down here a second time. So one that is put on a list, or a rule that is loosened, has to be meant.
"""

from __future__ import annotations

import errno
import itertools
import mmap
import resource
import struct
from collections.abc import Callable

import pyseccomp
import pytest

from worker import confinement

ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
EPERM, ENOSYS, EAGAIN = (0x50000 | number for number in (errno.EPERM, errno.ENOSYS, errno.EAGAIN))
LAST_CALL = 1023
X32 = 0x40000000

CHILD = """
    read readv pread64 write writev pwrite64 lseek close close_range open openat stat fstat lstat newfstatat statx
    access faccessat faccessat2 readlink readlinkat getcwd chdir getdents64 umask pipe pipe2
    dup dup2 dup3 poll ppoll select pselect6 munmap mprotect mremap brk membarrier rt_sigaction
    rt_sigprocmask rt_sigreturn rt_sigpending sigaltstack restart_syscall pause alarm getitimer setitimer nanosleep
    clock_nanosleep set_robust_list get_robust_list rseq set_tid_address sched_yield sched_getaffinity exit
    exit_group clock_gettime clock_getres gettimeofday time times getrusage getrandom getcpu getpid getppid
    gettid getpgrp getuid geteuid getgid getegid getresuid getresgid getgroups getpgid getsid uname getrlimit
"""
BY_ARGUMENT = "fcntl ioctl prlimit64 clone clone3 mmap madvise futex"
FORKING = f"""
    {CHILD} mmap madvise futex execve arch_prctl prctl capset seccomp setsid wait4 waitid prlimit64 recvmsg recvfrom
    sendmsg sendto getsockname getsockopt getpeername fcntl ioctl
"""

THREAD_FLAGS = 0x3D0F00  # what libc starts a thread with
NEW = (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)  # every CLONE_NEW*
ODD = (0x1000, 0x2000, 0x4000, 0x8000)  # CLONE_PIDFD, PTRACE, VFORK, PARENT
PROCESS_FLAGS = 0x1000 | 17  # CLONE_PIDFD and SIGCHLD
USER, PID = 0x10000000, 0x20000000
CHILDS_OWN = USER | PID
BOXS_OWN = 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x20000000 | 0x40000000  # all but the user's and the clock's

Answer = Callable[..., int]


def reader(program: bytes, audit: int) -> Answer:
    """Return a function that tells what a filter answers to a call, as the kernel would work it out."""
    steps = list(struct.iter_unpack("<HBBI", program))

    def answer(number: int, *args: int, audit: int = audit) -> int:
        data = struct.pack("<IIQ6Q", number, audit, 0, *args, *[0] * (6 - len(args)))
        at = held = 0
        while True:
            code, if_true, if_false, k = steps[at]
            at += 1
            if code == 0x06:  # return
                return k
            if code == 0x20:  # load a word
                (held,) = struct.unpack_from("<I", data, k)
            elif code == 0x54:
                held &= k
            elif code == 0x05:  # jump
                at += k
            else:
                is_so = {0x15: held == k, 0x25: held > k, 0x35: held >= k, 0x45: bool(held & k)}[code]
                at += if_true if is_so else if_false

    return answer


AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NATIVE = {int(pyseccomp.Arch.X86_64): "x86_64", int(pyseccomp.Arch.AARCH64): "aarch64"}[int(pyseccomp.system_arch())]


def number(name: str) -> int:
    """Return a call's number on this machine; below 0 where it has none."""
    return int(pyseccomp.resolve_syscall(pyseccomp.system_arch(), name))


def name_of(call: int) -> str:
    """Return a call's name, for a failure's message."""
    try:
        told = pyseccomp.resolve_syscall(pyseccomp.system_arch(), call)
    except ValueError:
        return str(call)  # no such call
    return told.decode() if isinstance(told, bytes) else str(told)


def there(names: str) -> set[str]:
    """Return those of the names that this machine has."""
    return {name for name in names.split() if number(name) >= 0}


@pytest.fixture(params=["child", "box", "template"])
def kind(request: pytest.FixtureRequest) -> str:
    """One of the three lists."""
    return str(request.param)


def answer_of(kind: str) -> Answer:
    made = {
        "child": confinement.child_filter,
        "box": confinement.box_filter,
        "template": confinement.template_filter,
    }
    return reader(made[kind](), AUDIT[NATIVE])


def test_list_lets_these_calls_through_and_answers_every_other_with_eperm(kind: str) -> None:
    answer = answer_of(kind)
    ones = (1 << 64) - 1
    by_argument = there(BY_ARGUMENT if kind == "child" else "clone clone3")
    found = {call: {answer(call), answer(call, *[ones] * 6)} for call in range(LAST_CALL + 1)}
    plain = {name_of(call): told for call, told in found.items() if name_of(call) not in by_argument}
    assert {name for name, told in plain.items() if told == {ALLOW}} == there(CHILD if kind == "child" else FORKING)
    assert {name: told for name, told in plain.items() if told not in ({ALLOW}, {EPERM})} == {}


def test_call_by_another_architectures_numbers_kills(kind: str) -> None:
    answer = answer_of(kind)
    for audit in (0x40000003, 0x40000028, *(code for name, code in AUDIT.items() if name != NATIVE)):
        assert {answer(call, audit=audit) for call in range(LAST_CALL + 1)} == {KILL_PROCESS}
    if NATIVE == "x86_64":
        assert {answer(call | X32) for call in range(LAST_CALL + 1)} == {KILL_PROCESS}


def test_clone3_is_not_there_because_its_flags_cannot_be_read(kind: str) -> None:
    assert answer_of(kind)(number("clone3")) == ENOSYS


def test_clone_makes_threads_and_the_next_process_of_the_chain_and_nothing_else(kind: str) -> None:
    answer = answer_of(kind)
    clone = number("clone")
    may = {"child": set(), "box": {CHILDS_OWN}, "template": {CHILDS_OWN, BOXS_OWN}}[kind]
    assert answer(clone, THREAD_FLAGS) == ALLOW
    for odd in (*NEW, *ODD):
        assert answer(clone, THREAD_FLAGS | odd) == EPERM, hex(odd)
    for needed in (0x10000, 0x100, 0x800):  # CLONE_THREAD, VM, SIGHAND
        assert answer(clone, THREAD_FLAGS & ~needed) == EPERM, hex(needed)
    spaces = {sum(some) for length in range(len(NEW) + 1) for some in itertools.combinations(NEW, length)}
    assert {each for each in spaces if answer(clone, PROCESS_FLAGS | each) == ALLOW} == may
    assert {answer(clone, PROCESS_FLAGS | each) for each in spaces - may} == {EPERM}


def test_fcntl_and_ioctl_of_a_child_take_these_commands_and_no_other() -> None:
    answer = answer_of("child")
    for name, commands in (
        ("fcntl", {0, 1, 2, 3, 4, 1030}),  # copies of descriptors, and their flags
        ("ioctl", {0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451}),  # is it a terminal, how much is there, and flags
    ):
        told = {command: answer(number(name), 3, command, 0) for command in range(1 << 16)}
        assert {command for command, each in told.items() if each == ALLOW} == commands
        assert set(told.values()) == {ALLOW, EPERM}


def test_child_may_read_its_own_limits_and_set_that_of_its_stack() -> None:
    answer = answer_of("child")
    for pid, kind, new in itertools.product((0, 1, 2, 1 << 31), range(17), (0, 1, 1 << 32, 0x7FFF_FFFF_F000)):
        is_fine = pid == 0 and (new == 0 or kind == resource.RLIMIT_STACK)
        assert answer(number("prlimit64"), pid, kind, new, 0) == (ALLOW if is_fine else EPERM), (pid, kind, new)


def test_child_may_map_memory_of_its_own_and_files_and_no_memory_to_share() -> None:
    answer = answer_of("child")
    for kind, anonymous, others in itertools.product(range(16), (0, 0x20), (0, 0x10, 0x4000, 0x8000, 0x20000, 1 << 31)):
        is_fine = not anonymous or kind == mmap.MAP_PRIVATE
        told = answer(number("mmap"), 0, 4096, 3, kind | anonymous | others, (1 << 64) - 1, 0)
        assert told == (ALLOW if is_fine else EPERM), (kind, anonymous, others)


def test_child_may_advise_on_its_memory_and_not_on_pages_of_files() -> None:
    answer = answer_of("child")
    told = {advice: answer(number("madvise"), 4096, 4096, advice) for advice in range(1 << 12)}
    own = {mmap.MADV_DONTNEED, mmap.MADV_FREE, mmap.MADV_HUGEPAGE, mmap.MADV_NOHUGEPAGE}
    guards = {102, 103}  # as newer C libraries make them for the stacks of threads
    assert {advice for advice, each in told.items() if each == ALLOW} == own | guards
    assert set(told.values()) == {ALLOW, EPERM}


def test_child_waits_and_wakes_within_itself_alone() -> None:
    """A futex that is not private has its name by a file's page, if it lies in one: two boxes would meet there."""
    answer = answer_of("child")
    for operation, clock in itertools.product(range(14), (0, 0x100)):
        assert answer(number("futex"), 4096, operation | clock | 0x80, 1) == ALLOW
        assert answer(number("futex"), 4096, operation | clock, 1) == EAGAIN
