"""What a container holds, before it is decoded."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from bot.certificates import der
from bot.certificates.errors import UnreadableError
from bot.certificates.formats import HEAD_SIZE, FileKind, der_kind, is_certificate, padding_end, refuse_secret
from bot.certificates.pem import refuse_secret_text
from handlers.model.certificate import FileProblemKind


class FoundCertificate(NamedTuple):
    """The DER of one certificate, and the archive entry it lay in."""

    der: bytes
    where: str = ""
    #: Made a signature: shown even where it is a CA.
    signer: bool = False
    #: Came along with a signer's certificate; helps to verify the chain and is never shown.
    companion: bool = False


class UnreadPart(NamedTuple):
    """A part that gave no certificate, and why."""

    trouble: FileProblemKind
    where: str = ""


Finding = FoundCertificate | UnreadPart
_Part = TypeVar("_Part")


def read_each(
    parts: Iterable[_Part], read: Callable[[_Part], Iterator[Finding]], broken: FileProblemKind = FileProblemKind.BROKEN
) -> Iterator[Finding]:
    """Read part after part; a broken one is missed, as ``broken`` says, and does not take the others with it.

    Raises:
        UnreadableError: one that ends the whole file.
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
    """Certificates and PKCS#7 values written one after another or on lines of their own; ends at what is neither.

    Raises:
        SecretError: a private key follows.
        UnreadableError: DER of another sort comes first.
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
    """Whether the bytes are one DER certificate from the first to the last."""
    return data[:1] == b"\x30" and is_certificate(data) and der.end_of(data) == len(data)
