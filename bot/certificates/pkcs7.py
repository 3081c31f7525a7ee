"""PKCS#7 / CMS SignedData (RFC 5652), DER or BER: the signers' certificates, or all of a bag without signers."""

from collections.abc import Iterator

from bot.certificates import der
from bot.certificates.errors import UnreadableError
from bot.certificates.findings import Found
from bot.certificates.outline import Outline, key_identifier, outline
from handlers.certificate import Trouble

_CMS = bytes.fromhex("2a864886f70d0107")
_SIGNED = _CMS + b"\x02"
_SEALED = {_CMS + bytes([kind]) for kind in (3, 4, 6)} | {bytes.fromhex("2a864886f70d0109100117")}  # RFC 5083 too
_TIME_STAMP = bytes.fromhex("2a864886f70d0109100104")  # id-ct-TSTInfo: RFC 3161, 2.4.2
_KEY_IDENTIFIERS = (0x80, der.TAGGED_0)  #: [0], as signers write it and as some do
#: Certificates and signers of one value; real ones have under twenty.
_MOST = 2_000


def certificates(data: bytes) -> Iterator[Found]:
    """Signers first, in the order they signed; the rest as companions where there is a signer.

    Raises:
        UnreadableError: SEALED, TIME_STAMP, NO_CERTIFICATE or BROKEN.
    """
    parts = _signed_data(data)
    bag = _bag(parts)
    signers = _signers(parts, bag)
    yield from (Found(certificate, signer=True) for certificate in signers)
    for certificate in bag:
        if certificate not in signers:
            yield Found(certificate, companion=bool(signers))


def _signed_data(data: bytes) -> list[der.Value]:
    content = der.children(der.first(data))
    kind = content[0].content if content else b""
    if kind in _SEALED:
        raise UnreadableError(Trouble.SEALED)
    if kind != _SIGNED:
        raise UnreadableError(Trouble.NO_CERTIFICATE)
    parts = der.children(der.first(content[1].content) if len(content) > 1 else None)
    what = next((der.children(part, 1) for part in parts if part.tag == der.SEQUENCE), [])
    if what and what[0].content == _TIME_STAMP:
        raise UnreadableError(Trouble.TIME_STAMP)
    if len(parts) < len(("version", "digests", "content")):
        raise UnreadableError(Trouble.BROKEN)
    return parts


def _bag(parts: list[der.Value]) -> list[bytes]:
    """The certificates, each as it is written; attribute certificates and the like carry other tags."""
    sets = [part for part in parts[3:] if part.tag == der.TAGGED_0]
    bag = [value.whole for part in sets for value in der.children(part, _MOST) if value.tag == der.SEQUENCE]
    if not bag:
        raise UnreadableError(Trouble.NO_CERTIFICATE)
    return bag


def _signers(parts: list[der.Value], bag: list[bytes]) -> list[bytes]:
    """The certificate that each SignerInfo names, by issuer and serial number or by key identifier."""
    infos = [info for part in parts[3:] if part.tag == der.SET for info in der.children(part, _MOST)]
    outlines = [(certificate, known) for certificate in bag if (known := outline(certificate))]
    named = [_named(fields[1], outlines) for info in infos if len(fields := der.children(info, 2)) > 1]
    return list(dict.fromkeys(certificate for certificate in named if certificate))


def _named(sid: der.Value, outlines: list[tuple[bytes, Outline]]) -> bytes | None:
    if sid.tag in _KEY_IDENTIFIERS:
        key = inner.content if sid.tag == der.TAGGED_0 and (inner := der.first(sid.content)) else sid.content
        return next((one for one, known in outlines if key in {key_identifier(one), known.key}), None)
    issuer, serial = [*der.children(sid, 2), None, None][:2]
    if issuer is None or serial is None:
        return None
    same = [(one, known) for one, known in outlines if int.from_bytes(known.serial) == int.from_bytes(serial.content)]
    exact = [one for one, known in same if known.issuer == issuer.whole]
    # An issuer's name may be written in another string type than in the certificate; the number still tells.
    return next(iter([*exact, *(one for one, _ in same)]), None)
