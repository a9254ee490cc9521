"""What one submission could leave for the next one, and for one at work beside it: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from assignments.script import Load, Probes, ProbesOutcome, Source, Status, call
from assignments.spec import Limits
from tests.attacks.wall import Wall, wall
from worker.client import Job, RunnerClient

LIMITS = Limits(cpu_s=5, wall_s=20)

# What is left: by kind, what the first submission does and how the second one looks for it. `look` returns plain data
# and must return the same whether or not anybody was there before.
TRACES = {
    "files": (
        """
for folder in ("/", "/tmp", "/dev", "/dev/shm", "/box", "/site", "/lib", "/var/tmp", "/run"):
    try:
        os.close(os.open(folder + "/left", os.O_CREAT | os.O_WRONLY))
    except OSError:
        pass
""",
        "return [name for folder in ('/', '/dev', '/box', '/site') for name in sorted(os.listdir(folder))]",
    ),
    "working folder, mask": ("os.chdir('/site'); os.umask(0o777)", "return os.getcwd(), os.umask(0o22)"),
    "shared memory": (
        """
for attempt in (lambda: mmap.mmap(-1, 4096, flags=mmap.MAP_SHARED).write(b"left"), lambda: libc.shmget(7, 4096, 0o1666),
                lambda: libc.shm_open(b"/left", 66, 0o666), lambda: libc.memfd_create(b"left", 0)):
    try:
        attempt()
    except OSError:
        pass
""",
        "return libc.shmget(7, 4096, 0o666), libc.shm_open(b'/left', 2, 0)",
    ),
    "queues and semaphores": (
        "libc.msgget(7, 0o1666); libc.semget(7, 1, 0o1666); libc.mq_open(b'/left', 66, 0o666, 0)",
        "return libc.msgget(7, 0o666), libc.semget(7, 1, 0o666), libc.mq_open(b'/left', 2)",
    ),
    "sockets": (
        """
try:
    kept = socket.socket(socket.AF_UNIX); kept.bind("\\0left"); kept.listen()
except OSError:
    pass
""",
        """
    try:
        socket.socket(socket.AF_UNIX).connect("\\0left")
    except OSError as error:
        return error.errno
    return "connected"
""",
    ),
    "locks on shared files": (
        """
kept = open("/site/numpy/__init__.py")
for attempt in (lambda: fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB), lambda: fcntl.lockf(kept, fcntl.LOCK_SH),
                lambda: fcntl.fcntl(kept, fcntl.F_SETLEASE, fcntl.F_RDLCK)):
    try:
        attempt()
    except OSError:
        pass
""",
        """
    found = []
    mine = open("/site/numpy/__init__.py")
    for attempt in (lambda: fcntl.flock(mine, fcntl.LOCK_SH | fcntl.LOCK_NB),
                    lambda: fcntl.fcntl(mine, fcntl.F_GETLEASE)):
        try:
            found.append(attempt())
        except OSError as error:
            found.append(error.errno)
    return found
""",
    ),
    "waiting at a file's page": (
        """
page = of_shared_file()
threading.Thread(target=lambda: [libc.syscall(FUTEX, page, 0, page[0], None) for _ in range(1000)], daemon=True).start()
""",
        """
    page, woken = of_shared_file(), 0
    for _ in range(300):
        woken = max(woken, libc.syscall(FUTEX, page, 1, 1000))
        time.sleep(0.001)
    return woken
""",
    ),
    "descriptors": (
        "kept = [os.pipe() for _ in range(5)]; os.dup2(1, 20)",
        """
    found = []
    for number in range(64):
        try:
            os.fstat(number)
            found.append(number)
        except OSError:
            pass
    return found
""",
    ),
    "signals": (
        """
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); signal.alarm(1); signal.setitimer(signal.ITIMER_PROF, 0.2)
""",
        """
    return (sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))), sorted(map(int, signal.sigpending())),
            [str(signal.getsignal(n)).split(" at ")[0] for n in (1, 2, 10, 13, 15, 17)],
            signal.getitimer(signal.ITIMER_PROF))
""",
    ),
    "process list": (
        """
for attempt in (os.fork, lambda: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()):
    try:
        attempt()
    except (OSError, RuntimeError):
        pass
""",
        "return os.getpid(), os.getppid(), threading.active_count(), os.path.exists('/proc'), refusal(os.kill, 2, 0)",
    ),
    "memory of the parent": (
        "word = 'left-' + 'by-the-first'; kept = [word + str(n) for n in range(1000)]",
        """
    word = "left-" + "by-the-" + "first"
    seen = [o for o in gc.get_objects() if isinstance(o, (list, dict)) and any(type(v) is str and word in v for v in
            (o.values() if isinstance(o, dict) else o))]
    return len([o for o in seen if o is not globals()]), word in str(sys.modules)
""",
    ),
    "memory that was freed": (
        "kept = [np.full(60, 7777.25) for _ in range(7)]; kept.clear()",
        "return sum(int((np.empty(60) == 7777.25).sum()) for _ in range(7)) > 0",
    ),
    "environment": (
        "os.environ['LEFT'] = '1'; os.environ['PATH'] = '/left'; os.putenv('LEFT2', '1'); sys.argv.append('left')",
        "return dict(os.environ), libc.getenv(b'LEFT2'), len(sys.argv)",
    ),
    "seeds": (
        "random.seed(5); np.random.seed(5); np.random.rand(100)",
        "return random.random(), np.random.rand(3), [*{'a', 'b', 'c'}], hash('x')",
    ),
    "clock": (
        """
time.time = time.monotonic = lambda: 0.0
try:
    time.clock_settime(time.CLOCK_REALTIME, 0)
except OSError:
    pass
os.environ['TZ'] = 'Asia/Taipei'; time.tzset()
""",
        "return time.time() > 1e9, time.tzname, time.localtime(0).tm_hour",
    ),
    "modules": (
        "sys.modules['left'] = sys; import colorsys; json.dumps = lambda *a: 'left'; math.pi = 3; np.allclose = len",
        "return 'left' in sys.modules, 'colorsys' in sys.modules, json.dumps([1]), math.pi, np.allclose.__name__",
    ),
    "import system": (
        "sys.path[:] = ['/left']; sys.meta_path.clear(); sys.path_hooks.clear(); sys.dont_write_bytecode = False",
        """
    import colorsys
    return sys.path, len(sys.meta_path), len(sys.path_hooks), sys.dont_write_bytecode
""",
    ),
    "builtins": (
        "builtins.left = 1; builtins.sum = lambda *_: 0; builtins.print = None; builtins.open = None",
        "return hasattr(builtins, 'left'), sum([1, 2]), callable(print), callable(open)",
    ),
    "types": (
        "abc.ABCMeta.register(left_abc, int); copyreg.pickle(complex, str)",
        "return isinstance(3, left_abc), copyreg.dispatch_table.get(complex) is str",
    ),
    "NumPy's settings": (
        "np.seterr(all='raise'); np.set_printoptions(precision=1); np.seterrcall(print); np.setbufsize(1024)",
        "return np.geterr(), repr(np.array([1 / 3])), np.geterrcall() is None, np.getbufsize()",
    ),
    "NumPy's own arrays": (
        "np.nan_left = 1; np.e = 3",
        "return hasattr(np, 'nan_left'), np.e, np.linalg.inv(np.eye(2) * 2)",
    ),
    "warnings": (
        "warnings.simplefilter('error'); warnings.showwarning = print; warnings.filters.append('left')",
        "warnings.warn('mine'); return 'left' in warnings.filters, len(warnings.filters)",
    ),
    "locale": (
        """
for name in ("C", "POSIX", "en_US.UTF-8", "de_DE.UTF-8"):
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        pass
""",
        "return locale.setlocale(locale.LC_ALL), f'{1.5:n}', sys.stdout.encoding",
    ),
    "interpreter": (
        """
sys.setrecursionlimit(77777); sys.setswitchinterval(1); gc.disable(); gc.set_threshold(1, 1, 1)
sys.settrace(print); sys.setprofile(print); sys.settrace(None); sys.setprofile(None)
sys.excepthook = threading.excepthook = print; sys.set_int_max_str_digits(0); sys.breakpointhook = None
""",
        """
    return (sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled(), gc.get_threshold(),
            sys.get_int_max_str_digits(), sys.breakpointhook is None, sys.excepthook is sys.__excepthook__)
""",
    ),
    "decimal": (
        "decimal.getcontext().prec = 2; decimal.DefaultContext.prec = 2; decimal.setcontext(decimal.Context(prec=2))",
        "return str(decimal.Decimal(1) / 3)",
    ),
    "limits": (
        """
resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, resource.getrlimit(resource.RLIMIT_STACK)[1]))
for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_CPU):
    soft, hard = resource.getrlimit(kind)
    try:
        resource.setrlimit(kind, (soft // 2, hard // 2))
    except (ValueError, OSError):
        pass
""",
        """
    return [resource.getrlimit(kind) for kind in (resource.RLIMIT_STACK, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU)]
""",
    ),
    "output": (
        "print('left', end=''); sys.stdout = sys.stderr = None",
        "print('mine'); return sys.stdout is None, sys.stdout is sys.__stdout__",
    ),
    "hooks at the end": (
        "atexit.register(lambda: os.write(4, b'left')); weakref.finalize(sys, print, 'left')",
        "return atexit._ncallbacks(), [n for n in (5, 6, 7) if refusal(os.fstat, n) != 9]",
    ),
    "threads": (
        "threading.Thread(target=time.sleep, args=(30,), daemon=True).start(); threading.stack_size(1 << 20)",
        "return threading.active_count(), threading.stack_size()",
    ),
}

HEAD = """
import abc, atexit, builtins, copyreg, ctypes, decimal, fcntl, gc, json, locale, math, mmap, os, random, resource
import signal, socket, sys, threading, time, warnings, weakref
import numpy as np
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.POINTER(ctypes.c_uint32)
FUTEX = 202 if os.uname().machine == "x86_64" else 98
class left_abc(abc.ABC): pass
def of_shared_file():
    file = os.open("/site/numpy/__init__.py", os.O_RDONLY)
    return libc.mmap(None, ctypes.c_size_t(4096), 1, 2, file, ctypes.c_long(0))
def refusal(call, *args):
    try:
        return call(*args)
    except OSError as error:
        return error.errno
"""


def submission(body: str, *, rests: bool = False) -> Job:
    """Return a job whose module does `body` when loaded, or whose `look` does; with `rests` it then stays for long."""
    after = "time.sleep(15)" if rests else "pass"
    lines = body.strip("\n")
    look = lines if lines.startswith("    ") else f"    {lines}"
    source = f"{HEAD}\ndef look():\n{look}\n" if "return" in body else f"{HEAD}\n{body}\ndef look():\n    {after}\n"
    return Job((Source("work.py", "work", (source,)),), "work", (Probes("q", (call("look"),)),), LIMITS)


def seen(runner: Wall, look: str) -> tuple[Any, str]:
    """Return what a submission that looks around finds, and its output."""
    load, answer = RunnerClient(runner.socket).run(submission(look))
    assert isinstance(load, Load)
    assert isinstance(answer, ProbesOutcome)
    (outcome,) = answer.outcomes
    assert outcome.status is Status.RETURNED, outcome
    return outcome.value, answer.stdout


@pytest.fixture(scope="module", params=[50, 1], ids=["reuse 50", "reuse 1"])
def one_place(request: pytest.FixtureRequest) -> Iterator[Wall]:
    """A runner with one place, so that the second submission comes into the first one's box where boxes are reused."""
    with wall(workers=1, box_reuse=request.param) as started:
        yield started


@pytest.fixture(scope="module")
def two_places() -> Iterator[Wall]:
    """A runner that works at two submissions at a time."""
    with wall(workers=2) as started:
        yield started


@pytest.mark.parametrize("trace", TRACES)
def test_submission_finds_nothing_of_the_one_before_it(trace: str, one_place: Wall) -> None:
    plant, look = TRACES[trace]
    before = seen(one_place, look)
    for _ in range(3):
        list(RunnerClient(one_place.socket).run(submission(plant)))
        assert repr(seen(one_place, look)) == repr(before)


@pytest.mark.parametrize("trace", TRACES)
def test_submission_finds_nothing_of_the_one_beside_it(trace: str, two_places: Wall) -> None:
    plant, look = TRACES[trace]
    before = seen(two_places, look)
    beside = RunnerClient(two_places.socket).run(submission(plant, rests=True))
    assert isinstance(next(beside), Load)  # it has done its worst and stays
    try:
        assert repr(seen(two_places, look)) == repr(before)
    finally:
        beside.close()


REFUSED = {
    *(
        "files",
        "shared memory",
        "queues and semaphores",
        "sockets",
        "locks on shared files",
        "waiting at a file's page",
    ),
    *("locale", "seeds"),
}
"""What cannot even be left for oneself: it is forbidden, there is no other, or it is set anew for each question."""


@pytest.mark.parametrize("trace", sorted(TRACES.keys() - REFUSED))
def test_trace_is_there_for_who_left_it(trace: str, two_places: Wall) -> None:
    """Else finding nothing of it in another submission would mean nothing."""
    plant, look = TRACES[trace]
    clean = submission(look)
    source = clean.sources[0].cells[0].replace("\ndef look():", f"\n{plant}\ndef look():")
    planted = Job((Source("work.py", "work", (source,)),), "work", clean.probes, LIMITS)
    _, answer = RunnerClient(two_places.socket).run(planted)
    assert isinstance(answer, ProbesOutcome)
    (outcome,) = answer.outcomes
    assert outcome.status is not Status.RETURNED or repr((outcome.value, answer.stdout)) != repr(seen(two_places, look))


@pytest.mark.parametrize("trace", TRACES)
def test_trace_is_left_without_a_fault(trace: str, two_places: Wall) -> None:
    """A plant that stops at its first line would leave nothing to be found."""
    load, _ = RunnerClient(two_places.socket).run(submission(TRACES[trace][0]))
    assert isinstance(load, Load)
    assert load.status is Status.RETURNED, load
