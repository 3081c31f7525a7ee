"""Signed XML: the X509Certificate elements (XML Signature, 4.5.4), streamed, without entities or DTD tricks."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml import DefusedXmlException
from defusedxml.expatreader import create_parser

from bot.certificates.armour import decode_base64
from bot.certificates.errors import UnreadableError
from bot.certificates.findings import Found
from handlers.certificate import Trouble

_XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
_CERTIFICATE = (_XMLDSIG, "X509Certificate")


class _Certificates(ContentHandler):
    """Keeps the text of X509Certificate elements and nothing else, so memory does not grow with the file."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.signed = False
        self._open: list[str] | None = None

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: Any) -> None:  # noqa: N802 - SAX
        del qname, attrs
        self.signed = self.signed or name == (_XMLDSIG, "Signature")
        if name == _CERTIFICATE:
            self._open = []

    def characters(self, content: str) -> None:
        if self._open is not None:
            self._open.append(content)

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:  # noqa: N802 - SAX
        del qname
        if name == _CERTIFICATE and self._open is not None:
            self.texts.append("".join(self._open))
            self._open = None


def certificates(data: bytes) -> Iterator[Found]:
    """Every X509Certificate, in the order of the document.

    Raises:
        UnreadableError: UNKNOWN_TYPE for what is not XML or has a DTD, BROKEN, NO_SIGNATURE or NO_CERTIFICATE.
    """
    handler = _parsed(data)
    if not handler.texts:
        raise UnreadableError(Trouble.NO_CERTIFICATE if handler.signed else Trouble.NO_SIGNATURE)
    for text in handler.texts:
        yield Found(decode_base64(text.encode()))


def _parsed(data: bytes) -> _Certificates:
    handler = _Certificates()
    parser = create_parser(forbid_dtd=True)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(handler)
    try:
        parser.parse(BytesIO(data))
    except (SAXParseException, DefusedXmlException) as error:
        raise UnreadableError(Trouble.BROKEN if handler.signed else Trouble.UNKNOWN_TYPE) from error
    return handler
