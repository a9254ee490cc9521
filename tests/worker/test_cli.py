"""`grader grade` as a person types it: what it prints, and the exit code a script relies on."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import servers

RIGHT = """
def predict(w, w0, x, threshold=0.0):
    return int(sum(a * b for a, b in zip(w, x)) + w0 > threshold)
"""
SIGN_FLIPPED = """
import numpy as np

def update(w, w0, x, y, lr=1.0):
    miss = y - int(np.dot(w, x) + w0 > 0)
    return w - lr * miss * x, w0 - lr * miss
"""


def grader(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        servers.grader_command(*map(str, arguments)),
        cwd=cwd,
        env=servers.clean_environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def questions(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    return {question["id"]: question for question in json.loads(done.stdout)["questions"]}


def test_code_is_graded_in_the_sandbox_without_a_database(tmp_path: Path) -> None:
    (tmp_path / "perceptron.py").write_text(RIGHT + SIGN_FLIPPED)
    found = questions(grader("grade", "perceptron", "perceptron.py", "--json", cwd=tmp_path))
    assert (found["predict"]["verdict"], found["predict"]["score"]) == ("passed", 5.0)
    assert (found["update"]["mistake"], found["update"]["score"]) == ("sign-flipped", 0.0)
    assert found["train"]["verdict"] == "missing"
    assert list(tmp_path.iterdir()) == [tmp_path / "perceptron.py"], "grading leaves nothing behind"


def test_a_question_that_never_ends_costs_itself_alone(tmp_path: Path) -> None:
    loops = "def update(w, w0, x, y, lr=1.0):\n    while True:\n        pass\n"
    (tmp_path / "perceptron.py").write_text(RIGHT + loops)
    found = questions(grader("grade", "perceptron", "perceptron.py", "--json", cwd=tmp_path))
    assert {name: question["verdict"] for name, question in found.items()} == {
        "predict": "passed",
        "update": "timed_out",
        "train": "missing",
    }


def test_answers_come_from_a_file_and_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "answers.json").write_text('{"z0": "0,4775", "z1": 0.4925}')
    arguments = ("--answers", "answers.json", "--answer", "h0= .6172 ", "--json")
    found = questions(grader("grade", "forward_pass", *arguments, cwd=tmp_path))
    assert [name for name, question in found.items() if question["verdict"] == "passed"] == ["z0", "z1", "h0"]


def test_the_report_a_person_reads_names_score_and_mistake(tmp_path: Path) -> None:
    done = grader("grade", "forward_pass", "--answer", "loss=0.7342", cwd=tmp_path)
    assert done.returncode == 0
    assert "forward_pass: 0 of 12 points" in done.stdout
    assert "Mistake: no-half" in done.stdout


def test_the_same_seed_draws_the_same_hidden_cases_and_another_seed_others(tmp_path: Path) -> None:
    (tmp_path / "perceptron.py").write_text(SIGN_FLIPPED)

    def messages(seed: str) -> list[str]:
        found = questions(grader("grade", "perceptron", "perceptron.py", "--json", "--seed", seed, cwd=tmp_path))
        return [check["message"] for check in found["update"]["checks"] if not check["visible"]]

    assert messages("1") == messages("1")
    assert messages("1") != messages("2")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("no_such_thing", "--answer", "a=1"), "there are: "),
        (("forward_pass",), "nothing to grade"),
        (("forward_pass", "--answer", "z0"), "QUESTION=TEXT"),
        (("forward_pass", "--answer", "z9=1"), "no field z9"),
        (("perceptron", "absent.py"), "does not exist"),
        (("forward_pass", "binary.py"), "no question that is answered by code"),
        (("perceptron", "binary.py"), "binary.py"),
        (("forward_pass", "--answers", "list.json"), "one JSON object"),
    ],
)
def test_bad_usage_says_what_was_expected(tmp_path: Path, arguments: tuple[str, ...], expected: str) -> None:
    (tmp_path / "binary.py").write_bytes(b"\x7fELF\x00\x01\x02")
    (tmp_path / "list.json").write_text("[1]")
    done = grader("grade", *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


NO_BOX = 'echo "bwrap: No permissions to create a new namespace" >&2; exit 1'
NO_WALLS = 'while [ "$1" != -- ]; do shift; done; shift; shift; exec python3 "$@"'


@pytest.mark.parametrize("script", [NO_BOX, NO_WALLS], ids=["no box can be made", "the box holds nothing back"])
def test_a_grader_that_cannot_protect_anyone_grades_nothing(tmp_path: Path, script: str) -> None:
    (tmp_path / "perceptron.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n" + RIGHT)
    with servers.short_folder("bwrap") as folder:
        folder.chmod(0o755)  # a runner started as root becomes another user
        (folder / "bwrap").write_text(f'#!/bin/sh\n[ "$1" = --version ] && exec echo "bubblewrap 0.8.0"\n{script}\n')
        (folder / "bwrap").chmod(0o755)
        path = f"{folder}:{os.environ['PATH']}"
        done = subprocess.run(
            servers.grader_command("grade", "perceptron", "perceptron.py"),
            cwd=tmp_path,
            env=servers.clean_environment(PATH=path),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "runner: " in done.stderr
    assert not (tmp_path / "ran").exists()
