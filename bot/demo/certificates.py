"""Certificates of the government profile, as the conversation sees them, without any bytes behind them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from handlers.certificate import Attribute, Certificate, Recognition
from rules.facts import Issuer, Subject

#: Every made-up serial number begins with it.
SERIAL = "00DE"
POLICY = "2.16.704.1.1.1.1.1"
PROVINCE, SUPERIOR = "Tỉnh Mẫu", "UBND TỈNH MẪU"
#: Calls itself the government's, so that the interview goes on, and says what it is worth.
PROVIDER, AUTHORITY = "Ban Cơ yếu Chính phủ", "CA MẪU - khong co gia tri"
_OIDS = {"C": "2.5.4.6", "L": "2.5.4.7", "O": "2.5.4.10", "OU": "2.5.4.11", "CN": "2.5.4.3"}
LIFE = timedelta(days=5 * 365 + 1 - 1)
#: Of a hundred certificates: those that ended lately, and those that end within two months.
_EXPIRED, _ENDING = 10, 14


@dataclass(frozen=True, slots=True)
class Named:
    """What a certificate is about."""

    subject: Subject
    name: str
    superior: str
    units: tuple[str, ...]
    email: str


def make_certificate(named: Named, now: datetime, chosen: Random) -> Certificate:
    """A certificate of five years less a day."""
    ends = _end(now, chosen)
    serial = f"{SERIAL}{chosen.getrandbits(48):012X}"
    return Certificate(
        subject=_subject(named),
        name=named.name,
        superior=named.superior,
        units=named.units,
        locality=PROVINCE,
        email=named.email,
        issuer=_attributes(("C", "VN"), ("O", PROVIDER), ("CN", AUTHORITY)),
        issuer_name=AUTHORITY,
        serial=serial,
        not_before=ends - LIFE,
        not_after=ends,
        key="RSA 3072",
        signature_algorithm="sha256WithRSAEncryption",
        policies=(POLICY,),
        fingerprint=hashlib.sha256(serial.encode()).hexdigest().upper(),
        subscriber=named.subject,
        issuer_kind=Issuer.GOVERNMENT,
        recognition=Recognition.BY_NAME_ONLY,
    )


def _subject(named: Named) -> tuple[Attribute, ...]:
    units = (("OU", unit) for unit in named.units)
    return _attributes(("C", "VN"), ("L", PROVINCE), ("O", named.superior), *units, ("CN", named.name))


def _attributes(*pairs: tuple[str, str]) -> tuple[Attribute, ...]:
    return tuple(Attribute(oid=_OIDS[name], name=name, value=value) for name, value in pairs)


def _end(now: datetime, chosen: Random) -> datetime:
    kind = chosen.randrange(100)
    if kind < _EXPIRED:
        days = chosen.uniform(-120, 0)
    elif kind < _EXPIRED + _ENDING:
        days = chosen.uniform(0, 60)
    else:
        days = chosen.uniform(61, 1700)
    return (now + timedelta(days=days)).replace(second=0, microsecond=0)
