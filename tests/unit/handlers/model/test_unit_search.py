"""Units are found by whatever people call them."""

from collections import Counter
from datetime import date, timedelta
from random import Random
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.demo.province import make_province
from bot.store.units import to_nested_sets
from handlers.model import NO_UNITS, Succession, SuccessionKind, Unit, UnitDirectory
from rules.language.spelling import fold
from tests.support.dialogue import nhon_trach
from tests.support.soak import examples

DAY = date(2025, 7, 1)
SAMPLE = nhon_trach()


def codes(text: str, units: UnitDirectory = SAMPLE) -> list[str]:
    return [one.unit.code for one in units.find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "xã Nhơn Trạch",
        "XA NHON TRACH",
        "ubnd xã nhơn trạch",
        "Uỷ ban nhân dân xã Nhơn Trạch",
        "Ủy  ban nhân dân   xã Nhơn-Trạch ",
    ],
)
def test_a_full_name_is_sure_however_it_is_written(text: str) -> None:
    (found,) = SAMPLE.find(text)
    assert (found.unit.code, found.sure, found.path) == ("DN-NT", True, ())


@pytest.mark.parametrize("text", ["TT Hiệp Phước", "tt. hiep phuoc", "thị trấn Hiệp Phước"])
def test_a_former_name_gives_the_unit_of_today_and_what_became_of_the_old_one(text: str) -> None:
    (found,) = SAMPLE.find(text)
    assert (found.unit.code, found.matched_code, found.sure) == ("DN-NT", "DN-HNT-HP", True)
    assert found.path[0] == Succession("DN-HNT-HP", "DN-NT", SuccessionKind.MERGED_INTO_NEW, DAY, "1662/NQ-UBTVQH15")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Phú Hội", "DN-NT"),  # the kind left out
        ("xa phu hoii", "DN-NT"),  # a slip
        ("phuoc thienn", "DN-NT"),
        ("Vĩnh Thanh, Nhơn Trạch", "DN-PA"),  # the superior added
        ("xã Long Thọ huyện Nhơn Trạch tỉnh Đồng Nai", "DN-PA"),
        ("xã Đại Phước (Đồng Nai)", "DN-DP"),
    ],
)
def test_a_name_in_part_with_a_slip_or_with_a_superior_is_found_but_not_sure(text: str, code: str) -> None:
    found = SAMPLE.find(text)
    assert found[0].unit.code == code
    assert not found[0].sure


def test_a_name_that_several_units_have_or_had_finds_them_all_those_of_today_first() -> None:
    found = SAMPLE.find("xã Phước An")
    assert [(one.unit.code, one.matched_code) for one in found] == [("DN-PA", "DN-PA"), ("DN-PA", "DN-HNT-PA")]


def test_units_of_one_name_are_told_apart_by_their_superiors() -> None:
    units = UnitDirectory.of(
        (
            Unit("A", "tỉnh A"),
            Unit("B", "tỉnh B"),
            Unit("A1", "xã Phước An", "A"),
            Unit("B1", "xã Phước An", "B"),
        )
    )
    assert {units.path_name(code) for code in codes("xa phuoc an", units)} == {
        "xã Phước An – tỉnh A",
        "xã Phước An – tỉnh B",
    }
    assert codes("xã Phước An tỉnh B", units) == ["B1"]


def test_words_in_the_order_they_were_typed_come_first() -> None:
    units = UnitDirectory.of((Unit("A", "xã An Phước"), Unit("B", "xã Phước An"), Unit("C", "Trường THCS Phước An")))
    assert codes("phuoc an", units) == ["B", "C", "A"]


def test_another_kind_of_the_same_name_is_no_sure_match() -> None:
    assert not any(one.sure for one in SAMPLE.find("phường Phước An"))


def test_a_former_name_of_a_unit_that_is_open_finds_it_by_that_name() -> None:
    units = UnitDirectory.of((Unit("X", "Sở Nội vụ", former_names=("Ban Tổ chức chính quyền",)),))
    (found,) = units.find("ban to chuc chinh quyen")
    assert (found.unit.code, found.name, found.sure, found.path) == ("X", "Ban Tổ chức chính quyền", True, ())


def test_a_unit_that_was_split_offers_every_successor() -> None:
    units = UnitDirectory.of(
        (Unit("S", "Sở cũ", closed_on=DAY), Unit("S1", "Sở một"), Unit("S2", "Sở hai")),
        [Succession("S", code, SuccessionKind.SPLIT, DAY, "1/QĐ") for code in ("S1", "S2")],
    )
    assert codes("so cu", units) == ["S1", "S2"]


def test_a_successor_that_ended_itself_leads_on_to_the_unit_of_today() -> None:
    units = UnitDirectory.of(
        (Unit("A", "xã A", closed_on=DAY), Unit("B", "xã B", closed_on=DAY), Unit("C", "xã C")),
        [
            Succession("A", "B", SuccessionKind.RENAMED, DAY, "1/QĐ"),
            Succession("B", "C", SuccessionKind.MERGED_INTO_NEW, DAY, "2/QĐ"),
        ],
    )
    (found,) = units.find("xa a")
    assert [step.successor for step in found.path] == ["B", "C"]


def test_a_circle_of_successions_is_walked_once() -> None:
    units = UnitDirectory.of(
        (Unit("A", "xã A", closed_on=DAY), Unit("B", "xã B", closed_on=DAY)),
        [
            Succession("A", "B", SuccessionKind.RENAMED, DAY, "1/QĐ"),
            Succession("B", "A", SuccessionKind.RENAMED, DAY, "2/QĐ"),
        ],
    )
    assert [(one.unit.code, one.path) for one in units.find("xa a")] == [("A", ())]


def test_an_ended_unit_of_which_nothing_is_known_is_found_as_it_was() -> None:
    units = UnitDirectory.of((Unit("S", "Sở Sáu", closed_on=DAY), Unit("B", "Sở Bảy")))
    (found,) = units.find("sở sáu")
    assert (found.unit.code, found.path, found.unit.is_open()) == ("S", (), False)


def test_the_former_district_is_found_as_each_commune_of_its_area() -> None:
    found = SAMPLE.find("huyen nhon trach")
    assert [(one.unit.code, one.matched_code, one.sure) for one in found] == [
        (code, "DN-HNT", True) for code in ("DN-DP", "DN-NT", "DN-PA")
    ]
    assert {one.path[0].became for one in found} == {SuccessionKind.ENDED}


def test_a_unit_ends_on_its_day_and_not_before() -> None:
    assert SAMPLE.find("xã Phú Hội", today=DAY - timedelta(days=1))[0].unit.code == "DN-HNT-PHO"
    assert SAMPLE.find("xã Phú Hội", today=DAY)[0].unit.code == "DN-NT"


@pytest.mark.parametrize("text", ["", " ", "---", "xã", "UBND", "😀", "\x00", "\u202e\u200b", "a" * 100_000, "ب" * 50])
def test_a_text_that_names_nobody_finds_nobody(text: str) -> None:
    assert SAMPLE.find(text) == ()


@pytest.mark.parametrize(
    "text", ["xã\u200b Nhơn\u202e Trạch", "<b>xã</b> Nhơn Trạch", '=HYPERLINK("x";"xã Nhơn Trạch")']
)
def test_hostile_text_is_looked_up_like_any_other(text: str) -> None:
    assert all(one.unit.code in SAMPLE.units for one in SAMPLE.find(text))


def test_where_no_unit_is_known_nothing_is_found() -> None:
    assert NO_UNITS.find("xã Phước An") == ()
    assert NO_UNITS.path_name("X") == "X"


def test_a_path_names_every_superior() -> None:
    assert SAMPLE.path_name("DN-HNT-PA") == "xã Phước An – huyện Nhơn Trạch – tỉnh Đồng Nai"


SYLLABLES = ["phước", "tân", "an", "long", "phú", "hòa", "bình", "đức", "thạnh", "mỹ",
             "lộc", "hưng", "đồng", "nai", "xuân", "vĩnh", "hiệp", "trung", "sơn", "hà"]  # fmt: skip


names = st.lists(st.sampled_from([*SYLLABLES, "xã", "UBND", "TT", "Sở", "1", "=x", "<b>"]), min_size=1, max_size=5)


@st.composite
def trees(draw: st.DrawFn) -> UnitDirectory:
    """Any tree: each unit lies below one of those before it, or at the top."""
    units: list[Unit] = []
    for number, words in enumerate(draw(st.lists(names, min_size=1, max_size=25))):
        parent = draw(st.sampled_from([None, *[unit.code for unit in units]]))
        closed = draw(st.sampled_from([None, DAY]))
        units.append(Unit(f"U{number}", " ".join(words), parent, closed_on=closed))
    pairs = draw(st.lists(st.tuples(st.sampled_from(units), st.sampled_from(units)), max_size=10))
    steps = {
        (a.code, b.code): Succession(a.code, b.code, SuccessionKind.RENAMED, DAY, "1/QĐ")
        for a, b in pairs
        if a.closed_on
    }
    return UnitDirectory.of(units, steps.values())


@settings(max_examples=examples(100), deadline=None)
@given(trees())
def test_in_any_tree_a_place_lies_within_anothers_range_exactly_where_the_unit_lies_below_it(
    tree: UnitDirectory,
) -> None:
    places = to_nested_sets(tree)
    assert set(places) == set(tree.units)
    for code, place in places.items():
        below = {other for other, its in places.items() if place.place <= its.place <= place.last}
        assert below == {other for other in tree.units if tree.is_within(other, code)}


@settings(max_examples=examples(100), deadline=None)
@given(trees())
def test_in_any_tree_every_unit_is_found_by_its_own_name(tree: UnitDirectory) -> None:
    for unit in tree.units.values():
        found = tree.find(unit.name, len(tree.units) ** 2)
        named = {one.unit.code for one in found} | {step.former for one in found for step in one.path}
        assert unit.code in named
        assert all(one.sure for one in found)


def test_the_heir_of_an_open_unit_and_of_a_circle_is_nobody() -> None:
    ended = [Unit(code, code, closed_on=DAY) for code in "AB"]
    ways = [Succession(a, b, SuccessionKind.RENAMED, DAY, "1/QĐ") for a, b in ("AB", "BA")]
    assert UnitDirectory.of(ended, ways).sole_successor("A") is None
    assert SAMPLE.sole_successor("DN-NT") is None


def test_the_heir_of_a_circle_with_one_way_out_is_what_it_leads_to() -> None:
    ended = [Unit(code, code, closed_on=DAY) for code in "AB"]
    ways = [Succession(a, b, SuccessionKind.RENAMED, DAY, "1/QĐ") for a, b in ("AB", "BA", "BC")]
    heir = UnitDirectory.of([*ended, Unit("C", "C")], ways).sole_successor("A")
    assert heir
    assert heir.code == "C"


def test_an_heir_is_named_from_the_day_of_the_end_on() -> None:
    heirs = [SAMPLE.sole_successor("DN-HNT-PHO", today=DAY - timedelta(days=days)) for days in (1, 0)]
    assert [heir.code if heir else None for heir in heirs] == [None, "DN-NT"]


def test_a_line_of_the_commonest_words_of_all_names_is_looked_up_as_soon_as_any_other() -> None:
    directory = make_province(5_000, Random(1)).with_index()
    words = Counter(word for unit in directory.units.values() for word in fold(unit.name).split())
    line = " ".join([*(word for word, _ in words.most_common(40)), "tt tt tt"])
    taken = []
    for _ in range(5):
        begun = process_time()
        directory.find(line)
        taken.append(process_time() - begun)
    assert min(taken) < 0.04, "everybody's turns wait meanwhile"
