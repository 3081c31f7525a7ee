"""The real store, on SQLite."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import stamina

from bot.services.opening import open_store
from bot.store import Store
from bot.store.sealing import open_keyring
from tests.support.delivery import ManualClock


@pytest.fixture
async def store(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Store]:
    shutil.copy(sqlite_template, tmp_path)
    keyring, _ = open_keyring(tmp_path / "keys.json")
    store = await open_store(None, tmp_path, keyring)
    yield store
    await store.close()


@pytest.fixture(autouse=True)
def _retries_at_once() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1000, cap=True):
        yield


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()
