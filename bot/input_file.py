"""Read a file that somebody named; whatever keeps it from being read is said in one way, by every command."""

from pathlib import Path

from bot.errors import ErrorReason, InputError, to_reason
from locales import N_

_UNREADABLE = N_("{file} cannot be read: {reason}")
_EMPTY = ErrorReason(N_("it is empty"))
_TOO_LARGE = N_("{file} cannot be read: it is larger than {limit} MB")
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
        return InputError(_UNREADABLE, file=file, reason=_EMPTY)
    return InputError(_TOO_LARGE, file=file, limit=limit // _MEGABYTE) if len(data) > limit else None


def unreadable(file: Path, error: OSError | ValueError) -> InputError:
    """Return the error for a file or folder that the system does not open."""
    return InputError(_UNREADABLE, file=file, reason=to_reason(error))
