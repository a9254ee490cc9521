"""Hostile submissions through the whole way: client, runner, box, child."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assignments.script import Call, Load, Outcome, Probes, ProbesOutcome, Script, Source, Status, call
from assignments.spec import Limits
from worker import jobs, wire
from worker.box import framing
from worker.client import Job, RunnerClient
from worker.runner import Runner

ROOMY, SHORT = Limits(), Limits(cpu_s=0.3, wall_s=3.0)  # for what ends by itself, and for what does not
CANARY = "def f(x):\n    return x + 1\n"

Graded = tuple[Load, list[ProbesOutcome]]
Grade = Callable[..., Graded]


@pytest.fixture
def grade(runner_socket: Path) -> Grade:
    """Return a function that runs one source, with a question for each script, and returns all that came back."""

    def run(source: str, *scripts: Script, limits: Limits = ROOMY) -> Graded:
        job = Job(
            sources=(Source("work.py", "work", (source,)),),
            entry="work",
            probes=tuple(Probes(f"q{number}", (script,)) for number, script in enumerate(scripts)),
            limits=limits,
        )
        load, *answers = RunnerClient(runner_socket).run(job)
        assert isinstance(load, Load)
        return load, [answer for answer in answers if isinstance(answer, ProbesOutcome)]

    return run


SPENT = "import time\ndef spent():\n    return time.process_time()\n"  # by the one process that answers


def one(graded: Graded) -> Outcome:
    """Return the single outcome."""
    (answer,) = graded[1]
    (outcome,) = answer.outcomes
    return outcome


def require_next_is_unharmed(grade: Grade) -> None:
    """A right submission graded right after still passes."""
    assert one(grade(CANARY, call("f", 1))).value == 2


# Each ends as said, with a message for the student, and the next submission does not notice.
ENDINGS = {
    "endless_loop": ("while True:\n        pass", Status.TIMED_OUT),
    "loop_that_catches_everything": (
        "while True:\n        try:\n            while True: pass\n        except BaseException:\n            pass",
        Status.TIMED_OUT,
    ),
    "hang_in_c": ("return 9**9**9", Status.TIMED_OUT),
    "hang_in_a_regular_expression": ("import re; return re.match(r'(a+)+$', 'a' * 40 + 'b')", Status.TIMED_OUT),
    "threads_that_burn": (
        """import threading
    def burn():
        while True: pass
    for _ in range(4): threading.Thread(target=burn).start()
    burn()""",
        Status.TIMED_OUT,
    ),
    "fork": ("import os; return os.fork()", Status.NOT_ALLOWED),
    "program": ("import os; return os.execv('/python/bin/python3', ['python3'])", Status.NOT_ALLOWED),
    "kill_of_the_parent": ("import os; return os.kill(os.getppid(), 9)", Status.NOT_ALLOWED),
    "kill_of_the_group": ("import os; return os.kill(0, 9)", Status.NOT_ALLOWED),
    "network": ("import socket; return socket.socket()", Status.NOT_ALLOWED),
    "file_written": ("return open('/planted', 'w')", Status.NOT_ALLOWED),
    "memory_by_lists": ("hoard = []\n    while True: hoard.append(bytearray(1 << 20))", Status.OUT_OF_MEMORY),
    "memory_by_one_array": ("import numpy as np; return np.ones(1 << 33)", Status.OUT_OF_MEMORY),
    "memory_never_touched": ("import numpy as np; return np.empty(1 << 30)", Status.OUT_OF_MEMORY),
    "threads_without_end": (
        "import threading, time\n    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        Status.PROCESS_LIMIT,
    ),
    "output_by_print": ("while True: print('A' * 10000)", Status.OUTPUT_LIMIT),
    "output_by_descriptor": ("import os\n    while True: os.write(2, b'A' * 65536)", Status.OUTPUT_LIMIT),
    "segmentation_fault": ("import ctypes; return ctypes.string_at(0)", Status.CRASHED),
    "abort": ("import os; os.abort()", Status.CRASHED),
    "other_architecture": (
        """import ctypes, mmap
    code = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)
    code.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()""",
        Status.CRASHED,
    ),
    "silent_exit": ("import ctypes; ctypes.CDLL(None)._exit(0)", Status.CRASHED),
    "exit_0": ("import os; os._exit(0)", Status.CRASHED),
    "system_exit": ("import sys; sys.exit(0)", Status.CRASHED),
    "closed_channel": ("import os; os.closerange(3, 64)", Status.CRASHED),
    "generator": ("return (n for n in range(3))", Status.UNREADABLE),
    "own_class": ("return type('Cheat', (), {'__eq__': lambda *_: True})()", Status.UNREADABLE),
    "pickle_gadget": ("return type('G', (), {'__reduce__': lambda s: (print, ('x',))})()", Status.UNREADABLE),
    "array_larger_than_may_cross": ("import numpy as np; return np.zeros(5 << 20)", Status.UNREADABLE),
    "array_of_terabytes": ("import numpy as np; return np.broadcast_to(1.0, (1 << 30, 4))", Status.UNREADABLE),
    "own_container": ("a = []; a.append(a); return a", Status.UNREADABLE),
    "endless_digits": ("return 10**5000", Status.UNREADABLE),
    "recursion": ("return f(x)", Status.RAISED),
    "exception_that_cannot_be_printed": (
        "raise type('E', (Exception,), {'__str__': lambda s: 1 / 0})()",
        Status.RAISED,
    ),
    "input": ("return input('x?')", Status.RAISED),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_attack_costs_its_question_alone_and_the_next_submission_is_unharmed(name: str, grade: Grade) -> None:
    body, status = ENDINGS[name]
    source = f"def f(x):\n    {body}\n\ndef good(x):\n    return x * 2\n"
    limits = SHORT if status is Status.TIMED_OUT else Limits()
    load, answers = grade(source, call("good", 1), call("f", 1), call("good", 4), limits=limits)
    assert load.status is Status.RETURNED, load
    outcomes = [answer.outcomes[0] for answer in answers]
    assert outcomes[1].status is status, outcomes[1]
    assert outcomes[1].message or outcomes[1].error_type
    assert [outcomes[0].value, outcomes[2].value] == [2, 8]
    require_next_is_unharmed(grade)


def test_frozen_process_is_stopped_by_the_clock_on_the_wall(grade: Grade) -> None:
    outcome = one(grade("import time\ndef f():\n    time.sleep(999)\n", call("f"), limits=Limits(cpu_s=5, wall_s=0.5)))
    assert outcome.status is Status.TIMED_OUT
    assert "0.5 s" in outcome.message
    require_next_is_unharmed(grade)


def test_time_limit_names_the_function_and_line_that_was_running(grade: Grade) -> None:
    source = "def slow():\n    while True:\n        pass\n\ndef f():\n    return slow()\n"
    outcome = one(grade(source, call("f"), limits=SHORT))
    assert (outcome.function, outcome.file) == ("slow", "work.py")
    assert outcome.line in {2, 3}
    assert "`slow`" in outcome.message
    assert "0.3 s" in outcome.message


def test_computing_time_is_judged_before_the_clock_on_the_wall(grade: Grade) -> None:
    outcome = one(grade("def f():\n    while True: pass\n", call("f"), limits=Limits(cpu_s=0.2, wall_s=30)))
    assert "computing time" in outcome.message


FORGED = """
import json, os, struct
def f():
    def send(kind, header, blob=b""):
        body = json.dumps(header).encode()
        os.write(4, struct.pack("<BII", kind, len(body), len(blob)) + body + blob)
    {forgery}
    os.write(3, b"\\x01" + bytes(7))
    while True: pass
"""


@pytest.mark.parametrize(
    "forgery",
    [
        "send(12, {'status': 'returned'})",
        "send(99, {})",
        "os.write(4, struct.pack('<BII', 13, 1 << 31, 1 << 31))",
        "send(13, {'status': 'returned', 'value': {'a': ['float64', [1 << 62, 4]]}})",
        "send(13, {'status': 'returned', 'value': {'a': ['object', [1]]}}, bytes(8))",
        "send(13, {'status': 'grader_error'})",
        "send(13, {'status': 'returned', 'value': 1}, b'left over')",
        "send(13, []); send(14, {})",
    ],
)
def test_forged_frame_is_never_a_result(forgery: str, grade: Grade) -> None:
    outcome = one(grade(FORGED.format(forgery=forgery), call("f"), limits=SHORT))
    assert outcome.status in {Status.UNREADABLE, Status.TIMED_OUT}, outcome
    assert outcome.value is None
    require_next_is_unharmed(grade)


def test_forged_answer_counts_as_the_answer_it_is(grade: Grade) -> None:
    """Writing the frame oneself is returning a value with more work: it is compared outside like any other."""
    forgery = "send(13, {'status': 'returned', 'value': 41}); send(14, {})"
    assert one(grade(FORGED.format(forgery=forgery), call("f"), limits=SHORT)).value == 41


def test_answers_in_advance_cannot_reach_the_next_submission(grade: Grade) -> None:
    """Frames written ahead answer the student's own questions and no one else's."""
    forgery = "\n    ".join(["send(13, {'status': 'returned', 'value': 7}); send(14, {})"] * 20)
    assert one(grade(FORGED.format(forgery=forgery), call("f"), limits=SHORT)).value == 7
    require_next_is_unharmed(grade)


def test_printed_result_is_output_and_nothing_else(grade: Grade) -> None:
    source = 'def f():\n    print(\'{"score": 20, "verdict": "passed"}\')\n    return 0\n'
    _, (answer,) = grade(source, call("f"))
    assert answer.outcomes[0].value == 0
    assert answer.stdout == '{"score": 20, "verdict": "passed"}\n'


def test_output_is_cleaned_of_terminal_escapes(grade: Grade) -> None:
    _, (answer,) = grade("def f():\n    print('\\x1b]0;title\\x07 \\x1b[31mred')\n", call("f"))
    assert "\x1b" not in answer.stdout
    assert "red" in answer.stdout


def test_float_that_lies_about_itself_is_judged_as_the_number_it_is(grade: Grade) -> None:
    source = """
import numpy as np
class Liar(np.float64):
    def __eq__(self, other): return True
    def __abs__(self): return 0.0
    def __rsub__(self, other): return 0.0
def f():
    return Liar(3.0), np.ma.masked_array([1.0]), type("A", (), {"__array__": lambda s, *a, **k: np.ones(2)})()
"""
    number, masked, array = one(grade(source, call("f"))).value
    assert (type(number), number) == (np.float64, 3.0)
    assert type(masked) is np.ndarray
    assert array.tolist() == [1.0, 1.0]


def test_submission_sees_nothing_of_the_one_before_in_the_same_box(grade: Grade) -> None:
    plant = """
import builtins, os, random, sys
import numpy as np
def f():
    builtins.planted = sys.planted = np.planted = os.environ["planted"] = "1"
    np.seterr(all="raise"); np.set_printoptions(precision=1); sys.setrecursionlimit(77)
    random.seed(5); np.random.seed(5)
    return 0
"""
    look = """
import builtins, os, sys
import numpy as np
def f():
    found = [hasattr(builtins, "planted"), hasattr(sys, "planted"), hasattr(np, "planted"), "planted" in os.environ]
    return found, np.geterr()["over"], np.get_printoptions()["precision"], sys.getrecursionlimit()
"""
    clean = one(grade(look, call("f"))).value
    for _ in range(4):
        assert one(grade(plant, call("f"))).value == 0
        assert one(grade(look, call("f"))).value == clean
    assert clean[0] == [False] * 4


def test_process_holds_no_trace_of_an_answer_or_of_another_submission(grade: Grade) -> None:
    secret = "the_other_students_variable"
    assert one(grade(f"{secret} = 'solution text of mine'\ndef f(): return 1\n", call("f"))).value == 1
    hunt = """
import gc
def f():
    texts = [o for o in gc.get_objects() if isinstance(o, dict) and "the_other_" + "students_variable" in o]
    return len(texts)
"""
    assert one(grade(hunt, call("f"))).value == 0


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("while True: pass", Status.TIMED_OUT),
        ("import time; time.sleep(99)", Status.TIMED_OUT),
        ("9**9**9", Status.TIMED_OUT),
        ("while True:\n    try:\n        while True: pass\n    except BaseException: pass", Status.TIMED_OUT),
        ("import ctypes; ctypes.string_at(0)", Status.CRASHED),
        ("import sys; sys.exit()", Status.CRASHED),
        ("import os; os._exit(0)", Status.CRASHED),
    ],
)
def test_what_was_defined_before_a_failure_at_the_top_level_counts(ending: str, status: Status, grade: Grade) -> None:
    source = f"{SPENT}def f(x):\n    return x + 1\n\n{ending}\n\ndef late():\n    return 1\n"
    limits = Limits(cpu_s=0.4, wall_s=2)
    load, answers = grade(source, *[call("f", n) for n in range(3)], call("late"), call("spent"), limits=limits)
    assert [answer.outcomes[0].value for answer in answers[:3]] == [1, 2, 3]
    assert answers[3].outcomes[0].status is Status.MISSING
    assert load.status is status
    assert (load.file, load.line) == ("work.py", 7) or status is Status.TIMED_OUT
    assert load.file == "work.py"
    assert load.line in range(7, 12)
    assert load.notes
    assert "work.py, line" in load.notes[0]
    # Who answers last has computed for one loop at most, and not for one with every question.
    assert answers[4].outcomes[0].value < limits.cpu_s + jobs.LOAD_GRACE_S


def test_loop_at_the_top_level_is_not_run_again_when_a_question_dies(grade: Grade) -> None:
    source = f"{SPENT}def die(): import ctypes; ctypes.string_at(0)\nwhile True: pass\n"
    asked = [call("spent"), call("die")] * 3
    _, answers = grade(source, *asked, limits=Limits(cpu_s=1.0, wall_s=20))
    assert [a.outcomes[0].status for a in answers] == [Status.RETURNED, Status.CRASHED] * 3
    first, *later = [answer.outcomes[0].value for answer in answers[::2]]
    assert max(later) < first / 2


def test_import_that_kills_every_process_fails_every_question_once(grade: Grade) -> None:
    source = "import ctypes\ndef f(): return 1\nctypes.CDLL(None)._exit(0)\n"
    load, answers = grade(source, call("f"), call("f"))
    assert load.status is Status.CRASHED
    assert load.notes
    assert [a.outcomes[0].status for a in answers] == [Status.CRASHED] * 2
    require_next_is_unharmed(grade)


def test_cases_before_a_death_keep_their_outcomes_and_those_after_it_say_so(grade: Grade, runner_socket: Path) -> None:
    source = "def f(x):\n    while x == 2: pass\n    return x\n"
    scripts = tuple(call("f", number) for number in range(5))
    job = Job((Source("work.py", "work", (source,)),), "work", (Probes("q", scripts),), SHORT)
    _, answer = RunnerClient(runner_socket).run(job)
    assert isinstance(answer, ProbesOutcome)
    assert [o.status for o in answer.outcomes] == [
        *(Status.RETURNED, Status.RETURNED, Status.TIMED_OUT, Status.NOT_RUN, Status.NOT_RUN)
    ]
    assert [o.value for o in answer.outcomes[:2]] == [0, 1]
    require_next_is_unharmed(grade)


def test_deep_source_crashes_at_most_its_own_process(grade: Grade) -> None:
    for source in ("x = " + "(" * 100_000, "x = " + "1+" * 200_000 + "1\n", "-" * 500_000 + "1", "x = 1\0"):
        load, _ = grade(source, call("f"))
        assert load.status is not Status.RETURNED
        assert load.notes
    require_next_is_unharmed(grade)


def test_large_arrays_cross_in_both_directions(grade: Grade) -> None:
    big: Any = np.random.default_rng(1).normal(size=(1500, 1500))
    outcome = one(grade("def f(a):\n    return a.T\n", Script((Call("f", (big,)),)), limits=Limits()))
    assert np.array_equal(outcome.value, big.T)


def test_submission_cannot_make_its_end_look_like_the_machines_fault(grade: Grade) -> None:
    """A process that lowers its own computing time is killed by the kernel with SIGKILL, as by a lack of memory."""
    body = """
import resource
def f():
    for change in (lambda: resource.setrlimit(resource.RLIMIT_CPU, (1, 1)),
                   lambda: resource.prlimit(0, resource.RLIMIT_CPU, (1, 1))):
        try:
            change()
        except (OSError, ValueError):
            pass
    while True: pass
"""
    assert one(grade(body, call("f"), limits=Limits(cpu_s=1.5, wall_s=6.0))).status is Status.TIMED_OUT
    deeper = (
        "import resource\ndef f():\n    resource.setrlimit(resource.RLIMIT_STACK, (1 << 22, 1 << 22))\n    return 1\n"
    )
    assert one(grade(deeper, call("f"))).value == 1


def computed_s(runner_socket: Path) -> float:
    """Return for how long a runner has computed."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(runner_socket))
        pid, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return time.clock_gettime((~pid << 3) | 2)  # as clock_getcpuclockid(3) makes it


def test_million_answers_cost_no_more_than_one(grade: Grade, runner_socket: Path) -> None:
    body = """
import os, struct
def frame(kind, body):
    return struct.pack("<BII", kind, len(body), 0) + body
def f():
    many = frame(13, b'{"status":"returned"}') * 1000
    for _ in range(1500):
        os.write(4, many)
        os.write(3, b"\\1\\0\\0\\0\\0\\0\\0\\0")
    os.write(4, frame(14, b"{}"))
"""
    before = computed_s(runner_socket)
    outcome = one(grade(body, call("f"), limits=Limits(cpu_s=3.0, wall_s=6.0)))
    assert outcome.status is Status.UNREADABLE
    assert computed_s(runner_socket) - before < 2  # 0.03 s; reading them all took 45 s
    require_next_is_unharmed(grade)


def test_no_flag_on_a_descriptor_is_seen_by_the_next_submission(grade: Grade) -> None:
    """A descriptor that all children inherit is one object: what one sets, every other reads."""
    body = """
import fcntl, os
def f():
    found = []
    for fd in range(32):
        try:
            found.append(fcntl.fcntl(fd, fcntl.F_GETFL))
            fcntl.fcntl(fd, fcntl.F_SETFL, found[-1] | os.O_APPEND | os.O_NONBLOCK)
        except OSError:
            pass
    return found
"""
    first = one(grade(body, call("f"))).value
    assert len(first) == 5
    assert one(grade(body, call("f"))).value == first


def test_runner_never_waits_for_a_bell_its_child_has_silenced() -> None:
    """Both hold the same bell: the child may have made reading it block, and have emptied it just before."""
    bell = os.eventfd(0)  # blocks
    looked = threading.Event()
    run: Any = SimpleNamespace(child=SimpleNamespace(bell=bell), look=lambda _: looked.set())
    runner = Runner.__new__(Runner)
    ringing = threading.Thread(target=lambda: runner._look(run), daemon=True)
    ringing.start()
    try:
        assert looked.wait(60)
    finally:
        os.eventfd_write(bell, 1)
        ringing.join(60)
        os.close(bell)


def test_job_that_comes_together_with_a_remark_on_the_last_one_is_run(runner_socket: Path) -> None:
    """A worker says that something forged came up and sends the next job; once the job was left lying for minutes."""
    source = Source("work.py", "work", (CANARY,))
    job = Job((source,), "work", (Probes("q", (call("f", 1),)),), SHORT)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60.0)
        connection.connect(str(runner_socket))
        connection.sendall(framing.frame(wire.ODD, {}) + wire.encode_job(job))
        answer = b""
        while b'"number":0' not in answer:
            answer += connection.recv(1 << 16)
