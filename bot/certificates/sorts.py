"""What DER or BER is that begins much as a certificate does (RFC 5280, 4.1), told by the tags of its first elements."""

from bot.certificates import der
from handlers.certificate import Trouble

_NAME_AND_TIME = [[der.SEQUENCE, der.UTC_TIME], [der.SEQUENCE, der.GENERALIZED_TIME]]
#: Tags of PKIStatusInfo: RFC 3161, 2.4.2.
_STATUS = [
    [der.INTEGER, *texts, *failure] for texts in ([], [der.SEQUENCE]) for failure in ([], [der.BIT_STRING])
]  # fmt: skip


def other_sort(data: bytes) -> Trouble | None:
    """What DER is that begins much as a certificate does; ``None`` for a certificate and for what has no name here."""
    outer = der.children(der.first(data), 4)
    tags = [part.tag for part in outer]
    inner = der.children(outer[0]) if outer else []
    if tags[:2] == [der.ENUMERATED, der.TAGGED_0]:  # OCSPResponse: RFC 6960, 4.2.1
        return Trouble.STATUS
    if tags[:2] == [der.INTEGER, der.INTEGER] or (_is_algorithm(outer[:1]) and tags[1:2] == [der.BIT_STRING]):
        return Trouble.PUBLIC_KEY  # RSAPublicKey: RFC 8017, A.1.1; SubjectPublicKeyInfo: RFC 5280, 4.1
    return _by_body(inner, outer)


def _by_body(inner: list[der.Value], outer: list[der.Value]) -> Trouble | None:
    tags = [part.tag for part in inner]
    if _is_status(inner) and (len(outer) == 1 or (outer[1].tag == der.SEQUENCE and _is_algorithm(outer[1:2]))):
        return Trouble.TIME_STAMP  # TimeStampResp: RFC 3161, 2.4.2
    if tags[:3] == [der.INTEGER, der.SEQUENCE, der.SEQUENCE] and der.SEQUENCE not in tags[3:] and _is_key(inner[2]):
        return Trouble.REQUEST  # CertificationRequest: RFC 2986, 4.2
    rest = inner[1:] if tags[:1] == [der.INTEGER] else inner
    if _is_algorithm(rest[:1]) and [part.tag for part in rest[1:3]] in _NAME_AND_TIME:
        return Trouble.STATUS  # CertificateList: RFC 5280, 5.1
    return None


def _is_status(inner: list[der.Value]) -> bool:
    """PKIStatusInfo: a small number, perhaps texts and bits."""
    tags = [part.tag for part in inner]
    return tags in _STATUS and len(inner[0].content) == 1 and inner[0].content[0] < 6


def _is_algorithm(values: list[der.Value]) -> bool:
    return bool(values) and values[0].tag == der.SEQUENCE and values[0].content[:1] == b"\x06"


def _is_key(value: der.Value) -> bool:
    return _is_algorithm(der.children(value)[:1])
