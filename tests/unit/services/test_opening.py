"""Which keys a database is opened with: new ones only for a new database."""

import sys
from pathlib import Path

import pytest

from bot.services.opening import STORE_TEXTS, open_store_from_settings
from bot.settings import Settings
from bot.store import AbandonedRow
from bot.store.errors import DatabaseUnusable, KeyFileError, KeyFileMismatch
from bot.store.sealing import open_keyring


async def _start(settings: Settings) -> None:
    async with open_store_from_settings(settings):
        pass


async def test_a_new_database_gets_new_keys_and_says_so_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=tmp_path, language="en")

    await _start(settings)
    assert f"New keys were made in {tmp_path / 'keys.json'}" in capsys.readouterr().err

    await _start(settings)
    assert capsys.readouterr().err == ""


async def test_a_lost_key_file_is_asked_back_and_never_replaced_by_new_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=tmp_path, language="en")
    keys = tmp_path / "keys.json"
    await _start(settings)
    copy = keys.rename(tmp_path / "copy.json")
    capsys.readouterr()

    with pytest.raises(KeyFileError, match="is missing") as refused:
        await _start(settings)

    assert not isinstance(refused.value, KeyFileMismatch)
    assert str(keys) in str(refused.value)
    assert not keys.exists()
    assert capsys.readouterr().err == ""
    copy.rename(keys)
    await _start(settings)


async def test_keys_of_another_database_are_refused_and_left_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, language="en")
    keys = tmp_path / "keys.json"
    await _start(settings)
    keys.unlink()
    other = open_keyring(keys)[0].keys

    with pytest.raises(KeyFileMismatch):
        await _start(settings)

    assert open_keyring(keys)[0].keys == other


async def test_no_keys_are_made_for_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "troly.sqlite3").mkdir()

    with pytest.raises(DatabaseUnusable, match=r"troly\.sqlite3"):
        await _start(Settings(data_dir=tmp_path, language="en"))

    assert not (tmp_path / "keys.json").exists()


async def test_where_nothing_speaks_to_postgresql_the_start_names_the_command_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "bot.store.drivers.postgres", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseUnusable, match=r"pip install 'troly-chung-thu\[postgresql\]'"):
        await _start(Settings(data_dir=tmp_path, database_url="postgresql://u@127.0.0.1/troly"))


@pytest.mark.parametrize("value", [7, -7])
@pytest.mark.parametrize("what", AbandonedRow)
def test_every_alert_of_the_store_has_its_words_with_the_value(what: AbandonedRow, value: int) -> None:
    told = " ".join(STORE_TEXTS.alert("en", what, value).paragraphs)

    wordless = {AbandonedRow.RESTORED, AbandonedRow.PROMOTED, AbandonedRow.CONSENT}
    assert ("7" in told) is (what not in wordless)
    assert "{" not in told
