"""Zip archives of source files, read under limits; nothing is ever written to disk."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass

MAX_ENTRIES = 1_000  # of any kind, ignored ones included
_SOURCES = (".py", ".ipynb")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".whl", ".egg")
_IGNORED_NAMES = {"__init__.py", "__main__.py"}
_ENCRYPTED = 0x1
# What `zipfile` raises on bytes that lie: an offset beyond 63 bits overflows in `seek`, an extra field may be cut off.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, LookupError, OverflowError),
)


class ArchiveRefused(Exception):
    """The archive cannot be taken; the message goes on after its name."""


def is_zip(content: bytes) -> bool:
    """Return whether the content is a zip archive, from its first byte on."""
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06"))


@dataclass
class Allowance:
    """How much the archives of one upload may hold together; sizes are in bytes and hold for what really comes out."""

    max_files: int
    max_file_bytes: int
    max_total_bytes: int
    files: int = 0  # sources found so far
    total_bytes: int = 0  # unpacked so far


def read(content: bytes, allowance: Allowance) -> tuple[list[tuple[str, bytes]], list[str]]:
    """Return the sources of an archive, flattened by one folder, and remarks on what was left out.

    What it takes of the allowance is counted there, also when the archive is refused.

    Raises:
        ArchiveRefused: broken, encrypted, too much inside, a path that leads out, a link, an archive in the archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_ENTRIES:
                raise ArchiveRefused(f"holds {len(infos)} entries; at most {MAX_ENTRIES} are allowed")
            chosen, notes = _choose(infos)
            together = ", with the archives before it" if allowance.files else ""
            allowance.files += len(chosen)
            if allowance.files > allowance.max_files:
                number = f"{len(chosen)} source files" if not together else f"too many source files{together}"
                raise ArchiveRefused(f"holds {number}; at most {allowance.max_files} are allowed")
            return _extract(archive, chosen, allowance), notes
    except _BROKEN as error:
        raise ArchiveRefused("is a broken zip archive; make it anew") from error


def _choose(infos: list[zipfile.ZipInfo]) -> tuple[dict[str, zipfile.ZipInfo], list[str]]:
    chosen: dict[str, zipfile.ZipInfo] = {}
    left_out: list[str] = []
    for info in infos:
        parts = _parts(info)
        if info.is_dir() or parts[0] == "__MACOSX" or "__pycache__" in parts or any(p.startswith(".") for p in parts):
            continue
        name = parts[-1]
        if name.lower().endswith(_ARCHIVES):
            raise ArchiveRefused(f'holds another archive, "{name[:60]}"; pack the .py files themselves')
        if not name.lower().endswith(_SOURCES) or name in _IGNORED_NAMES:
            if name != "__init__.py":
                left_out.append(name)
            continue
        if len(parts) > 2:
            raise ArchiveRefused(f'holds "{name[:60]}" more than one folder deep; put the .py files at the top')
        if name in chosen:
            raise ArchiveRefused(f'holds two files named "{name[:60]}"; keep one')
        chosen[name] = info
    if not chosen:
        raise ArchiveRefused("holds no .py file")
    shown = ", ".join(name[:40] for name in left_out[:3]) + (" and more" if len(left_out) > 3 else "")
    verb = "was" if len(left_out) == 1 else "were"
    return chosen, [f"only .py and .ipynb files are graded, so {shown} {verb} left out."] if left_out else []


def _parts(info: zipfile.ZipInfo) -> list[str]:
    """Return the parts of an entry's path; refuse what is not a plain file or folder below the top."""
    name = info.orig_filename
    shown = "".join(character if character.isprintable() else "?" for character in name[:60])
    parts = [part for part in name.split("/") if part not in {"", "."}]
    is_rooted = name.startswith("/") or "\\" in name or "\x00" in name or (len(name) > 1 and name[1] == ":")
    if is_rooted or ".." in parts or not parts:
        raise ArchiveRefused(f'holds the path "{shown}", which leads out of the archive')
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise ArchiveRefused(f'holds "{shown}", which is a link or a device; pack the file itself')
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveRefused("is protected by a password; make it without one")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ArchiveRefused(f'holds "{shown}" in an unusual compression; make an ordinary zip archive')
    return parts


def _extract(
    archive: zipfile.ZipFile, chosen: dict[str, zipfile.ZipInfo], allowance: Allowance
) -> list[tuple[str, bytes]]:
    entries = []
    together = ", with the archives before it," if allowance.total_bytes else ""
    for name, info in chosen.items():
        with archive.open(info) as file:
            data = file.read(allowance.max_file_bytes + 1)
        allowance.total_bytes += len(data)
        if len(data) > allowance.max_file_bytes:
            raise ArchiveRefused(f'holds "{name[:60]}" of more than {allowance.max_file_bytes >> 10} KiB')
        if allowance.total_bytes > allowance.max_total_bytes:
            raise ArchiveRefused(f"unpacks{together} to more than {allowance.max_total_bytes >> 20} MiB")
        entries.append((name, data))
    return entries
