"""The real store, on SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import open_keyring, open_store
from bot.store.api import Store
from tests.support.delivery import ManualClock


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    keyring, _ = open_keyring(tmp_path / "keys.json")
    store = await open_store(None, tmp_path, keyring)
    yield store
    await store.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()
