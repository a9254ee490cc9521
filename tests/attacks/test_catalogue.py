"""Every line of the catalogue of attacks has its file or its test, and every file of the corpus is in order."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.attacks import corpus
from tests.servers import ROOT, Service

# The catalogue's ids: a letter for the kind of attack, and those numbers there are.
KINDS = {
    "A": "1-9 11-23 25 27-35 37-41 !10 !24 !26",  # resource exhaustion
    "B": "1-13 15-26",  # files and secrets
    "C": "1-8 10",  # network
    "D": "1-12 14-18 20-26",  # processes and the kernel
    "E": "1-2 4-11 13-14 16-17 19-35",  # forgery
    "F": "1-2 4-11 13-14 16 18-20 22-31 33-41",  # values
    "G": "1-3 5-15 17-24 26-29 31-32",  # uploads
    "H": "1-27",  # clumsy, not hostile
    "W": "1-11 13-20 22-27 29-33",  # the web application
}
GONE = {"A10", "A24", "A26", "E12", "E15", "E18", "E03"}
ELSEWHERE = tomllib.loads((ROOT / "tests/attacks/elsewhere.toml").read_text(encoding="utf-8"))


def ids() -> list[str]:
    found = []
    for letter, ranges in KINDS.items():
        for part in ranges.split():
            first, _, last = part.lstrip("!").partition("-")
            if not part.startswith("!"):
                found += [f"{letter}{number:02}" for number in range(int(first), int(last or first) + 1)]
    return [each for each in found if each not in GONE]


@pytest.mark.parametrize("attack_id", ids())
def test_line_of_the_catalogue_is_covered(attack_id: str) -> None:
    files = list(corpus.FOLDER.glob(f"{attack_id}_*.attack"))
    assert files or attack_id in ELSEWHERE


@pytest.mark.parametrize("attack_id", ELSEWHERE)
def test_test_that_covers_a_line_exists(attack_id: str) -> None:
    for reference in ELSEWHERE[attack_id]:
        path, _, name = reference.partition("::")
        assert re.search(rf"def {name}\(", (ROOT / path).read_text(encoding="utf-8")), reference


def test_every_file_says_what_must_happen_and_is_named_by_its_id() -> None:
    for path in sorted(corpus.FOLDER.iterdir()):
        assert path.suffix == ".attack", path
        attacks = list(corpus.read(path))
        assert attacks, path
        assert {attack.id for attack in attacks} == {path.name[:3]}
        assert len({attack.title for attack in attacks}) == len(attacks), path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# attack: A01\n# about: x\ndef f(): pass\n", "lacks expect"),
        ("# attack: A01\n# about: x\n# expect: maybe\n", "'maybe' in expect"),
        ("# attack: A01\n# about: x\n# expect: verdict=failed\n", "points of a question"),
        ("# attack: A01\n# about: x\n# expect: f4=0\n# limits: time=3\n", "is no limit"),
    ],
)
def test_file_that_does_not_say_what_must_happen_is_refused(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "A01_x.attack"
    path.write_text(text)
    with pytest.raises(corpus.BadAttackError, match=told):
        list(corpus.read(path))


def test_new_attack_is_one_file(tmp_path: Path) -> None:
    path = tmp_path / "A99_new.attack"
    path.write_text("# attack: A99\n# about: x\n# expect: f4=0 verdict=failed message=.\n\ndef f4(x, a=1): return 0\n")
    (attack,) = corpus.read_all(tmp_path)
    assert (attack.title, attack.expected.points, attack.files[0][0]) == ("A99", {"f4": "0"}, "python_warmup.py")


def test_no_file_with_answers_or_secrets_can_be_read_by_others(service: Service) -> None:
    """W32: the keys of the service and the logins of the demo belong to the service's user alone."""
    closed = [path for path in service.data_dir.rglob("*") if re.search("demo|secret", path.name)]
    assert service.data_dir / "demo.json" in closed
    assert [path for path in closed if path.is_file() and path.stat().st_mode & 0o077] == []
