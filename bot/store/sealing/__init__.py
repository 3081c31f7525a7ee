"""Seal personal data at rest: AES-256-GCM values bound to their place, keyed look-ups, keys picked up while running."""

import hashlib
import hmac
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.store.errors import KeyFileError, SealBroken, SealError, UnknownKey
from bot.store.sealing.keyfile import KeyFile, create_key_file, new_key_file, read_key_file
from locales import N_

#: More than so many are not held at a time: they are met again.
_MOST_DAMAGE_LOGGED = 10_000

_log = structlog.get_logger(__name__)


class DamageLog:
    """Values that do not open, or are not what they should be, by where they lie; nothing of what they say."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self.unnoted: dict[str, str] = {}  #: table, column and row -> how the owners are told of it

    def is_first_time(self, what: str) -> bool:
        """Tell whether this is asked for the first time."""
        if what in self._told or len(self._told) >= _MOST_DAMAGE_LOGGED:
            return False
        self._told.add(what)
        return True

    def record(self, table: str, column: str, row: str, error: Exception) -> None:
        """Note that a value could not be read; the log names its row."""
        place = f"{table}.{column} {row}"
        if self.is_first_time(place):
            _log.error("value_unreadable", table=table, column=column, row=row, kind=type(error).__name__)
            self.unnoted[place] = row


class SealContext(NamedTuple):
    """Table, column and row of a value; opened anywhere else, it does not open."""

    table: str
    column: str
    row: str

    def bound(self) -> bytes:
        """Return the additional authenticated data of AES-GCM (NIST SP 800-38D); no part holds the separator."""
        return "\x1f".join(self).encode()


KEY_ID_BYTES = 4
#: The nonce is random: one key seals far fewer than the 2**32 values that NIST SP 800-38D allows it.
NONCE_BYTES = 12
#: How long a running process may go on sealing with a key that was superseded.
REFRESH_SECONDS = 1.0
_BROKEN = N_("A sealed value in {table}.{column} was altered or moved. Restore the database from its copy.")


class Keyring:
    """Seals and opens values: key id (4 bytes), nonce (12), ciphertext and tag of AES-256-GCM."""

    def __init__(self, path: Path, keys: KeyFile) -> None:
        self.path = path
        self.damage = DamageLog()  #: what this process met and could not read
        self._newest_met = ""
        self._seen = _file_stamp(path)
        self._looked = time.monotonic()
        self._set_keys(keys)

    def _set_keys(self, keys: KeyFile) -> None:
        """Seal with the newest key in use: that of the file, or a newer one that was met in a value."""
        self.keys = keys
        met = keys.keys.get(self._newest_met)
        if met is not None and met.created > keys.keys[keys.current].created:
            self.keys = keys = keys.with_current_key(self._newest_met, met.used or met.created)
        self._ciphers: Mapping[bytes, AESGCM] = {
            bytes.fromhex(name): AESGCM(stored.key) for name, stored in keys.keys.items()
        }
        self.current = bytes.fromhex(keys.current)

    def seal(self, text: str | bytes, place: SealContext) -> bytes:
        """Seal a value for one place with the current key."""
        self._refresh()
        nonce = os.urandom(NONCE_BYTES)
        plain = text.encode() if isinstance(text, str) else text
        return self.current + nonce + self._ciphers[self.current].encrypt(nonce, plain, place.bound())

    def unseal(self, sealed: bytes, place: SealContext) -> str:
        """Open a text; raises what ``unseal_bytes`` raises."""
        return self.unseal_bytes(sealed, place).decode()

    def unseal_bytes(self, sealed: bytes, place: SealContext) -> bytes:
        """Open a value.

        Raises:
            UnknownKey: sealed with a key that is not in the key file, not even now.
            SealBroken: altered, cut, or sealed for another place; or no bytes at all, as somebody may have written
                into a column of SQLite.
        """
        if not isinstance(sealed, bytes):
            raise SealBroken(_BROKEN, table=place.table, column=place.column)
        name, nonce = sealed[:KEY_ID_BYTES], sealed[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        cipher = self._ciphers.get(name) or self._load_ciphers().get(name)
        if cipher is None:
            message = N_(
                "A value in {table} was sealed with key {key}, which the key file lacks. Put back the full key file."
            )
            raise UnknownKey(message, table=place.table, key=name.hex())
        try:
            plain = cipher.decrypt(nonce, sealed[KEY_ID_BYTES + NONCE_BYTES :], place.bound())
        except (InvalidTag, ValueError):
            raise SealBroken(_BROKEN, table=place.table, column=place.column) from None
        if name != self.current:
            self._adopt_newer_key(name.hex())
        return plain

    def follow(self, name: str) -> None:
        """Seal with the key that another process says it seals with, if it is here and newer."""
        if name in self.keys.keys:
            self._adopt_newer_key(name)

    def _adopt_newer_key(self, name: str) -> None:
        """Seal with a newer key from now on, as another process that shares the keys does."""
        if self.keys.keys[name].created > self.keys.keys[self.keys.current].created:
            self._newest_met = name
            self._set_keys(self.keys)

    def reseal(self, sealed: bytes, place: SealContext) -> bytes:
        """Seal a value with the current key where it is not."""
        return sealed if sealed[:KEY_ID_BYTES] == self.current else self.seal(self.unseal_bytes(sealed, place), place)

    @property
    def key_ids(self) -> str:
        """Return the ids of the keys, the sealing one first; a changed key file is read before."""
        self._looked = 0.0
        self._refresh()
        others = sorted(name for name in self.keys.keys if name != self.keys.current)
        return ",".join((self.keys.current, *others))

    def lookup(self, purpose: str, *parts: str) -> str:
        """Return a keyed HMAC-SHA256 to find a value by, 32 hex characters; it differs from purpose to purpose."""
        text = "\x1f".join((purpose, *parts)).encode()
        return hmac.digest(self.keys.index, text, hashlib.sha256).hex()[:32]

    def reload(self) -> None:
        """Read the key file anew."""
        self._seen = _file_stamp(self.path)
        self._set_keys(read_key_file(self.path))

    def _load_ciphers(self) -> Mapping[bytes, AESGCM]:
        self._looked = 0.0
        self._refresh()
        return self._ciphers

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._looked < REFRESH_SECONDS:
            return
        self._looked = now
        if _file_stamp(self.path) not in {self._seen, None}:
            self._reload_if_readable()

    def _reload_if_readable(self) -> None:
        """Reload, or go on with the keys at hand: nothing that arrives may be lost over a file's mode."""
        try:
            self.reload()
        except (KeyFileError, FileNotFoundError) as error:
            _log.error("key_file_unreadable", kind=type(error).__name__, hint="troly keys list says why")


def _file_stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes with every replacement and every change of rights; None where there is no file just now."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ctime_ns, status.st_ino


def open_keyring(path: Path) -> tuple[Keyring, bool]:
    """Return the keyring of a file, and whether the file was made just now because there was none.

    Raises:
        KeyFileError: the file cannot be used or made; the message says what to do.
    """
    created = False
    try:
        keys = read_key_file(path)
    except FileNotFoundError:
        created = create_key_file(path, new_key_file())
        keys = read_key_file(path)
    return Keyring(path, keys), created


_Opened = TypeVar("_Opened")
#: What opening raises where a value is altered, cut, sealed with an unknown key, or no longer fits its model.
UNREADABLE_ERRORS = (SealError, ValueError)


def read_or_none(keyring: Keyring, place: SealContext, opened: Callable[[], _Opened]) -> _Opened | None:
    """Return what opening gives; ``None``, noted, where it cannot be read."""
    try:
        return opened()
    except UNREADABLE_ERRORS as error:
        keyring.damage.record(*place, error)
        return None


def unseal_or_none(keyring: Keyring, sealed: bytes | None, place: SealContext) -> str | None:
    """Open a text that may be missing; ``None`` also where it cannot be read."""
    return None if sealed is None else read_or_none(keyring, place, lambda: keyring.unseal(sealed, place))
