"""Names are listed as a Vietnamese dictionary orders them."""

from itertools import pairwise

import pytest

from handlers.model import Unit, UnitDirectory
from rules.language.spelling import in_order


@pytest.mark.parametrize(
    "names",
    [
        list("aăâbcdđeêghiklmnoôơpqrstuưvxy"),
        ["ma", "mà", "mả", "mã", "má", "mạ", "mă", "mằ", "mâ", "mậ"],
        ["Cao Bằng", "Đà Nẵng", "Đồng Nai", "Gia Lai", "Hà Nội", "Ôn Lương", "Thanh Hóa", "Ứng Hòa", "Vĩnh Long"],
        ["Dương Đông", "Đại Phước", "đại Phước 2", "Điện Bàn", "Nhơn Trạch"],
        ["Phường 2", "Phường 10", "Phường An Bình"],
        ["Hòa An", "Hóa An", "Hòa Bình"],
        ["", "1", "A", "Я"],
    ],
)
def test_letters_come_before_tones_and_d_with_a_stroke_behind_d(names: list[str]) -> None:
    assert sorted(names, key=in_order) == names
    assert all(in_order(one) < in_order(other) for one, other in pairwise(names))


def test_composed_and_decomposed_names_have_the_same_place() -> None:
    assert in_order("\u0110a\u0302\u0300u")[:2] == in_order("\u0110\u1ea7u")[:2]


def test_units_are_listed_in_that_order_below_their_parent_and_altogether() -> None:
    names = ["Đồng Nai", "An Giang", "Vĩnh Long", "Ứng Hòa", "Cà Mau"]
    directory = UnitDirectory.of(Unit(str(number), name) for number, name in enumerate(names))
    wanted = ["An Giang", "Cà Mau", "Đồng Nai", "Ứng Hòa", "Vĩnh Long"]
    assert [one.name for one in directory.children(None)] == wanted
    assert [one.name for one in directory.in_order] == wanted
