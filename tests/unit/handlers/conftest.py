"""People with roles, over the services in memory."""

import pytest

from bot.store.store import Store
from tests.support.ground import MemoryGround, memory_ground
from tests.support.office_talk import House


@pytest.fixture
def ground() -> MemoryGround:
    """With units, and nothing else in it yet."""
    return memory_ground()


@pytest.fixture
def store(ground: MemoryGround) -> Store:
    return ground.store


@pytest.fixture
def house(store: Store) -> House:
    return House(store)
