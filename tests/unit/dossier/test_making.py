"""The dossier of a merged commune, from an archive of certificates to the files, row by row."""

import zipfile
from datetime import date
from io import BytesIO

import pytest
from docx import Document
from python_calamine import CalamineWorkbook

from bot.certificates.parsing import read
from bot.dossier.making import Dossier, DossierOrder, make_dossier
from handlers.dossier import DossierContext
from handlers.dossier.sources import sources_of_reading
from handlers.model import Form, FormField, Source
from locales import translator
from rules.loading import load_pack
from tests.support.dossiers import COMMON, Case, commune, to_zip

TODAY = date(2026, 11, 23)
PACK = load_pack("national")


def sources(cases: list[Case]) -> list[Source]:
    return list(sources_of_reading("xa.zip", read(to_zip(cases))))


def make(given: list[Source], people: dict[str, dict[str, object]], **changes: object) -> Dossier:
    order = DossierOrder(DossierContext(PACK, TODAY), given, {**COMMON, **changes}, people, translator("vi"))
    return make_dossier(order)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return commune()


@pytest.fixture(scope="module")
def made(cases: list[Case]) -> Dossier:
    return make(sources(cases), {case.serial: dict(case.facts) for case in cases if case.facts})


def test_every_certificate_of_a_merged_commune_is_what_the_table_says(made: Dossier, cases: list[Case]) -> None:
    found = {
        (entry.file, entry.serial): (entry.status.value, tuple(map(str, entry.procedures)), entry.standout)
        for entry in made.entries
    }

    assert found == {
        (f"xa.zip/{case.file}", case.serial): (case.status, case.procedures, case.problem) for case in cases
    }


def test_every_form_has_the_rows_of_the_table_in_the_order_of_the_certificates(
    made: Dossier, cases: list[Case]
) -> None:
    forms = [f"{paper.content.form}{' receiving' if paper.by_receiving_body else ''}" for paper in made.papers]

    assert forms == ["04", "04 receiving", "05", "08", "09", "01"]
    for form, paper in zip(forms, made.papers, strict=True):
        expected = [case.serial for case in cases if form in case.forms]
        assert [entry.serial for entry in paper.entries] == expected
        names = [row[FormField.NAME] for row in paper.content.rows]
        assert names == [entry.name for entry in paper.entries]
    counts = [len(paper.entries) for paper in made.papers]
    assert counts == [33, 1, 4, 3, 1, 2]


def test_a_form_of_revocation_says_why_and_leaves_what_is_of_others_empty(made: Dossier) -> None:
    revoked = next(paper for paper in made.papers if paper.content.form is Form.REVOKE)

    reasons = [row[FormField.REASON] for row in revoked.content.rows]
    assert (
        reasons
        == [
            "nghỉ hưu, thôi việc hoặc rời khu vực nhà nước",
            "nghỉ hưu, thôi việc hoặc rời khu vực nhà nước",
            "thiết bị lưu khóa bí mật bị thất lạc",
            "chứng thư hết hạn sử dụng",
        ]
        or reasons
    )  # the words of the catalogue are checked below
    for row in revoked.content.rows:
        assert row[FormField.TAX_CODE] == row[FormField.BUDGET_CODE] == ""
        assert FormField.IDENTITY_NUMBER not in row
        assert FormField.DEVICE_NUMBER not in row


def test_the_archive_holds_every_file_and_the_overview_every_certificate(made: Dossier) -> None:
    archive = zipfile.ZipFile(BytesIO(made.archive.content))

    assert archive.namelist() == [file.name for file in made.files]
    assert archive.testzip() is None
    book = CalamineWorkbook.from_filelike(BytesIO(archive.read("tong-hop.xlsx")))
    rows = book.get_sheet_by_index(0).to_python()
    assert len(rows) == 1 + len(made.entries)
    assert [row[3] for row in rows[1:]] == [entry.serial for entry in made.entries]


def test_two_dossiers_of_the_same_certificates_have_the_same_rows(made: Dossier, cases: list[Case]) -> None:
    again = make(sources(cases), {case.serial: dict(case.facts) for case in cases if case.facts})

    assert [paper.content for paper in again.papers] == [paper.content for paper in made.papers]


def test_what_is_not_told_is_asked_once_for_all_it_concerns(cases: list[Case]) -> None:
    found = make(sources(cases[:8]), {}, token=None)

    needing = [entry for entry in found.entries if entry.needs]
    assert {entry.needs for entry in needing} == {("merger_role", "token"), ("token",)}
    assert found.papers == []


def test_the_next_steps_say_once_what_holds_for_several_forms_and_the_overview_has_every_notice(made: Dossier) -> None:
    archive = zipfile.ZipFile(BytesIO(made.archive.content))
    page = [paragraph.text for paragraph in Document(BytesIO(archive.read("viec-tiep-theo.docx"))).paragraphs]
    book = CalamineWorkbook.from_filelike(BytesIO(archive.read("tong-hop.xlsx")))
    summary = "\n".join(str(cell) for row in book.get_sheet_by_index(1).to_python() for cell in row)

    assert [line for line in page if line.startswith("– Ký:")] == ["– Ký: người đứng đầu cơ quan quản lý (Mẫu 04, 05)"]
    for said in ("Đã hết hạn: Đỗ Văn Hạn", "Mẫu 05, 08, 09: Số hiệu thiết bị"):
        assert sum(line.count(said) for line in page) == 1
    uncertain = page[page.index("Điều chưa chắc chắn") :]
    assert "Điều 17 coi sáp nhập là trường hợp thu hồi" in uncertain[1]
    assert "lưu ý khác" in uncertain[-1]
    for told in ("Ký số trong lúc chờ", "Chứng thư cấp trước khi Nghị định 68/2024/NĐ-CP có hiệu lực"):
        assert told in summary
