"""What a runner has at rest, to the process and the descriptor, and how soon it is at rest again.

At rest a runner has its templates (each a bubblewrap and the Python in it), twice as many boxes as submissions may run
at a time, and in each box one child that waits. Only the number of templates may differ from one rest to the next: one
that is used up lives on until the last of its boxes has served its time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

REFILL_S = 2.0  # I4; not counted is what processes of ours waited for a processor, and when even this one stood still
PATIENCE_S = 60.0  # however busy the machine is
LONGEST_LOOK_S = 0.5  # a look takes a hundredth of it: where one takes longer, the whole machine did nothing
STILL = 25  # looks, 20 ms apart
FDS_OF_A_TEMPLATE, FDS_OF_A_BOX = 2, 3  # control and stderr; control, the box's handle and its child's


@dataclass(frozen=True)
class Process:
    """A line of the process table."""

    pid: int
    parent: int
    is_zombie: bool


def process_table() -> dict[int, list[Process]]:
    """Return every process of this machine by its parent."""
    table: dict[int, list[Process]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                found = Process(int(entry.name), int(fields[1]), fields[0] == "Z")
                table.setdefault(found.parent, []).append(found)
    return table


def below(pid: int, table: dict[int, list[Process]]) -> Iterator[Process]:
    """Yield the processes below `pid`."""
    for process in table.get(pid, []):
        yield process
        yield from below(process.pid, table)


def waited_s(pids: Iterable[int]) -> dict[int, float]:
    """Return for each process that is there how long it was ready and had no processor."""
    found = {}
    for pid in pids:
        with contextlib.suppress(OSError, ValueError, IndexError):
            found[pid] = int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    return found


def _children(processes: list[Process], table: dict[int, list[Process]]) -> list[Process]:
    return [child for process in processes for child in table.get(process.pid, [])]


def _boxes(runner: int) -> list[Process]:
    table = process_table()
    return _children(_children(table.get(runner, []), table), table)


class Rest:
    """What one runner is like when it has nothing to do; everything else is left over."""

    def __init__(self, runner: int, workers: int | None = None) -> None:
        """Take down how many descriptors the runner has for itself; it must be at rest, or come to it.

        Args:
            runner: its process number.
            workers: submissions it runs at a time; None where nobody knows: then its boxes are counted.

        Raises:
            AssertionError: it does not come to rest.
        """
        self.runner = runner
        self._boxes = 2 * workers if workers is not None else len(_boxes(runner))
        self._own_descriptors: int | None = None
        self.own_descriptors = 0  # without those of templates, boxes and workers, when it was last at rest
        seen: list[int] = []
        # A child at work looks like one that waits: at rest is what stays as it is for a while.
        while len(seen) < STILL or len(set(seen[-STILL:])) > 1:
            assert len(seen) < 60 * STILL, "the runner does not come to rest"
            self._own_descriptors = None
            found = self.left_over()
            assert found == [], found
            seen.append(self.own_descriptors)
            time.sleep(0.02)

    def left_over(self) -> list[str]:
        """Return what is not as it is at rest, once the runner had the time it may take; [] as soon as it is."""
        begun = last = time.monotonic()
        stood_still = 0.0
        table = process_table()
        before = waited_s([self.runner, *(each.pid for each in below(self.runner, table))])
        latest = dict(before)
        while found := self._odd(table):
            now = time.monotonic()
            stood_still += max(0.0, now - last - LONGEST_LOOK_S)
            took, last = now - begun, now
            starved = sum(seconds - before.get(pid, 0.0) for pid, seconds in latest.items())
            if took - stood_still - starved > REFILL_S or took > PATIENCE_S:
                return found
            time.sleep(0.01)
            table = process_table()
            latest |= waited_s([self.runner, *(each.pid for each in below(self.runner, table))])
        return []

    def _odd(self, table: dict[int, list[Process]]) -> list[str]:
        templates = table.get(self.runner, [])
        pythons = _children(templates, table)
        boxes = _children(pythons, table)
        children = _children(boxes, table)
        counted = {
            "boxes": (len(boxes), self._boxes),
            "processes of templates": (len(pythons), len(templates)),
            "children that wait": (sum(len(table.get(box.pid, [])) == 1 for box in boxes), self._boxes),
            "children": (len(children), self._boxes),
            "processes below children": (len(_children(children, table)), 0),
            "zombies": (sum(each.is_zombie for each in below(self.runner, table)), 0),
        }
        found = [f"{now} {what}, {due} at rest" for what, (now, due) in counted.items() if now != due]
        empty = sum(not table.get(python.pid) for python in pythons)
        if empty > 1:
            found.append(f"{empty} templates without a box, at most 1 at rest")
        if not found:
            own = self._descriptors() - FDS_OF_A_TEMPLATE * len(templates) - FDS_OF_A_BOX * len(boxes)
            self.own_descriptors = own
            if self._own_descriptors is None:
                self._own_descriptors = own
            if own != self._own_descriptors:
                found.append(f"{own} descriptors of the runner's own, {self._own_descriptors} at rest")
        return found

    def _descriptors(self) -> int:
        """Return how many descriptors the runner has, connections of workers left out: those may come and go."""
        links = []
        for entry in Path(f"/proc/{self.runner}/fd").iterdir():
            with contextlib.suppress(OSError):
                links.append(str(entry.readlink()))
        accepted = set()
        for line in Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace").splitlines()[1:]:
            fields = line.split()  # … flags type state inode path; a pair of sockets has no path
            if len(fields) == 8 and fields[3] == "00000000" and fields[5] == "03":
                accepted.add(f"socket:[{fields[6]}]")
        return len([link for link in links if link not in accepted])
