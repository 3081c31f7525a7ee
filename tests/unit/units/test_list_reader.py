"""Lists of units are read whole: every fault is named with its line, and a hostile file meets a limit."""

import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InputError
from bot.units import FaultyUnitsError, UnitsFileError
from bot.units.import_plan import find_circular, plan_import
from bot.units.list_reader import open_list, read_rows, read_sample
from handlers.model import NO_UNITS, Succession, SuccessionKind, Unit, UnitDirectory
from locales import translator
from tests.support.unit_lists import ENGLISH, HEADERS, NEW, OLD, ROWS, write_csv, write_xlsx

t = translator("vi")
STORED = plan_import(read_rows(write_csv(*ROWS)), NO_UNITS).units


def faults(data: bytes, stored: UnitDirectory = NO_UNITS) -> list[str]:
    with pytest.raises(FaultyUnitsError) as refused:
        plan_import(read_rows(data), stored)
    return [fault.say(t) for fault in refused.value.faults]


def test_a_row_becomes_a_unit_with_its_names_its_end_and_what_it_became() -> None:
    assert STORED.units["PHO"] == Unit(
        "PHO", "xã Phú Hội", "DN", ("Phú Hội cũ", "UBND xã Phú Hội"), ("xã Hội",), date(2025, 7, 1)
    )
    became = Succession("PHO", "DN-NT", SuccessionKind.MERGED_INTO_NEW, date(2025, 7, 1), "1662/NQ-UBTVQH15")
    assert STORED.successions == (became,)


@pytest.mark.parametrize(
    "data",
    [
        write_csv(*ROWS, bom=True),
        write_csv(*ROWS, delimiter=","),
        write_csv(*ROWS, delimiter="\t"),
        write_xlsx(*ROWS),
        write_xlsx(("DN", "tỉnh Đồng Nai"), NEW, (*OLD[:5], date(2025, 7, 1), *OLD[6:8], date(2025, 7, 1), OLD[9])),
        write_csv(*ROWS, headers=ENGLISH),
        write_csv((), *ROWS, ()),
    ],
    ids=["bom", "commas", "tabs", "xlsx", "xlsx with days", "english", "empty lines"],
)
def test_the_same_list_in_any_form_gives_the_same_units(data: bytes) -> None:
    assert plan_import(read_rows(data), NO_UNITS).units == STORED


@pytest.mark.parametrize("word", ["kết thúc hoạt động", "Ket thuc hoat dong", "ceased", "ended"])
def test_a_unit_may_cease_without_a_word_on_what_its_functions_became(word: str) -> None:
    (step,) = plan_import(read_rows(write_csv(*ROWS[:2], (*OLD[:7], word, *OLD[8:]))), NO_UNITS).units.successions
    assert step.became is SuccessionKind.ENDED


def test_a_code_that_the_spreadsheet_took_for_a_number_has_no_decimals() -> None:
    assert list(plan_import(read_rows(write_xlsx((26500, "xã A"))), NO_UNITS).units.units) == ["26500"]


def test_the_same_list_again_changes_nothing() -> None:
    assert plan_import(read_rows(write_xlsx(*ROWS)), STORED).changes == ()


def test_units_that_are_not_in_the_list_stay_and_are_named() -> None:
    planned = plan_import(read_rows(write_csv(NEW)), STORED)
    assert planned.missing == ("DN", "PHO")
    assert planned.units == STORED


def test_a_column_that_the_list_does_not_have_is_left_as_it_is_stored_and_an_empty_cell_is_not() -> None:
    bare = plan_import(read_rows(write_csv(("PHO", "xã Phú Hội"), headers=("code", "name"))), STORED)
    assert bare.changes == ()
    emptied = plan_import(read_rows(write_csv(("PHO", "xã Phú Hội", ""), headers=("code", "name", "aliases"))), STORED)
    assert emptied.units.units["PHO"].aliases == ()


@pytest.mark.parametrize(
    ("row", "kind", "columns"),
    [
        (("X", "xã X"), "added", ()),
        (("DN", "thành phố Đồng Nai"), "changed", ("name",)),
        ((*NEW[:5], "01/01/2027", "", "", "", ""), "closed", ("closed_on",)),
        ((*OLD[:6], "DN-NT", "đổi tên", *OLD[8:]), "changed", ("successors",)),
    ],
)
def test_a_plan_says_what_happens_to_each_unit(row: tuple[str, ...], kind: str, columns: tuple[str, ...]) -> None:
    (change,) = plan_import(read_rows(write_csv(row)), STORED).changes
    assert (change.kind, change.columns, change.unit.code) == (kind, columns, row[0])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("Xã A", "xã A"), "mã “Xã A”"),
        (("A" * 33, "xã A"), "32"),
        (("", "xã A"), "chưa có mã đơn vị"),
        (("A", ""), "cột “tên” chưa có tên"),
        (("A", "..."), "cột “tên” chưa có tên"),
        (("A", "a" * 301), "300"),
        (("A", "xã\x07A"), "300"),
        (("A", "xã A", "KHONG"), "cấp trên “KHONG”"),
        (("A", "xã A", "A"), "cấp dưới của chính nó"),
        (("A", "xã A", "", "", "", "31/02/2025"), "“31/02/2025”"),
        ((*OLD[:6], "KHONG", *OLD[7:]), "đơn vị mới “KHONG”"),
        ((*OLD[:6], "PHO", *OLD[7:]), "trở thành chính nó"),
        ((*OLD[:7], "biến mất", *OLD[8:]), "“biến mất”"),
        ((*OLD[:5], "", *OLD[6:]), "cột “ngừng từ ngày”"),
        (OLD[:9], "cột “căn cứ”"),
    ],
)
def test_a_wrong_row_is_named_with_its_line_and_what_to_do(row: tuple[str, ...], said: str) -> None:
    (fault,) = faults(write_csv(row), STORED)
    assert fault.startswith("Dòng 2: ")
    assert said in fault
    assert fault.endswith(".")


def test_all_faults_of_a_file_are_named_at_once_in_the_order_of_its_lines() -> None:
    found = faults(write_csv(("A", "xã A", "B"), ("B", "xã B", "A"), ("A", "xã A"), ("?", ""), ("C", "xã C", "?")))
    assert [fault.partition(":")[0] for fault in found] == ["Dòng 2", "Dòng 3", "Dòng 4", "Dòng 5", "Dòng 5"]


def test_a_circle_through_what_is_stored_is_found() -> None:
    (fault,) = faults(write_csv(("DN", "tỉnh Đồng Nai", "PHO")), STORED)
    assert "“DN”" in fault


def test_what_stood_in_a_cell_is_quoted_without_what_moves_the_reader() -> None:
    (fault,) = faults(write_csv(("A\x1b[2J\u202e" + "x" * 500, "xã A")))
    assert fault.isprintable()
    assert len(fault) < 300


def test_lines_count_as_an_editor_counts_them_with_a_cell_of_two_lines_before() -> None:
    (fault,) = faults(write_csv(("A", "xã\nA"), ("?", "xã B")))
    assert fault.startswith("Dòng 4: ")


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (("code", "name", "màu sắc"), "“màu sắc”"),
        (("code", "name", "Tên"), "hai cột “tên”"),
        (("code", "aliases"), "thiếu cột “tên”"),
    ],
)
def test_headers_that_are_not_those_of_a_list_are_named(headers: tuple[str, ...], said: str) -> None:
    (fault,) = faults(write_csv(("A", "xã A", ""), headers=headers))
    assert said in fault


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", "mã;tên\nA;xã".encode("utf-16")[:-1], b'code;name\n"A;x', b"PK\x03\x04 nothing", b"\xff\xfe\x00"],
)
def test_what_is_no_list_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(UnitsFileError) as refused:
        read_rows(data)
    assert refused.value.say(t).endswith(".")


def test_an_archive_of_more_parts_than_allowed_is_not_opened() -> None:
    with pytest.raises(UnitsFileError, match="parts"):
        read_rows(_with(write_xlsx(*ROWS), {f"x{n}": b"" for n in range(200)}))


def test_a_zip_bomb_is_not_opened() -> None:
    with pytest.raises(UnitsFileError, match="MB unpacked"):
        read_rows(_with(write_xlsx(*ROWS), {"xl/media/x": bytes(51 * 1024 * 1024)}))


@pytest.mark.parametrize("place", [b"A1048576", b"XFD1", b"ZZZZ1", b"A99999999999999999999"])
def test_a_cell_in_a_far_corner_does_not_fill_the_memory(place: bytes) -> None:
    sheet = b'<worksheet><sheetData><row><c r="' + place + b'"><v>1</v></c></row></sheetData></worksheet>'
    with pytest.raises(UnitsFileError, match="rows or"):
        read_rows(_with(write_xlsx(*ROWS), {"xl/worksheets/sheet9.xml": sheet}))


def test_a_file_over_twenty_megabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_bytes(bytes(20 * 1024 * 1024 + 1))
    with pytest.raises(InputError, match="20 MB"):
        open_list(path)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_list(tmp_path / "x.csv")


def test_the_sample_holds_the_former_district_as_resolution_1662_reordered_it() -> None:
    units = plan_import(read_sample("nhon-trach"), NO_UNITS).units
    became: dict[str, set[str]] = {}
    for step in units.successions:
        assert (step.since, step.source) == (date(2025, 7, 1), "1662/NQ-UBTVQH15")
        assert step.became == ("ended" if step.former == "DN-HNT" else "merged_into_new")
        became.setdefault(units.name(step.successor), set()).add(units.name(step.former))
    assert became == {
        "xã Đại Phước": {"huyện Nhơn Trạch", "xã Phú Hữu", "xã Phú Đông", "xã Phước Khánh", "xã Đại Phước"},
        "xã Nhơn Trạch": {
            *("huyện Nhơn Trạch", "thị trấn Hiệp Phước", "xã Long Tân", "xã Phú Thạnh", "xã Phú Hội", "xã Phước Thiền")
        },
        "xã Phước An": {"huyện Nhơn Trạch", "xã Phước An", "xã Vĩnh Thanh", "xã Long Thọ"},
    }
    assert all(unit.body.startswith("UBND ") for unit in units.units.values())


def test_there_is_no_other_sample_and_none_by_a_path() -> None:
    with pytest.raises(UnitsFileError, match="nhon-trach"):
        read_sample("../samples/nhon_trach")


def test_headers_of_the_sample_are_the_ones_that_are_documented() -> None:
    assert tuple(read_sample("nhon-trach")[0].cells) == tuple(read_rows(write_csv(NEW, headers=HEADERS))[0].cells)


def _with(workbook: bytes, entries: dict[str, bytes]) -> bytes:
    """The same workbook with further entries."""
    packed = BytesIO(workbook)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.cpu_limit(10)
@pytest.mark.long
def test_a_chain_of_thousands_of_superiors_is_checked_and_named_in_no_time() -> None:
    chain = [(f"U{at}", f"đơn vị {at}", f"U{at - 1}" if at else "") for at in range(6_000)]
    units = plan_import(read_rows(write_csv(*chain, headers=("code", "name", "parent code"))), NO_UNITS).units
    assert all(len(units.path_name(code)) < 200 for code in units.units)
    assert units.path_name("U2") == "đơn vị 2 – đơn vị 1 – đơn vị 0"
    assert units.path_name("U5999").endswith("…")

    ring = [("U0", "đơn vị 0", "U5999"), *chain[1:], ("X", "đơn vị X", "U7")]
    said = faults(write_csv(*ring, headers=("code", "name", "parent code")))
    assert len(said) == 6_000
    assert not any("“X”" in one for one in said)


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=3)))
def test_circles_are_those_that_some_way_comes_back_in(ways: dict[str, list[str]]) -> None:
    def reached(start: str) -> set[str]:
        seen, waiting = set[str](), list(ways.get(start, ()))
        while waiting:
            if (at := waiting.pop()) not in seen:
                seen.add(at)
                waiting += ways.get(at, ())
        return seen

    assert find_circular(ways, lambda at: ways.get(at, ())) == {one for one in "abcdef" if one in reached(one)}
