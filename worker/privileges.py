"""How a runner started as root stops being root, for good, before it spawns anything.

A bubblewrap started by root reads files as root, whatever uid it shows inside. So the runner becomes a user that owns
nothing. What it still needs to read (the interpreter, the packages) may lie below a folder that only root may enter,
such as /root: the runner then covers that folder, in a mount namespace of its own, by an empty one that has nothing
but those files in their old places.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

UNPRIVILEGED_ID = 61_999  # nobody's: processes of the uid `nobody` may belong to other services

CLONE_NEWNS = 0x20000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_GET_PDEATHSIG = 1, 2


class StillRootError(Exception):
    """The runner was started as root and cannot leave it; `cure` says what to do."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


def leave_root(needed: Iterable[Path] = ()) -> bool:
    """Become an unprivileged user if this process is root; return whether anything was changed.

    Args:
        needed: files and folders to keep readable, besides the interpreter and what it imports from.

    Raises:
        StillRootError: the kernel refused; the process may be half changed and must end.
    """
    if os.geteuid() != 0:
        return False
    ours = Path(__file__).parents[1]
    paths = {Path(sys.base_prefix), Path(sys.prefix), ours / "worker", ours / "assignments", *needed}
    paths |= {Path(os.path.realpath(sys.executable)).parents[1], Path(sys.executable).parents[1]}
    try:
        _keep_readable({path.absolute() for path in paths if path.exists()})
        with _keeping_death_signal():
            os.setgroups([])
            os.setresgid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
            os.setresuid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
    except OSError as error:
        raise StillRootError(
            f"The runner was started as root and cannot become another user ({error}).",
            "Start it as a plain user, with a Python that this user can read.",
        ) from error
    os.chdir("/")
    return True


@contextlib.contextmanager
def _keeping_death_signal() -> Iterator[None]:
    """Keep what the parent had arranged for its own death: the kernel forgets it with every change of user."""
    libc = ctypes.CDLL(None, use_errno=True)
    number, parent = ctypes.c_int(0), os.getppid()
    _must(libc.prctl(PR_GET_PDEATHSIG, ctypes.byref(number), 0, 0, 0))
    yield
    _must(libc.prctl(PR_SET_PDEATHSIG, number.value, 0, 0, 0))
    if number.value and os.getppid() != parent:
        signal.raise_signal(number.value)


def _keep_readable(paths: set[Path]) -> None:
    """Cover every closed folder above `paths` by one that shows only them."""
    closed: dict[Path, list[Path]] = {}
    for path in sorted(paths):
        barrier = _first_closed(path)
        if barrier is not None and not any(path.is_relative_to(other) for other in closed.get(barrier, ())):
            closed.setdefault(barrier, []).append(path)
    if not closed:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    _must(libc.unshare(CLONE_NEWNS))
    _mount(libc, None, Path("/"), None, MS_REC | MS_PRIVATE)
    for barrier, kept in closed.items():
        with tempfile.TemporaryDirectory() as folder:
            staging = Path(folder)
            _mount(libc, "none", staging, "tmpfs", 0, "mode=700,size=1m")
            places = [(_empty_like(path, staging / str(number)), path) for number, path in enumerate(kept)]
            for place, path in places:
                _mount(libc, str(path), place, None, MS_BIND | MS_REC)
            _mount(libc, "none", barrier, "tmpfs", 0, "mode=755,size=1m")
            for place, path in places:
                _mount(libc, str(place), _empty_like(place, path), None, MS_BIND | MS_REC)
            _must(libc.umount2(os.fsencode(staging), MNT_DETACH))


def _first_closed(path: Path) -> Path | None:
    """Return the outermost folder on the way to `path` that other users may not enter."""
    for folder in [*reversed(path.parents), path]:
        if folder.is_dir() and not folder.stat().st_mode & 0o001:
            return folder
    return None


def _empty_like(model: Path, place: Path) -> Path:
    """Make an empty folder or file at `place`, as `model` is one, to mount on."""
    if model.is_dir():
        place.mkdir(mode=0o755, parents=True, exist_ok=True)
    else:
        place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        place.touch(mode=0o644)
    return place


def _mount(  # noqa: PLR0917 (the system call's own order)
    libc: ctypes.CDLL, source: str | None, target: Path, kind: str | None, flags: int, options: str | None = None
) -> None:
    texts = [None if text is None else os.fsencode(text) for text in (source, str(target), kind, options)]
    _must(libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]))


def _must(result: int) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
