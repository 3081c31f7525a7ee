"""``troly backup`` and ``troly move``, as an operator gives them."""

import asyncio
import fcntl
import json
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.services.opening import open_store
from bot.settings import load_settings
from bot.store.sealing import open_keyring
from tests.support.contents import answer, session_of
from tests.support.database import Command, Database, client_programs


async def fill(database: Database) -> None:
    store = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
    await answer(store, 1)
    await store.close()


async def read(folder: Path) -> tuple[str | None, bool]:
    """Return the session of that chat, and whether the database still waits to be taken up."""
    store = await open_store(None, folder, open_keyring(folder / "keys.json")[0])
    found = await session_of(store, 1), (await store.continuity.position()).put_back
    await store.close()
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of backups, which a setting names."""
    client_programs(monkeypatch)
    monkeypatch.setenv("TROLY_BACKUP_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("TROLY_BACKUP_KEEP", "1")
    return tmp_path / "elsewhere"


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with a chat."""
    await fill(database)
    return database


def test_a_backup_is_made_listed_verified_and_named_with_its_keys(
    filled: Database, folder: Path, troly: Command
) -> None:
    code, out, _ = troly("backup", "create")
    (path,) = folder.glob("troly-*")
    key = open_keyring(filled.keys)[0].keys.current
    assert code == 0
    assert f"Backup made and compared: {path}" in out
    assert f"It opens with the keys {key}." in out
    assert "The key file of this machine has them." in out

    made = json.loads(troly("backup", "create", "--json")[1])
    (path,) = folder.glob("troly-*")  # one is kept
    assert (made["backup"], made["keys"]) == (str(path), [key])
    assert troly("backup", "list")[1].startswith(f"{path}\t")
    code, out, _ = troly("backup", "verify")
    assert (code, f"The backup {path}" in out, "is whole" in out) == (0, True, True)
    assert path.stat().st_mode & 0o077 == 0


def test_a_person_waits_for_the_backup_of_another_process_and_a_program_is_told_so(
    filled: Database, folder: Path, troly: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    with ExitStack() as other:
        lock = other.enter_context((folder / ".lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert troly("backup", "create", "--json")[0] == 75
        monkeypatch.setattr("bot.cli.backup.time.sleep", lambda _: other.close())
        code, out, said = troly("backup", "create")
    assert (code, said.count("this one begins once that is done")) == (0, 1)
    assert "Backup made and compared" in out


def test_a_damaged_backup_a_full_target_and_a_missing_one_are_refused_with_a_word(
    filled: Database, folder: Path, troly: Command
) -> None:
    assert "There is no backup in" in troly("backup", "verify")[2]
    troly("backup", "create")
    code, _, said = troly("backup", "restore")
    assert (code, "holds data already" in said) == (2, True)
    (path,) = folder.glob("troly-*")
    (file,) = path.glob("database.*")
    file.write_bytes(file.read_bytes()[:-9])
    code, _, said = troly("backup", "verify", path.name)
    assert (code, "is not the one that was written" in said) == (1, True)


def test_what_was_put_back_is_taken_up_by_the_first_start_also_on_another_machine(
    filled: Database, folder: Path, troly: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if filled.url:
        pytest.skip("the tests of backups do this on PostgreSQL")
    troly("backup", "create")
    monkeypatch.setenv("TROLY_DATA_DIR", str(tmp_path / "another"))
    monkeypatch.setenv("TROLY_STATE_DIR", str(tmp_path / "state of another"))
    load_settings.cache_clear()
    code, out, _ = troly("backup", "restore")
    assert code == 0
    assert "Put back and compared" in out
    assert "lacks" in out
    assert "broadcasts are paused" in out
    shutil.copy(filled.keys, tmp_path / "another" / "keys.json")
    assert troly("restored", "--yes")[0] == 0
    assert asyncio.run(read(tmp_path / "another")) == ("1", False)


def test_a_move_says_what_to_set_and_the_old_database_where_its_rows_are(
    filled: Database, troly: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/new.sqlite3"
    code, out, _ = troly("move", "--to", url)
    assert code == 0
    assert "Moved and compared" in out
    assert "set TROLY_DATABASE_URL" in out
    code, _, said = troly("requests", "list")
    assert (code, "were moved to another one" in said) == (2, True)
    monkeypatch.setenv("TROLY_DATABASE_URL", url)
    load_settings.cache_clear()
    assert troly("requests", "list")[0] == 0
    code, _, said = troly("move", "--to", url)
    assert (code, "in use already" in said) == (2, True)
    code, _, said = troly("move", "--to", "mysql://x:secret@y/z")
    assert (code, "secret" in said) == (2, False)


@pytest.mark.parametrize("installed", [True, False])
def test_a_move_to_postgresql_says_at_its_end_which_pg_dump_backups_need(
    troly: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_postgres_url: str, installed: bool
) -> None:
    client_programs(monkeypatch)
    if not installed:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr("bot.services.postgres_dump._PLACES", ())
    monkeypatch.delenv("TROLY_DATABASE_URL", raising=False)
    monkeypatch.setenv("TROLY_DATA_DIR", str(tmp_path / "old"))
    load_settings.cache_clear()
    code, out, _ = troly("move", "--to", empty_postgres_url)
    assert (code, "Moved and compared" in out) == (0, True)
    assert ("apt-get install postgresql-client-" in out.splitlines()[-1]) is not installed
