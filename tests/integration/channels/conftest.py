"""The real store, on SQLite."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.services.opening import open_store
from bot.store import Store
from bot.store.sealing import open_keyring


@pytest.fixture
async def store(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Store]:
    shutil.copy(sqlite_template, tmp_path)
    store = await open_store(None, tmp_path, open_keyring(tmp_path / "keys.json")[0])
    yield store
    await store.close()
