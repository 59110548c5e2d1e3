"""The corpus as the grammar writes it."""

import pytest

from grammar.splits import generate


@pytest.fixture(scope="session")
def corpus():
    """All splits, generated once."""
    return generate()
