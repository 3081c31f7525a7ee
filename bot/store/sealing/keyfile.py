"""The file the keys lie in: JSON, readable by its owner alone, always replaced as a whole."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from bot.errors import to_reason
from bot.store.errors import KeyFileError
from locales import N_

#: AES-256 and HMAC-SHA256 alike.
KEY_BYTES = 32
#: Bytes of the file that are read: thousands of keys.
_MOST_BYTES = 1 << 20
#: A key that is added is newer than the one in use, whatever the clock says.
_INSTANT = timedelta(microseconds=1)
_PlaceFile = Callable[[Path], object]

KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
Key = Annotated[Base64Bytes, Field(min_length=KEY_BYTES, max_length=KEY_BYTES, repr=False)]


class _KeyModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class StoredKey(_KeyModel):
    """A sealing key, when it was made, and when it came into use where that was later."""

    key: Key
    created: AwareDatetime
    used: AwareDatetime | None = None


class KeyFile(_KeyModel):
    """Sealing keys by id, the one that seals now, and the key of the look-ups, which never changes."""

    version: Literal[1] = 1
    current: KeyId
    keys: dict[KeyId, StoredKey]
    index: Key
    #: Roles and approvals are sealed in the database that belongs to it: one without a seal is worthless from then on.
    powers: bool = False

    @model_validator(mode="after")
    def _check_current(self) -> "KeyFile":
        if self.current not in self.keys:
            raise ValueError("the current key is not among the keys")
        return self

    @property
    def pending(self) -> str | None:
        """Return the newest key, where it was added and is not used yet."""
        newest = max(self.keys, key=lambda name: (self.keys[name].created, name == self.current))
        return None if self.keys[newest].created <= self.keys[self.current].created else newest

    def with_new_key(self, now: datetime) -> "KeyFile":
        """Add a key, to be spread before it is used; nothing is added while one waits for that already."""
        if self.pending:
            return self
        fresh = secrets.token_hex(4)
        while fresh in self.keys:
            fresh = secrets.token_hex(4)
        made = max(now, self.keys[self.current].created + _INSTANT)
        return self.model_copy(update={"keys": {**self.keys, fresh: _new_key(made)}})

    def with_current_key(self, name: str, now: datetime) -> "KeyFile":
        """Return the file with another key that seals from now on; the others stay to open what they sealed."""
        used = self.keys[name].model_copy(update={"used": now})
        return self.model_copy(update={"current": name, "keys": {**self.keys, name: used}})

    def with_rotated_key(self, now: datetime) -> "KeyFile":
        """Return the file with a new current key, added and used at once."""
        added = self.with_new_key(now)
        return added.with_current_key(added.pending or added.current, now)

    def superseded_since(self, name: str) -> datetime | None:
        """Return since when another key seals in the place of this one; ``None`` where none does."""
        newer = [key.used or key.created for key in self.keys.values() if key.created > self.keys[name].created]
        in_use = [key for key in newer if key <= self._in_use_since(self.current)]
        return min(in_use, default=None)

    def _in_use_since(self, name: str) -> datetime:
        return self.keys[name].used or self.keys[name].created

    def with_powers_sealed(self) -> "KeyFile":
        """Return the file that says: roles and approvals are sealed from now on."""
        return self.model_copy(update={"powers": True})

    def without_keys(self, unused: frozenset[str]) -> "KeyFile":
        """Remove keys; the current one always stays."""
        remaining = {name: key for name, key in self.keys.items() if name == self.current or name not in unused}
        return self.model_copy(update={"keys": remaining})


def _new_key(now: datetime) -> StoredKey:
    return StoredKey.model_construct(key=secrets.token_bytes(KEY_BYTES), created=now, used=None)


def new_key_file(now: datetime | None = None) -> KeyFile:
    """Create keys from the system's source of randomness."""
    first = secrets.token_hex(4)
    key = _new_key(now or datetime.now(UTC))
    index = secrets.token_bytes(KEY_BYTES)
    return KeyFile.model_construct(current=first, keys={first: key}, index=index, powers=True)


def read_key_file(path: Path) -> KeyFile:
    """Read the keys of a file.

    Raises:
        FileNotFoundError: there is none.
        KeyFileError: open to others, unreadable, or not a key file; no key is ever part of the message.
    """
    try:
        with path.open("rb") as file:
            _check_mode(path, os.fstat(file.fileno()).st_mode)
            return KeyFile.model_validate_json(file.read(_MOST_BYTES))
    except FileNotFoundError:
        raise
    except OSError as error:
        message = N_("The key file {path} cannot be read: {why}. Let the assistant's user own it and read it.")
        raise KeyFileError(message, path=path, why=to_reason(error)) from None
    except ValidationError:
        message = N_(
            "The key file {path} is damaged. Put back its copy: without it nothing that is stored can be read."
        )
        raise KeyFileError(message, path=path) from None


def _check_mode(path: Path, mode: int) -> None:
    if os.name != "nt" and mode & 0o077:
        message = N_("The key file {path} can be read by others. Make it private: chmod 600 {path}")
        raise KeyFileError(message, path=path)


def create_key_file(path: Path, keys: KeyFile) -> bool:
    """Put a first key file in place; ``False`` where another process was faster."""
    return _write(path, keys, lambda draft: os.link(draft, path))


def replace_key_file(path: Path, keys: KeyFile) -> None:
    """Replace a key file as a whole, safe against a kill at any moment."""
    _write(path, keys, lambda draft: draft.replace(path))


def _sync_folder(folder: Path) -> None:
    """Sync the name as well: after a power failure the file is the new one, not the old one."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, keys: KeyFile, place: _PlaceFile) -> bool:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(keys.model_dump_json(indent=2))
            file.flush()
            os.fsync(file.fileno())
        place(draft)
        _sync_folder(path.parent)
    except FileExistsError:
        return False
    except OSError as error:
        message = N_(
            "The key file {path} cannot be written: {why}. Give the assistant's user a folder it may write to."
        )
        raise KeyFileError(message, path=path, why=to_reason(error)) from None
    finally:
        with suppress(OSError):
            draft.unlink()
    return True
