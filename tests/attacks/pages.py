"""A result as people read it: the page of a running service, held against what the API says of the same submission."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from html import unescape
from http.cookiejar import CookieJar
from typing import Any

PATIENCE_S = 60.0

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_TAG = re.compile(r"<[^>]*>")
_PRINTED = re.compile(r"<summary>What your code printed</summary>.*?</details>", re.DOTALL)
_HANDED_IN = re.compile(r'<section class="stack" aria-labelledby="handed-in">.*?</section>', re.DOTALL)
_ACTIVE = re.compile(r"<script(?![^>]*\bsrc=)|\son\w+\s*=\s*[\"']|javascript:", re.IGNORECASE)


class Reader:
    """Somebody logged in, with a browser that keeps cookies and does nothing else."""

    def __init__(self, url: str, email: str, password: str) -> None:
        """Log in."""
        self._url = url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        found = _TOKEN.search(self.get("/login"))
        assert found is not None, "the login page has no token"
        form = {"csrf_token": found[1], "email": email, "password": password}
        body = urllib.parse.urlencode(form).encode()
        with self._opener.open(f"{url}/login", body, timeout=PATIENCE_S) as response:
            assert "/login" not in response.url, "the login was refused"

    def get(self, path: str) -> str:
        """Return a page."""
        with self._opener.open(self._url + path, timeout=PATIENCE_S) as response:
            return str(response.read().decode())


def faults(page: str, document: Mapping[str, Any]) -> list[str]:
    """Return where a result's page differs from what the API says, and what on it is not text.

    Args:
        page: the page's HTML.
        document: the submission as the API shows it, graded.
    """
    text = _text(page)
    found = [f"{word!r} is not on it" for word in _words(document) if _plain(word) not in text]
    if "data-graded" not in page or "data-progress" in page:
        found.append("it does not show a result")
    found += [
        f"{question['id']} is not {question['verdict']} on it"
        for question in document["questions"]
        if f'class="question__word verdict--{question["verdict"]}"' not in _question(page, question["id"])
    ]
    if _ACTIVE.search(page):
        found.append(f"something on it is active: {_ACTIVE.search(page)}")
    return found


def without_own_words(page: str) -> str:
    """Return a page's text without the uploaded files and what was printed: there a submission says what it likes."""
    return _text(_PRINTED.sub("", _HANDED_IN.sub("", page)))


def _words(document: Mapping[str, Any]) -> Iterator[str]:
    yield from document.get("notes", [])
    for question in document["questions"]:
        yield from question["feedback"]
        hidden = [check for check in question["checks"] if not check["visible"]]
        if hidden:  # how many of what kind went wrong: for the student a number, for the staff as well
            passed = sum(check["verdict"] == "passed" for check in hidden)
            yield f"Hidden checks: {passed} of {len(hidden)} passed"


def _question(page: str, question_id: str) -> str:
    _, _, rest = page.partition(f'id="q-{question_id}"')
    return rest.partition("</summary>")[0]


def _text(page: str) -> str:
    return _plain(unescape(_TAG.sub("", page)))


def _plain(text: str) -> str:
    return " ".join(text.replace("`", "").split())
