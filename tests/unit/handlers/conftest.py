"""People with roles, over the services in memory."""

import pytest

from bot.store import Store
from tests.support.backends import MemoryBackend, make_memory_backend
from tests.support.stored_dialogue import Assistant


@pytest.fixture
def ground() -> MemoryBackend:
    """With units, and nothing else in it yet."""
    return make_memory_backend()


@pytest.fixture
def store(ground: MemoryBackend) -> Store:
    return ground.store


@pytest.fixture
def house(store: Store) -> Assistant:
    return Assistant(store)
