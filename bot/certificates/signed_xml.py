"""Read signed XML: the certificates of its signatures, without entities or DTDs.

The sources are XML Signature, 4.5.4, and XAdES, EN 319 132-1. Elements are matched by their local names, because
prefixes vary. A text that the parser cannot read to its end is searched for the elements themselves.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import new
from io import BytesIO
from itertools import islice
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import InputSource

from defusedxml import DefusedXmlException
from defusedxml.expatreader import create_parser

from bot.certificates import SecretError, UnreadableError
from bot.certificates.containers import Finding, FoundCertificate, UnreadPart
from bot.certificates.pem import decode_base64, to_utf8
from bot.certificates.x509_fields import try_split_certificate
from handlers.model import FileProblemKind

_CERTIFICATE, _BESIDE, _TOKEN = "X509Certificate", "EncapsulatedX509Certificate", "BinarySecurityToken"
_DIGEST, _SERIAL, _MODULUS = "DigestValue", "X509SerialNumber", "Modulus"
_COLLECTED_ELEMENTS = {_CERTIFICATE, _BESIDE, _TOKEN, _DIGEST, _SERIAL, _MODULUS}
#: Certificates in these elements are not signed: they belong to time stamps and to checks made later.
_UNSIGNED = {"UnsignedProperties", "UnsignedSignatureProperties"}
_ELEMENT = re.compile(
    rb"<(?:[A-Za-z_][\w.-]{0,99}:)?(?:X509Certificate|BinarySecurityToken)(?:\s[^<>]{0,999})?>([^<]*+)", re.IGNORECASE
)
_SIGNATURE = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,99}:)?Signature[\s>]")
_DECLARATION = re.compile(rb"\s*+<\?xml\s[^>]{0,999}\?>")
_HASHES = {20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
#: The deepest nesting of elements, and the most elements found by the search.
_DEEPEST, _MOST = 2_000, 2_000
#: The most digests and certificates of one signature that are compared.
_MOST_DIGESTS = 50


@dataclass(slots=True)
class _SignatureTexts:
    """The texts of the elements in one Signature, by local name."""

    own: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


class _SignatureHandler(ContentHandler):
    """Keeps only the texts that identify signers, so that memory does not grow with the file."""

    def __init__(self) -> None:
        super().__init__()
        self.signatures = [_SignatureTexts()]  # the first entry is for text outside of every signature
        self.signed = False
        self._path: list[str] = []
        self._inside: list[_SignatureTexts] = []
        self._unsigned = 0
        self._text: list[str] | None = None

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - SAX
        del attrs
        local = name.rpartition(":")[2]
        self._path.append(local)
        if len(self._path) > _DEEPEST:
            raise UnreadableError(FileProblemKind.DAMAGED)
        self._unsigned += local in _UNSIGNED
        if local == "Signature":
            self.signed = True
            self._inside.append(_SignatureTexts())
            if not self._unsigned:  # one inside is a counter-signature
                self.signatures.append(self._inside[-1])
        self._text = [] if local in _COLLECTED_ELEMENTS and self._is_collected(local) else None

    def _is_collected(self, local: str) -> bool:
        if local == _DIGEST:
            return "CertDigest" in self._path[-2:-1]
        return local == _BESIDE or not self._unsigned

    def characters(self, content: str) -> None:
        if self._text is not None:
            self._text.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX
        del name
        local = self._path.pop()
        if self._text is not None:
            (self._inside or self.signatures)[-1 if self._inside else 0].own[local].append("".join(self._text))
            self._text = None
        self._unsigned -= local in _UNSIGNED
        if local == "Signature" and self._inside:
            self._inside.pop()


def certificates(data: bytes) -> Iterator[Finding]:
    """Yield the certificate of every signature, in the document's order.

    Where the signer is identified, the rest of its chain comes as companions.

    Raises:
        UnreadableError: UNKNOWN_TYPE for what is no XML or has a DTD, DAMAGED, NO_SIGNATURE or NO_CERTIFICATE.
    """
    text = to_utf8(data)
    handler, whole = _parse(text)
    found = [finding for signature in handler.signatures for finding in _certificates_of_signature(signature.own)]
    if not found and not whole:
        found = [finding for match in islice(_ELEMENT.finditer(text), _MOST) for finding in _decode(match.group(1))]
    if found:
        yield from found
    elif whole:
        raise UnreadableError(FileProblemKind.NO_CERTIFICATE if handler.signed else FileProblemKind.NO_SIGNATURE)
    else:
        raise UnreadableError(
            FileProblemKind.DAMAGED if handler.signed or _SIGNATURE.search(text) else FileProblemKind.UNKNOWN_TYPE
        )


def is_signed(text: bytes) -> bool:
    """Return whether the text contains certificates as XML elements, in any place."""
    return bool(_ELEMENT.search(text))


def _parse(text: bytes) -> tuple[_SignatureHandler, bool]:
    """Return the handler, and whether the parser reached the end.

    The bytes decide the encoding, not the declaration.
    """
    handler, source = _SignatureHandler(), InputSource()
    source.setByteStream(BytesIO(_DECLARATION.sub(b"", text, count=1).lstrip()))
    source.setEncoding("utf-8" if _is_utf8(text) else "iso-8859-1")
    parser = create_parser(forbid_dtd=True)
    parser.setContentHandler(handler)
    try:
        parser.parse(source)
    except (SAXParseException, DefusedXmlException):
        return handler, False
    return handler, True


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _certificates_of_signature(own: dict[str, list[str]]) -> Iterator[Finding]:
    texts = [*own[_CERTIFICATE], *own[_TOKEN]]
    found = [finding for text in texts for finding in _decode(text.encode())]
    beside = [finding for text in own[_BESIDE] for finding in _decode(text.encode())]
    ders = [finding.der for finding in (*found, *beside) if isinstance(finding, FoundCertificate)]
    signer = (
        _find_by_digest(own[_DIGEST], ders) or _find_by_serial(own[_SERIAL], ders) or _find_by_key(own[_MODULUS], ders)
    )
    if signer is None:
        yield from found
        return
    yield FoundCertificate(signer)
    yield from (FoundCertificate(one, companion=True) for one in ders if one != signer)
    yield from (finding for finding in found if isinstance(finding, UnreadPart))


def _decode(text: bytes) -> Iterator[Finding]:
    """Yield a certificate; PEM inside base64 is unwrapped, and text that is not base64 is reported as unreadable."""
    if not text.strip():
        return
    try:
        data = decode_base64(text)
        if data[:5] == b"-----":
            data = decode_base64(data.strip(b"-\r\n ").partition(b"-----")[2])
        if data[:1] == b"\x30":  # anything else is a placeholder such as "..."
            yield FoundCertificate(data)
    except SecretError:
        raise
    except UnreadableError as error:
        yield UnreadPart(error.trouble)


def _find_by_digest(digests: list[str], ders: list[bytes]) -> bytes | None:
    """Return the certificate that SigningCertificate names.

    Its first digest is the signer's, the others are of the chain.
    """
    for digest in digests[:_MOST_DIGESTS]:
        wanted = decode_base64(digest.encode()) if digest.strip() else b""
        if algorithm := _HASHES.get(len(wanted)):
            for one in ders[:_MOST_DIGESTS]:
                if new(algorithm, one, usedforsecurity=False).digest() == wanted:
                    return one
    return None


def _find_by_serial(serials: list[str], ders: list[bytes]) -> bytes | None:
    numbers = {int(serial) for serial in serials if serial.strip().isdecimal() and len(serial) < 99}
    named = [
        one for one in ders if (known := try_split_certificate(one)) and int.from_bytes(known.serial[1]) in numbers
    ]
    return named[0] if len(numbers) == 1 and named else None


def _find_by_key(moduli: list[str], ders: list[bytes]) -> bytes | None:
    if len(moduli) != 1 or len(modulus := decode_base64(moduli[0].encode())) < 64:
        return None
    return next((one for one in ders if modulus in one), None)
