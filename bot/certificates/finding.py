"""Which reader a file goes to; every reader ends in findings, whatever the bytes."""

from collections.abc import Iterable, Iterator

from bot.certificates import archive, armour, pkcs7, signed_xml
from bot.certificates.errors import UnreadableError
from bot.certificates.findings import Finding, Found, Missed, each, is_one_certificate, values
from bot.certificates.kinds import Kind, kind_of, unpadded
from bot.certificates.unpacking import Unpacker
from handlers.certificate import Trouble


def find(data: bytes, unpacker: Unpacker, *, nested: bool = False) -> Iterable[Finding]:
    """What the bytes hold, in their order.

    Raises:
        UnreadableError: one that ends the whole file: a secret, or a limit that is used up.
        MemoryError: the worker's memory is used up.
    """
    if len(data) > unpacker.limits.file:
        return [Missed(Trouble.TOO_LARGE)]
    if is_one_certificate(data):  # the file that is sent most, without ceremony
        return [Found(data)]
    return each([unpadded(data)], lambda whole: _read(whole, unpacker, nested=nested))


def _read(data: bytes, unpacker: Unpacker, *, nested: bool) -> Iterator[Finding]:
    kind = kind_of(data)
    if kind is Kind.TEXT:
        yield from _text(armour.plain(data), data)
    elif kind is Kind.PDF:
        yield from _pdf(data)
    elif kind is Kind.ZIP:
        yield from archive.findings(data, unpacker, lambda entry: find(entry, unpacker, nested=True), nested=nested)
    else:
        yield from _ders(data)


def _pdf(data: bytes) -> Iterator[Finding]:
    from bot.certificates import pdf  # noqa: PLC0415 - 20 MB of parser that most files do not need

    yield from pdf.certificates(data)


def _text(text: bytes, data: bytes) -> Iterator[Finding]:
    armour.refuse_secret_text(text)
    if text.lstrip().startswith(b"<") and not armour.is_armoured(text):
        yield from signed_xml.certificates(data)
        return
    empty = True
    for finding in each(armour.blocks(text), _block):
        empty = False
        yield finding
    if empty:
        raise UnreadableError(Trouble.NO_CERTIFICATE if armour.is_armoured(text) else Trouble.UNKNOWN_TYPE)


def _block(body: bytes) -> Iterator[Finding]:
    """A block of text that is no certificate (a request, a public key) is passed over."""
    try:
        yield from _ders(armour.decode_base64(body))
    except UnreadableError as error:
        if error.trouble is not Trouble.NO_CERTIFICATE:
            raise


def _ders(data: bytes) -> Iterator[Found]:
    for kind, value in values(data):
        if kind is Kind.PKCS7:
            yield from pkcs7.certificates(value)
        else:
            yield Found(value)
