"""The lock of whoever serves a SQLite database."""

import asyncio
import errno
import fcntl
import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.settings import Settings
from bot.store import workers
from bot.store.errors import AlreadyServed, DatabaseUnusable, StoreError
from bot.store.workers import hold_serving_lock
from locales import translator


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_LOCK_TIMEOUT", 0.2)


def settings(folder: Path, **changes: object) -> Settings:
    return Settings.model_validate({"data_dir": folder, "language": "en", **changes})


async def test_a_second_one_is_refused_by_the_process_and_hour_of_the_first_until_it_ends(tmp_path: Path) -> None:
    async with hold_serving_lock(settings(tmp_path)):
        with pytest.raises(AlreadyServed) as refused:
            async with hold_serving_lock(settings(tmp_path)):
                pass
        said = refused.value.say(translator("vi"))
        assert f"tiến trình {os.getpid()}" in said
        assert str(tmp_path / "troly.sqlite3") in said
        assert refused.value.exit_code == 2
    async with hold_serving_lock(settings(tmp_path)):
        pass


async def test_one_that_is_just_ending_is_waited_for(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def ending() -> None:
        async with hold_serving_lock(settings(tmp_path)):
            await ended.wait()

    first = asyncio.create_task(ending())
    await asyncio.sleep(0.02)
    asyncio.get_running_loop().call_later(0.05, ended.set)
    async with hold_serving_lock(settings(tmp_path)):
        pass
    await first


@pytest.mark.parametrize("note", [b"", b"{", b'{"pid": "x", "since": 7}', b"\xff" * 2000])
async def test_a_note_that_says_nothing_leaves_the_refusal_without_a_process(tmp_path: Path, note: bytes) -> None:
    async with hold_serving_lock(settings(tmp_path)):
        (tmp_path / "troly.sqlite3.lock").write_bytes(note)
        with pytest.raises(AlreadyServed, match=r"serves the database .* already\. Stop"):
            async with hold_serving_lock(settings(tmp_path)):
                pass


async def test_postgresql_serves_several(tmp_path: Path) -> None:
    url = SecretStr("postgresql://localhost/troly")
    async with (
        hold_serving_lock(settings(tmp_path / "x", database_url=url)),
        hold_serving_lock(settings(tmp_path / "x", database_url=url)),
    ):
        assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
async def test_a_disk_without_locks_is_served_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    def flock(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    async with hold_serving_lock(settings(tmp_path)):
        assert "knows no file locks" in capsys.readouterr().err


async def test_another_failure_of_the_lock_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: object) -> None:
        raise OSError(errno.EIO, "x")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(DatabaseUnusable, match="the disk failed"):
        async with hold_serving_lock(settings(tmp_path)):
            pass


async def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "troly.sqlite3.lock").mkdir()
    with pytest.raises(DatabaseUnusable, match=r"troly\.sqlite3\.lock cannot be used: it is a folder"):
        async with hold_serving_lock(settings(tmp_path)):
            pass


async def test_a_database_of_several_names_is_not_served_under_any(tmp_path: Path) -> None:
    (tmp_path / "troly.sqlite3").touch()
    (tmp_path / "other.sqlite3").hardlink_to(tmp_path / "troly.sqlite3")
    for url in (None, SecretStr(f"sqlite:///{tmp_path}/other.sqlite3")):
        with pytest.raises(StoreError, match="several names"):
            async with hold_serving_lock(settings(tmp_path, database_url=url)):
                pass


async def test_no_child_process_keeps_the_lock(tmp_path: Path) -> None:
    async with hold_serving_lock(settings(tmp_path)):
        child = await asyncio.create_subprocess_exec("sleep", "30")
    try:
        async with hold_serving_lock(settings(tmp_path)):
            pass
    finally:
        child.kill()
        await child.wait()
