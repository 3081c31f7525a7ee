"""What the program writes, opened in LibreOffice as an office would."""

import csv
from pathlib import Path

import pytest

from bot.exports.export import open_writer
from handlers.model import ExportForm, RequestRow
from rules.outcome import Procedure
from tests.support.exports import (
    FORMULA,
    HOSTILE,
    accept_rows,
    make_formatter,
    make_hostile_rows,
    make_metadata,
    make_row,
)
from tests.support.programs import convert_document, needs, read_document

pytestmark = needs("soffice", "pdftotext")

#: Comma, quote, UTF-8, from the first line; the first sheet.
AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false"
#: The same, with formulas instead of what they give.
AS_FORMULAS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true"


def written(form: ExportForm, path: Path, requests: list[RequestRow]) -> Path:
    writer = open_writer(form, path, make_metadata(len(requests), form))
    writer.add(requests if form is not ExportForm.DOCX else accept_rows(requests))
    writer.finish()
    return path


def rows(path: Path, how: str, *options: str) -> list[list[str]]:
    with convert_document(path, how, *options).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def unspaced(text: str) -> str:
    """Without blanks and line breaks, which a PDF has where it likes."""
    return "".join(text.split())


@pytest.mark.parametrize("how", [AS_CSV, AS_FORMULAS])
def test_the_spreadsheet_has_every_row_and_no_live_formula(tmp_path: Path, how: str) -> None:
    path = written(ExportForm.XLSX, tmp_path / "list.xlsx", make_hostile_rows())

    head, *found = rows(path, how)

    subscriber = make_formatter().titles.index("Đứng tên chứng thư")
    assert head == make_formatter().titles
    assert [row[0] for row in found] == [one.request.code for one in make_hostile_rows()]
    assert found[0][subscriber].lstrip("'") == FORMULA
    assert [row[subscriber] for row in found[1:3]] == list(HOSTILE[1:3])
    assert found[8][subscriber] == "Đ" * 300


def test_days_and_moments_are_dates_of_viet_nam(tmp_path: Path) -> None:
    head, row = rows(written(ExportForm.XLSX, tmp_path / "list.xlsx", [make_row()]), AS_CSV)

    shown = dict(zip(head, row, strict=True))
    assert shown["Có hiệu lực đến"] == "16/11/2026"
    assert shown["Ghi nhận lúc"].startswith("23/11/2026 09:00")


def test_csv_opens_without_a_live_formula(tmp_path: Path) -> None:
    path = written(ExportForm.CSV, tmp_path / "list.csv", make_hostile_rows())

    found = rows(path, AS_FORMULAS, "--infilter=CSV:44,34,76,1")

    assert [row[0] for row in found[1:]] == [one.request.code for one in make_hostile_rows()]
    assert found[1][make_formatter().titles.index("Đứng tên chứng thư")].lstrip("'") == FORMULA


@pytest.mark.parametrize(
    ("procedure", "asks"),
    [
        (Procedure.CHANGE_INFORMATION, "V/v đề nghị gia hạn, thay đổi nội dung thông tin chứng thư"),
        (Procedure.REVOKE, "V/v đề nghị thu hồi chứng thư"),
        (Procedure.RESTORE_DEVICE, "V/v đề nghị khôi phục thiết bị lưu khóa bí mật"),
    ],
)
def test_an_official_list_of_60_opens_with_heading_rows_signature_and_footer(
    tmp_path: Path, procedure: Procedure, asks: str
) -> None:
    requests = [make_row(number, procedure, certificate_name=f"Tên số {number:03}") for number in range(1, 61)]
    pages = read_document(written(ExportForm.DOCX, tmp_path / "list.docx", requests)).rstrip("\f").split("\f")

    told = unspaced("".join(pages))
    for expected in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Kính gửi:",
        asks,
        "Danh sách gồm 60 trường hợp.",
        "TỔ CHỨC QUẢN LÝ TRỰC TIẾP",
    ):
        assert unspaced(expected) in told
    assert [number for number in range(1, 61) if f"Tênsố{number:03}" not in told] == []
    assert all("đốichiếubốcụcvớiPhụlục" in unspaced(page) for page in pages)
    assert all(f"Trang{number}/{len(pages)}" in unspaced(page) for number, page in enumerate(pages, start=1))


def test_an_official_list_of_hostile_names_opens_with_all_of_them(tmp_path: Path) -> None:
    told = unspaced(read_document(written(ExportForm.DOCX, tmp_path / "list.docx", make_hostile_rows())))

    for name in (FORMULA, "<b>Đậm</b>&<w:p/>", "{{7*7}}{%raw%}"):
        assert name[:9] in told
    assert f"Danhsáchgồm{len(make_hostile_rows())}trườnghợp." in told


@pytest.mark.parametrize("procedure", [Procedure.CHANGE_INFORMATION, Procedure.REVOKE, Procedure.RESTORE_DEVICE])
@pytest.mark.parametrize(("number", "most"), [(1, 1), (7, 2)])
def test_the_signature_of_a_short_list_is_on_a_page_with_entries(
    tmp_path: Path, procedure: Procedure, number: int, most: int
) -> None:
    requests = [make_row(at, procedure, certificate_name=f"Tên số {at:03}") for at in range(1, number + 1)]
    pages = read_document(written(ExportForm.DOCX, tmp_path / "list.docx", requests)).rstrip("\f").split("\f")

    assert len(pages) <= most
    assert "TRỰC TIẾP" in pages[-1]
    assert f"Tênsố{number:03}" in unspaced(pages[-1])


@pytest.mark.parametrize("procedure", [Procedure.CHANGE_INFORMATION, Procedure.REVOKE, Procedure.RESTORE_DEVICE])
def test_an_official_list_of_three_fits_on_one_page_with_its_signature(tmp_path: Path, procedure: Procedure) -> None:
    read = {"email": "phuocan@dongnai.gov.vn", "old": {"new_name": "Ủy ban nhân dân xã Phước An"}}
    path = written(
        ExportForm.DOCX, tmp_path / "list.docx", [make_row(number, procedure, **read) for number in range(3)]
    )

    assert read_document(path).count("\f") == 1
