"""The services in memory and those over both databases behind one fixture: what holds for one holds for the others."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.services.opening import open_store
from bot.store import Store
from bot.store.sealing import open_keyring
from tests.support.backends import Backend, DatabaseBackend, make_memory_backend
from tests.support.database import Database, with_tables
from tests.support.linked_channels import At
from tests.support.people import insert_units
from tests.support.store import closing_async
from tests.support.stored_dialogue import StoredTurns, Turns


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def kept_in(request: pytest.FixtureRequest, tmp_path: Path) -> Database | None:
    """A database of one of the two kinds, or none: the memory."""
    return None if request.param == "memory" else with_tables(request, tmp_path)


@pytest.fixture
async def ground(kept_in: Database | None) -> AsyncIterator[Backend]:
    """With units, and nothing else in it yet."""
    if kept_in is None:
        yield make_memory_backend()
        return
    database, keyring = kept_in, open_keyring(kept_in.keys)[0]
    async with closing_async(await open_store(database.url, database.folder, keyring)) as store:
        insert_units(database.sql)
        yield DatabaseBackend(store, database, keyring)


@pytest.fixture
def store(ground: Backend) -> Store:
    return ground.store


@pytest.fixture
def desk(ground: Backend) -> Store:
    return ground.store


@pytest.fixture
def turns(ground: Backend) -> Turns:
    """One person's turns."""
    return StoredTurns(ground.store)


@pytest.fixture
async def phone(ground: Backend) -> At:
    return await At(ground.store, "telegram", "lan").meets()


@pytest.fixture
async def zalo(ground: Backend) -> At:
    return await At(ground.store, "zalo", "77").meets()


@pytest.fixture
async def thief(ground: Backend) -> At:
    return await At(ground.store, "zalobot", "99").meets()
