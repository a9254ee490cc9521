"""Text that came from outside, made fit to be stored and printed."""

from __future__ import annotations

import re

# ANSI and OSC sequences first as wholes (colours, cursor moves, window titles, links), then every other control
# character and the marks that turn the reading direction round.
_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)?"  # OSC … BEL or ST
    r"|\x1b[PX^_][^\x1b]{0,4096}(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]?"  # CSI
    r"|\x1b[ -/]{0,4}[0-~]?"
)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def plain(text: str) -> str:
    """Return the text without terminal sequences and controls; every line end becomes a line feed, tabs stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", _ESCAPES.sub("", text)))


def one_line(text: str, limit: int = 200) -> str:
    """Return the text on one line without control characters, at most `limit` characters with an ellipsis."""
    line = " ".join(plain(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def can_be_stored(text: str) -> bool:
    """Return whether every database takes the text: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not _SURROGATES.search(text)
