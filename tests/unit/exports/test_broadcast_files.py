"""Lists of people, as somebody puts them together."""

from pathlib import Path

import openpyxl
import pytest

from bot.certificates import LIMITS
from bot.errors import TrolyError
from bot.exports import broadcast_files
from bot.exports.broadcast_files import ListedPerson, read_document, read_people, read_people_apart

ONE, TWO = ListedPerson(2, "YC-2026-000001"), ListedPerson(3, "N-3F2A91C0")


@pytest.mark.parametrize(
    "text",
    [
        "Mã;Tên\nYC-2026-000001;An\nN-3F2A91C0;Lan\n",  # as Excel writes it in Viet Nam
        "\ufeffname,CODE\r\nAn,YC-2026-000001\r\nLan,N-3F2A91C0\r\n",
        "Mã yêu cầu\nYC-2026-000001\nN-3F2A91C0",  # the heading of an export
        "Danh sách nhắc hạn\nYC-2026-000001\nN-3F2A91C0\n\n",  # a title, and no heading
        'Tên\tMã\n"An\n2"\tYC-2026-000001\nLan\tN-3F2A91C0',  # a cell of two lines
    ],
)
def test_the_column_of_codes_is_found_by_its_heading_or_by_what_it_holds(text: str) -> None:
    found = read_people(text.encode(), "list")
    assert [one.name for one in found] == [ONE.name, TWO.name]
    assert found[0] == ONE


def test_a_spreadsheet_is_read_as_it_is_shown(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (("STT", "Mã"), (1, ONE.name), (2, f" {TWO.name} "), (3, None)):
        book.active.append(row)
    book.save(tmp_path / "list.xlsx")
    assert read_people((tmp_path / "list.xlsx").read_bytes(), "list") == (ONE, TWO)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "it is empty"),
        ("Tên\nLan\n".encode(), "no column that names people"),
        (b"Code\n", "no column that names people"),
        (b"\xff\xfeM", "neither XLSX nor CSV in UTF-8"),
        (b'Code\n"YC-2026-000001\n', "line 2"),
        (b"PK\x03\x04 broken", "broken"),
        pytest.param(b"x" * (LIMITS.file + 1), "larger than 20 MB", id="too large"),
    ],
    ids=str,
)
def test_what_is_no_list_is_told_and_nothing_else_happens(data: bytes, complaint: str) -> None:
    with pytest.raises(TrolyError, match=complaint):
        read_people(data, "list")


def test_a_list_that_is_too_long_is_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast_files, "MOST_ROWS", 1)
    with pytest.raises(TrolyError, match="more than 1 people"):
        read_people(b"YC-2026-000001\nYC-2026-000002\n", "list")


async def test_a_list_that_comes_over_the_line_is_read_in_another_process_with_the_same_result() -> None:
    assert await read_people_apart("Mã\nYC-2026-000001\nN-3F2A91C0\n".encode(), "ds.csv") == (ONE, TWO)
    with pytest.raises(TrolyError, match=r"ds\.csv has no column that names people"):
        await read_people_apart("Tên\nLan\n".encode(), "ds.csv")


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.exe", b"MZ"), ("a.pdf", b"PK\x03\x04"), ("a", b"%PDF-"), (".pdf", b"MZ"), ("", b"%PDF-")],
)
def test_a_document_is_what_its_name_says_or_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(TrolyError, match="is not a PDF"):
        read_document(name, data, name)


def test_the_name_of_a_document_has_no_folder_and_no_line_break() -> None:
    found = read_document("C:\\Mat\\thông báo\n2.PDF", b"%PDF-1.7", "x")
    assert (found.name, found.media_type) == ("thông báo 2.pdf", "application/pdf")
