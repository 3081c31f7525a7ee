"""People with roles, over a SQLite store."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.services.opening import open_store
from bot.store.sealing import open_keyring
from bot.store.store import Store
from tests.support.people import insert_units
from tests.support.stored_dialogue import Assistant

Sql = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
async def store(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Store]:
    shutil.copy(sqlite_template, tmp_path)
    store = await open_store(None, tmp_path, open_keyring(tmp_path / "keys.json")[0])
    yield store
    await store.close()


@pytest.fixture
def sql(store: Store, tmp_path: Path) -> Sql:  # the store has made the tables
    """Runs a statement behind the store's back."""

    def run(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(tmp_path / "troly.sqlite3", isolation_level=None)) as connection:
            return connection.execute(statement, parameters).fetchall()

    insert_units(run)
    return run


@pytest.fixture
def house(store: Store, sql: Sql) -> Assistant:
    return Assistant(store)
