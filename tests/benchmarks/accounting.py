"""What processes cost: processor seconds and memory of a whole tree, read from /proc."""

from __future__ import annotations

import contextlib
import os
import resource
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def _table() -> dict[int, list[str]]:
    table = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                table[int(entry.name)] = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return table


def tree(pid: int) -> list[int]:
    """Return a process and all below it; zombies are left out."""
    table = _table()
    found, todo = [], [pid]
    while todo:
        at = todo.pop()
        if at in table and table[at][0] != "Z":
            found.append(at)
        todo += [other for other, fields in table.items() if int(fields[1]) == at]
    return found


def tree_cpu_s(pid: int) -> float:
    """Return the processor seconds a process, all below it, and all of these that have ended, have used so far."""
    table = _table()
    ticks, todo = 0, [pid]
    while todo:
        at = todo.pop()
        ticks += sum(map(int, table[at][11:15])) if at in table else 0
        todo += [other for other, fields in table.items() if int(fields[1]) == at]
    return ticks / TICKS_PER_S


def own_cpu_s() -> float:
    """Return the processor seconds this process and its ended children have used."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def pss_kib(pid: int) -> int | None:
    """Return a process's proportional share of memory; None where the kernel will not tell this user."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return None


def children(pid: int) -> list[int]:
    """Return the children of a process."""
    return [other for other, fields in _table().items() if int(fields[1]) == pid and fields[0] != "Z"]


def named(pid: int, word: bytes) -> int:
    """Return the first process below `pid` that has this word on its command line.

    Raises:
        LookupError: there is none.
    """
    for each in tree(pid):
        with contextlib.suppress(OSError):
            if word in Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0"):
                return each
    raise LookupError(f"no process below {pid} is called with {word!r}")


def descriptors(pid: int, *, pooled: bool = True) -> int:
    """Return how many descriptors a process holds; 0 where the kernel will not tell this user.

    Args:
        pid: its number.
        pooled: whether those of database and broker count, too. Of these a process keeps as many as were once needed at
            the same time, up to the size of its pools: files of SQLite, unix sockets, and what waits for these.
    """
    unix = () if pooled else Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace").splitlines()[1:]
    left_out = {f"socket:[{line.split()[6]}]" for line in unix}
    found = 0
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                link = str(entry.readlink())
                found += pooled or not (link in left_out or ".sqlite3" in link or link == "anon_inode:[eventpoll]")
    return found


def cpu_s_alone(pid: int) -> float:
    """Return the processor seconds a process has used so far, without those below it."""
    return sum(map(int, _table()[pid][11:13])) / TICKS_PER_S
