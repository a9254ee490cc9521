"""Uploaded files to modules of Python source, read as data: nothing is compiled, imported or executed here.

What cannot be read is refused with a reason before it costs an attempt. The worker unpacks the stored bytes again with
the same function, so what was accepted is what is graded.
"""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from assignments.script import Source
from grader.errors import FilesRejected, Problem
from grader.services import archives, notebooks
from grader.services.text import one_line
from grader.settings import Settings

__all__ = ["CONTRACT_LIMITS", "FilesRejected", "Unpacked", "UploadLimits", "unpack"]

MAX_NAME_LENGTH = 100


@dataclass(frozen=True)
class UploadLimits:
    """How much an upload may be; sizes in bytes."""

    file_bytes: int = 1 << 20
    upload_bytes: int = 5 << 20
    files: int = 50
    unpacked_bytes: int = 20 << 20

    @classmethod
    def of(cls, settings: Settings) -> UploadLimits:
        """Return the limits of the settings."""
        return cls(
            file_bytes=settings.max_file_bytes,
            upload_bytes=settings.max_upload_bytes,
            files=settings.max_upload_files,
            unpacked_bytes=settings.max_unpacked_bytes,
        )


CONTRACT_LIMITS = UploadLimits()


@dataclass(frozen=True)
class Unpacked:
    """The modules of an upload, in the order of their names, and remarks for the student, one sentence each."""

    sources: tuple[Source, ...]
    notes: tuple[str, ...]


@dataclass
class _Reading:
    """What has been found so far."""

    slug: str
    allowance: archives.Allowance
    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def unpack(files: Sequence[tuple[str, bytes]], slug: str, limits: UploadLimits = CONTRACT_LIMITS) -> Unpacked:
    """Return the Python modules of an upload.

    Args:
        files: name and content of each `.py`, `.ipynb` or `.zip`.
        slug: the assignment's, for advice on names.
        limits: what the archives may hold and unpack to, all of them together.

    Raises:
        FilesRejected: at least one file cannot be graded as it is; every problem found is listed.
    """
    reading = _Reading(slug, archives.Allowance(limits.files, limits.file_bytes, limits.unpacked_bytes))
    seen: set[str] = set()
    for name, content in files:
        problem = _name_problem(name)
        if problem is None and name.casefold() in seen:
            problem = "was uploaded twice; give each file its own name"
        seen.add(name.casefold())
        if problem is not None:
            reading.problems.append(Problem(one_line(name, 60) or "(no name)", problem))
            continue
        _read(reading, name, content)
    _find_clashes(reading)
    if reading.problems:
        raise FilesRejected(reading.problems)
    return Unpacked(tuple(sorted(reading.sources, key=lambda source: source.module)), tuple(reading.notes))


def _read(reading: _Reading, name: str, content: bytes) -> None:
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension not in {"py", "ipynb", "zip"}:
        problem = "is not a .py, .ipynb or .zip file; upload the Python source itself"
        reading.problems.append(Problem(name, problem))
        return
    is_archive = archives.is_zip(content)
    if extension == "zip" and not is_archive:
        reading.problems.append(Problem(name, "is named .zip but is not a zip archive; make it anew"))
    elif extension == "zip":
        _read_archive(reading, name, content)
    elif is_archive and b"[Content_Types].xml" in content[:4096]:
        reading.problems.append(Problem(name, _NO_TEXT.format(kind="a Word document (or another of Office)")))
    elif is_archive:
        reading.problems.append(Problem(name, f"is a zip archive inside; name it {name.rpartition('.')[0]}.zip"))
    else:
        _read_module(reading, name, content)


def _read_archive(reading: _Reading, name: str, content: bytes) -> None:
    try:
        entries, notes = archives.read(content, reading.allowance)
    except archives.ArchiveRefused as error:
        reading.problems.append(Problem(name, str(error)))
        return
    reading.notes.extend(f"{name}: {note}" for note in notes)
    for entry, data in entries:
        problem = _name_problem(entry)
        if problem is not None:
            reading.problems.append(Problem(f"{name}: {one_line(entry, 60)}", problem))
        elif archives.is_zip(data):
            reading.problems.append(Problem(f"{name}: {entry}", "is a zip archive inside a zip archive; unpack it"))
        else:
            _read_module(reading, entry, data)


def _read_module(reading: _Reading, name: str, content: bytes) -> None:
    stem, _, extension = name.rpartition(".")
    shadowed = _shadowed(_module(stem))  # judged by what it would be imported as: "os!.py" is os
    if shadowed is not None:
        advice = f"has the name of the module {shadowed} and would hide it; rename it, for example to {reading.slug}.py"
        reading.problems.append(Problem(name, advice))
        return
    try:
        text = _decoded(content)
        if extension.lower() == "ipynb":
            cells, labels, notes = notebooks.read(text)
            reading.notes.extend(f"{name}: {note}" for note in notes)
            reading.sources.append(Source(name, _module(stem), cells, labels))
            return
        _require_python(text, stem)
    except (_Unreadable, notebooks.NotebookRefused) as error:
        reading.problems.append(Problem(name, str(error)))
        return
    if not text.strip():
        reading.notes.append(f"{name}: the file is empty.")
    reading.sources.append(Source(name, _module(stem), (text,)))


# --- text ---------------------------------------------------------------------------------------------------------


class _Unreadable(Exception):
    """The content is not Python text; the message goes on after the file's name."""


_KINDS = (
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF-", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x93NUMPY", "a saved NumPy array"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
)
_NO_TEXT = "is {kind}, not Python source; copy the code into a plain text file and save it as .py"
_DOCUMENTS = (
    (re.compile(r"\s*\{\\rtf"), "an RTF document"),
    (re.compile(r"\s*<(?:!doctype html|html)\b", re.IGNORECASE), "a web page"),
    (re.compile(r"%PDF-\d"), "a PDF document"),
)
"""Documents that are text, but never Python: how they begin."""
_UTF8_NAMES = {"utf8", "utf8sig", "u8", "cp65001", "ascii", "usascii"}
_CODING = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # PEP 263


def _decoded(content: bytes) -> str:
    """Return UTF-8 text with line feeds as line ends and without a byte-order mark."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        raise _Unreadable("is saved as UTF-16 or UTF-32; save it as UTF-8 and upload it again")
    for magic, kind in _KINDS:
        if content.startswith(magic) and (b"\x00" in content or not _is_utf8(content)):
            raise _Unreadable(f"is {kind}, not Python source")
    if b"\x00" in content:
        line = content[: content.index(b"\x00")].count(b"\n") + 1
        raise _Unreadable(f"has a NUL byte in line {line}; it is not a text file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _Unreadable(
            f"is not UTF-8 text: line {line} has the byte {content[error.start]:#04x}; "
            "save it as UTF-8 and upload it again"
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _require_python(text: str, stem: str) -> None:
    for beginning, kind in _DOCUMENTS:
        if beginning.match(text):
            raise _Unreadable(_NO_TEXT.format(kind=kind))
    if notebooks.looks_like_one(text):
        raise _Unreadable(f"is a notebook inside; name it {stem}.ipynb")
    for number, line in enumerate(text.split("\n", 2)[:2], start=1):
        found = _CODING.match(line[:1000])
        if found is not None and re.sub(r"[-_.]", "", found[1].lower()) not in _UTF8_NAMES:
            raise _Unreadable(f'declares the coding "{found[1][:40]}" in line {number}; sources must be UTF-8')


# --- names --------------------------------------------------------------------------------------------------------

_RESERVED = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}
_LIBRARIES = {"numpy", "scipy", "pandas", "matplotlib", "sklearn", "torch", "torchvision", "tensorflow", "keras", "jax",
              "sympy", "pytest", "conftest", "sitecustomize", "usercustomize", "__main__", "__init__"}  # fmt: skip


def _name_problem(name: str) -> str | None:
    """Return what is wrong with a file's name, or None."""
    if not name or len(name) > MAX_NAME_LENGTH:
        return f"has a name of {len(name)} characters; 1 to {MAX_NAME_LENGTH} are allowed"
    if "/" in name or "\\" in name or name in {".", ".."}:
        return "has a folder in its name; upload the file itself, or a .zip"
    if any(unicodedata.category(character)[0] == "C" or character in "\u2028\u2029" for character in name):
        return "has characters in its name that cannot be shown; rename it"
    if name[0] in ".-" or name[-1] in " ." or name != name.strip():
        return "has a name that begins or ends with a dot, a hyphen or a blank; rename it"
    if name.partition(".")[0].lower() in _RESERVED:
        return "has a name that some systems reserve; rename it"
    return None


def _shadowed(stem: str) -> str | None:
    """Return the module that a file of this name would hide, or None."""
    name = stem.strip().lower()
    if name in _LIBRARIES:
        return name
    return next((known for known in sys.stdlib_module_names if known.lower() == name), None)


def _module(stem: str) -> str:
    """Return a name the file can be imported by: `hw 1 (2)` becomes `hw_1_2`."""
    name = unicodedata.normalize("NFKC", stem)
    if not name.isidentifier() or keyword.iskeyword(name):
        name = re.sub(r"\W+", "_", name).strip("_") or "upload"
        if not name.isidentifier() or keyword.iskeyword(name):
            name = f"file_{name}"
    return name


def _find_clashes(reading: _Reading) -> None:
    by_module: dict[str, str] = {}
    for source in reading.sources:
        other = by_module.setdefault(source.module, source.name)
        if other is not source.name:
            both = source.name if other == source.name else f"{other} and {source.name}"
            detail = f"{both} would be the same module {source.module}; upload one of them"
            reading.problems.append(Problem(source.name, detail))
