"""Base errors of everything outside the conversation.

::

    TrolyError                      a message id with its values; ``say(t)`` gives the sentence,
    │                               ``exit_code`` the exit status of the process
    ├── SettingsError               a setting cannot be used (exit code 2)
    │   └── InvalidSettingsError    variables have unusable values; the message names all of them
    ├── OutputError                 an output file cannot be written
    ├── InputError                  an input file cannot be read
    ├── Forbidden                   the role does not allow the action (exit code 3)
    ├── PersonUnknown               no person matches the name (exit code 2)
    ├── NotFound                    the thing does not exist, or lies outside the caller's rights
    └── (bot.store.errors, bot.certificates: the errors of those packages)
"""

import errno
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from locales import N_, Translator

_DENIED = N_("no permission")
_NO_FOLDER = N_("what should be a folder is a file")
_FULL = N_("no space is left")
_REASONS = {
    errno.ENOENT: N_("there is no such file or folder"),
    errno.EISDIR: N_("it is a folder"),
    errno.ENOTDIR: _NO_FOLDER,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EEXIST: N_("something of that name is there already"),
    errno.ENOTEMPTY: N_("the folder is not empty"),
    errno.EROFS: N_("nothing can be written to this disk"),
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.ENAMETOOLONG: N_("the name is too long"),
    errno.ELOOP: N_("it is a loop of symbolic links"),
    errno.EBUSY: N_("it is in use"),
    errno.EIO: N_("the disk failed"),
    errno.EMFILE: N_("too many files are open"),
    errno.EBADF: N_("it is closed"),
    errno.EADDRINUSE: N_("another program listens there"),
    errno.EADDRNOTAVAIL: N_("this machine has no such address"),
}


class ErrorReason(str):
    """A message id that is a value of another message; ``translate_reasons`` translates it."""

    __slots__ = ()


def to_reason(error: OSError | ValueError) -> ErrorReason:
    """Return why a file operation failed, in our own words or else in the system's.

    A ``ValueError`` means an impossible path.
    """
    if not isinstance(error, OSError):
        return ErrorReason(N_("no file can have that name"))
    return ErrorReason(_REASONS.get(error.errno or 0) or error.strerror or type(error).__name__)


def translate_reasons(t: Translator, values: dict[str, object]) -> dict[str, object]:
    """Return the values of a message with every ``ErrorReason`` among them in the reader's language."""
    return {name: t(value) if isinstance(value, ErrorReason) else value for name, value in values.items()}


class TrolyError(Exception):
    """Something went wrong."""

    exit_code = 1

    def __init__(self, message: str | None = None, **values: object) -> None:
        self.message = message or (self.__doc__ or "").strip()
        self.values = values
        super().__init__(self.message.format(**values) if values else self.message)

    def say(self, t: Translator) -> str:
        """Return the sentence for a person, in the language of ``t``."""
        return t(self.message, **translate_reasons(t, self.values))


class SettingsError(TrolyError):
    """A setting cannot be used."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class SettingFault:
    """One problem in the settings; ``message`` is a message id and never repeats the value, which may be a secret."""

    variable: str  #: empty where the problem lies between several variables
    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    def say(self, t: Translator) -> str:
        """Return ``TROLY_X: the problem``."""
        sentence = t(self.message, **self.values)
        return f"{self.variable}: {sentence}" if self.variable else sentence


class InvalidSettingsError(SettingsError):
    """Variables have values that cannot be used."""

    def __init__(self, faults: Sequence[SettingFault]) -> None:
        super().__init__(N_("These settings cannot be used: {faults}"), faults=_join_faults(faults, str.format))
        self.faults = tuple(faults)

    def say(self, t: Translator) -> str:
        return t(self.message, faults=_join_faults(self.faults, t))


def _join_faults(faults: Sequence[SettingFault], t: Translator) -> str:
    return "; ".join(fault.say(t) for fault in faults)


class OutputError(TrolyError):
    """A file asked for cannot be written."""


class InputError(TrolyError):
    """A file that was given cannot be read."""


_UNREADABLE_FILE = N_("{file} cannot be read: {reason}")
_EMPTY_FILE = ErrorReason(N_("it is empty"))
_TOO_LARGE_FILE = N_("{file} cannot be read: it is larger than {limit} MB")
_MEGABYTE = 1 << 20


def read_input(file: Path, limit: int) -> bytes:
    """Return all bytes of a file.

    Args:
        file: The file, as it was typed.
        limit: The most bytes that are read, in whole megabytes; an endless device is refused by it.

    Raises:
        InputError: there is no such file, it may not be read, or it is a folder, empty, or larger than ``limit``.
    """
    data = read_beginning(file, limit)
    if (refusal := refusal_of(file, data, limit)) is not None:
        raise refusal
    return data


def read_beginning(file: Path, limit: int) -> bytes:
    """Return a file's bytes, at most one more than ``limit``, for a reader that says itself why it takes a file not.

    Raises:
        InputError: there is no such file, it may not be read, or it is a folder.
    """
    try:
        with file.open("rb") as stream:
            return stream.read(limit + 1)
    except (OSError, ValueError) as error:
        raise unreadable(file, error) from None


def refusal_of(file: object, data: bytes, limit: int) -> InputError | None:
    """Return why what was read of a file cannot be all of it, or is nothing; ``None`` where neither is so."""
    if not data:
        return InputError(_UNREADABLE_FILE, file=file, reason=_EMPTY_FILE)
    return InputError(_TOO_LARGE_FILE, file=file, limit=limit // _MEGABYTE) if len(data) > limit else None


def unreadable(file: Path, error: OSError | ValueError) -> InputError:
    """Return the error for a file or folder that the system does not open."""
    return InputError(_UNREADABLE_FILE, file=file, reason=to_reason(error))


class Forbidden(TrolyError):  # noqa: N818 - named after its message to the person who is refused
    """This role may not do that."""

    exit_code = 3


class PersonUnknown(TrolyError):  # noqa: N818 - as above
    """No such person."""

    exit_code = 2


class NotFound(TrolyError):  # noqa: N818 - as above
    """This does not exist, or it lies outside your rights."""


_NO_DAY = N_("it must be a day such as 2026-11-16")
#: pydantic's kinds of error (https://docs.pydantic.dev/latest/errors/validation_errors/); values come from its context.
_SENTENCES = {
    "literal_error": N_("it must be one of {expected}"),
    "int_parsing": N_("it must be a whole number"),
    "int_from_float": N_("it must be a whole number"),
    "int_type": N_("it must be a whole number"),
    "float_parsing": N_("it must be a number"),
    "float_type": N_("it must be a number"),
    "finite_number": N_("it must be a number"),
    "greater_than": N_("it must be more than {gt}"),
    "greater_than_equal": N_("it must be {ge} or more"),
    "less_than": N_("it must be less than {lt}"),
    "less_than_equal": N_("it must be {le} or less"),
    "enum": N_("it must be one of {expected}"),
    "bool_parsing": N_("it must be true or false"),
    "datetime_parsing": _NO_DAY,
    "datetime_from_date_parsing": _NO_DAY,
    "date_parsing": _NO_DAY,
    "date_from_datetime_parsing": _NO_DAY,
    "value_error": "{error}",
    "string_too_long": N_("it is longer than {max_length} characters"),
}


_OTHER = N_("it cannot be used")


def faults_of(error: ValidationError) -> tuple[SettingFault, ...]:
    """Return all faults that pydantic found."""
    return tuple(_fault(found) for found in error.errors(include_url=False, include_input=False))


def _fault(found: Mapping[str, Any]) -> SettingFault:
    variable = f"TROLY_{found['loc'][0]}".upper() if found["loc"] else ""
    if isinstance(own := found.get("ctx", {}).get("error"), ValueError):  # raised by a validator of ours, a message id
        return SettingFault(variable, str(own))
    return SettingFault(variable, *_explain(found))


def explain_value(error: ValidationError) -> tuple[str, dict[str, str]]:
    """Return the message id and its values for the first thing that pydantic found in a single value."""
    return _explain(error.errors(include_url=False, include_input=False)[0])


def _explain(found: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    values = {name: _worded(value) for name, value in found.get("ctx", {}).items()}
    return _SENTENCES.get(found["type"], _OTHER), values


def _worded(value: Any) -> str:
    """Format a value that pydantic allows; it lists words as ``'vi' or 'en'``."""
    return f"{value:g}" if isinstance(value, float) else str(value).replace("'", "").replace(" or ", ", ")


def error_location(error: Exception) -> dict[str, str]:
    """Return the kind of an error and where it arose; its message may quote a person, so it is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames[-3:]]
    return {"error": type(error).__name__, "at": " < ".join(reversed(places))}
