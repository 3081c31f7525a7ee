"""The signatures that a PDF's fields lead to, by the parser; strings are deciphered where no password is asked for."""

from collections.abc import Iterator
from typing import BinaryIO

from pyhanko.pdf_utils.generic import ByteStringObject, DictionaryObject, TextStringObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from bot.certificates import pkcs7
from bot.certificates.errors import UnreadableError
from bot.certificates.findings import Finding, Found, each
from handlers.certificate import Trouble


def certificates(stream: BinaryIO) -> Iterator[Finding]:
    """The certificates of the signatures that fields hold.

    Raises:
        UnreadableError: ENCRYPTED, NO_SIGNATURE, or DAMAGED for what cannot be parsed.
    """
    try:
        signatures = list(_signatures(_open(stream)))
    except (UnreadableError, MemoryError):
        raise
    except Exception as error:  # the parser raises anything at all over hostile bytes
        raise UnreadableError(Trouble.DAMAGED) from error
    if not signatures:
        raise UnreadableError(Trouble.NO_SIGNATURE)
    yield from each(signatures, _of_signature)


def _open(stream: BinaryIO) -> PdfFileReader:
    reader = PdfFileReader(stream, strict=False)
    # A PDF that only restricts printing opens with the empty password; one with a real password does not.
    if reader.encrypted and not _opens(reader):
        raise UnreadableError(Trouble.ENCRYPTED)
    return reader


def _opens(reader: PdfFileReader) -> bool:
    try:
        return bool(reader.decrypt("").status.value)
    except PdfError:
        return False


def _signatures(reader: PdfFileReader) -> Iterator[DictionaryObject]:
    for _, value, _ in enumerate_sig_fields(reader, filled_status=True):
        signature = value.get_object()
        if signature.get("/Type", "/Sig") == "/Sig":
            yield signature


def _of_signature(signature: DictionaryObject) -> Iterator[Found]:
    if signature.get("/SubFilter") == "/adbe.x509.rsa_sha1":
        chain = signature["/Cert"]
        yield Found(_bytes(chain[0] if isinstance(chain, list) else chain), signer=True)
    else:
        yield from pkcs7.certificates(_bytes(signature["/Contents"]))


def _bytes(value: ByteStringObject | TextStringObject) -> bytes:
    """A string's bytes; one that happens to be text was decoded by the parser."""
    return bytes(value.original_bytes)
