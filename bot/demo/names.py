"""Make up names that nobody has: each contains the word "Mẫu" (sample)."""

from collections.abc import Iterator
from itertools import product
from random import Random

from handlers.folding import fold

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
