"""Which reader a file goes to; every reader ends in findings, whatever the bytes."""

from collections.abc import Callable, Iterable, Iterator

from bot.certificates import archive, armour, jose, mail, pdf, pkcs7, signed_xml
from bot.certificates.errors import UnreadableError
from bot.certificates.findings import Finding, Found, Missed, each, is_one_certificate, values
from bot.certificates.kinds import Kind, kind_of, unpadded
from bot.certificates.plain_text import plain
from bot.certificates.unpacking import Unpacker
from handlers.certificate import Trouble

#: What a text without a certificate is called, by what its PEM boundaries name or by how it begins.
_LABELS = {
    b"CERTIFICATE REQUEST": Trouble.REQUEST,
    b"NEW CERTIFICATE REQUEST": Trouble.REQUEST,
    b"PUBLIC KEY": Trouble.PUBLIC_KEY,
    b"RSA PUBLIC KEY": Trouble.PUBLIC_KEY,
    b"SSH2 PUBLIC KEY": Trouble.PUBLIC_KEY,
    b"X509 CRL": Trouble.STATUS,
}
_STARTS = {
    (b"ssh-", b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-"): Trouble.PUBLIC_KEY,
    (b"%FDF-", b"{\\rtf"): Trouble.UNKNOWN_TYPE,
}


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
    return each([unpadded(data)], lambda whole: _read(whole, unpacker, nested=nested), Trouble.DAMAGED)


def _read(data: bytes, unpacker: Unpacker, *, nested: bool) -> Iterator[Finding]:
    kind = kind_of(data)
    if kind is Kind.TEXT:
        yield from _text(plain(data), data, _reading(unpacker, nested=True))
    elif kind is Kind.PDF:
        yield from pdf.certificates(data)
    elif kind is Kind.ZIP:
        yield from archive.findings(data, unpacker, _reading(unpacker, nested=True), nested=nested)
    elif kind is Kind.PACKED:
        yield from archive.packed(data, unpacker, _reading(unpacker, nested=True), nested=nested)
    elif kind is Kind.MAIL:
        armour.refuse_secret_text(plain(data))
        yield from mail.findings(data, unpacker.limits.entries, _reading(unpacker, nested=nested))
    else:
        yield from _ders(data)


def _reading(unpacker: Unpacker, *, nested: bool) -> Callable[[bytes], Iterable[Finding]]:
    return lambda data: find(data, unpacker, nested=nested)


def _text(text: bytes, data: bytes, read: Callable[[bytes], Iterable[Finding]]) -> Iterator[Finding]:
    armour.refuse_secret_text(text)
    if packed := armour.unpacked(text):
        armour.refuse_secret_text(packed)
        text += b"\n" + packed
    if _is_xml(text) and not armour.is_armoured(text):
        yield from _xml(text, data)
        return
    ways: tuple[Callable[[], Iterator[Finding]], ...] = (
        lambda: each([text], jose.certificates),
        lambda: each(armour.blocks(text), _block),
        lambda: _carried(text, read),
    )
    for way in ways:
        empty = True
        for finding in way():
            empty = False
            yield finding
        if not empty:
            return
    raise UnreadableError(_named(text))


def _is_xml(text: bytes) -> bool:
    return text.lstrip().startswith(b"<") or signed_xml.is_signed(text)


def _xml(text: bytes, data: bytes) -> Iterator[Finding]:
    """XML with signatures; where it has no element for certificates, base64 of any element may still be one."""
    try:
        yield from signed_xml.certificates(data)
    except UnreadableError:
        found = [one for one in each(armour.blocks(text), _block) if isinstance(one, Found)]
        if not found:
            raise
        yield from found


def _carried(text: bytes, read: Callable[[bytes], Iterable[Finding]]) -> Iterator[Finding]:
    for data in armour.carried(text):
        yield from read(data)


def _named(text: bytes) -> Trouble:
    labels = armour.labels(text)
    if any(label.startswith(b"PGP ") for label in labels):
        return Trouble.PGP
    for label, trouble in _LABELS.items():
        if label in labels:
            return trouble
    start = text.lstrip()
    for starts, trouble in _STARTS.items():
        if start.startswith(starts):
            return trouble
    return Trouble.NO_CERTIFICATE if labels else Trouble.UNKNOWN_TYPE


def _block(decode: Callable[[], bytes]) -> Iterator[Finding]:
    """A block of text that is DER without a name here is passed over."""
    try:
        yield from _ders(decode())
    except UnreadableError as error:
        if error.trouble is not Trouble.NO_CERTIFICATE:
            raise


def _ders(data: bytes) -> Iterator[Found]:
    for kind, value in values(data):
        if kind is Kind.PKCS7:
            yield from pkcs7.certificates(value)
        else:
            yield Found(value)
