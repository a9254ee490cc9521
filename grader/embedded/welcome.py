"""What `./run` prints once the service is ready: the address, the demo logins, one line to paste."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
# Sample work with a mistake in it: the first answer a newcomer reads should be one that explains something.
SAMPLE = PROJECT / "assignments" / "perceptron" / "exemplars" / "update_sign_flipped.py"


def welcome(url: str, data_dir: Path, logins: dict[str, Any] | None, *, can_grade: bool) -> str:
    """Return the text; without `logins` it shows where to find help instead of the demo people."""
    lines = ["", f"Deltamark is ready: {url}", ""]
    if not can_grade:
        lines += [f"Grading is PAUSED: submissions are kept and wait. See {data_dir / 'log' / 'runner.log'}", ""]
    if logins is None:
        lines += ["People and courses are your own here: `.venv/bin/grader --help` administers them."]
        return "\n".join(lines)
    people = [("instructor", logins["instructor"]), ("assistant", logins["assistant"])]
    people += [("student", student) for student in logins["students"][:1]]
    lines += [f"  {role:<11} {person['email']:<22} {person['password']}" for role, person in people]
    lines += [
        f"  {'more':<11} {data_dir / 'demo.json'} has every login and API token",
        "",
        "Submit from another terminal and read the result:",
        "",
        f"  {curl_line(url, logins)}",
    ]
    return "\n".join(lines)


def curl_line(url: str, logins: dict[str, Any]) -> str:
    """Return one line for any shell and any folder that hands in sample work as the first student."""
    words = [
        *("curl", "-sS", "-H", f"Authorization: Bearer {logins['students'][0]['token']}", "-H", "Accept: text/plain"),
        *("-F", f'file=@"{SAMPLE}";filename=perceptron.py'),
        f"{url}/api/v1/courses/{logins['course']}/assignments/perceptron/submissions?wait=20",
    ]
    return " ".join(shlex.quote(word) for word in words)
