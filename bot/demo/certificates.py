"""Make up certificates of the government profile and the people and bodies that hold them.

They exist only in the form that the conversation sees; there are no bytes behind them.
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bot.demo import province
from bot.demo.province import TOP, Story
from handlers.model import Attribute, Certificate, Recognition, SuccessionKind, Unit, UnitDirectory
from rules.facts import Event, Issuer, Subject

#: Every made-up serial number begins with these digits.
SERIAL = "00DE"
POLICY = "2.16.704.1.1.1.1.1"
PROVINCE, SUPERIOR = "Tỉnh Mẫu", "UBND TỈNH MẪU"
#: The issuer claims to be the government's, so that the interview goes on, and says that it is worthless.
PROVIDER, AUTHORITY = "Ban Cơ yếu Chính phủ", "CA MẪU - khong co gia tri"
_OIDS = {"C": "2.5.4.6", "L": "2.5.4.7", "O": "2.5.4.10", "OU": "2.5.4.11", "CN": "2.5.4.3"}
VALIDITY_PERIOD = timedelta(days=5 * 365 + 1 - 1)
#: So many of a hundred certificates ended lately, and so many end within two months.
_EXPIRED, _ENDING = 10, 14

_SCHOOLS = ("TRƯỜNG THCS", "TRƯỜNG TIỂU HỌC", "TRƯỜNG MẦM NON", "TRẠM Y TẾ")
_SYSTEMS = ("Hệ thống một cửa điện tử", "Cổng thông tin điện tử", "Máy chủ văn bản")
_OWN = frozenset({Event.MERGED_INTO_NEW, Event.MERGED_INTO_EXISTING, Event.DISSOLVED})


@dataclass(frozen=True, slots=True)
class CertificateHolder:
    """The holder of a certificate, in the words of its subject."""

    subject: Subject
    name: str
    superior: str
    units: tuple[str, ...]
    email: str


def make_certificate(named: CertificateHolder, now: datetime, chosen: Random) -> Certificate:
    """Make up a certificate that is valid for five years less a day."""
    ends = _choose_expiry(now, chosen)
    serial = f"{SERIAL}{chosen.getrandbits(48):012X}"
    return Certificate(
        subject=_subject_attributes(named),
        name=named.name,
        superior=named.superior,
        units=named.units,
        locality=PROVINCE,
        email=named.email,
        issuer=_to_attributes(("C", "VN"), ("O", PROVIDER), ("CN", AUTHORITY)),
        issuer_name=AUTHORITY,
        serial=serial,
        not_before=ends - VALIDITY_PERIOD,
        not_after=ends,
        key="RSA 3072",
        signature_algorithm="sha256WithRSAEncryption",
        policies=(POLICY,),
        fingerprint=hashlib.sha256(serial.encode()).hexdigest().upper(),
        subscriber=named.subject,
        issuer_kind=Issuer.GOVERNMENT,
        recognition=Recognition.BY_NAME_ONLY,
    )


def _subject_attributes(named: CertificateHolder) -> tuple[Attribute, ...]:
    units = (("OU", unit) for unit in named.units)
    return _to_attributes(("C", "VN"), ("L", PROVINCE), ("O", named.superior), *units, ("CN", named.name))


def _to_attributes(*pairs: tuple[str, str]) -> tuple[Attribute, ...]:
    return tuple(Attribute(oid=_OIDS[name], name=name, value=value) for name, value in pairs)


def _choose_expiry(now: datetime, chosen: Random) -> datetime:
    kind = chosen.randrange(100)
    if kind < _EXPIRED:
        days = chosen.uniform(-120, 0)
    elif kind < _EXPIRED + _ENDING:
        days = chosen.uniform(0, 60)
    else:
        days = chosen.uniform(61, 1700)
    return (now + timedelta(days=days)).replace(second=0, microsecond=0)


class CertificateNaming:
    """Names the holders of certificates; it knows the former units of each unit."""

    def __init__(self, directory: UnitDirectory) -> None:
        self._directory = directory
        self._formed_from: defaultdict[str, list[Unit]] = defaultdict(list)
        for one in directory.successions:
            if one.became is SuccessionKind.MERGED_INTO_NEW:
                self._formed_from[one.successor].append(directory.units[one.former])
        self.working = tuple(unit for unit in directory.units.values() if unit.closed_on is None)

    def managing_body(self, unit: Unit) -> Unit:
        """Return the managing body of a unit: for an office its commune."""
        above = self._directory.get(unit.parent)
        return unit if above is None or above.code == TOP else above

    def is_formed_from_others(self, unit: Unit) -> bool:
        """Return whether a body was formed from others."""
        return unit.code in self._formed_from

    def make_holder(self, story: Story, unit: Unit, number: int, chosen: Random) -> CertificateHolder:
        """Make up the holder of the certificate in a story."""
        if story.subject is Subject.INDIVIDUAL:
            return self._person_holder(unit, number, chosen)
        if story.subject is Subject.DEVICE:
            return _to_holder(
                story.subject, f"{chosen.choice(_SYSTEMS)} {_place_name(unit)}", self.managing_body(unit).name, number
            )
        return self._organisation_holder(story, self.managing_body(unit), number, chosen)

    def _person_holder(self, unit: Unit, number: int, chosen: Random) -> CertificateHolder:
        name, body = province.person_name(chosen), self.managing_body(unit)
        bodies = tuple(dict.fromkeys(one.name for one in (body, unit) if one.code != TOP))
        return CertificateHolder(
            Subject.INDIVIDUAL, name, "UBND tỉnh Mẫu", bodies, province.email_address(name, number)
        )

    def _organisation_holder(self, story: Story, body: Unit, number: int, chosen: Random) -> CertificateHolder:
        former = self._formed_from.get(body.code)
        if former and not _OWN.isdisjoint(story.events):
            own = chosen.choice(former)
            return _to_holder(story.subject, own.name.upper(), self._directory.name(own.parent).upper(), number)
        name = f"{chosen.choice(_SCHOOLS)} {_place_name(body).upper()}"
        return _to_holder(story.subject, name, body.name.upper() if body.code != TOP else SUPERIOR, number)


def _to_holder(subject: Subject, name: str, superior: str, number: int) -> CertificateHolder:
    return CertificateHolder(subject, name, superior, (), province.email_address(name, number))


def _place_name(unit: Unit) -> str:
    """Return the part of a unit's name that distinguishes it from others of its kind."""
    return "Mẫu" + unit.name.partition("Mẫu")[2]
