"""Noise on the channels between box, runner and worker, written by real submissions and real clients."""

from __future__ import annotations

import contextlib
import random
import socket
import struct

import pytest

from assignments.spec import Limits
from tests.attacks.wall import Wall

NOISE = """
import os, random, struct
def noise(seed):
    r = random.Random(seed)
    data = bytearray()
    for _ in range(r.randrange(1, 9)):
        kind = r.choice([0, 11, 12, 13, 13, 13, 14, 15, 70, 255])
        told = [b"{{}}", b"[]", b'{{"status":"returned","value":4}}', b'{{"status":"raised"}}']
        body = r.choice([*told, r.randbytes(r.randrange(40))])
        blob = r.randbytes(r.choice([0, 0, 8, 100]))
        sizes = r.choice([(len(body), len(blob))] * 4 + [(r.randrange(1 << 32), r.randrange(1 << 32))])
        data += struct.pack("<BII", kind, *sizes) + body + blob
    for _ in range(r.randrange(3)):
        data[r.randrange(len(data))] = r.randrange(256)
    for fd in range(3, 10):
        try:
            os.set_blocking(fd, False)
            os.write(fd, data)
        except OSError:
            pass
{when}noise({seed})
def f4(x, a=1):
    return 0
"""


@pytest.mark.parametrize("seed", range(0, 60, 10))
def test_noise_of_a_real_submission_comes_to_a_verdict_and_harms_nobody(seed: int, the_wall: Wall) -> None:
    """The whole way: a child in a box writes it, a runner forwards it, a worker reads it."""
    for number in range(seed, seed + 10):
        when = "" if number % 2 else "def late():\n    "
        source = NOISE.format(seed=number, when=when)
        if when:
            source = source.replace("    return 0", "    late()\n    return 0")
        report = the_wall.grade(
            (("python_warmup.py", source.encode()),), "python_warmup", Limits(cpu_s=0.4, wall_s=0.8)
        )
        result = next(question for question in report.questions if question.id == "f4")
        assert result.score == 0
        assert result.feedback
    assert the_wall.canary() == ""
    assert the_wall.leftovers() == []


def test_runner_survives_clients_that_write_noise(the_wall: Wall) -> None:
    """Only the worker talks to it; but a runner that a broken one can end would be a way to stop grading."""
    noise = random.Random(1)
    for _ in range(40):
        with socket.socket(socket.AF_UNIX) as stream:
            stream.connect(str(the_wall.socket))
            kind, sizes = noise.choice([0, 21, 22, 255]), (noise.randrange(1 << 12), noise.randrange(1 << 12))
            with contextlib.suppress(OSError):
                stream.sendall(struct.pack("<BII", kind, *sizes) + noise.randbytes(sum(sizes)))
    assert the_wall.canary() == ""
