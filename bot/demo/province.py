"""Make up a province: its units, the certificates of the people and bodies in it, and their working hours.

The communes were formed from units of districts that ended. Certificates are of the government profile, and exist only
in the form that the conversation sees; there are no bytes behind them.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random

from handlers.model import Attribute, Certificate, Recognition, Succession, SuccessionKind, Unit, UnitDirectory
from rules.calendar import VIETNAM, to_vietnam_time
from rules.facts import Event, Issuer, Subject
from rules.language.spelling import fold

_SYLLABLES = (
    "An Bình Cẩm Châu Chánh Cường Đại Đông Đồng Đức Dương Giang Hà Hải Hiệp Hòa Hoàng Hồng Hưng Hữu Khánh Kim Lạc Lâm"
    " Lang Liên Linh Long Lộc Lương Mai Minh Mỹ Nam Nghĩa Ngọc Nguyên Nhân Nhơn Ninh Phong Phú Phúc Phước Quang Quế Quý"
    " Sơn Tâm Tân Tây Thái Thạnh Thành Thắng Thiện Thịnh Thọ Thới Thuận Thượng Tiên Tiến Tín Trà Trị Trung Trường Tường"
    " Vân Văn Việt Vĩnh Xuân Yên Bảo Bích Diên Gia Hậu"
)
_FAMILIES = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đào Đinh Lâm Trịnh"
_MIDDLES = "Thị Văn Đức Minh Ngọc Hữu Quang Xuân Thanh Quốc Thu Hồng Kim Bảo Gia Hải"
_GIVEN = "An Bình Chi Dung Giang Hà Hạnh Hoa Hùng Huy Khoa Lan Linh Long Mai Nam Nga Phúc Quân Sơn Tâm Thảo Tuấn"
#: This domain reaches nobody: "example" is reserved (RFC 2606).
_MAIL = "mau.gov.vn.example"


def place_names(chosen: Random) -> Iterator[str]:
    """Yield more than 6,000 names of places, each once."""
    pairs = [f"Mẫu {first} {second}" for first, second in product(_SYLLABLES.split(), repeat=2) if first != second]
    chosen.shuffle(pairs)
    yield from pairs


def person_name(chosen: Random) -> str:
    """Return a person's name."""
    words = (chosen.choice(known.split()) for known in (_FAMILIES, _MIDDLES, _GIVEN))
    return f"{' '.join(words)} Mẫu"


def email_address(name: str, number: int) -> str:
    """Return an official address for a name; the number distinguishes people of the same name."""
    return f"{'.'.join(fold(name).split())}.{number}@{_MAIL}"


#: The size of the smallest province with every kind of unit, and the largest size.
FEWEST, MOST = 12, 11_000
TOP = "MAU"
#: The districts ended on this day, as in the whole country.
ENDED = date(2025, 7, 1)
#: No real document has this number.
SOURCE = "Nghị quyết số 00/NQ-MẪU"
#: Departments, each with the former name of a part of it.
_DEPARTMENTS = (
    ("Sở Nội vụ", "Sở Lao động - Thương binh và Xã hội"),
    ("Sở Khoa học và Công nghệ", "Sở Thông tin và Truyền thông"),
    ("Sở Tài chính", "Sở Kế hoạch và Đầu tư"),
    ("Sở Nông nghiệp và Môi trường", "Sở Tài nguyên và Môi trường"),
    ("Sở Xây dựng", "Sở Giao thông vận tải"),
    ("Sở Y tế", ""),
    ("Sở Giáo dục và Đào tạo", ""),
    ("Sở Tư pháp", ""),
    ("Sở Công Thương", ""),
    ("Sở Văn hóa, Thể thao và Du lịch", ""),
    ("Sở Dân tộc và Tôn giáo", "Ban Dân tộc"),
    ("Thanh tra", ""),
    ("Văn phòng UBND", ""),
)
_OFFICES = ("Văn phòng HĐND và UBND", "Phòng Kinh tế", "Phòng Văn hóa - Xã hội", "Trung tâm Phục vụ hành chính công")
#: The communes of one former district, and the former units of one commune.
_TO_A_DISTRICT, _TO_A_COMMUNE = 4, 3
_CITY_EVERY = 5


@dataclass
class _ProvinceBuilder:
    """Builds a province unit by unit."""

    places: Iterator[str]
    units: list[Unit] = field(default_factory=list)
    successions: list[Succession] = field(default_factory=list)

    def add_unit(self, code: str, name: str, parent: str, **more: object) -> str:
        self.units.append(Unit(code, name, parent, **more))  # type: ignore[arg-type]  # the fields are those of Unit
        return code


def make_province(size: int, chosen: Random) -> UnitDirectory:
    """Make a province of so many units, closed ones included; a unit comes after its superior."""
    ground = _ProvinceBuilder(place_names(chosen))
    ground.units.append(Unit(TOP, "UBND tỉnh Mẫu", aliases=("Ủy ban nhân dân tỉnh Mẫu", "tỉnh Mẫu")))
    _add_departments(ground, _DEPARTMENTS[: max(2, size // 8)])
    number = 0
    while len(ground.units) < size:
        number += 1
        _add_commune(ground, number)
    return _trim_to_size(ground, size)


def _add_departments(ground: _ProvinceBuilder, wanted: tuple[tuple[str, str], ...]) -> None:
    for number, (name, before) in enumerate(wanted, 1):
        former = (f"{before} tỉnh Mẫu",) if before else ()
        ground.add_unit(f"{TOP}.S{number:02d}", f"{name} tỉnh Mẫu", TOP, former_names=former)


def _add_commune(ground: _ProvinceBuilder, number: int) -> None:
    """Add a commune, its former units and its offices; some communes share a former district."""
    kind = "phường" if number % _CITY_EVERY == 0 else "xã"
    place = next(ground.places)
    district = _add_district(ground, number)
    aliases = (f"{kind} {place}", f"Ủy ban nhân dân {kind} {place}")
    code = ground.add_unit(f"{TOP}.X{number:04d}", f"UBND {kind} {place}", TOP, aliases=aliases)
    ground.successions.append(Succession(district, code, SuccessionKind.SPLIT, ENDED, SOURCE))
    for part in range(1, _TO_A_COMMUNE):
        _add_former_unit(ground, f"{TOP}.C{number:04d}.{part}", district, code)
    for part, office in enumerate(_OFFICES, 1):
        ground.add_unit(f"{code}.P{part}", f"{office} {kind} {place}", code)


def _add_district(ground: _ProvinceBuilder, number: int) -> str:
    code = f"{TOP}.H{(number - 1) // _TO_A_DISTRICT + 1:03d}"
    if (number - 1) % _TO_A_DISTRICT == 0:
        place = next(ground.places)
        ground.add_unit(code, f"UBND huyện {place}", TOP, aliases=(f"huyện {place}",), closed_on=ENDED)
    return code


def _add_former_unit(ground: _ProvinceBuilder, code: str, district: str, successor: str) -> None:
    place = next(ground.places)
    ground.add_unit(code, f"UBND xã {place}", district, aliases=(f"xã {place}",), closed_on=ENDED)
    ground.successions.append(Succession(code, successor, SuccessionKind.MERGED_INTO_NEW, ENDED, SOURCE))


def _trim_to_size(ground: _ProvinceBuilder, size: int) -> UnitDirectory:
    units = ground.units[:size]
    known = {unit.code for unit in units}
    kept = [one for one in ground.successions if {one.former, one.successor} <= known]
    return UnitDirectory.of(units, kept)


#: The conversations go back so many days, less than the default retention, so that a clean-up keeps them.
DAYS = 150
_OPENS, _HOURS = 8, 9
_WEEKEND = 5
_DESK = 16


class WorkingHours:
    """The working days before a moment."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        today = now.astimezone(VIETNAM).replace(hour=_OPENS, minute=0, second=0, microsecond=0)
        days = [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
        self._days = [day for day in days if day.weekday() < _WEEKEND]

    def time_at(self, share: float) -> datetime:
        """Return the moment at this share of all working hours, from 0 to below 1."""
        day, hours = divmod(share * len(self._days) * _HOURS, _HOURS)
        return (self._days[int(day)] + timedelta(hours=hours)).astimezone(UTC)

    def add_working_days(self, moment: datetime, chosen: Random, days: float) -> datetime:
        """Return a moment about so many working days later, in working hours; it may lie in the future."""
        there = moment + timedelta(days=days * chosen.uniform(0.3, 1.7), hours=chosen.uniform(-2, 2))
        there = max(there, moment + timedelta(minutes=10))
        local = there.astimezone(VIETNAM)
        local += timedelta(days=max(0, 7 - local.weekday()) if local.weekday() >= _WEEKEND else 0)
        if not _OPENS <= local.hour < _OPENS + _HOURS:
            local = local.replace(hour=chosen.randrange(14, 16))
        return local.astimezone(UTC)

    def next_desk_hour(self, moment: datetime) -> datetime:
        """Return the next hour at which people with a role work through everything that has come in."""
        local = to_vietnam_time(moment)
        there = local.replace(hour=_DESK, minute=0, second=0, microsecond=0)
        there += timedelta(days=there <= local)
        while there.weekday() >= _WEEKEND:
            there += timedelta(days=1)
        return there.astimezone(UTC)


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

    def make_holder(
        self, subject: Subject, events: Collection[Event], unit: Unit, number: int, chosen: Random
    ) -> CertificateHolder:
        """Make up the holder of a certificate, whose unit these events happened to."""
        if subject is Subject.INDIVIDUAL:
            return self._person_holder(unit, number, chosen)
        if subject is Subject.DEVICE:
            return _to_holder(
                subject, f"{chosen.choice(_SYSTEMS)} {_place_name(unit)}", self.managing_body(unit).name, number
            )
        return self._organisation_holder(subject, events, self.managing_body(unit), number, chosen)

    def _person_holder(self, unit: Unit, number: int, chosen: Random) -> CertificateHolder:
        name, body = person_name(chosen), self.managing_body(unit)
        bodies = tuple(dict.fromkeys(one.name for one in (body, unit) if one.code != TOP))
        return CertificateHolder(Subject.INDIVIDUAL, name, "UBND tỉnh Mẫu", bodies, email_address(name, number))

    def _organisation_holder(
        self, subject: Subject, events: Collection[Event], body: Unit, number: int, chosen: Random
    ) -> CertificateHolder:
        former = self._formed_from.get(body.code)
        if former and not _OWN.isdisjoint(events):
            own = chosen.choice(former)
            return _to_holder(subject, own.name.upper(), self._directory.name(own.parent).upper(), number)
        name = f"{chosen.choice(_SCHOOLS)} {_place_name(body).upper()}"
        return _to_holder(subject, name, body.name.upper() if body.code != TOP else SUPERIOR, number)


def _to_holder(subject: Subject, name: str, superior: str, number: int) -> CertificateHolder:
    return CertificateHolder(subject, name, superior, (), email_address(name, number))


def _place_name(unit: Unit) -> str:
    """Return the part of a unit's name that distinguishes it from others of its kind."""
    return "Mẫu" + unit.name.partition("Mẫu")[2]
