"""The official lists."""

import zipfile
from pathlib import Path

import pytest
from docx import Document

from bot.errors import OutputError
from bot.exports import docx
from bot.exports.columns import NEWS
from bot.exports.docx import DocxWriter
from bot.exports.lists import CHANGING, entry
from handlers.office.model import Filed
from rules.facts import Event
from rules.outcome import Procedure
from tests.support.filing import HOSTILE, about, filed, hostile
from tests.support.storing import SERIAL


def written(folder: Path, requests: list[Filed], name: str = "list.docx") -> Path:
    path = folder / name
    writer = DocxWriter(path, about(len(requests)))
    writer.add(requests)
    writer.finish()
    return path


def entries(path: Path) -> list[list[str]]:
    """The table between heading and signature, without its head."""
    return [[cell.text for cell in row.cells] for row in Document(str(path)).tables[1].rows[1:]]


def said(path: Path) -> str:
    return "\n".join(paragraph.text for paragraph in Document(str(path)).paragraphs)


def test_the_heading_names_superior_body_nation_and_motto(tmp_path: Path) -> None:
    head = Document(str(written(tmp_path, [filed()]))).tables[0]

    assert head.cell(0, 0).text.split("\n")[:2] == ["ỦY BAN NHÂN DÂN TỈNH ĐỒNG NAI", "ỦY BAN NHÂN DÂN XÃ NHƠN TRẠCH"]
    assert head.cell(0, 1).text.split("\n")[:2] == ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]


def test_form_04_ticks_extension_or_change_and_names_what_is_new(tmp_path: Path) -> None:
    news = {"new_name": "Tên mới", "new_address": "Số 1"}
    found = entries(written(tmp_path, [filed(1, news=news), filed(2, Procedure.EXTEND, news={})]))

    name = "Ủy ban nhân dân xã Phước An"
    assert found == [
        ["1", name, SERIAL, "", "Tên\nĐịa chỉ", "Tên: Tên mới\nĐịa chỉ: Số 1", "", "X"],
        ["2", name, SERIAL, "", "", "", "X", ""],
    ]


def test_form_05_gives_the_reason_and_leaves_personal_numbers_to_the_hand(tmp_path: Path) -> None:
    (found,) = entries(written(tmp_path, [filed(1, Procedure.REVOKE, events=(Event.DISSOLVED,))]))

    assert found == ["1", "Ủy ban nhân dân xã Phước An", "", "", "", SERIAL, "", "giải thể"]


def test_form_06_gives_the_working_body(tmp_path: Path) -> None:
    (found,) = entries(written(tmp_path, [filed(1, Procedure.RESTORE_DEVICE)]))

    assert found == ["1", "", "Ủy ban nhân dân xã Phước An", "Ủy ban nhân dân xã Nhơn Trạch", ""]


def test_hostile_names_are_what_was_typed_and_no_markup(tmp_path: Path) -> None:
    found = [row[1] for row in entries(written(tmp_path, hostile()))]

    assert found[0] == HOSTILE[0]
    assert found[1] == HOSTILE[1]
    assert found[7] == HOSTILE[7]
    assert found[8] == "Đ" * 300
    assert found[9] == "\ufffdgnart \ufffdnờưT\ufffd"
    assert found[10] == "dòng một\ndòng hai"
    assert found[12] == "nửa \ufffd chữ \ufffd"


def test_the_number_of_entries_the_contact_and_the_draft_notice_stand_below(tmp_path: Path) -> None:
    path = written(tmp_path, hostile())

    assert f"Danh sách gồm {len(hostile())} trường hợp." in said(path)
    assert "- Số định danh cá nhân: \t" in said(path)
    footer = Document(str(path)).sections[0].footer
    assert "đối chiếu bố cục với Phụ lục Nghị định số 68/2024/NĐ-CP" in footer.paragraphs[0].text
    assert "NGƯỜI ĐỨNG ĐẦU" in Document(str(path)).tables[2].cell(0, 1).text


def test_every_page_repeats_the_head_of_the_table(tmp_path: Path) -> None:
    with zipfile.ZipFile(written(tmp_path, [filed()])) as archive:
        assert "<w:tblHeader/>" in archive.read("word/document.xml").decode()


def test_several_lists_want_a_zip_and_say_so(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"There are 2 lists.*\.zip"):
        written(tmp_path, [filed(1), filed(2, Procedure.REVOKE)])


def test_a_zip_has_a_document_for_each_body_and_form_and_an_index(tmp_path: Path) -> None:
    requests = [
        filed(1),
        filed(2, Procedure.REVOKE),
        filed(3, unit_of_list=None, unit="Sở Y tế <b>"),
        filed(4, unit_of_list=None, unit="so y te b"),
        filed(5, Procedure.ISSUE_NEW),
    ]
    with zipfile.ZipFile(written(tmp_path, requests, "lists.zip")) as archive:
        assert archive.namelist() == [
            "0001-mau-04-uy-ban-nhan-dan-xa-nhon-trach.docx",
            "0002-mau-05-uy-ban-nhan-dan-xa-nhon-trach.docx",
            "0003-mau-04-so-y-te-b.docx",
            "index.txt",
        ]
        index = archive.read("index.txt").decode("utf-8-sig")
    assert "Số danh sách: 3" in index
    assert "(Mẫu 01, 02, 03): 1" in index
    assert "0003-mau-04-so-y-te-b.docx: Mẫu 04, Sở Y tế <b>, số trường hợp: 2" in index


def test_a_list_too_long_for_one_document_goes_on_counting_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docx, "MOST_ENTRIES", 2)
    path = written(tmp_path, [filed(number) for number in range(1, 4)], "lists.zip")

    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    last = next(tmp_path.glob("0002-*.docx"))
    assert entries(last)[0][0] == "3"
    assert "Danh sách gồm 1 trường hợp (phần 2)." in said(last)


def test_requests_without_such_a_form_make_no_list(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="left out: 1"):
        written(tmp_path, [filed(1, Procedure.ISSUE_NEW)])


def test_every_news_has_its_name_on_the_form() -> None:
    assert set(CHANGING) == set(NEWS)
    assert entry(filed(1, news=dict.fromkeys(NEWS, "x")).request.content)["changing"].count("\n") == len(NEWS) - 1
