"""Make up a province: its units, and what happened to its officers.

The communes were formed from units of districts that ended. A story is the facts that an officer states, and when.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random
from typing import Any

from handlers.model import Succession, SuccessionKind, Unit, UnitDirectory
from rules.calendar import VIETNAM, to_vietnam_time
from rules.facts import Event, MergerRole, Subject, Token
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


_BODY, _PERSON, _DEVICE = Subject.ORGANISATION, Subject.INDIVIDUAL, Subject.DEVICE


@dataclass(frozen=True, slots=True)
class Story:
    """One officer's answers without the certificate, and their weight."""

    often: int
    subject: Subject
    events: tuple[Event, ...] = ()
    role: MergerRole | None = None
    token: Token = Token.IN_HAND
    exposed: bool = False
    matches: bool = False
    merged: bool = False  #: only for units that were formed from others

    def answer(self, fact: str) -> Any:
        """Return the answer as a session keeps it."""
        return self._answers()[fact]

    def _answers(self) -> Mapping[str, Any]:
        return {
            "subject": self.subject.value,
            "events": [event.value for event in self.events],
            "merger_role": self.role.value if self.role else None,
            "information_matches": self.matches,
            "token": self.token.value,
            "key_exposed": self.exposed,
        }


STORIES = (
    Story(10, _BODY, (Event.MERGED_INTO_NEW,), MergerRole.DESIGNATED, merged=True),
    Story(9, _BODY, (Event.MERGED_INTO_NEW,), MergerRole.OTHER, merged=True),
    Story(3, _BODY, (Event.MERGED_INTO_NEW,), MergerRole.UNDECIDED, merged=True),
    Story(4, _BODY, (Event.MERGED_INTO_EXISTING,), MergerRole.ABSORBED, merged=True),
    Story(3, _BODY, (Event.MERGED_INTO_EXISTING,), MergerRole.SURVIVING, merged=True),
    Story(10, _BODY, (Event.SUPERIOR_CHANGED,)),
    Story(4, _BODY, (Event.SUPERIOR_CHANGED, Event.ADDRESS_CHANGED)),
    Story(5, _BODY, (Event.RENAMED,)),
    Story(3, _BODY, (Event.DISSOLVED,)),
    Story(25, _PERSON, (Event.UNIT_REORGANISED,)),
    Story(8, _PERSON, (Event.MOVED_WITHIN_STATE,)),
    Story(5, _PERSON, (Event.LEFT_STATE_SERVICE,)),
    Story(6, _PERSON, (Event.UNIT_REORGANISED, Event.EMAIL_CHANGED)),
    Story(5, _PERSON, (), token=Token.LOCKED, matches=True),
    Story(4, _PERSON, (Event.UNIT_REORGANISED,), token=Token.LOST),
    Story(2, _PERSON, (), token=Token.DAMAGED, exposed=True),
    Story(3, _PERSON, (), matches=True),
    Story(2, _PERSON, (Event.UNIT_REORGANISED,), matches=True),
    Story(2, _PERSON, (Event.EMAIL_CHANGED,), token=Token.REMOTE),
    Story(1, _PERSON, (Event.MANAGING_BODY_REVOKES,)),
    Story(3, _DEVICE, (Event.DEVICE_UPGRADED,)),
)
_UNMERGED = tuple(story for story in STORIES if not story.merged)


def choose_story(chosen: Random, *, merged: bool) -> Story:
    """Choose a story that can happen in a unit."""
    known: Sequence[Story] = STORIES if merged else _UNMERGED
    return chosen.choices(known, [story.often for story in known])[0]


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
