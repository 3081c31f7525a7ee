"""What the program writes, opened in LibreOffice as an office would."""

import csv
from collections.abc import Callable
from functools import partial
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
from tests.support.programs import convert_document, convert_documents, needs, read_documents

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


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def numbered(procedure: Procedure, most: int) -> list[RequestRow]:
    return [make_row(at, procedure, certificate_name=f"Tên số {at:03}") for at in range(1, most + 1)]


LISTED = (Procedure.CHANGE_INFORMATION, Procedure.REVOKE, Procedure.RESTORE_DEVICE)
READ = {"email": "phuocan@dongnai.gov.vn", "old": {"new_name": "Ủy ban nhân dân xã Phước An"}}
#: The official lists that are opened, by name of the file.
DOCUMENTS: dict[str, Callable[[], list[RequestRow]]] = {
    "hostile": make_hostile_rows,
    **{f"{procedure}-{most}": partial(numbered, procedure, most) for procedure in LISTED for most in (1, 7, 60)},
    **{
        f"{procedure}-full": lambda procedure=procedure: [make_row(number, procedure, **READ) for number in range(3)]
        for procedure in LISTED
    },
}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The text of every official list, all of them opened with one start of LibreOffice."""
    # a folder for each, because the pieces of a list lie beside it while it is written
    paths = [
        written(ExportForm.DOCX, tmp_path_factory.mktemp("list") / f"{name}.docx", make())
        for name, make in DOCUMENTS.items()
    ]
    return dict(zip(DOCUMENTS, read_documents(paths), strict=True))


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    """The rows of two spreadsheets as they are shown, by name of the file, opened with one start of LibreOffice."""
    folder = tmp_path_factory.mktemp("sheets")
    made = {"hostile": make_hostile_rows(), "one": [make_row()]}
    paths = [written(ExportForm.XLSX, folder / f"{name}.xlsx", requests) for name, requests in made.items()]
    return dict(zip(made, map(rows, convert_documents(paths, AS_CSV)), strict=True))


def unspaced(text: str) -> str:
    """Without blanks and line breaks, which a PDF has where it likes."""
    return "".join(text.split())


@pytest.mark.parametrize("how", [AS_CSV, AS_FORMULAS])
def test_the_spreadsheet_has_every_row_and_no_live_formula(
    tmp_path: Path, how: str, sheets: dict[str, list[list[str]]]
) -> None:
    if how == AS_CSV:
        head, *found = sheets["hostile"]
    else:
        head, *found = rows(
            convert_document(written(ExportForm.XLSX, tmp_path / "list.xlsx", make_hostile_rows()), how)
        )

    subscriber = make_formatter().titles.index("Đứng tên chứng thư")
    assert head == make_formatter().titles
    assert [row[0] for row in found] == [one.request.code for one in make_hostile_rows()]
    assert found[0][subscriber].lstrip("'") == FORMULA
    assert [row[subscriber] for row in found[1:3]] == list(HOSTILE[1:3])
    assert found[8][subscriber] == "Đ" * 300


def test_days_and_moments_are_dates_of_viet_nam(sheets: dict[str, list[list[str]]]) -> None:
    head, row = sheets["one"]

    shown = dict(zip(head, row, strict=True))
    assert shown["Có hiệu lực đến"] == "16/11/2026"
    assert shown["Ghi nhận lúc"].startswith("23/11/2026 09:00")


def test_csv_opens_without_a_live_formula(tmp_path: Path) -> None:
    path = written(ExportForm.CSV, tmp_path / "list.csv", make_hostile_rows())

    found = rows(convert_document(path, AS_FORMULAS, "--infilter=CSV:44,34,76,1"))

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
    texts: dict[str, str], procedure: Procedure, asks: str
) -> None:
    pages = texts[f"{procedure}-60"].rstrip("\f").split("\f")

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


def test_an_official_list_of_hostile_names_opens_with_all_of_them(texts: dict[str, str]) -> None:
    told = unspaced(texts["hostile"])

    for name in (FORMULA, "<b>Đậm</b>&<w:p/>", "{{7*7}}{%raw%}"):
        assert name[:9] in told
    assert f"Danhsáchgồm{len(make_hostile_rows())}trườnghợp." in told


@pytest.mark.parametrize("procedure", LISTED)
@pytest.mark.parametrize(("number", "most"), [(1, 1), (7, 2)])
def test_the_signature_of_a_short_list_is_on_a_page_with_entries(
    texts: dict[str, str], procedure: Procedure, number: int, most: int
) -> None:
    pages = texts[f"{procedure}-{number}"].rstrip("\f").split("\f")

    assert len(pages) <= most
    assert "TRỰC TIẾP" in pages[-1]
    assert f"Tênsố{number:03}" in unspaced(pages[-1])


@pytest.mark.parametrize("procedure", LISTED)
def test_an_official_list_of_three_fits_on_one_page_with_its_signature(
    texts: dict[str, str], procedure: Procedure
) -> None:
    assert texts[f"{procedure}-full"].count("\f") == 1
