"""Lists of people, as somebody puts them together."""

from pathlib import Path

import openpyxl
import pytest

from bot.certificates import LIMITS
from bot.cli import broadcast_options
from bot.cli.broadcast_options import ListedPerson, read_people
from bot.errors import TrolyError

ONE, TWO = ListedPerson(2, "YC-2026-000001"), ListedPerson(3, "N-3F2A91C0")


def file(folder: Path, data: bytes) -> Path:
    path = folder / "list"
    path.write_bytes(data)
    return path


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
def test_the_column_of_codes_is_found_by_its_heading_or_by_what_it_holds(tmp_path: Path, text: str) -> None:
    found = read_people(file(tmp_path, text.encode()))
    assert [one.name for one in found] == [ONE.name, TWO.name]
    assert found[0] == ONE


def test_a_spreadsheet_is_read_as_it_is_shown(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (("STT", "Mã"), (1, ONE.name), (2, f" {TWO.name} "), (3, None)):
        book.active.append(row)
    book.save(tmp_path / "list.xlsx")
    assert read_people(tmp_path / "list.xlsx") == (ONE, TWO)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "no column that names people"),
        ("Tên\nLan\n".encode(), "no column that names people"),
        (b"Code\n", "no column that names people"),
        (b"\xff\xfeM", "neither XLSX nor CSV in UTF-8"),
        (b'Code\n"YC-2026-000001\n', "line 2"),
        (b"PK\x03\x04 broken", "broken"),
        pytest.param(b"x" * (LIMITS.file + 1), "larger than 20 MB", id="too large"),
    ],
    ids=str,
)
def test_what_is_no_list_is_told_and_nothing_else_happens(tmp_path: Path, data: bytes, complaint: str) -> None:
    with pytest.raises(TrolyError, match=complaint):
        read_people(file(tmp_path, data))


def test_a_list_that_is_too_long_is_not_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast_options, "MOST_ROWS", 1)
    with pytest.raises(TrolyError, match="more than 1 people"):
        read_people(file(tmp_path, b"YC-2026-000001\nYC-2026-000002\n"))
