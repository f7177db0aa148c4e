"""Fixtures of the unit tests."""

from collections.abc import Iterator

import pytest

from memory_store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty database in memory with a clock that tests move."""
    store = Store()
    yield store
    store.close()
