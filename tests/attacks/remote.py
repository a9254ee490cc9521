"""One attack tried on a running service, over its API, as a student would."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.attacks import judge, pages
from tests.attacks.corpus import Attack
from tests.attacks.leftovers import Rest
from tests.attacks.pages import Reader
from tests.attacks.trial import Trial, verdict_of
from tests.attacks.wall import CANARY

HELD_S = 30  # the longest a request may be held
PATIENCE_S = 180.0


class Remote:
    """A service, some students of it, and its runner where that runs on this machine."""

    def __init__(
        self,
        url: str,
        tokens: Sequence[str],
        course: str,
        *,
        secrets: Sequence[str] = (),
        logins: Mapping[str, Mapping[str, str]] | None = None,
        runner: int | None = None,
    ) -> None:
        """Prepare.

        Args:
            url: of the service.
            tokens: of students; the later half hands in the canaries, so that nobody hands in too often.
            course: where they are enrolled.
            secrets: what no answer may hold.
            logins: email and password by token, and of somebody of the staff under "": whose pages are looked at.
            runner: its process number, where it runs on this machine; found where there is but one.
        """
        self._url = url.rstrip("/")
        self._tokens = list(tokens)
        self._course = course
        self._secrets = list(secrets)
        self._logins = logins or {}
        self._readers: dict[str, Reader] = {}
        self._sent = 0
        runner = runner or runner_of_this_machine()
        self._rest = Rest(runner) if runner is not None else None

    def attempt(self, attack: Attack) -> Trial:
        """Hand an attack in beside a canary, then a canary alone, and look at what came of it."""
        started = time.monotonic()
        harmed: list[str] = []
        beside = threading.Thread(target=lambda: harmed.extend(self._canary("beside it")))
        beside.start()
        token = self._turn()
        status, document = self._hand_in(attack.assignment, attack.files, token)
        beside.join()
        trial = self._judged(attack, status, document)
        trial.note("leftovers", self._rest.left_over() if self._rest is not None else [])
        trial.note("canary", harmed + self._canary("after it"))
        if document.get("status") == "graded":
            self._look_at_pages(trial, document, token)
        trial.seconds = time.monotonic() - started
        return trial

    def _judged(self, attack: Attack, status: int, document: dict[str, Any]) -> Trial:
        if status in {400, 413, 415, 422}:
            said = " ".join([document.get("detail", ""), *(each["detail"] for each in document.get("errors", []))])
            trial = Trial(attack, "refused")
            trial.note("verdict", judge.faults_of_refusal(attack, said))
        elif status == 200 and document.get("status") == "graded":
            trial = Trial(attack, verdict_of(attack, document["questions"]))
            trial.note("verdict", judge.faults(attack, document["questions"], document.get("notes", [])))
        else:
            trial = Trial(attack, str(document.get("status", status)))
            trial.note("verdict", [f"{status}: {json.dumps(document)[:300]}"])
        trial.note("leak", judge.leaks(attack, document, secrets=self._secrets))
        return trial

    def _look_at_pages(self, trial: Trial, document: dict[str, Any], token: str) -> None:
        """Read the result as the student sees it and as the staff sees it; both where the logins are known."""
        for who, key in (("the student's", token), ("the staff's", "")):
            login = self._logins.get(key)
            if login is None:
                continue
            if key not in self._readers:
                self._readers[key] = Reader(self._url, login["email"], login["password"])
            page = self._readers[key].get(f"/s/{document['id']}")
            trial.note("verdict", [f"{who} page: {each}" for each in pages.faults(page, document)])
            own = {"page": pages.without_own_words(page)}
            trial.note(
                "leak", [f"{who} page: {each}" for each in judge.leaks(trial.attack, own, secrets=self._secrets)]
            )

    def _canary(self, when: str) -> list[str]:
        status, document = self._hand_in("python_warmup", (("python_warmup.py", CANARY),), self._turn(is_canary=True))
        question = next((each for each in document.get("questions", []) if each["id"] == "f4"), None)
        if status == 200 and question is not None and question["score"] == question["max_score"]:
            return []
        return [f"{when}: {status} {document.get('status')} {question and question['score']}"]

    def _turn(self, *, is_canary: bool = False) -> str:
        """Return whose turn it is, so that nobody hands in more often than the service lets them."""
        self._sent += 1
        half = len(self._tokens) // 2
        group = self._tokens[half:] if is_canary or not half else self._tokens[:half]
        return group[self._sent % len(group)]

    def _hand_in(self, slug: str, files: Sequence[tuple[str, bytes]], token: str) -> tuple[int, dict[str, Any]]:
        path = f"/api/v1/courses/{self._course}/assignments/{slug}/submissions?wait={HELD_S}"
        status, document = self._ask(path, token, *_encoded(files))
        deadline = time.monotonic() + PATIENCE_S
        while status == 202 or (status == 200 and document.get("status") in {"queued", "running"}):
            if time.monotonic() > deadline:
                return 0, {"status": "never graded"}
            status, document = self._ask(f"/api/v1/submissions/{document['id']}?wait={HELD_S}", token)
        return status, document

    def _ask(
        self, path: str, token: str, body: bytes | None = None, kind: str = "application/json"
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        while True:
            request = urllib.request.Request(self._url + path, body, headers)  # noqa: S310 (as the caller asks)
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:  # noqa: S310
                    return response.status, json.loads(response.read())
            except urllib.error.HTTPError as error:
                if error.code != 429:
                    return error.code, _problem(error.read())
                time.sleep(float(error.headers.get("Retry-After", "1")))  # the service says how long
            except (ConnectionError, urllib.error.URLError) as error:
                return 0, {"status": f"no answer: {error}"}


def runner_of_this_machine() -> int | None:
    """Return the process number of the one runner here, or None where there is none or more than one."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            if b"runner" in words and any(word.endswith((b"grader", b"worker.cli")) for word in words):
                list((entry / "fd").iterdir())
                found.append(int(entry.name))
        except OSError:
            continue
    return found[0] if len(found) == 1 else None


def _encoded(files: Sequence[tuple[str, bytes]]) -> tuple[bytes, str]:
    """Return a request's body and its type: a form as browsers send it, JSON where a form cannot say the name."""
    if any(char in name for name, _ in files for char in "\r\n"):
        return json.dumps({"files": {name: content.decode() for name, content in files}}).encode(), "application/json"
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_quoted(name)}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, content in files
    ]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _problem(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {"detail": body[:300].decode("utf-8", "replace")}
    return document if isinstance(document, dict) else {"detail": str(document)[:300]}
