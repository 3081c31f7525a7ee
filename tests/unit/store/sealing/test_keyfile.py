"""The key file: private, whole, and never repeated in an error."""

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.store.errors import KeyFileError
from bot.store.sealing import open_keyring
from bot.store.sealing.keyfile import new_key_file, read_key_file, replace_key_file

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_a_missing_key_file_is_made_private_and_said(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.json"

    ring, created = open_keyring(path)

    assert created
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [len(key.key) for key in ring.keys.keys.values()] == [32]
    assert open_keyring(path)[0].keys == ring.keys
    assert not open_keyring(path)[1]
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]


def test_processes_that_start_at_once_agree_on_one_key_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    found = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        found.append(open_keyring(path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {ring.keys.current for ring, _ in found} == {read_key_file(path).current}
    assert sum(created for _, created in found) == 1


def test_a_key_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    open_keyring(path)
    path.chmod(0o640)

    with pytest.raises(KeyFileError, match="chmod 600"):
        open_keyring(path)


def _without(name: str) -> Callable[[dict[str, object]], object]:
    return lambda keys: {key: value for key, value in keys.items() if key != name}


@pytest.mark.parametrize(
    "damage",
    [
        _without("index"),
        _without("keys"),
        lambda keys: {**keys, "current": "00000000"},  # not among the keys
        lambda keys: {**keys, "current": "not hexadecimal"},
        lambda keys: {**keys, "index": "c2hvcnQ="},  # too short
        lambda keys: {**keys, "index": "%%%"},
        lambda keys: {**keys, "version": 2},
        lambda keys: {**keys, "more": 1},
        lambda _keys: [],
    ],
)
def test_a_damaged_key_file_is_refused_without_showing_a_key(
    tmp_path: Path, damage: Callable[[dict[str, object]], object]
) -> None:
    path = tmp_path / "keys.json"
    open_keyring(path)
    keys = json.loads(path.read_text())
    path.write_text(json.dumps(damage(keys)))

    with pytest.raises(KeyFileError) as refused:
        open_keyring(path)

    assert str(path) in str(refused.value)
    assert refused.value.__cause__ is None
    for secret in (keys["index"], *(stored["key"] for stored in keys["keys"].values())):
        assert secret not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"null"])
def test_a_file_that_is_no_key_file_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(KeyFileError):
        open_keyring(path)

    assert path.read_bytes() == content


def test_a_folder_in_place_of_the_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read"):
        open_keyring(tmp_path)


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(KeyFileError, match="file"):
        open_keyring(tmp_path / "file" / "keys.json")


def test_replacing_leaves_the_old_file_where_the_new_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.json"
    before = open_keyring(path)[0].keys

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match="no space is left"):
        replace_key_file(path, before.with_rotated_key(NOW))

    assert read_key_file(path) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]


def test_a_rotation_adds_a_key_and_keeps_the_others() -> None:
    first = new_key_file(NOW)

    second = first.with_rotated_key(NOW + timedelta(days=1))

    assert second.current not in first.keys
    assert set(second.keys) == {first.current, second.current}
    assert second.index == first.index
    assert second.without_keys(frozenset({first.current, second.current})).keys.keys() == {second.current}


def test_no_key_is_shown_by_a_key_file() -> None:
    keys = new_key_file()

    for secret in (keys.index, keys.keys[keys.current].key):
        assert repr(secret)[2:-1] not in repr(keys)
