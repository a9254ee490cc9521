"""What attacks could leave behind is counted to the one: each of these is a leak that must be seen."""

from __future__ import annotations

import pytest

from assignments.spec import Limits
from tests.attacks.wall import wall
from tests.servers import short_folder

CRASH = b"import os\ndef f4(x, a=1): os.abort()\n"
# Run first in a runner's process, to have it do something wrong from the moment the file `begin` is there.
PREPARED = """
import os, subprocess, time
from worker import boxes, jobs
begun = lambda: os.path.exists(begin)
close, refill = jobs.Child.close, boxes.Pool.refill
"""
LEAKS = {
    "a descriptor": (
        """
def leak(self):
    if begun(): os.dup(self.bell)
    close(self)
jobs.Child.close = leak
""",
        "descriptors of the runner's own",
    ),
    "a process": (
        """
def leak(self):
    if begun(): subprocess.Popen(["sleep", "60"])
    close(self)
jobs.Child.close = leak
""",
        "processes of templates, 2 at rest",
    ),
    "a box that is not replaced": (
        """
def never(self):
    if not begun(): refill(self)
boxes.Pool.refill = never
""",
        "3 boxes, 4 at rest",
    ),
    "a box that is replaced too late": (
        """
missed = []
def late(self):
    if begun() and len(self.boxes) < self._size: missed.append(time.monotonic())
    if not missed or time.monotonic() - missed[0] > 90: refill(self)
boxes.Pool.refill = late
""",
        "3 boxes, 4 at rest",
    ),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_leak_is_seen(leak: str) -> None:
    code, words = LEAKS[leak]
    with short_folder("leak") as folder:
        folder.chmod(0o711)
        begin = folder / "begin"
        with wall(before=f"begin = {str(begin)!r}\n{PREPARED}{code}") as started:
            assert started.leftovers() == []
            begin.touch()
            started.grade((("python_warmup.py", CRASH),), "python_warmup", Limits())
            found = started.leftovers()
    assert any(words in each for each in found), found
