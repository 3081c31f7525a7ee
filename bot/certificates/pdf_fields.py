"""Read the signatures of a PDF's fields with the parser; strings are decrypted where no password is needed."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from pypdf import PdfReader
from pypdf.errors import DependencyError, WrongPasswordError
from pypdf.generic import ArrayObject, ByteStringObject, DictionaryObject, TextStringObject

from bot.certificates import UnreadableError, containers
from bot.certificates.containers import Finding, FoundCertificate, read_each
from handlers.model import FileProblemKind

#: From so many fields on, those within a field are no longer looked at.
_MOST_FIELDS = 10_000


def certificates(stream: BinaryIO) -> Iterator[Finding]:
    """Yield the certificates of the signatures in the fields.

    Raises:
        UnreadableError: ENCRYPTED, NO_SIGNATURE, or DAMAGED for what cannot be parsed.
    """
    try:
        signatures = list(_iter_signatures(_open_pdf(stream)))
    except (UnreadableError, MemoryError):
        raise
    except Exception as error:  # the parser raises anything at all over hostile bytes
        raise UnreadableError(FileProblemKind.DAMAGED) from error
    if not signatures:
        raise UnreadableError(FileProblemKind.NO_SIGNATURE)
    yield from read_each(signatures, _certificates_of_signature)


def _open_pdf(stream: BinaryIO) -> PdfReader:
    try:
        reader = PdfReader(stream, strict=False)
        # A PDF that only restricts printing opens with the empty password; one with a real password does not.
        is_open = not reader.is_encrypted or reader.decrypt("")
    except (DependencyError, NotImplementedError, WrongPasswordError) as error:
        # So pypdf tells of encryption that it does not know, by certificates for one: the file is locked, not damaged.
        raise UnreadableError(FileProblemKind.ENCRYPTED) from error
    if not is_open:
        raise UnreadableError(FileProblemKind.ENCRYPTED)
    return reader


def _iter_signatures(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Yield the values of filled signature fields; a kind is inherited by the fields within a field (12.7.4.1)."""
    form = _entry(_entry(reader.trailer, "/Root"), "/AcroForm")
    waiting = [(field.get_object(), None) for field in _entries(form, "/Fields")]
    seen: set[int] = set()
    for field, inherited in waiting:
        if id(field) in seen:  # a circle
            continue
        seen.add(id(field))
        kind, value = _entry(field, "/FT") or inherited, _entry(field, "/V")
        if kind == "/Sig" and isinstance(value, DictionaryObject) and value.get("/Type", "/Sig") == "/Sig":
            yield value
        if len(waiting) < _MOST_FIELDS:
            waiting += [(kid.get_object(), kind) for kid in _entries(field, "/Kids")[:_MOST_FIELDS]]


def _entry(within: Any, key: str) -> Any:
    """Return an entry of a dictionary, with references followed; None where there is none."""
    found = within.get(key) if isinstance(within, DictionaryObject) else None
    return None if found is None else found.get_object()


def _entries(within: Any, key: str) -> list[Any]:
    found = _entry(within, key)
    return list(found) if isinstance(found, ArrayObject) else []


def _certificates_of_signature(signature: DictionaryObject) -> Iterator[FoundCertificate]:
    if signature.get("/SubFilter") == "/adbe.x509.rsa_sha1":
        chain: Any = signature["/Cert"]
        yield FoundCertificate(_to_bytes(chain[0] if isinstance(chain, ArrayObject) else chain), signer=True)
    else:
        yield from containers.pkcs7_certificates(_to_bytes(_entry(signature, "/Contents")))


def _to_bytes(value: ByteStringObject | TextStringObject) -> bytes:
    """Return the bytes of a string, which the parser may have decoded as text."""
    return bytes(value.original_bytes)
