"""PKCS#7 / CMS SignedData (RFC 5652), DER or BER: the signers' certificates, or all of a bag without signers."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

from bot.certificates import der, extensions, keys
from bot.certificates.errors import MalformedError, UnreadableError
from bot.certificates.findings import Found
from bot.certificates.structure import Structure, try_cut
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
    known = _Known([structure for certificate in bag if (structure := try_cut(certificate))])
    named = [known.find(fields[1]) for info in infos if len(fields := der.children(info, 2)) > 1]
    return list(dict.fromkeys(certificate for certificate in named if certificate))


class _Known:
    """The certificates of a bag, by what signers name them by."""

    def __init__(self, bag: list[Structure]) -> None:
        self._by_key = {key: one.whole for one in reversed(bag) for key in _keys(one)}
        self._by_number: dict[int, list[Structure]] = defaultdict(list)
        for one in bag:
            self._by_number[int.from_bytes(one.serial[1])].append(one)

    def find(self, sid: der.Value) -> bytes | None:
        if sid.tag in _KEY_IDENTIFIERS:
            inner = der.first(sid.content) if sid.tag == der.TAGGED_0 else None
            return self._by_key.get(inner.content if inner else sid.content)
        issuer, serial = [*der.children(sid, 2), None, None][:2]
        if issuer is None or serial is None:
            return None
        same = self._by_number.get(int.from_bytes(serial.content), [])
        exact = [one.whole for one in same if one.issuer == issuer.element]
        # An issuer's name may be written in another string type than in the certificate; the number still tells.
        return next(iter([*exact, *(one.whole for one in same)]), None)


def _keys(certificate: Structure) -> Iterator[bytes]:
    """The identifier that the certificate gives its key, and the one that is usual for it."""
    with suppress(MalformedError):
        if named := extensions.subject_key(certificate):
            yield named
    with suppress(MalformedError):
        yield keys.digest(certificate.key)
