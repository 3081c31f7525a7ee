"""Sealed values open where they were sealed, and nowhere else."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store import sealing as keyring_module
from bot.store.errors import SealBroken, UnknownKey
from bot.store.sealing import Keyring, SealContext, open_keyring
from bot.store.sealing.keyfile import new_key_file, read_key_file, replace_key_file

PLACE = SealContext("chats", "session", "1")
RING = Keyring(Path(os.devnull), new_key_file())


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    return open_keyring(tmp_path / "keys.json")[0]


@given(st.text(), st.text(min_size=1))
def test_what_is_sealed_opens_again_in_its_place(text: str, row: str) -> None:
    place = SealContext("requests", "content", row)

    assert RING.unseal(RING.seal(text, place), place) == text


def test_the_same_value_is_never_sealed_the_same_way_twice(ring: Keyring) -> None:
    assert len({ring.seal("một", PLACE) for _ in range(100)}) == 100


def test_the_key_id_stands_in_front(ring: Keyring) -> None:
    assert ring.seal("một", PLACE)[:4].hex() == ring.keys.current


@pytest.mark.parametrize(
    "place",
    [
        SealContext("inbox", "session", "1"),  # another table
        SealContext("chats", "address", "1"),  # another column
        SealContext("chats", "session", "2"),  # another row
        SealContext("chats", "sessio", "n1"),  # the same letters, divided otherwise
    ],
)
def test_a_value_does_not_open_elsewhere(ring: Keyring, place: SealContext) -> None:
    sealed = ring.seal("bí mật", PLACE)

    with pytest.raises(SealBroken) as broken:
        ring.unseal(sealed, place)
    assert "bí mật" not in str(broken.value)


@given(st.binary(max_size=200))
def test_bytes_of_strangers_are_a_typed_error(junk: bytes) -> None:
    with pytest.raises((SealBroken, UnknownKey)):
        RING.unseal(junk, PLACE)
    with pytest.raises(SealBroken):
        RING.unseal(RING.current + junk, PLACE)


@given(st.data())
def test_one_altered_bit_breaks_the_seal(data: st.DataObject) -> None:
    sealed = bytearray(RING.seal("Ủy ban nhân dân xã", PLACE))
    position = data.draw(st.integers(4, len(sealed) - 1))
    sealed[position] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(SealBroken):
        RING.unseal(bytes(sealed), PLACE)


def test_a_lookup_depends_on_key_purpose_and_every_part(ring: Keyring, tmp_path: Path) -> None:
    other = open_keyring(tmp_path / "other.json")[0]

    found = {
        ring.lookup("chat", "telegram", "42"),
        ring.lookup("chat", "telegram4", "2"),
        ring.lookup("chat", "zalo", "42"),
        ring.lookup("serial", "telegram", "42"),
        other.lookup("chat", "telegram", "42"),
    }

    assert len(found) == 5
    assert ring.lookup("chat", "telegram", "42") == ring.lookup("chat", "telegram", "42")


def test_a_lookup_outlives_a_rotation(ring: Keyring) -> None:
    before = ring.lookup("chat", "telegram", "42")
    replace_key_file(ring.path, ring.keys.with_rotated_key(read_key_file(ring.path).keys[ring.keys.current].created))
    ring.reload()

    assert ring.lookup("chat", "telegram", "42") == before


def test_a_value_under_a_key_added_meanwhile_opens_at_once(ring: Keyring) -> None:
    other = open_keyring(ring.path)[0]
    replace_key_file(ring.path, ring.keys.with_rotated_key(ring.keys.keys[ring.keys.current].created))
    other.reload()

    assert ring.unseal(other.seal("mới", PLACE), PLACE) == "mới"


def test_a_running_process_seals_with_a_key_added_meanwhile(ring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_module, "REFRESH_SECONDS", 0.0)
    rotated = ring.keys.with_rotated_key(ring.keys.keys[ring.keys.current].created)
    replace_key_file(ring.path, rotated)

    assert ring.seal("mới", PLACE)[:4].hex() == rotated.current


def test_a_key_file_that_vanishes_while_running_stops_nothing(ring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_module, "REFRESH_SECONDS", 0.0)
    ring.path.unlink()

    assert ring.unseal(ring.seal("còn đây", PLACE), PLACE) == "còn đây"
    with pytest.raises(UnknownKey):
        ring.unseal(b"\0\0\0\0" + b"x" * 40, PLACE)


def test_a_key_file_opened_to_others_while_running_stops_nothing_and_is_taken_up_once_private(
    ring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring_module, "REFRESH_SECONDS", 0.0)
    rotated = ring.keys.with_rotated_key(ring.keys.keys[ring.keys.current].created)
    before = ring.keys.current
    replace_key_file(ring.path, rotated)
    ring.path.chmod(0o644)

    assert ring.seal("vẫn chạy", PLACE)[:4].hex() == before
    ring.path.chmod(0o600)
    assert ring.seal("vẫn chạy", PLACE)[:4].hex() == rotated.current
