"""How every certificate of a dossier is classified and decided, and what is asked once for all."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from handlers.dossier import DossierContext, Entry, Status, decide_all, open_questions
from handlers.dossier.differences import read_differences
from handlers.dossier.papers import make_papers
from handlers.dossier.sources import merge_list
from handlers.model import (
    Certificate,
    Form,
    FormField,
    ListedCertificate,
    Recognition,
    Source,
    Succession,
    SuccessionKind,
    Unit,
    UnitDirectory,
    UnitToday,
    read_sayings,
)
from rules.facts import Issuer, Subject
from rules.loading import load_pack
from rules.offices import Office, OfficeStatus

PACK = load_pack("national")
TODAY = date(2026, 11, 23)
RESOLUTION = "1662/NQ-UBTVQH15"
COMMON = {"events": ["merged_into_new"], "information_matches": False, "token": "in_hand", "key_exposed": False}


def made(name: str = "Nguyễn Văn A", serial: str = "0A01", **changes: Any) -> Certificate:
    fields: dict[str, Any] = {
        "subject": (), "name": name, "superior": "UBND tỉnh Đồng Nai", "units": ("UBND xã Phú Hội",), "issuer": (),
        "issuer_name": "CA phục vụ các cơ quan Nhà nước G2", "serial": serial, "email": "a@dongnai.gov.vn",
        "not_before": datetime(2024, 1, 1, tzinfo=UTC), "not_after": datetime(2028, 1, 1, tzinfo=UTC),
        "key": "RSA 3072", "signature_algorithm": "", "fingerprint": f"{name} {serial}",
        "subscriber": Subject.INDIVIDUAL,
        "issuer_kind": Issuer.GOVERNMENT,
    }  # fmt: skip
    return Certificate(**{**fields, **changes})


def given(*certificates: Certificate) -> list[Source]:
    return [Source(file=f"{number}.cer", certificate=one) for number, one in enumerate(certificates, 1)]


def decided(sources: list[Source], *, unit: UnitToday | None = None, **facts: Any) -> list[Entry]:
    people = facts.pop("people", {})
    return decide_all(DossierContext(PACK, TODAY, unit), sources, {**COMMON, **facts}, people)


def commune() -> UnitToday:
    units = [
        Unit("DN", "tỉnh Đồng Nai"),
        Unit("NT", "xã Nhơn Trạch", "DN", ("UBND xã Nhơn Trạch",)),
        Unit("PH", "xã Phú Hội", None, closed_on=date(2025, 7, 1)),
        Unit("NT.VP", "Văn phòng HĐND và UBND", "NT"),
    ]
    step = Succession("PH", "NT", SuccessionKind.MERGED_INTO_NEW, date(2025, 7, 1), RESOLUTION)
    return UnitToday(UnitDirectory.of(units, [step]), "NT", TODAY)


def body(name: str, superior: str) -> Certificate:
    return made(name, "0B01", subscriber=Subject.ORGANISATION, superior=superior, units=())


def test_a_certificate_given_twice_stands_in_the_dossier_once() -> None:
    first, again = decided(given(made(), made()))

    assert (first.status, again.status, again.standout) == (Status.DECIDED, Status.PROBLEM, "duplicate_serial")
    (paper,) = make_papers(DossierContext(PACK, TODAY), [first, again])
    assert paper.entries == (first,)


def test_one_number_on_certificates_of_two_subscribers_leaves_both_to_be_looked_at() -> None:
    found = decided(given(made("Nguyễn Văn A"), made("Trần Thị B")))

    assert [entry.standout for entry in found] == ["duplicate_serial"] * 2


def test_the_same_number_of_two_issuers_names_two_certificates() -> None:
    found = decided(given(made(), made(issuer_name="Co quan chung thuc so Chinh phu")))

    assert [entry.status for entry in found] == [Status.DECIDED] * 2
    assert [entry.standout for entry in found] == ["person_twice"] * 2


def test_a_name_on_two_certificates_stands_out_and_both_are_decided() -> None:
    found = decided(given(made(), made(serial="0A02"), made("Trần Thị B", "0A03")))

    assert [entry.standout for entry in found] == ["person_twice", "person_twice", None]
    assert {entry.status for entry in found} == {Status.DECIDED}


@pytest.mark.parametrize(
    ("changes", "standout"),
    [
        ({"issuer_kind": Issuer.PUBLIC}, "public"),
        ({"recognition": Recognition.INVALID, "issuer_kind": Issuer.UNKNOWN}, "forged"),
        ({"authority": True}, "authority"),
    ],
)
def test_what_must_not_be_filed_stands_in_no_form(changes: dict[str, Any], standout: str) -> None:
    (entry,) = decided(given(made(**changes)))

    assert (entry.status, entry.standout) == (Status.PROBLEM, standout)
    assert make_papers(DossierContext(PACK, TODAY), [entry]) == []


def test_a_missing_fact_is_asked_once_for_all_it_concerns() -> None:
    sources = given(made(), made("Trần Thị B", "0A02"), body("UBND xã Phú Hội", "UBND huyện Nhơn Trạch"))
    found = decided(sources, token=None)

    asked = open_questions(found, PACK)
    assert [(one.fact, len(one.entries)) for one in asked] == [("merger_role", 1), ("token", 3)]


def test_what_is_said_of_one_prevails_over_what_holds_for_all() -> None:
    found = decided(given(made(), made("Trần Thị B", "0A02")), people={"a02": {"token": "lost"}})

    assert [entry.procedures[0].value for entry in found] == ["change_information", "revoke"]


def test_a_number_of_people_that_no_certificate_has_is_told() -> None:
    found = decided(given(made()), people={"FFFF": {"token": "lost"}})

    assert [(entry.serial, entry.standout) for entry in found] == [("0A01", None), ("FFFF", "no_certificate")]


def test_the_fate_of_the_unit_tells_what_happened_where_the_facts_do_not() -> None:
    sources = given(
        made(),
        body("UBND xã Phú Hội", "UBND huyện Nhơn Trạch"),
        made("Trường Tiểu học Phú Hội", "0C01", subscriber=Subject.ORGANISATION, superior="UBND xã Phú Hội", units=()),
    )
    found = decide_all(DossierContext(PACK, TODAY, commune()), sources, {"token": "in_hand", "key_exposed": False}, {})

    assert [sorted(entry.facts.events or ()) for entry in found] == [
        ["unit_reorganised"], ["merged_into_new"], ["superior_changed"],
    ]  # fmt: skip
    assert [entry.facts.information_matches for entry in found] == [False] * 3
    assert [entry.needs for entry in found] == [(), ("merger_role",), ()]


def test_a_certificate_of_another_unit_is_left_to_be_looked_at_until_it_is_spoken_of() -> None:
    strange = made(units=("UBND xã Long Thành",), superior="UBND huyện Long Thành")
    (entry,) = decided(given(strange), unit=commune())
    (spoken,) = decided(given(strange), unit=commune(), people={"0A01": {"events": ["moved_within_state"]}})

    assert (entry.status, entry.standout) == (Status.PROBLEM, "other_unit")
    assert spoken.status is Status.DECIDED


def province() -> UnitToday:
    units = [
        Unit("M", "UBND tỉnh Mẫu", None, ("tỉnh Mẫu",)),
        Unit("M.S", "Sở Nội vụ tỉnh Mẫu", "M"),
        Unit("M.H", "UBND huyện Cũ", "M", closed_on=date(2025, 7, 1)),
        Unit("M.H1", "UBND xã Lộc Dương", "M.H", closed_on=date(2025, 7, 1)),
        Unit("M.DQ", "UBND xã Đại Quang", "M", ("xã Đại Quang",)),
        Unit("M.DQ.V", "Văn phòng HĐND và UBND", "M.DQ"),
        Unit("M.AP", "UBND xã Mẫu An Phú", "M", ("xã Mẫu An Phú",)),
        Unit("M.AP.V", "Văn phòng HĐND và UBND", "M.AP"),
    ]
    steps = [
        Succession("M.H", "M.DQ", SuccessionKind.SPLIT, date(2025, 7, 1), RESOLUTION),
        Succession("M.H", "M.AP", SuccessionKind.SPLIT, date(2025, 7, 1), RESOLUTION),
        Succession("M.H1", "M.AP", SuccessionKind.MERGED_INTO_NEW, date(2025, 7, 1), RESOLUTION),
    ]
    return UnitToday(UnitDirectory.of(units, steps), "M.DQ", TODAY)


@pytest.mark.parametrize(
    ("name", "units", "superior", "other"),
    [
        ("SỞ NỘI VỤ TỈNH MẪU", None, "UBND TỈNH MẪU", True),
        ("UBND TỈNH MẪU", None, "UBND TỈNH MẪU", True),
        ("UBND xã Mẫu An Phú", None, "UBND tỉnh Mẫu", True),
        ("Ủy ban nhân dân xã Lạ", None, "UBND tỉnh Mẫu", True),
        ("Sở Y tế tỉnh Mẫu", None, "UBND tỉnh Mẫu", True),
        ("UBND xã Lộc Dương", None, "UBND huyện Cũ", True),
        ("Trường Tiểu học Hoa Sen", None, "UBND xã Mẫu An Phú", True),
        ("TỔNG CỤC THUẾ", None, "BỘ TÀI CHÍNH", True),
        ("Nguyễn Văn A", ("UBND xã Mẫu An Phú",), "UBND tỉnh Mẫu", True),
        ("Nguyễn Văn A", ("Văn phòng HĐND và UBND", "UBND xã Mẫu An Phú"), "UBND tỉnh Mẫu", True),
        ("Nguyễn Văn A", (), "xã Mẫu An Phú", True),
        ("Nguyễn Văn A", ("UBND xã Lạ",), "UBND tỉnh Mẫu", True),
        ("UBND XÃ ĐẠI QUANG", None, "UBND TỈNH MẪU", False),
        ("HĐND xã Đại Quang", None, "UBND tỉnh Mẫu", False),
        ("Trường Tiểu học Hoa Sen", None, "UBND xã Đại Quang", False),
        ("Trường Tiểu học Hoa Sen", None, "UBND tỉnh Mẫu", False),
        ("Nguyễn Văn A", ("UBND xã Đại Quang",), "UBND tỉnh Mẫu", False),
        ("Nguyễn Văn A", ("Văn phòng HĐND và UBND",), "UBND tỉnh Mẫu", False),
        ("Nguyễn Văn A", ("UBND tỉnh Mẫu",), "UBND tỉnh Mẫu", False),
        ("Nguyễn Văn A", (), "UBND tỉnh Mẫu", False),
    ],
)
def test_a_name_that_is_surely_that_of_another_body_is_another_unit_whatever_stands_above_it(
    name: str, units: tuple[str, ...] | None, superior: str, other: bool
) -> None:
    kind = {"units": (), "subscriber": Subject.ORGANISATION} if units is None else {"units": units}
    (entry,) = decided(given(made(name, superior=superior, **kind)), unit=province())

    assert entry.standout == ("other_unit" if other else None)


@pytest.mark.parametrize(
    ("own", "standout"),
    [
        ({"merger_role": "designated"}, "other_unit"),
        ({"token": "lost"}, "other_unit"),
        ({}, None),
        ({"ours": True}, None),
        ({"ours": True, "token": "lost"}, None),
        ({"events": ["moved_within_state"], "token": "lost"}, None),
    ],
)
def test_an_answer_for_a_certificate_of_another_unit_does_not_make_it_ours(
    own: dict[str, Any], standout: str | None
) -> None:
    strange = made(units=("UBND xã Long Thành",), superior="UBND huyện Long Thành")
    (entry,) = decided(given(strange), unit=commune(), people={"0A01": own})

    assert entry.standout == standout
    assert (entry.status is Status.PROBLEM) == (standout is not None)


@pytest.mark.parametrize("superior", ["UBND tỉnh Đồng Nai", "UBND xã Nhơn Trạch", "UBND xã Phú Hội"])
def test_a_body_above_or_of_the_unit_is_no_other_unit(superior: str) -> None:
    (entry,) = decided(given(made(units=(), superior=superior)), unit=commune())

    assert entry.standout is None


def test_a_form_of_change_has_the_new_body_where_the_unit_is_known() -> None:
    (paper,) = make_papers(DossierContext(PACK, TODAY, commune()), decided(given(made()), unit=commune()))

    assert (paper.content.body, paper.content.superior) == ("UBND xã Nhơn Trạch", "tỉnh Đồng Nai")
    (row,) = paper.content.rows
    assert row[FormField.OLD_VALUE] == "Cơ quan, tổ chức công tác: UBND xã Phú Hội"
    assert row[FormField.NEW_VALUE] == "UBND xã Nhơn Trạch"


def test_papers_go_to_the_office_that_an_admin_of_the_unit_has_set() -> None:
    chosen = Office(
        id="NT-000001",
        name="Một cửa Nhơn Trạch",
        units=("NT",),
        status=OfficeStatus.CONFIRMED,
        source="hỏi",
        last_checked=TODAY,
    )
    context = DossierContext(PACK, TODAY, commune(), "Văn phòng", (chosen,))
    (paper,) = make_papers(context, decided(given(made()), unit=commune()))
    assert paper.content.recipient == "Một cửa Nhơn Trạch"


def test_extension_and_change_of_one_certificate_are_one_row_with_both_boxes() -> None:
    (paper,) = make_papers(
        DossierContext(PACK, TODAY), decided(given(made(not_after=datetime(2026, 12, 20, tzinfo=UTC))))
    )

    (row,) = paper.content.rows
    assert (row[FormField.EXTEND], row[FormField.CHANGE]) == ("x", "x")


def test_what_the_receiving_body_files_stands_in_a_form_of_its_own_without_our_name() -> None:
    entries = decided(
        given(made(), made("Võ Văn Chuyển", "0A02")),
        unit=commune(),
        people={"0A02": {"events": ["moved_within_state"]}},
    )
    ours, theirs = make_papers(DossierContext(PACK, TODAY, commune()), entries)

    assert (ours.content.form, theirs.content.form) == (Form.CHANGE, Form.CHANGE)
    assert (theirs.by_receiving_body, theirs.content.body) == (True, "")
    assert [entry.name for entry in theirs.entries] == ["Võ Văn Chuyển"]
    assert FormField.NEW_VALUE not in theirs.content.rows[0]


def test_a_remote_certificate_has_no_number_of_a_device() -> None:
    entries = decided(given(made()), token="remote", events=["left_state_service"])
    (paper,) = make_papers(DossierContext(PACK, TODAY), entries)

    assert (paper.content.form, paper.content.rows[0][FormField.DEVICE_NUMBER]) == (Form.REVOKE, "")


def test_rows_of_a_list_join_their_certificate_by_number_or_by_a_name_that_only_one_has() -> None:
    rows = [
        ListedCertificate(line=2, serial="A01", sayings=("nghỉ hưu",)),
        ListedCertificate(line=3, name="TRAN THI B", sayings=("mất token",)),
        ListedCertificate(line=4, name="Lê Văn Chưa", sayings=("chưa có chứng thư",)),
        ListedCertificate(line=5, name="Lê Thị Thiếu"),
        ListedCertificate(
            line=6, name="Phạm Văn Số", serial="0F0F", not_after=date(2028, 1, 1), subject=Subject.INDIVIDUAL
        ),
    ]
    sources = merge_list(given(made(), made("Trần Thị B", "0A02")), rows, "ds.xlsx")
    found = decided(sources)

    assert [(entry.file, entry.status.value, entry.standout) for entry in found] == [
        ("1.cer", "decided", None), ("2.cer", "decided", None), ("ds.xlsx", "needs", None),
        ("ds.xlsx", "problem", "no_certificate"), ("ds.xlsx", "decided", None),
    ]  # fmt: skip
    assert [entry.procedures[0].value if entry.procedures else None for entry in found] == [
        "revoke", "revoke", None, None, "change_information",
    ]  # fmt: skip
    assert found[2].needs == ("subject", "merger_role")


def test_a_number_that_stands_twice_in_a_list_counts_once() -> None:
    rows = [ListedCertificate(line=line, serial="0A01", name="Nguyễn Văn A") for line in (2, 3)]
    found = decided(merge_list(given(made()), rows, "ds.csv"))

    assert [(entry.status.value, entry.standout) for entry in found] == [
        ("decided", None), ("problem", "duplicate_serial"),
    ]  # fmt: skip


@pytest.mark.parametrize("said", ["sắp nghỉ hưu", "không mất token", "Trưởng phòng", "=HYPERLINK(1)", "𝐧𝐠𝐡𝐢"])
def test_what_is_planned_denied_or_not_understood_says_nothing(said: str) -> None:
    assert (read_sayings([said]).facts, read_sayings([said]).unread) == ({}, (said,))


def test_single_persons_are_told_apart_in_one_line() -> None:
    names = [f"Nguyễn Văn {letter}" for letter in "ABCDEFGHIJKL"]
    found = read_differences("5, 9 nghỉ hưu; 12 mất token; 1-3 chuyển công tác; Nguyễn Văn D từ trần", names)

    assert found.unread == ()
    assert found.facts == {
        **{key: {"events": ["left_state_service"]} for key in (5, 9)},
        12: {"token": "lost"},
        **{key: {"events": ["moved_within_state"]} for key in (1, 2, 3)},
        4: {"events": ["deceased"]},
    }


@pytest.mark.parametrize("said", ["nghỉ hưu", "5 sắp nghỉ hưu", "5"])
def test_words_that_say_nothing_change_nobody(said: str) -> None:
    found = read_differences(said, ["Nguyễn Văn A"] * 6)

    assert (dict(found.facts), found.unread, found.unknown) == ({}, (said,), ())


@pytest.mark.parametrize(
    ("said", "unknown"),
    [("99 nghỉ hưu", (99,)), ("0 mất token", (0,)), ("1-9999 nghỉ hưu", (9999,)), ("5, 7 của đơn vị", (7,))],
)
def test_a_number_that_is_not_there_changes_nobody_and_is_told(said: str, unknown: tuple[int, ...]) -> None:
    found = read_differences(said, ["Nguyễn Văn A"] * 6)

    assert (dict(found.facts), found.unread, found.ours, found.unknown) == ({}, (), (), unknown)


def test_the_part_in_a_merger_is_told_by_number() -> None:
    found = read_differences("1 được giữ lại; 2 không giữ lại; 3 trực thuộc; 2 bình thường", ["a b", "c d", "e f"])

    assert found.facts == {1: {"merger_role": "designated"}, 2: {}, 3: {"events": ["superior_changed"]}}


@pytest.mark.parametrize("note", ["chuyển về Sở Nội vụ", "dieu dong sang xa Dai Phuoc", "đã điều chuyển đến UBND tỉnh"])
def test_a_note_that_leaves_out_whom_it_is_of_tells_of_a_move(note: str) -> None:
    assert read_sayings([note]).facts["events"] == ["moved_within_state"]


@pytest.mark.parametrize("note", ["chuyển khoản về đơn vị", "sắp chuyển về Sở Nội vụ", "không chuyển về Sở Nội vụ"])
def test_a_note_of_no_move_or_a_planned_one_tells_nothing(note: str) -> None:
    assert "events" not in read_sayings([note]).facts
