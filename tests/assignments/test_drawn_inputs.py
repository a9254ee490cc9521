"""What a seed draws stays what it was: a regrade asks the same as the first run did, however old the submission.

`drawn_inputs.json` holds a digest of every code question's scripts for one seed. Where an assignment itself is meant to
change, write it anew: `.venv/bin/python -m tests.assignments.test_drawn_inputs`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assignments import catalog, definitions
from assignments.judge import Judge
from tests.assignments.player import play

SEED = bytes(range(32))
DIGITS = 9  # the last bits of `exp` and its like are the machine's own
DIGESTS = Path(__file__).with_name("drawn_inputs.json")


def plain(value: Any) -> Any:
    """Return a script, or a value in one, as what JSON writes the same way on every machine."""
    match value:
        case np.ndarray():
            return [value.dtype.kind, list(value.shape), [plain(item) for item in value.ravel().tolist()]]
        case float() | np.floating():
            return f"{float(value):.{DIGITS}g}"
        case np.generic():
            return plain(value.item())
        case Mapping():
            return [[plain(key), plain(item)] for key, item in value.items()]
        case list() | tuple():
            return [type(value).__name__, *(plain(item) for item in value)]
    if dataclasses.is_dataclass(value):
        fields = [[each.name, plain(getattr(value, each.name))] for each in dataclasses.fields(value)]
        return [type(value).__name__, *fields]
    assert value is None or isinstance(value, str | int), value
    return value


def digests(slug: str) -> dict[str, str]:
    definitions.load(slug)
    probes = Judge(catalog.load(slug), seed=SEED, play=play).probes()
    return {
        each.question_id: hashlib.sha256(json.dumps(plain(each.scripts)).encode()).hexdigest()[:16] for each in probes
    }


SLUGS = [slug for slug in catalog.slugs() if catalog.load(slug).code_questions]


@pytest.mark.parametrize("slug", SLUGS)
def test_one_seed_draws_what_it_always_drew(slug):
    assert digests(slug) == json.loads(DIGESTS.read_text())[slug]


def test_every_assignment_with_code_is_listed():
    assert list(json.loads(DIGESTS.read_text())) == SLUGS


if __name__ == "__main__":
    DIGESTS.write_text(json.dumps({slug: digests(slug) for slug in SLUGS}, indent=1) + "\n")
