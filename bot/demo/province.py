"""Make up the units of a province: departments, districts that ended, and communes.

The communes were formed from units of the ended districts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from random import Random

from handlers.folding import fold
from handlers.model import Succession, SuccessionKind, Unit, UnitDirectory

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
