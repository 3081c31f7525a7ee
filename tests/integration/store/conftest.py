"""Both databases behind one fixture: what holds for one holds for the other."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.store import open_keyring, open_store
from bot.store.api import Store
from bot.store.sealing import Keyring
from tests.support.postgres import empty_postgres_url, postgres_server, postgres_url

__all__ = ["empty_postgres_url", "postgres_server", "postgres_url"]


@dataclass(frozen=True)
class Database:
    """A fresh database of one of the two kinds, and the folder of the keys."""

    url: str | None
    folder: Path

    @property
    def keys(self) -> Path:
        return self.folder / "keys.json"

    @property
    def file(self) -> Path:
        return self.folder / "troly.sqlite3"


OpenStore = Callable[[], Awaitable[Store]]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    return Database(url, tmp_path)


@pytest.fixture
def keyring(database: Database) -> Keyring:
    return open_keyring(database.keys)[0]


@pytest.fixture
async def another(database: Database) -> AsyncIterator[OpenStore]:
    """Opens the store as one more process would: with its own connection and its own keyring."""
    async with AsyncExitStack() as stack:

        async def opened() -> Store:
            store = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
            stack.push_async_callback(store.close)
            return store

        yield opened


@pytest.fixture
async def store(another: OpenStore) -> Store:
    return await another()
