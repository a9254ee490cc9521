"""Every attack of the corpus through the real worker, runner and box, and what must hold after each of them."""

from __future__ import annotations

import pytest

from tests.attacks import corpus
from tests.attacks.trial import attempt
from tests.attacks.wall import Wall

ATTACKS = corpus.read_all()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.title.replace(" ", "-"))
def test_attack_ends_as_its_file_says_and_leaves_nothing(attack: corpus.Attack, the_wall: Wall) -> None:
    """The standing invariants: the right verdict, no leak, canaries unharmed beside it and after it, no leftovers."""
    assert attempt(attack, the_wall).problems == {}
