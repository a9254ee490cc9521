"""Whatever bytes come from a box, the worker has a verdict and goes on."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import resource
import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fuzz.feed import SLUGS, answer, asked, feed, from_box, seeds
from tests.servers import ROOT
from worker import wire
from worker.box import framing
from worker.client import RunnerUnavailable

slugs = st.sampled_from(SLUGS)
keys = st.sampled_from(["status", "value", "function", "message", "error_type", "line", "file", "mutated", "warnings"])
tags = st.sampled_from(["a", "s", "t", "d", "f", "r", "x"])
words = st.sampled_from([*framing.DTYPES, "nan", "inf", "-inf", "object", "returned", "raised", "f4", "work.py"])
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | words
bodies = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(tags, inner, min_size=1, max_size=1)
        | st.dictionaries(keys | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)
statuses = st.sampled_from([*wire.TOLD, "passed", "grader_error", "timed_out"]) | plain
headers = st.dictionaries(keys, bodies, max_size=6).flatmap(lambda told: statuses.map(lambda s: told | {"status": s}))

pieces = st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"[[[[", b"1e999", b'"\\ud800"'])


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Frames as a child writes them, with bytes changed, cut out, doubled."""
    data = bytearray(draw(st.sampled_from(list(seeds()))))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        piece = draw(st.binary(max_size=9) | pieces)
        data[at : at + draw(st.integers(0, 9))] = piece
    return bytes(data)


@given(mutated() | st.binary(max_size=600))
@settings(max_examples=100, deadline=None)
def test_any_bytes_come_to_a_verdict(data: bytes) -> None:
    feed(data)


@given(slugs, headers, st.binary(max_size=64), st.integers(0, 3))
@example("perceptron", {"status": "returned", "value": {"t": [{"a": ["float64", [2]]}, 1.0]}}, bytes(16), 1)
@settings(max_examples=60, deadline=None)
def test_any_answer_of_a_child_comes_to_a_verdict(slug: str, told: dict[str, Any], blob: bytes, times: int) -> None:
    frames = framing.frame(framing.OUTCOME, told, [blob]) * times
    results = from_box(slug, framing.frame(framing.LOADED, told), [frames] * len(asked(slug)[1].probes))
    assert all(result.score <= result.max_score for result in results)


@given(slugs, st.lists(st.tuples(st.integers(0, 255), headers, st.binary(max_size=40)), max_size=5))
@settings(max_examples=40, deadline=None)
def test_runner_that_writes_what_it_should_not_costs_no_points(slug: str, frames: list[tuple[int, Any, bytes]]) -> None:
    said = b"".join(framing.frame(kind, header, [blob]) for kind, header, blob in frames)
    with contextlib.suppress(RunnerUnavailable):
        answer(slug, said)


HEAVY = {
    "deep lists": b'{"status":"returned","value":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep objects": b'{"status":"returned","value":' + b'{"t":[' * 60_000 + b"]}" * 60_000 + b"}",
    "many digits": b'{"status":"returned","value":' + b"9" * 4_000_000 + b"}",
    "many values": b'{"status":"returned","value":[' + b"0," * 1_900_000 + b"0]}",
    "many keys": b'{"status":"returned",' + b",".join(b'"%d":0' % n for n in range(300_000)) + b"}",
    "long text": json.dumps({"status": "raised", "message": "\x1b" * 600_000}).encode(),
    "zero-sized giant": b'{"status":"returned","value":{"a":["float64",[0,1099511627776,1099511627776]]}}',
}


@pytest.mark.parametrize("name", HEAVY)
def test_heavy_bytes_are_read_in_bounded_time_and_memory(name: str) -> None:
    """A frame may be 4 MiB of JSON: reading one takes no more than seconds, and some hundred MiB at its most."""
    framed = framing.HEAD.pack(framing.OUTCOME, len(HEAVY[name]), 0) + HEAVY[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    results = from_box("python_warmup", framing.frame(framing.LOADED, {"status": "returned"}), [framed])
    assert all(result.score == 0 for result in results)
    assert time.process_time() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600 << 10


def test_atheris_finds_nothing_in_a_moment() -> None:
    """CI runs the command for longer; here it only has to work."""
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.wire", "--seconds", "3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
