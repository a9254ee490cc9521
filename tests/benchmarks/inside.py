"""Where the time of one small submission goes: client, runner, boxes; and inside a child, stage by stage.

    python -m tests.benchmarks.inside [--number N] [--json]

The first table is processor time, taken from a runner at work. The second is one child after the other, cloned from a
warm template outside bubblewrap, with its own namespaces and its own filter. "Clone and end" is the processor time of
a child that does nothing; the other stages are read from the clock on the wall, because a process's own does not move
between two system calls on every machine. Medians, so that other people's work counts little; compare the shares and
the page faults.
"""

from __future__ import annotations

import argparse
import base64
import gc
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from worker.box import answering, cloning, entry, framing, loading, taming

BLOCK = 20  # submissions between two looks at the accounts


class Stages:
    """Time in ms and page faults by stage, in the process that asks."""

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = {}

    @staticmethod
    def now() -> tuple[float, float]:
        """Return what stands on the clock, and the page faults until now."""
        return time.perf_counter_ns() / 1e6, float(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)

    def add(self, name: str, before: tuple[float, float]) -> None:
        """Charge what was used since to a stage."""
        at = self.found.setdefault(name, [0.0, 0.0])
        for place, (was, now) in enumerate(zip(before, self.now(), strict=True)):
            at[place] += now - was

    def charged(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, charged to a stage."""

        def call(*args: Any, **kwargs: Any) -> Any:
            before = self.now()
            try:
                return function(*args, **kwargs)
            finally:
                self.add(name, before)

        return call


def template() -> None:
    """Clone children that grade what standard input tells, and print their accounts; in a process of its own."""
    told = json.load(sys.stdin)
    frames = base64.b64decode(told["frames"])
    answering.tap_streams()
    taming.tame_interpreter()
    entry.rehearse()
    confinement = cloning.Confinement(*(base64.b64decode(told[name]) for name in ("box", "child")))
    stages = Stages()
    loading.Loader.load = stages.charged("load", loading.Loader.load)  # type: ignore[method-assign]
    answering._Answers.send = stages.charged("send", answering._Answers.send)  # type: ignore[method-assign]
    for stage, name in (("unpack", "_unpack_steps"), ("call", "play"), ("pack", "_pack_played"), ("seed", "seed")):
        setattr(answering, name, stages.charged(stage, getattr(answering, name)))
    gc.collect()
    gc.freeze()
    accounts = []
    for number in range(2 * told["number"]):
        before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
        account = _child(confinement, stages, frames if number % 2 else None)
        account["whole"] = [(sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before) * 1000, 0.0]
        accounts.append(account)
    os.write(1, json.dumps(accounts).encode())
    taming.end_process(0)


def _child(confinement: cloning.Confinement, stages: Stages, frames: bytes | None) -> dict[str, list[float]]:
    """Clone a child that grades these frames, or does nothing; return its account."""
    ours, theirs = socket.socketpair()
    began = Stages.now()
    pid, pidfd = confinement.clone_child()
    if pid == 0:
        try:
            _be_child(confinement, stages, theirs.fileno(), is_busy=frames is not None)
        finally:
            taming.end_process(0)
    stages.add("clone", began)
    cloned = stages.found.pop("clone")
    if frames is not None:
        ours.sendall(frames)
    ours.shutdown(socket.SHUT_WR)
    theirs.close()
    read = b"".join(iter(lambda: ours.recv(1 << 16), b""))
    os.waitpid(pid, 0)
    os.close(pidfd)
    ours.close()
    account: dict[str, list[float]] = json.loads(read.rpartition(framing.HEAD.pack(0, 0, 0))[2])
    return account | {"clone": cloned}


def _be_child(confinement: cloning.Confinement, stages: Stages, job: int, *, is_busy: bool) -> None:
    started = Stages.now()
    if is_busy:
        stages.charged("confine", confinement.put_on_child)(512 << 20, 60)
        answering.run_submission(
            lambda _, size: os.read(job, size),
            lambda fd, data: os.write(job, data) if fd == framing.JOB_FD else len(data),
        )
    stages.add("in all", started)
    os.write(job, framing.HEAD.pack(0, 0, 0) + json.dumps(stages.found).encode())


def inside(number: int) -> dict[str, dict[str, float]]:
    """Return ms and page faults for each stage of a child."""
    from tests.benchmarks import workloads
    from worker import confinement, wire

    job = workloads.small().job
    data = wire.encode_job(job)
    _, header_size, _ = framing.HEAD.unpack_from(data)
    resume = {"stops": "{}", "trace": "", "why": "", "questions": len(job.probes), "flood": 1 << 20}
    told = {
        "frames": framing.frame(framing.RESUME, resume) + data[framing.HEAD.size + header_size :],
        "box": confinement.box_filter(),
        "child": confinement.child_filter(),
    }
    said = subprocess.run(
        [sys.executable, "-c", "from tests.benchmarks.inside import template; template()"],
        input=json.dumps({name: base64.b64encode(each).decode() for name, each in told.items()} | {"number": number}),
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    accounts: list[dict[str, list[float]]] = json.loads(said)
    empty, full = accounts[::2], accounts[1::2]

    def median(which: list[dict[str, list[float]]], stage: str) -> dict[str, float]:
        names = ("ms", "page_faults")
        return {
            name: round(statistics.median(each[stage][place] for each in which), 3) for place, name in enumerate(names)
        }

    nothing = median(empty, "whole")["ms"] + median(empty, "clone")["ms"]
    table = {"clone and end": {"ms": round(nothing, 3), "page_faults": median(empty, "in all")["page_faults"]}}
    table |= {stage: median(full, stage) for stage in ("confine", "load", "seed", "unpack", "call", "pack", "send")}
    at_work = median(full, "in all")
    table["between these"] = {
        name: round(at_work[name] - sum(table[stage][name] for stage in list(table)[1:]), 3) for name in at_work
    }
    table["in all"] = {"ms": round(nothing + at_work["ms"], 3), "page_faults": at_work["page_faults"]}
    return table


def outside(number: int) -> dict[str, float]:
    """Return ms of processor time of client, runner, and boxes with their children, for one submission."""
    from tests.benchmarks import accounting, sandbox, workloads

    client, runner, boxes = [], [], []
    with sandbox.runner(box_reuse=sandbox.DEFAULT_REUSE) as serving:
        row = workloads.sandboxed(workloads.small(), serving.socket)
        for _ in range(max(number // BLOCK, 1)):
            before = accounting.own_cpu_s(), accounting.cpu_s_alone(serving.pid), serving.cpu_s()
            for _ in range(BLOCK):
                while not row(time.perf_counter() + 0.001):
                    pass
            after = accounting.own_cpu_s(), accounting.cpu_s_alone(serving.pid), serving.cpu_s()
            ours, its, tree = (1000 * (now - was) / BLOCK for was, now in zip(before, after, strict=True))
            client.append(ours)
            runner.append(its)
            boxes.append(tree - its)
    parts = {"client": client, "runner": runner, "boxes and children": boxes}
    return {name: round(statistics.mean(found), 3) for name, found in parts.items()}


def main() -> None:
    """Print the tables, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--number", type=int, default=200, help="submissions for each table")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    found = {"outside": outside(options.number), "inside": inside(options.number), "load": os.getloadavg()[0]}
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for name, spent in found["outside"].items():  # type: ignore[attr-defined]
        print(f"{name:26}{spent:9.2f} ms")
    print(f"\n{'of a child':26}{'ms':>9}{'faults':>9}")
    for name, row in found["inside"].items():  # type: ignore[attr-defined]
        print(f"{name:26}{row['ms']:9.2f}{row['page_faults']:9.0f}")
    print(f"load {found['load']:.1f}")


if __name__ == "__main__":
    main()
