"""The file the keys lie in: JSON, readable by its owner alone, always replaced as a whole."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
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

from bot.reasons import reason_of
from bot.store.errors import KeyFileError
from locales import N_

#: AES-256 and HMAC-SHA256 alike.
KEY_BYTES = 32
_Placing = Callable[[Path], object]

KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
Key = Annotated[Base64Bytes, Field(min_length=KEY_BYTES, max_length=KEY_BYTES, repr=False)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class StoredKey(_Model):
    """A sealing key and the day it came into use."""

    key: Key
    created: AwareDatetime


class KeyFile(_Model):
    """Sealing keys by id, the one that seals now, and the key of the look-ups, which never changes."""

    version: Literal[1] = 1
    current: KeyId
    keys: dict[KeyId, StoredKey]
    index: Key

    @model_validator(mode="after")
    def _current_is_there(self) -> "KeyFile":
        if self.current not in self.keys:
            raise ValueError("the current key is not among the keys")
        return self

    def rotated(self, now: datetime) -> "KeyFile":
        """With a new current key; the others stay to open what they sealed."""
        fresh = secrets.token_hex(4)
        while fresh in self.keys:
            fresh = secrets.token_hex(4)
        return self.model_copy(update={"current": fresh, "keys": {**self.keys, fresh: _new_key(now)}})

    def without(self, unused: frozenset[str]) -> "KeyFile":
        """With fewer keys; the current one always stays."""
        kept = {name: key for name, key in self.keys.items() if name == self.current or name not in unused}
        return self.model_copy(update={"keys": kept})


def _new_key(now: datetime) -> StoredKey:
    return StoredKey.model_construct(key=secrets.token_bytes(KEY_BYTES), created=now)


def new_key_file(now: datetime | None = None) -> KeyFile:
    """Fresh keys from the system's source of randomness."""
    first = secrets.token_hex(4)
    key = _new_key(now or datetime.now(UTC))
    return KeyFile.model_construct(current=first, keys={first: key}, index=secrets.token_bytes(KEY_BYTES))


def read_key_file(path: Path) -> KeyFile:
    """The keys of a file.

    Raises:
        FileNotFoundError: there is none.
        KeyFileError: open to others, unreadable, or not a key file; no key is ever part of the message.
    """
    try:
        with path.open("rb") as file:
            _check_mode(path, os.fstat(file.fileno()).st_mode)
            return KeyFile.model_validate_json(file.read())
    except FileNotFoundError:
        raise
    except OSError as error:
        message = N_("The key file {path} cannot be read: {why}. Let the assistant's user own it and read it.")
        raise KeyFileError(message, path=path, why=reason_of(error)) from None
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


def _write(path: Path, keys: KeyFile, place: _Placing) -> bool:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(keys.model_dump_json(indent=2))
            file.flush()
            os.fsync(file.fileno())
        place(draft)
    except FileExistsError:
        return False
    except OSError as error:
        message = N_(
            "The key file {path} cannot be written: {why}. Give the assistant's user a folder it may write to."
        )
        raise KeyFileError(message, path=path, why=reason_of(error)) from None
    finally:
        with suppress(OSError):
            draft.unlink()
    return True
