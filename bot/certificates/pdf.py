"""Signed PDF: the certificate of every signature (ISO 32000-1, 12.8)."""

from collections.abc import Iterator
from io import BytesIO

from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from bot.certificates import pkcs7
from bot.certificates.errors import UnreadableError
from bot.certificates.findings import Finding, Found, each
from handlers.certificate import Trouble


def certificates(data: bytes) -> Iterator[Finding]:
    """The signers' certificates, in the order of signing; time stamps are left out.

    Raises:
        UnreadableError: ENCRYPTED, NO_SIGNATURE or BROKEN.
    """
    signatures = sorted(_signatures(_open(data)), key=_signed_until)
    if not signatures:
        raise UnreadableError(Trouble.NO_SIGNATURE)
    yield from each(signatures, _of_signature)


def _open(data: bytes) -> PdfFileReader:
    # Mail gateways put bytes in front; offsets count from the header.
    reader = PdfFileReader(BytesIO(data[data.index(b"%PDF-") :]), strict=False)
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


def _signed_until(signature: DictionaryObject) -> int:
    """The end of the signed range grows with every signature that is added."""
    *_, start, length = signature.get("/ByteRange", (0, 0))
    return int(start) + int(length)


def _of_signature(signature: DictionaryObject) -> Iterator[Found]:
    if signature.get("/SubFilter") == "/adbe.x509.rsa_sha1":
        chain = signature["/Cert"]
        yield Found(bytes(chain[0] if isinstance(chain, list) else chain), signer=True)
    else:
        yield from pkcs7.certificates(bytes(signature["/Contents"]))
