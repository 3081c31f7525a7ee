"""Split a container into certificates and unreadable parts, before anything is decoded."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from bot.certificates import der
from bot.certificates.errors import UnreadableError
from bot.certificates.formats import HEAD_SIZE, FileKind, der_kind, is_certificate, padding_end, refuse_secret
from bot.certificates.pem import refuse_secret_text
from handlers.model.certificate import FileProblemKind


class FoundCertificate(NamedTuple):
    """The DER of one certificate, and the name of the archive entry it lay in."""

    der: bytes
    where: str = ""
    #: This certificate made a signature: it is shown even if it is a CA.
    signer: bool = False
    #: This certificate came with a signer's; it helps to verify the chain and is never shown.
    companion: bool = False


class UnreadPart(NamedTuple):
    """A part without a readable certificate, and why."""

    trouble: FileProblemKind
    where: str = ""


Finding = FoundCertificate | UnreadPart
_Part = TypeVar("_Part")


def read_each(
    parts: Iterable[_Part], read: Callable[[_Part], Iterator[Finding]], broken: FileProblemKind = FileProblemKind.BROKEN
) -> Iterator[Finding]:
    """Read part after part, so that a broken one does not take the others with it.

    Args:
        parts: The parts to read.
        read: Yields the findings of a part.
        broken: The problem reported for a part whose parser fails.

    Raises:
        UnreadableError: a part makes the whole file unreadable.
        MemoryError: the worker's memory is used up.
    """
    for part in parts:
        try:
            yield from read(part)
        except UnreadableError as error:
            if error.ends_reading:
                raise
            yield UnreadPart(error.trouble)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - parsers of hostile bytes raise anything at all; the bytes are broken
            yield UnreadPart(broken)


def split_values(data: bytes) -> Iterator[tuple[FileKind, bytes]]:
    """Yield certificates and PKCS#7 values, one after another or each on a line of its own, up to the first other byte.

    Raises:
        SecretError: a private key follows.
        UnreadableError: DER of another kind comes first.
    """
    at = 0
    while data[at : at + 1] == b"\x30" and (kind := der_kind(data[at : at + HEAD_SIZE])):
        end = der.end_of(data, at)
        yield kind, data[at:end]
        at = padding_end(data, end)
    if rest := data[at:]:
        refuse_secret(rest)
        refuse_secret_text(rest)


def is_one_certificate(data: bytes) -> bool:
    """Return whether the bytes are exactly one DER certificate."""
    return data[:1] == b"\x30" and is_certificate(data) and der.end_of(data) == len(data)
