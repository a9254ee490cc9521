"""One attack tried on a running service, over its API, as a student would."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.attacks import judge
from tests.attacks.corpus import Attack
from tests.attacks.trial import Trial, verdict_of
from tests.attacks.wall import CANARY, SETTLE_S, Remains, remains

HELD_S = 30  # the longest a request may be held
PATIENCE_S = 180.0


class Remote:
    """A service, some students of it, and its runner where that runs on this machine."""

    def __init__(self, url: str, tokens: Sequence[str], course: str, secrets: Sequence[str] = ()) -> None:
        """Prepare.

        Args:
            url: of the service.
            tokens: of students; the later half hands in the canaries, so that nobody hands in too often.
            course: where they are enrolled.
            secrets: what no answer may hold.
        """
        self._url = url.rstrip("/")
        self._tokens = list(tokens)
        self._course = course
        self._secrets = list(secrets)
        self._runner = runner_of_this_machine()
        self._settled = self._remains()
        self._sent = 0

    def attempt(self, attack: Attack) -> Trial:
        """Hand an attack in beside a canary, then a canary alone, and look at what came of it."""
        started = time.monotonic()
        harmed: list[str] = []
        beside = threading.Thread(target=lambda: harmed.extend(self._canary("beside it")))
        beside.start()
        status, document = self._hand_in(attack.assignment, attack.files, self._turn())
        beside.join()
        trial = self._judged(attack, status, document)
        trial.note("canary", harmed + self._canary("after it"))
        trial.note("leftovers", self._leftovers())
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
        boundary = uuid.uuid4().hex
        body = b"".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_quoted(name)}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n".encode()
            + content
            + b"\r\n"
            for name, content in files
        )
        path = f"/api/v1/courses/{self._course}/assignments/{slug}/submissions?wait={HELD_S}"
        kind = f"multipart/form-data; boundary={boundary}"
        status, document = self._ask(path, token, body + f"--{boundary}--\r\n".encode(), kind)
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

    def _remains(self) -> Remains | None:
        return remains(self._runner) if self._runner is not None else None

    def _leftovers(self) -> list[str]:
        """Return what the runner has more of than at first; nothing where it is another machine's."""
        deadline = time.monotonic() + SETTLE_S
        while self._settled is not None and (now := self._remains()) is not None:
            found = now.more_than(Remains(self._settled.processes, self._settled.descriptors + 2))
            if not found or time.monotonic() > deadline:
                return found
            time.sleep(0.05)
        return []


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


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "%0D").replace("\n", "%0A")


def _problem(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {"detail": body[:300].decode("utf-8", "replace")}
    return document if isinstance(document, dict) else {"detail": str(document)[:300]}
