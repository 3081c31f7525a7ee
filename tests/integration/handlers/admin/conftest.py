"""People with roles, over a SQLite store."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.services.opening import open_store
from bot.store import Store
from bot.store.sealing import open_keyring
from tests.support.database import Database, Sql
from tests.support.people import insert_units
from tests.support.stored_dialogue import Assistant


@pytest.fixture
async def store(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Store]:
    shutil.copy(sqlite_template, tmp_path)
    store = await open_store(None, tmp_path, open_keyring(tmp_path / "keys.json")[0])
    yield store
    await store.close()


@pytest.fixture
def sql(store: Store, tmp_path: Path) -> Iterator[Sql]:  # the store has made the tables
    """Runs a statement behind the store's back."""
    with Database(None, tmp_path).opened() as run:
        insert_units(run)
        yield run


@pytest.fixture
def house(store: Store, sql: Sql) -> Assistant:
    return Assistant(store)
