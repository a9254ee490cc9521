"""The runner that is attacked; one for all attacks of a test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.wall import Wall, wall


@pytest.fixture(scope="session")
def the_wall() -> Iterator[Wall]:
    """A runner with secrets around it."""
    with wall() as started:
        yield started
