"""The official lists."""

import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from python_calamine import CalamineWorkbook

from bot.errors import OutputError
from bot.exports import NEWS_FIELDS, ExportMetadata, official_files
from bot.exports.official_files import IMPORT19_COLUMNS, DocxWriter, Import19Writer
from bot.exports.official_lists import CHANGED_FIELDS, eligible_states, to_entry
from bot.forms import CELL_DOTS as DOTS
from bot.forms import built_in_bytes
from handlers.forms.case import join_values
from handlers.model import (
    UNFINISHED,
    ExportRemarks,
    Filter,
    RequestRow,
    RequestState,
    Unit,
    UnitDirectory,
    find_form,
    mask_row,
)
from rules.facts import Event, Subject
from rules.outcome import Procedure
from tests.support.exports import FORMULA, HOSTILE, UNITS, accept_rows, make_hostile_rows, make_metadata, make_row
from tests.support.store import SERIAL


def written(
    folder: Path,
    requests: list[RequestRow],
    name: str = "list.docx",
    *,
    units: UnitDirectory = UNITS,
    language: str = "vi",
) -> Path:
    """A list of requests that an admin has accepted."""
    return listed(folder / name, accept_rows(requests), make_metadata(len(requests), units=units, language=language))[0]


def listed(path: Path, requests: list[RequestRow], asked: ExportMetadata) -> tuple[Path, ExportRemarks]:
    writer = DocxWriter(path, asked)
    writer.add(requests)
    writer.finish()
    return path, writer.remarks


def entries(path: Path) -> list[list[str]]:
    """The table between heading and signature, without its head."""
    return [[cell.text for cell in row.cells] for row in Document(str(path)).tables[1].rows[1:]]


def said(path: Path) -> str:
    return "\n".join(paragraph.text for paragraph in Document(str(path)).paragraphs)


def test_the_heading_names_superior_body_nation_and_motto(tmp_path: Path) -> None:
    head = Document(str(written(tmp_path, [make_row()]))).tables[0]

    assert head.cell(0, 0).text.split("\n")[:2] == ["ỦY BAN NHÂN DÂN TỈNH ĐỒNG NAI", "ỦY BAN NHÂN DÂN XÃ NHƠN TRẠCH"]
    assert head.cell(0, 1).text.split("\n")[:2] == ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]


def test_form_04_ticks_extension_or_change_and_names_what_is_new(tmp_path: Path) -> None:
    news = {"new_name": "Tên mới", "new_address": "Số 1"}
    found = entries(written(tmp_path, [make_row(1, news=news), make_row(2, Procedure.EXTEND, serial="0B", news={})]))

    name = "Ủy ban nhân dân xã Phước An"
    assert found == [
        ["1", name, SERIAL, DOTS, "Tên\nĐịa chỉ", "Tên: Tên mới\nĐịa chỉ: Số 1", "", "X"],
        ["2", name, "0B", DOTS, "", "", "X", ""],
    ]


def test_form_05_gives_the_reason_and_leaves_personal_numbers_to_the_hand(tmp_path: Path) -> None:
    (found,) = entries(written(tmp_path, [make_row(1, Procedure.REVOKE, events=(Event.DISSOLVED,))]))

    codes = f"MST: {DOTS}; QHNS: {DOTS}"
    assert found == ["1", "Ủy ban nhân dân xã Phước An", "", codes, DOTS, SERIAL, DOTS, "giải thể"]


@pytest.mark.parametrize(
    ("subject", "numbers", "codes"),
    [(Subject.INDIVIDUAL, True, False), (Subject.ORGANISATION, False, True), (Subject.DEVICE, False, False)],
)
def test_form_05_wants_numbers_of_persons_and_codes_of_bodies_only(
    tmp_path: Path, subject: Subject, numbers: bool, codes: bool
) -> None:
    (found,) = entries(written(tmp_path, [make_row(1, Procedure.REVOKE, subject=subject)]))

    assert (DOTS in found[2], DOTS in found[3]) == (numbers, codes)


def test_form_06_gives_the_working_body(tmp_path: Path) -> None:
    (found,) = entries(written(tmp_path, [make_row(1, Procedure.RESTORE_DEVICE)]))

    assert found == ["1", DOTS, "Ủy ban nhân dân xã Phước An", "Ủy ban nhân dân xã Nhơn Trạch", DOTS]


def test_form_01_gives_what_is_held_of_a_person_and_their_new_working_body(tmp_path: Path) -> None:
    news = {"new_unit": "UBND xã Mới", "new_email": "an@dongnai.gov.vn"}
    new = {"email": "an@gmail.com", "news": news, "province": "tỉnh Đồng Nai", "certificate_name": None}
    (found,) = entries(written(tmp_path, [make_row(1, Procedure.ISSUE_NEW, **PERSON, **new)]))

    numbers = f"{DOTS}, cấp ngày {DOTS}, {DOTS}"
    assert found == [
        "1", "Nguyễn Văn An", DOTS, numbers, "an@dongnai.gov.vn", "UBND xã Mới", "tỉnh Đồng Nai",
        DOTS, DOTS, SERIAL, "",
    ]  # fmt: skip


def test_form_02_bears_the_new_name_and_address_of_a_body_and_no_private_mailbox(tmp_path: Path) -> None:
    news = {"new_name": "UBND xã Mới", "new_address": "Số 1, đường Mẫu"}
    (found,) = entries(written(tmp_path, [make_row(1, Procedure.ISSUE_NEW, news=news, email="xa@gmail.com")]))

    assert found[:3] == ["1", "UBND xã Mới", "Số 1, đường Mẫu"]
    assert (found[3], found[4], found[6]) == (DOTS, DOTS, DOTS)


@pytest.mark.parametrize("procedure", [one for one in Procedure if find_form(one, Subject.DEVICE)])
@pytest.mark.parametrize("subject", list(Subject))
def test_every_request_with_a_form_stands_on_it(tmp_path: Path, subject: Subject, procedure: Procedure) -> None:
    path = written(tmp_path, [make_row(1, procedure, subject=subject)], "lists.zip")

    with zipfile.ZipFile(path) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".docx")]
    assert f"-mau-{find_form(procedure, subject)}-" in name


def test_hostile_names_are_what_was_typed_and_no_markup(tmp_path: Path) -> None:
    found = [row[1] for row in entries(written(tmp_path, make_hostile_rows()))]

    assert found[0] == HOSTILE[0]
    assert found[1] == HOSTILE[1]
    assert found[7] == HOSTILE[7]
    assert found[8] == "Đ" * 300
    assert found[9] == "\ufffdgnart \ufffdnờưT\ufffd"
    assert found[10] == "dòng một\ndòng hai"
    assert found[12] == "nửa \ufffd chữ \ufffd"


def test_the_number_of_entries_the_contact_and_the_draft_notice_stand_below(tmp_path: Path) -> None:
    path = written(tmp_path, make_hostile_rows())

    assert f"Danh sách gồm {len(make_hostile_rows())} trường hợp." in said(path)
    contact = [cell.text for row in Document(str(path)).tables[2].rows for cell in row.cells]
    assert any(cell.startswith("- Số định danh cá nhân: .....") for cell in contact)
    footer = Document(str(path)).sections[0].footer
    assert "đối chiếu bố cục với Phụ lục Nghị định số 68/2024/NĐ-CP" in footer.paragraphs[0].text
    assert "NGƯỜI ĐỨNG ĐẦU" in Document(str(path)).tables[3].cell(0, 1).text


def test_a_template_of_the_office_is_used_for_lists_too(tmp_path: Path) -> None:
    template = Document(BytesIO(built_in_bytes("mau-04.docx")))
    template.add_paragraph("Mẫu riêng của {{ body_name }}")
    (tmp_path / "forms").mkdir()
    template.save(str(tmp_path / "forms" / "mau-04.docx"))
    about = make_metadata(1)
    own = replace(about, order=replace(about.order, templates=tmp_path / "forms"))

    path, _ = listed(tmp_path / "list.docx", accept_rows([make_row()]), own)

    assert "Mẫu riêng của Ủy ban nhân dân xã Nhơn Trạch" in said(path)


def test_every_page_repeats_the_head_of_the_table(tmp_path: Path) -> None:
    with zipfile.ZipFile(written(tmp_path, [make_row()])) as archive:
        assert "<w:tblHeader/>" in archive.read("word/document.xml").decode()


def test_several_lists_want_a_zip_and_say_so(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"There are 2 lists.*\.zip"):
        written(tmp_path, [make_row(1), make_row(2, Procedure.REVOKE)])


def test_a_zip_has_a_document_for_each_body_and_form_and_an_index(tmp_path: Path) -> None:
    requests = [
        make_row(1),
        make_row(2, Procedure.REVOKE),
        make_row(3, unit_of_list=None, unit="Sở Y tế <b>"),
        make_row(4, unit_of_list=None, unit="so y te b"),
        make_row(5, Procedure.KEEP_USING),
        make_row(6, Procedure.ISSUE_NEW),
    ]
    with zipfile.ZipFile(written(tmp_path, requests, "lists.zip")) as archive:
        assert archive.namelist() == [
            "0001-mau-04-uy-ban-nhan-dan-xa-nhon-trach.docx",
            "0002-mau-05-uy-ban-nhan-dan-xa-nhon-trach.docx",
            "0003-mau-04-so-y-te-b.docx",
            "0004-mau-02-uy-ban-nhan-dan-xa-nhon-trach.docx",
            "index.txt",
        ]
        index = archive.read("index.txt").decode("utf-8-sig")
    assert "Số danh sách: 4" in index
    assert "Số yêu cầu trong tệp: 5" in index
    assert "1 yêu cầu khác không thuộc loại danh sách này." in index
    assert "0003-mau-04-so-y-te-b.docx: Mẫu 04, Sở Y tế <b>, số trường hợp: 2" in index


def test_a_list_too_long_for_one_document_goes_on_counting_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(official_files, "MOST_ENTRIES", 2)
    path = written(tmp_path, [make_row(number) for number in range(1, 4)], "lists.zip")

    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    last = next(tmp_path.glob("0002-*.docx"))
    assert entries(last)[0][0] == "3"
    assert "Danh sách gồm 1 trường hợp (phần 2)." in said(last)


def test_requests_without_such_a_form_make_no_list(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no list to write\. 1 other requests"):
        written(tmp_path, [make_row(1, Procedure.KEEP_USING)], language="en")


def test_every_news_has_its_name_on_the_form() -> None:
    assert set(CHANGED_FIELDS) == set(NEWS_FIELDS)
    assert join_values(dict.fromkeys(NEWS_FIELDS, "x"), NEWS_FIELDS).count(": x") == len(NEWS_FIELDS)
    assert (
        to_entry(make_row(1, news=dict.fromkeys(NEWS_FIELDS, "x")).request.content)["old_value"].count("\n")
        == len(NEWS_FIELDS) - 1
    )


#: A unit that is called by its territory, and its superior: the body is an alias.
TERRITORIES = UnitDirectory.of(
    [
        Unit("75", "tỉnh Đồng Nai", aliases=("UBND tỉnh Đồng Nai",)),
        Unit("75.1", "xã Đại Phước", "75", aliases=("UBND xã Đại Phước",)),
        Unit("79", "xã Phước An"),
    ]
)


def heads(path: Path) -> list[str]:
    return Document(str(path)).tables[0].cell(0, 0).text.split("\n")


def test_the_heading_names_the_agency_not_the_territory(tmp_path: Path) -> None:
    requests = [make_row(1, unit="UBND xã Đại Phước"), make_row(2, unit="xã đại phước")]
    path = written(tmp_path, requests, units=TERRITORIES)

    assert heads(path)[:2] == ["UBND TỈNH ĐỒNG NAI", "ỦY BAN NHÂN DÂN XÃ ĐẠI PHƯỚC"]
    assert len(entries(path)) == 2


def test_without_an_alias_in_the_tree_the_heading_is_what_was_typed_and_no_superior_stands_above(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, [make_row(1, unit_of_list="79", unit="UBND xã Phước An")], units=TERRITORIES)

    assert heads(path)[0] == "ỦY BAN NHÂN DÂN XÃ PHƯỚC AN"


#: What must not be sent on, whatever is asked for.
NEVER = (RequestState.DRAFT, RequestState.SENT_BACK, RequestState.REFUSED, RequestState.WITHDRAWN)
ONE_OF_EACH = [make_row(number, state=state) for number, state in enumerate(RequestState, start=1)]


def test_only_accepted_requests_are_sent_on_and_the_others_are_counted_by_state(tmp_path: Path) -> None:
    path, remarks = listed(tmp_path / "list.docx", ONE_OF_EACH, make_metadata(8))

    assert len(entries(path)) == 1
    assert remarks.sending == (RequestState.ACCEPTED,)
    assert remarks.states == {state: 1 for state in RequestState if state is not RequestState.ACCEPTED}
    assert remarks.left_out == 7


def test_the_index_says_how_many_are_in_the_lists_and_why_others_are_not(tmp_path: Path) -> None:
    path, _ = listed(tmp_path / "lists.zip", [*ONE_OF_EACH, make_row(9, state=RequestState.DRAFT)], make_metadata(9))

    with zipfile.ZipFile(path) as archive:
        index = archive.read("index.txt").decode("utf-8-sig")
    assert "Số yêu cầu trong tệp: 1" in index
    assert "Danh sách gửi đi chỉ gồm yêu cầu ở trạng thái: đã tiếp nhận." in index
    assert "Không đưa vào vì trạng thái: 2 " in index


def test_states_that_the_filter_names_are_taken_but_never_what_must_not_be_sent_on(tmp_path: Path) -> None:
    asked = make_metadata(8, wanted=Filter(states=(RequestState.FORWARDED, RequestState.DONE, *NEVER)))
    path, remarks = listed(tmp_path / "list.docx", ONE_OF_EACH, asked)

    assert len(entries(path)) == 2
    assert set(NEVER) < set(remarks.states)


@pytest.mark.parametrize("state", NEVER)
def test_a_list_of_what_must_not_be_sent_on_is_refused_with_the_reason(state: RequestState, tmp_path: Path) -> None:
    asked = make_metadata(8, language="en", wanted=Filter(states=(state,)))

    with pytest.raises(OutputError, match="never takes requests in the states that were chosen"):
        listed(tmp_path / "list.docx", ONE_OF_EACH, asked)


def test_an_extension_and_a_change_of_one_certificate_are_one_row_with_both_boxes_ticked(tmp_path: Path) -> None:
    requests = [
        make_row(1, Procedure.EXTEND, news={}),
        make_row(2, serial="0B"),
        make_row(3, news={"new_address": "Số 1"}),
    ]
    path, remarks = listed(tmp_path / "list.docx", accept_rows(requests), make_metadata(3))

    first, second = entries(path)
    assert first[2:] == [SERIAL, DOTS, "Địa chỉ", "Số 1", "X", "X"]
    assert (second[0], second[2], second[6:]) == ("2", "0B", ["", "X"])
    assert remarks.joined == 1
    assert "Danh sách gồm 2 trường hợp." in said(path)


@pytest.mark.parametrize("unlike", [{"serial": "0B"}, {"subscriber": "Người khác"}, {"unit_of_list": "75"}])
def test_what_is_not_the_same_certificate_of_the_same_body_keeps_a_row_of_its_own(
    unlike: dict[str, str], tmp_path: Path
) -> None:
    requests = [make_row(1, Procedure.EXTEND), make_row(2, **unlike)]
    _, remarks = listed(tmp_path / "lists.zip", accept_rows(requests), make_metadata(2))

    assert remarks.joined == 0


def test_certificates_are_not_joined_where_their_serial_numbers_are_masked_or_not_known(tmp_path: Path) -> None:
    alike = [make_row(1, Procedure.EXTEND), make_row(2)]
    blank = [make_row(3, Procedure.EXTEND, serial=None), make_row(4, serial=None)]

    path, remarks = listed(tmp_path / "list.docx", accept_rows([*map(mask_row, alike), *blank]), make_metadata(4))

    assert len(entries(path)) == 4
    assert (remarks.joined, remarks.serials) == (0, 2)


def test_form_06_has_no_serial_number_to_fill_in(tmp_path: Path) -> None:
    asked = accept_rows([make_row(1, Procedure.RESTORE_DEVICE, serial=None)])

    assert listed(tmp_path / "list.docx", asked, make_metadata(1))[1].serials == 0


def test_the_last_two_entries_are_kept_with_the_signature_and_no_others(tmp_path: Path) -> None:
    table = Document(str(written(tmp_path, [make_row(number, serial=f"{number}") for number in range(1, 5)]))).tables[1]

    kept = [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in table.rows]
    assert kept == [None, None, None, True, True]


def test_the_forms_have_the_e_mail_and_the_old_value_that_the_certificate_says(tmp_path: Path) -> None:
    read = {"email": "an@phuocan.gov.vn", "old": {"new_name": "Ủy ban nhân dân xã Phước An"}, "province": "Đồng Nai"}
    changed = entries(written(tmp_path, [make_row(1, **read)], "04.docx"))
    revoked = entries(written(tmp_path, [make_row(2, Procedure.REVOKE, **read)], "05.docx"))
    restored = entries(written(tmp_path, [make_row(3, Procedure.RESTORE_DEVICE, **read)], "06.docx"))

    assert changed[0][3:5] == ["an@phuocan.gov.vn", "Tên: Ủy ban nhân dân xã Phước An"]
    assert (revoked[0][4], restored[0][4]) == ("an@phuocan.gov.vn", "an@phuocan.gov.vn")


def test_a_list_that_opened_by_itself_still_sends_accepted_requests_only() -> None:
    assert eligible_states(Filter(states=UNFINISHED)) == frozenset({RequestState.ACCEPTED})
    assert eligible_states(Filter(states=(RequestState.FORWARDED,))) == frozenset({RequestState.FORWARDED})


PERSON = {"subject": Subject.INDIVIDUAL, "subscriber": "Nguyễn Văn An"}


def sheets(folder: Path, *requests: RequestRow) -> list[list[list[object]]]:
    path = folder / "list.xlsx"
    writer = Import19Writer(path, make_metadata(len(requests)))
    writer.add(accept_rows(requests))
    writer.finish()
    book = CalamineWorkbook.from_path(path)
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def test_it_has_19_columns_and_the_number_comes_first(tmp_path: Path) -> None:
    listed, _ = sheets(tmp_path)

    assert len(IMPORT19_COLUMNS) == 19
    assert listed[0] == [title for title, _ in IMPORT19_COLUMNS]
    assert listed[0][0] == "STT"


def test_only_persons_with_a_new_certificate_or_a_change_are_in_it(tmp_path: Path) -> None:
    listed, _ = sheets(
        tmp_path,
        make_row(1),
        make_row(2, Procedure.REVOKE, **PERSON),
        make_row(3, Procedure.ISSUE_NEW, **PERSON),
        make_row(4, **PERSON),
    )

    assert [row[:2] for row in listed[1:]] == [[1, "Nguyễn Văn An"], [2, "Nguyễn Văn An"]]


def test_what_is_known_is_filled_in_and_the_rest_is_blank_personal_numbers_always(tmp_path: Path) -> None:
    listed, _ = sheets(tmp_path, make_row(1, **PERSON, news={"new_email": "an@dongnai.gov.vn"}))

    row = dict(zip(listed[0], listed[1], strict=False))
    assert {title: cell for title, cell in row.items() if cell != ""} == {
        "STT": 1,
        "Họ tên": "Nguyễn Văn An",
        "E-mail": "an@dongnai.gov.vn",
        "Tổ chức cấp 1": "Ủy ban nhân dân tỉnh Đồng Nai",
        "Tổ chức cấp 2": "Ủy ban nhân dân xã Nhơn Trạch",
        "Serial CTS cũ": SERIAL,
    }


def test_a_body_outside_the_tree_stands_alone_and_hostile_names_stay_text(tmp_path: Path) -> None:
    listed, _ = sheets(tmp_path, make_row(1, unit_of_list=None, unit="Sở Y tế", **{**PERSON, "subscriber": FORMULA}))

    row = dict(zip(listed[0], listed[1], strict=False))
    assert row["Tổ chức cấp 1"] == "Sở Y tế"
    assert row["Họ tên"] == FORMULA


def test_it_says_that_it_is_reported_practice_of_18_named_fields(tmp_path: Path) -> None:
    _, information = sheets(tmp_path, make_row(1))

    told = " ".join(str(row[1]) for row in information)
    assert "cần đối chiếu" in told
    assert "18 trường cho 19 cột" in told
    assert "1 yêu cầu khác không thuộc loại danh sách này." in told
    assert information[2] == ["Số yêu cầu trong tệp", "0"]


def test_only_accepted_requests_are_sent_on(tmp_path: Path) -> None:
    writer = Import19Writer(tmp_path / "list.xlsx", make_metadata(8))
    writer.add([make_row(number, state=state, **PERSON) for number, state in enumerate(RequestState, start=1)])
    writer.finish()

    book = CalamineWorkbook.from_path(tmp_path / "list.xlsx")
    assert len(book.get_sheet_by_name("Danh sách").to_python()) == 2
    told = " ".join(str(row[1]) for row in book.get_sheet_by_name("Thông tin").to_python())
    assert "Danh sách gửi đi chỉ gồm yêu cầu ở trạng thái: đã tiếp nhận." in told
    assert writer.remarks.states == {state: 1 for state in RequestState if state is not RequestState.ACCEPTED}


def test_a_new_certificate_has_no_old_serial_number_to_fill_in(tmp_path: Path) -> None:
    writer = Import19Writer(tmp_path / "list.xlsx", make_metadata(2))
    writer.add(
        accept_rows([make_row(1, Procedure.ISSUE_NEW, serial=None, **PERSON), make_row(2, serial=None, **PERSON)])
    )
    writer.finish()

    assert writer.remarks.serials == 1
