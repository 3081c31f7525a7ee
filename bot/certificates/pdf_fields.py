"""Read the signatures of a PDF's fields with the parser; strings are decrypted where no password is needed."""

from collections.abc import Iterator
from typing import BinaryIO

from pyhanko.pdf_utils.generic import ByteStringObject, DictionaryObject, TextStringObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from bot.certificates import UnreadableError, containers
from bot.certificates.containers import Finding, FoundCertificate, read_each
from handlers.model import FileProblemKind


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


def _open_pdf(stream: BinaryIO) -> PdfFileReader:
    reader = PdfFileReader(stream, strict=False)
    # A PDF that only restricts printing opens with the empty password; one with a real password does not.
    if reader.encrypted and not _can_decrypt(reader):
        raise UnreadableError(FileProblemKind.ENCRYPTED)
    return reader


def _can_decrypt(reader: PdfFileReader) -> bool:
    try:
        return bool(reader.decrypt("").status.value)
    except PdfError:
        return False


def _iter_signatures(reader: PdfFileReader) -> Iterator[DictionaryObject]:
    for _, value, _ in enumerate_sig_fields(reader, filled_status=True):
        signature = value.get_object()
        if signature.get("/Type", "/Sig") == "/Sig":
            yield signature


def _certificates_of_signature(signature: DictionaryObject) -> Iterator[FoundCertificate]:
    if signature.get("/SubFilter") == "/adbe.x509.rsa_sha1":
        chain = signature["/Cert"]
        yield FoundCertificate(_to_bytes(chain[0] if isinstance(chain, list) else chain), signer=True)
    else:
        yield from containers.pkcs7_certificates(_to_bytes(signature["/Contents"]))


def _to_bytes(value: ByteStringObject | TextStringObject) -> bytes:
    """Return the bytes of a string, which the parser may have decoded as text."""
    return bytes(value.original_bytes)
