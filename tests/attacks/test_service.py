"""The corpus through a whole running service: web server, database, Celery worker, runner, box, and back to the pages.

Of each line of the catalogue the first variation; all of them go through worker, runner and box in `test_corpus.py`,
and through any service by `python -m tests.attacks --url`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from assignments import catalog
from tests import packs
from tests.attacks import corpus
from tests.attacks.remote import Remote
from tests.benchmarks import accounting
from tests.servers import Service, wait_until, whole_service

# Of the course, so that what hangs or hoards costs the tests a second.
LIMITS = {"cpu_s": 1.0, "wall_s": 2.0, "memory_mib": 128}


def _first_of_each() -> list[corpus.Attack]:
    found: dict[str, corpus.Attack] = {}
    for attack in corpus.read_all():
        if attack.assignment not in catalog.course_slugs():
            continue  # the demo course has no examples
        found.setdefault(attack.id, attack)
    return list(found.values())


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A whole service whose course has short limits, shared by the attacks of one process."""
    folder = tmp_path_factory.mktemp("attacked")
    pack = packs.with_limits(folder / "pack", **LIMITS)
    with whole_service(folder / "var", pack=pack, GRADER_SUBMISSION_RATE="6000 per minute") as running:
        yield running


@pytest.fixture(scope="module")
def remote(attacked: Service) -> Remote:
    """That service as students and staff see it."""
    students, staff = attacked.demo["students"], [attacked.demo["instructor"], attacked.demo["assistant"]]
    secret = (attacked.data_dir / "secret_key").read_text().strip()
    keys = [who[kind] for who in [*students, *staff] for kind in ("token", "password")]
    return Remote(
        attacked.url,
        [student["token"] for student in students],
        "dl101",
        secrets=[secret, str(attacked.data_dir), *keys],
        logins={student["token"]: student for student in students} | {"": staff[1]},
        runner=accounting.named(attacked.pid, b"runner"),
    )


@pytest.mark.parametrize("attack", _first_of_each(), ids=lambda attack: attack.title.replace(" ", "-"))
def test_attack_on_a_whole_service_ends_as_its_file_says_and_leaves_nothing(
    attack: corpus.Attack, remote: Remote, attacked: Service
) -> None:
    """The standing invariants where people meet them: API, the student's page, the staff's; and nothing runs on."""
    assert remote.attempt(attack).problems == {}
    wait_until(lambda: _unfinished(attacked) == 0, "no run to be queued or running")


def _unfinished(service: Service) -> float:
    _, body = service.get("/metrics")
    found = re.findall(r'^grader_runs\{status="(?:queued|running)"\} ([\d.]+)', body.decode(), re.MULTILINE)
    assert len(found) == 2, body.decode()[:2000]
    return sum(float(number) for number in found)
