"""Both databases behind one fixture: what holds for one holds for the other."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.cli import main
from bot.services.opening import open_store
from bot.settings import load_settings
from bot.store import Store
from bot.store.sealing import Keyring, open_keyring
from tests.support.backends import DatabaseBackend
from tests.support.database import Command, Database, OpenStore, with_tables


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """With empty tables."""
    return with_tables(request, tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def bare_database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database without tables."""
    url = request.getfixturevalue("empty_postgres_url") if request.param == "postgres" else None
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


@pytest.fixture
def ground(store: Store, database: Database, keyring: Keyring) -> DatabaseBackend:
    """Looks at what is kept, and changes it, behind the store's back."""
    return DatabaseBackend(store, database, keyring)


@pytest.fixture
def troly(database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs a command on the database; exit code, output, errors."""
    monkeypatch.chdir(database.folder)
    monkeypatch.setenv("TROLY_DATA_DIR", str(database.folder))
    monkeypatch.setenv("TROLY_LANGUAGE", "en")
    if database.url:
        monkeypatch.setenv("TROLY_DATABASE_URL", database.url)
    load_settings.cache_clear()

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        code = ended.value.code
        said = capsys.readouterr()
        return code if isinstance(code, int) else 0, said.out, said.err

    yield run
    load_settings.cache_clear()
