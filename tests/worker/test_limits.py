"""Limits that are fair: a busy machine never fails a right solution, and what goes beyond a limit is told with it."""

from __future__ import annotations

import contextlib
import json
import math
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assignments.feedback import Wording
from assignments.script import Load, Outcome, Probes, ProbesOutcome, Source, Status, call
from assignments.spec import Kind, Limits, Question
from tests.worker.test_runner_lifecycle import Started, started
from worker import jobs, wire
from worker.box import framing
from worker.client import Job, RunnerClient, patience_s
from worker.jobs import JobRun, Request

BURNERS = 8  # on one processor: a right solution gets a ninth of it
SPIN = """
import time
def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
    return 1
"""


@contextlib.contextmanager
def crowded_processor() -> Iterator[Started]:
    """Have this process and a runner share one processor with others that never rest."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    burners: list[subprocess.Popen[bytes]] = []
    try:
        with started() as runner:
            burners += [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BURNERS)]
            yield runner
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
        os.sched_setaffinity(0, before)


def grade(runner: Started, source: str, *, seconds: float, limits: Limits) -> tuple[Load, Outcome]:
    """Grade one call of `work`."""
    job = Job((Source("work.py", "work", (source,)),), "work", (Probes("q", (call("work", seconds),)),), limits)
    load, answer = RunnerClient(runner.path).run(job)
    assert isinstance(load, Load)
    assert isinstance(answer, ProbesOutcome)
    return load, answer.outcomes[0]


def test_right_solution_on_a_crowded_processor_is_not_timed_out() -> None:
    """It computes for 0.3 of its 2 s, but has to wait so often that the clock on the wall says several times 0.8 s."""
    limits = Limits(cpu_s=2.0, wall_s=0.8)
    loads_slowly = SPIN + "work(0.3)\n"
    with crowded_processor() as runner:
        for _ in range(2):
            load, outcome = grade(runner, loads_slowly, seconds=0.3, limits=limits)
            assert (load.status, outcome.status) == (Status.RETURNED, Status.RETURNED), (load, outcome)


def test_sleeper_on_a_crowded_processor_is_timed_out_all_the_same() -> None:
    with crowded_processor() as runner:
        source = "import time\ndef work(seconds):\n    time.sleep(seconds)\n"
        _, outcome = grade(runner, source, seconds=60, limits=Limits(cpu_s=2.0, wall_s=0.4))
    assert outcome.status is Status.TIMED_OUT
    assert "0.4 s" in outcome.message


class Clockwork:
    """A job whose child is a fake with clocks of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[bytes] = []
        self.signals: list[int] = []
        self.used_s = self.waited_s = 0.0
        self.turn = (False, 0)  # ready to run, and nanoseconds run
        request = Request(
            cpu_s=10.0, wall_s=20.0, memory=1, output=1, submission=memoryview(b""), questions=(memoryview(b""),)
        )
        self.run = JobRun(request, send=self.sent.append, finish=lambda _: None, want_box=lambda _: None)
        self.child: Any = SimpleNamespace(
            ending=None, is_condemned=False, is_confined=True, is_loaded=False, is_reminded=False, incoming=bytearray(),
            pidfd=7, output=-1, kill_at=math.inf, read=lambda: False,
            cpu_s=lambda: self.used_s, waited_s=lambda: self.waited_s, turn=lambda: self.turn,
        )  # fmt: skip
        self.child.condemn = lambda ending, _: setattr(self.child, "ending", ending)
        self.child.kill = lambda: setattr(self.child, "is_condemned", True)
        monkeypatch.setattr(jobs, "Child", lambda *_: self.child)
        monkeypatch.setattr(jobs, "kill_child", lambda _, number: self.signals.append(number))
        monkeypatch.setattr(JobRun, "_read_output", lambda _: True)
        self.run.start_in(None, 0.0)  # type: ignore[arg-type]

    def answer_loading(self, now: float) -> None:
        self.child.incoming += framing.frame(framing.LOADED, {"status": "returned"})
        self.run.look(now)

    @property
    def why(self) -> str:
        return self.child.ending.why if self.child.ending else ""


@pytest.fixture
def clockwork(monkeypatch: pytest.MonkeyPatch) -> Clockwork:
    made = Clockwork(monkeypatch)
    made.child.is_loaded = False
    return made


def test_computing_time_is_judged_before_the_clock(clockwork: Clockwork) -> None:
    """Both are over when the runner looks; the student reads the one that tells more."""
    clockwork.answer_loading(0.0)
    clockwork.used_s = 11.0
    clockwork.run.tick(25.0)
    assert clockwork.why == "cpu"


def test_time_waited_for_a_processor_is_not_charged(clockwork: Clockwork) -> None:
    clockwork.answer_loading(0.0)
    clockwork.used_s, clockwork.waited_s = 3.0, 22.0
    clockwork.run.tick(25.0)
    assert clockwork.why == ""
    clockwork.run.tick(43.0)  # the clock has been running for 21 s of it
    assert clockwork.why == "wall"


def test_wait_that_has_not_ended_is_not_charged_either(clockwork: Clockwork) -> None:
    """The kernel counts a wait when it is over, so at the limit one looks whether the child is at it."""
    clockwork.answer_loading(0.0)
    clockwork.turn = (True, 5_000)
    clockwork.run.tick(20.1)
    clockwork.run.tick(20.2)
    assert clockwork.why == ""
    clockwork.turn, clockwork.waited_s = (True, 6_000), 18.0
    clockwork.run.tick(20.3)
    assert clockwork.why == ""
    clockwork.turn = (False, 7_000)
    clockwork.run.tick(38.1)  # it has been sleeping
    assert clockwork.why == "wall"


def test_loading_is_reminded_of_its_time_before_it_is_ended(clockwork: Clockwork) -> None:
    """What was defined before counts, so the process gets the chance to stop its own loading."""
    clockwork.run.tick(19.0)
    assert clockwork.signals == []
    clockwork.run.tick(20.5)
    clockwork.run.tick(21.0)
    assert clockwork.signals == [signal.SIGALRM]
    assert clockwork.why == ""
    clockwork.run.tick(20.0 + jobs.LOAD_GRACE_S + 0.5)
    assert clockwork.why == "wall"


def test_question_is_never_reminded_of_its_time(clockwork: Clockwork) -> None:
    """It may have an alarm of its own, which must not go off because it waits for a processor."""
    clockwork.answer_loading(0.0)
    clockwork.turn = (True, 5_000)
    for now in (20.1, 20.2, 20.3):
        clockwork.run.tick(now)
    assert clockwork.signals == []


def test_job_that_has_its_answers_is_told_of_no_fault(clockwork: Clockwork) -> None:
    """Its client would take it for the answer to the next job."""
    clockwork.answer_loading(0.0)
    clockwork.child.incoming += framing.frame(framing.DONE, {})
    clockwork.run.look(0.1)
    told = list(clockwork.sent)
    assert clockwork.run.is_finished
    clockwork.run.fail("a fault of ours while its child ends")
    assert clockwork.sent == told


def test_computing_time_is_that_of_all_threads(runner_socket: Path) -> None:
    """Else one could compute on and on in a thread, while the first one waits for it."""
    source = """
import threading
def burn():
    while True: pass
def work(seconds):
    thread = threading.Thread(target=burn)
    thread.start()
    thread.join()
"""
    probes = (Probes("q", (call("work", 1),)),)
    job = Job((Source("work.py", "work", (source,)),), "work", probes, Limits(cpu_s=0.3, wall_s=20))
    _, answer = RunnerClient(runner_socket).run(job)
    assert isinstance(answer, ProbesOutcome)
    assert "computing time" in answer.outcomes[0].message


RETURNED = {"status": "returned"}


def test_frames_have_an_order(clockwork: Clockwork) -> None:
    """A child says that it has its limits, then how loading went, then answers: whoever wrote the rest is not ours."""
    for confined, loaded, kind in (
        *((False, False, kind) for kind in (framing.LOADED, framing.OUTCOME, framing.DONE)),
        *((True, False, kind) for kind in (framing.CONFINED, framing.OUTCOME, framing.DONE)),
        *((True, True, kind) for kind in (framing.CONFINED, framing.LOADED, wire.FAULT, wire.ANSWER, 99)),
    ):
        clockwork.child.ending, clockwork.child.incoming = None, bytearray(framing.frame(kind, RETURNED))
        clockwork.child.is_confined, clockwork.child.is_loaded = confined, loaded
        clockwork.run.look(1.0)
        assert clockwork.why == "frame", (confined, loaded, kind)
    assert clockwork.sent == []


@pytest.mark.parametrize(("size", "times"), [(0, 20_000), (8 << 20, 8)], ids=["many", "large"])
def test_answers_of_a_question_are_bounded(size: int, times: int, clockwork: Clockwork) -> None:
    """In number and in bytes: what the runner keeps until the question has its end must not grow for ever."""
    clockwork.answer_loading(0.0)
    one = framing.frame(framing.OUTCOME, RETURNED, [bytes(size)])
    for _ in range(8):
        clockwork.child.incoming += one * (times // 8)
        clockwork.run.look(1.0)
    assert clockwork.why == "frame"


@pytest.mark.parametrize("sizes", [(framing.MAX_JSON + 1, 0), (0, framing.MAX_RESULT + 1)])
def test_frame_that_claims_too_much_is_not_waited_for(sizes: tuple[int, int], clockwork: Clockwork) -> None:
    clockwork.answer_loading(0.0)
    clockwork.child.incoming += framing.HEAD.pack(framing.OUTCOME, *sizes)
    clockwork.run.look(1.0)
    assert clockwork.why == "frame"


def test_endless_trace_is_not_kept(clockwork: Clockwork) -> None:
    """A crash leaves a trace where a frame would be, so what begins like one is no fault by itself."""
    clockwork.answer_loading(0.0)
    clockwork.child.incoming += b"Fatal Python error"
    clockwork.run.look(1.0)
    assert clockwork.why == ""
    clockwork.child.incoming += bytes(jobs.MAX_ANSWER)
    clockwork.run.look(1.0)
    assert clockwork.why == "frame"


def test_answer_that_comes_after_the_sentence_is_not_charged_to_the_next_question(clockwork: Clockwork) -> None:
    """It has used up its time; that it is done a moment later, before it is killed, changes nothing."""
    clockwork.answer_loading(0.0)
    clockwork.used_s = 11.0
    clockwork.run.tick(12.0)
    assert clockwork.why == "cpu"
    clockwork.child.incoming += framing.frame(framing.OUTCOME, RETURNED) + framing.frame(framing.DONE, {})
    clockwork.run.look(12.01)
    assert [frame[0] for frame in clockwork.sent] == [wire.LOADING]
    clockwork.child.close = lambda: None
    clockwork.run.note_ended(signal.SIGKILL, 12.05)
    kind, header_size, blob_size = framing.HEAD.unpack_from(clockwork.sent[-1])
    told = json.loads(clockwork.sent[-1][framing.HEAD.size :][:header_size])
    # The rest are outcomes; as many of them as scripts would hide that it was timed out.
    assert (kind, told["death"]["why"], blob_size - told["trace"]) == (wire.ANSWER, "cpu", 0)


def test_what_is_kept_of_loading_is_bounded(clockwork: Clockwork) -> None:
    """It is handed to the next child; a submission may have written it."""
    stops = b'{"work.py": 1' + b" " * (1 << 20) + b"}"
    clockwork.child.incoming += framing.frame(framing.LOADED, RETURNED, [framing.PRINTED.pack(0), stops])
    clockwork.run.look(0.0)
    assert len(clockwork.run._stops) < 100


def test_machine_that_lets_nothing_run_is_the_graders_fault(clockwork: Clockwork) -> None:
    """Not a verdict: the run is graded again."""
    clockwork.answer_loading(0.0)
    clockwork.waited_s = 199.0
    clockwork.run.tick(200.0)
    assert clockwork.why == ""
    assert clockwork.sent[-1][0] == wire.FAULT
    assert b"too busy" in clockwork.sent[-1]
    assert clockwork.child.is_condemned


def test_who_only_sleeps_on_a_busy_machine_does_not_hold_a_place_for_minutes(clockwork: Clockwork) -> None:
    """What waits for a processor all the time and never computes is given up after twice its limit."""
    clockwork.answer_loading(0.0)
    clockwork.waited_s = 39.0
    clockwork.run.tick(39.9)
    assert not clockwork.child.is_condemned
    clockwork.run.tick(40.1)
    assert b"too busy" in clockwork.sent[-1]
    assert clockwork.child.is_condemned


def test_who_computes_on_a_busy_machine_is_waited_for(clockwork: Clockwork) -> None:
    """A fifteenth of a processor: 8 s of computing take two minutes, which is no fault of the submission."""
    clockwork.answer_loading(0.0)
    for moment in range(20, 121, 5):
        clockwork.used_s, clockwork.waited_s = moment / 15, moment * 14 / 15
        clockwork.run.tick(float(moment))
        assert (clockwork.why, clockwork.child.is_condemned) == ("", False)


def test_napping_threads_on_a_crowded_processor_end_by_a_limit() -> None:
    """Each waits for the others, and nine tenths of it for strangers; what they wait for is somebody's computing."""
    naps = "import threading, time\ndef nap():\n    while True: time.sleep(1e-5)\ndef work(seconds):\n"
    naps += "    for _ in range(20): threading.Thread(target=nap, daemon=True).start()\n    nap()\n"
    with crowded_processor() as runner:
        _, outcome = grade(runner, naps, seconds=1, limits=Limits(cpu_s=0.5, wall_s=1.0))
    assert outcome.status is Status.TIMED_OUT


@pytest.mark.parametrize("limits", [Limits(cpu_s=0.3, wall_s=0.5), Limits(), Limits(cpu_s=30, wall_s=60)], ids=str)
def test_worker_waits_longer_than_the_runner(limits: Limits, clockwork: Clockwork) -> None:
    """Else a busy machine would look like a runner that has died."""
    clockwork.run._request = replace(clockwork.run._request, cpu_s=limits.cpu_s, wall_s=limits.wall_s)
    at_last = patience_s(limits)
    clockwork.used_s, clockwork.waited_s = limits.cpu_s + jobs.LOAD_GRACE_S - 0.1, at_last
    clockwork.run.tick(at_last - 1)
    assert b"too busy" in clockwork.sent[-1]


def test_child_that_never_took_its_limits_is_tried_in_another_box(clockwork: Clockwork) -> None:
    clockwork.child.is_confined = False
    assert clockwork.run.tick(25.0)  # nothing is charged to a submission that has not been read
    assert clockwork.why == ""
    assert not clockwork.run.tick(jobs.CONFINE_LIMIT_S + 1)


def test_waiting_is_counted_by_the_kernel() -> None:
    """Without the file a busy machine fails right solutions: better to know it here than from a student."""
    assert Path("/proc/self/schedstat").read_text(encoding="ascii").split()[1].isdigit()


LIMITED = {
    "computing time": ("while True: pass", Limits(cpu_s=0.3, wall_s=9), "used up its 0.3 s of computing time"),
    "clock": ("import time; time.sleep(60)", Limits(cpu_s=5, wall_s=0.7), "used up its time of 0.7 s by the clock"),
    "memory": ("return bytearray(1 << 30)", Limits(memory_mib=300), "needed more than the 300 MiB of memory"),
    "output": ("while True: print('A' * 70000)", Limits(output_kib=40), "printed more than 40 KiB"),
    "threads": (
        "import threading, time\n    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        Limits(memory_mib=400),
        "each takes 8 MiB of the 400 MiB of memory there are, so 50 are more than fit",
    ),
}


@pytest.mark.parametrize("name", LIMITED)
def test_each_limit_is_told_with_its_number(name: str, runner_socket: Path) -> None:
    body, limits, message = LIMITED[name]
    source = f"def work(seconds):\n    {body}\n"
    job = Job((Source("work.py", "work", (source,)),), "work", (Probes("q", (call("work", 1),)),), limits)
    _, answer = RunnerClient(runner_socket).run(job)
    assert isinstance(answer, ProbesOutcome)
    wording = Wording(Question("q", Kind.CODE, "Work", Decimal(1), functions=("work",)), {}, limits)
    assert message in wording.status_message(answer.outcomes[0], is_visible=True)


def test_right_solution_that_prints_too_much_loses_the_end_of_it_and_no_points(runner_socket: Path) -> None:
    """Whether it is seen before the answer depends on how busy the machine is, so it must not decide."""
    source = "def work(number):\n    print('A' * 90_000, 'the end')\n    return number\n"
    probes = tuple(Probes(f"q{number}", (call("work", number),)) for number in range(5))
    job = Job((Source("work.py", "work", (source,)),), "work", probes, Limits())
    _, *answers = RunnerClient(runner_socket).run(job)
    assert [answer.outcomes[0].value for answer in answers if isinstance(answer, ProbesOutcome)] == list(range(5))
    assert all(len(answer.stdout) <= 64 << 10 for answer in answers if isinstance(answer, ProbesOutcome))


FLOOD = jobs.FLOOD * (4 << 10)  # with 4 KiB kept; the pipe holds all of it, so nobody has to look for it to be printed


@pytest.mark.parametrize(("size", "is_flood"), [(FLOOD, False), (FLOOD + 1, True)])
@pytest.mark.parametrize("place", ["while loading", "in a question"])
def test_what_is_a_flood_does_not_depend_on_who_looks_when(
    place: str, size: int, is_flood: bool, runner_socket: Path
) -> None:
    """One byte decides, each time: the same submission never gets two verdicts."""
    prints = f"print('A' * {size - 1})"
    if place == "while loading":
        source = f"def work(number): return number\n{prints}\nlate = 1\n"
    else:
        source = f"def work(number):\n    {prints}\n    return number\n"
    job = Job((Source("work.py", "work", (source,)),), "work", (Probes("q", (call("work", 1),)),), Limits(output_kib=4))
    ended = set()
    for _ in range(10):
        load, answer = RunnerClient(runner_socket).run(job)
        assert isinstance(load, Load)
        assert isinstance(answer, ProbesOutcome)
        ended.add((load.status, answer.outcomes[0].status))
    flooded, fine = Status.OUTPUT_LIMIT, Status.RETURNED
    assert ended == {
        (
            flooded if is_flood and place == "while loading" else fine,
            flooded if is_flood and place != "while loading" else fine,
        )
    }


def test_printed_text_belongs_to_its_question_however_late_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that prints goes on while the runner is busy: then two answers and their texts are read at once."""
    pipes: list[int] = []

    def fake(*_: Any) -> Any:
        output, theirs = os.pipe2(os.O_NONBLOCK)
        pipes.extend((output, theirs))
        return SimpleNamespace(
            ending=None, is_condemned=False, is_confined=True, is_loaded=False, incoming=bytearray(), pidfd=7,
            cpu_s=lambda: 0.0, waited_s=lambda: 0.0, read=lambda: False, output=output,
        )  # fmt: skip

    monkeypatch.setattr(jobs, "Child", fake)
    sent: list[bytes] = []
    asked = (memoryview(b""),) * 3
    request = Request(cpu_s=1, wall_s=1, memory=1, output=1024, submission=memoryview(b""), questions=asked)
    run = JobRun(request, send=sent.append, finish=lambda _: None, want_box=lambda _: None)
    working = run.start_in(None, 0.0)  # type: ignore[arg-type]
    try:
        os.write(pipes[1], b"load,first,second,third")
        working.incoming += framing.frame(framing.LOADED, {"status": "returned"}, [framing.PRINTED.pack(5), b"{}"])
        for printed in (11, 18, 0):  # the last is a lie, and costs nothing
            working.incoming += framing.frame(framing.DONE, {}, [framing.PRINTED.pack(printed)])
        run.look(0.0)
    finally:
        for descriptor in pipes:
            os.close(descriptor)
    texts = [blob for frame in sent for kind, _, blob in wire.split_frames(frame) if kind == wire.ANSWER]
    assert texts == [b"load,first,", b"second,", b"third"]


def test_runner_reads_no_more_of_a_flood_than_it_has_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed faster than it is judged must not fill the runner's memory: the pipe is full, and it waits."""
    output, theirs = os.pipe2(os.O_NONBLOCK)
    writer = threading.Thread(target=_pour, args=(theirs, 64 << 20))
    fake: Any = SimpleNamespace(output=output)
    request = Request(cpu_s=1, wall_s=1, memory=1, output=1024, submission=memoryview(b""), questions=())
    run = JobRun(request, send=lambda _: None, finish=lambda _: None, want_box=lambda _: None)
    run.child = fake
    writer.start()
    try:
        deadline = time.monotonic() + 60
        while run._read_output() and len(run._printed) <= jobs.FLOOD * 1024 and time.monotonic() < deadline:
            time.sleep(0.001)
        for _ in range(20):
            assert select.select([output], [], [], 60)[0]  # there is more, and it stays where it is
            run._read_output()
        assert len(run._printed) <= (jobs.FLOOD * 1024) + (1 << 16)
    finally:
        os.close(output)
        writer.join()


def _pour(descriptor: int, size: int) -> None:
    """Write to a pipe until somebody closes its other end."""
    os.set_blocking(descriptor, True)
    with contextlib.suppress(BrokenPipeError):
        while size > 0:
            size -= os.write(descriptor, b"A" * 65536)
    os.close(descriptor)


def test_output_of_loading_and_of_a_question_is_kept_up_to_the_limit(runner_socket: Path) -> None:
    source = "print('A' * 60_000)\ndef work(number):\n    print('B' * 60_000)\n"
    job = Job((Source("work.py", "work", (source,)),), "work", (Probes("q", (call("work", 1),)),), Limits())
    _, answer = RunnerClient(runner_socket).run(job)
    assert isinstance(answer, ProbesOutcome)
    assert len(answer.stdout) == 64 << 10
    assert answer.stdout.startswith("A" * 60_000)


def test_printed_text_comes_back_with_its_question(runner_socket: Path) -> None:
    source = (
        "import sys\nprint('loaded')\ndef work(number):\n    print(number)\n    sys.stderr.write(f'{number}!\\n')\n"
        "    sys.stdout.write('rest')\n    return number\n"
    )
    probes = tuple(Probes(f"q{number}", (call("work", number),)) for number in range(4))
    for _ in range(5):
        _, *answers = RunnerClient(runner_socket).run(
            Job((Source("work.py", "work", (source,)),), "work", probes, Limits())
        )
        printed = [answer.stdout for answer in answers if isinstance(answer, ProbesOutcome)]
        assert printed == ["loaded\n0\n0!\nrest", *(f"{number}\n{number}!\nrest" for number in range(1, 4))]
