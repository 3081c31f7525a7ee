"""The papers under an answer: only what is not known is asked, all is reviewed, and the number of a card goes again."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.messages import MOST_SESSION
from handlers.conversation import respond
from handlers.core import (
    PAGE_LINES,
    Attachment,
    ButtonTapped,
    FormsMade,
    MakeForms,
    MarkupTranslator,
    MessageEdited,
    Session,
    TextReceived,
    certificate_facts,
    count_printed_lines,
)
from handlers.forms.fields import FORM_FIELDS
from handlers.forms.next_steps import missing_titles
from handlers.forms.screens import FORM_PROBLEMS
from handlers.model import (
    CONTACT_FIELDS,
    NO_UNITS,
    Certificate,
    Form,
    FormContent,
    FormDraft,
    FormField,
    mask_identities,
)
from handlers.testing import build_memory_services
from locales import translator
from tests.support.dialogue import NOW, PERSON, Dialogue, get_screen, make_certificate, nhon_trach, pack, read_own_data
from tests.support.people import UNITS

t = translator("vi")
LATER, SKIP, MAKE, PAPERS = t("Fill in later"), t("Skip all the rest"), t("Make the papers"), t("Make the papers")
IDENTITY, MASKED = "000123456789", "000•••••••89"
LAN = make_certificate("Nguyễn Thị Lan", **PERSON)
MADE = FormsMade(files=(Attachment.of("mau-05.docx", "application/x", b"05"),), said=("Giấy tờ <b>", "Ký: thủ trưởng."))
FINE = {"token": "in_hand", "key_exposed": False}
ABSORBED = {"subject": "organisation", "events": ["merged_into_existing"], "merger_role": "absorbed", **FINE}
RETIRED = {"subject": "individual", "events": ["left_state_service"], **FINE}


def answered(
    file: Certificate | None, *, language: str = "vi", world: dict[str, Any] | None = None, **answers: object
) -> Dialogue:
    """Return a conversation that has its answer, and shows it at the next line."""
    read = {"certificate": certificate_facts(file)} if file else {}
    session = Session.model_validate(
        {
            "consented_at": NOW,
            "pack": pack().label,
            "language": language,
            "answers": {**answers, **read},
            "certificate": file,
            "screen": "answer",
            "unit_skipped": True,
        }
    )
    return Dialogue(world=build_memory_services(pack(), NOW, **(world or {})), session=session)


async def opens_papers(talk: Dialogue) -> Dialogue:
    await talk.says("/start")  # the answer is shown with its buttons
    await talk.taps(PAPERS)
    return talk


async def order(talk: Dialogue) -> MakeForms:
    """Tap the button that makes the papers, and return what was ordered."""
    choice = next(one for one in talk.choices if one.label == MAKE)
    turn = await respond(talk.session, ButtonTapped(data=choice.tap, message="8"), talk.world)
    talk.session, talk.heard = turn.session, turn.replies
    (ordered,) = turn.again
    assert isinstance(ordered, MakeForms)
    return ordered


def field(talk: Dialogue) -> str:
    """Return the name of the field that is asked now."""
    shown = "".join(talk.heard[-1].paragraphs)  # before it stands what was tapped
    return next((name for name, one in FORM_FIELDS.items() if t(one.ask) in shown), "")


async def leaves_until(talk: Dialogue, name: str) -> None:
    while field(talk) != name:
        assert get_screen(talk) == "papers", talk.text
        await talk.taps(LATER)


def forms_of(ordered: MakeForms) -> list[Form]:
    return [content.form for content in ordered.contents]


def row(content: FormContent) -> dict[FormField, str]:
    (only,) = content.rows
    return only


CASES = (
    (ABSORBED, [Form.REVOKE, Form.HANDOVER]),
    ({**ABSORBED, "token": "lost"}, [Form.REVOKE, Form.LOSS]),
    (RETIRED, [Form.REVOKE, Form.HANDOVER]),
    ({"subject": "organisation", "events": ["renamed"], "information_matches": False, **FINE}, [Form.CHANGE]),
    (
        {"subject": "organisation", "events": ["renamed"], "information_matches": False, **FINE, "token": "locked"},
        [Form.CHANGE, Form.RESTORE],
    ),
    ({"subject": "individual", "events": ["email_changed"], **FINE}, [Form.CHANGE]),
)


@pytest.mark.parametrize(("answers", "forms"), CASES)
async def test_each_procedure_brings_its_form_once(answers: dict[str, Any], forms: list[Form]) -> None:
    talk = answered(LAN if answers["subject"] == "individual" else make_certificate(), **answers)
    await opens_papers(talk)
    await talk.taps(SKIP)
    assert forms_of(await order(talk)) == forms


@pytest.mark.parametrize(
    ("subject", "form"), [("individual", Form.PERSON), ("organisation", Form.ORGANISATION), ("device", Form.DEVICE)]
)
async def test_a_new_certificate_has_the_form_of_its_subscriber(subject: str, form: Form) -> None:
    expired = make_certificate(
        "Nguyễn Thị Lan", **PERSON, not_before="2021-11-17T00:00:00Z", not_after="2026-11-16T00:00:00Z"
    )
    talk = answered(expired, subject=subject, events=[], **FINE)
    await opens_papers(talk)
    await talk.taps(SKIP)
    ordered = await order(talk)
    assert form in forms_of(ordered)
    assert Form.REVOKE in forms_of(ordered)
    made = next(content for content in ordered.contents if content.form is form)
    assert row(made)[FormField.NAME] == "Nguyễn Thị Lan"


async def test_an_extension_with_a_change_ticks_both_boxes_of_one_form() -> None:
    ending = make_certificate(not_after="2026-12-30T00:00:00Z")
    talk = answered(ending, subject="organisation", events=["superior_changed"], **FINE)
    await opens_papers(talk)
    await leaves_until(talk, "new_superior")
    await talk.says("UBND tỉnh Đồng Nai mới")
    await talk.taps(SKIP)
    (content,) = (await order(talk)).contents
    cells = row(content)
    assert (cells[FormField.EXTEND], cells[FormField.CHANGE]) == ("x", "x")
    assert cells[FormField.OLD_VALUE] == "Cơ quan cấp trên: UBND TỈNH ĐỒNG NAI"
    assert cells[FormField.NEW_VALUE] == "Cơ quan cấp trên: UBND tỉnh Đồng Nai mới"


async def test_a_change_alone_leaves_the_other_box_empty() -> None:
    talk = answered(make_certificate(), subject="organisation", events=["superior_changed"], **FINE)
    await opens_papers(talk)
    await talk.taps(SKIP)
    (content,) = (await order(talk)).contents
    assert FormField.EXTEND not in row(content)
    assert row(content)[FormField.CHANGE] == "x"


async def test_where_nothing_is_filed_no_papers_are_offered() -> None:
    talk = answered(make_certificate(), subject="organisation", events=[], **FINE)
    await talk.says("/start")
    assert talk.labels
    assert PAPERS not in talk.labels


async def test_what_certificate_and_unit_tell_is_not_asked() -> None:
    units = nhon_trach()
    talk = answered(make_certificate(), world={"units": units}, **ABSORBED)
    unit = next(one for one in units.units.values() if one.name == "xã Đại Phước" and one.is_open(NOW.date()))
    assert talk.session
    talk.session = talk.session.with_changes(unit=unit.code)
    await opens_papers(talk)
    assert field(talk) == "device_number"  # the first that nothing tells
    await talk.taps(SKIP)
    review = talk.text
    for known in ("UBND XÃ ĐẠI PHƯỚC", "75580955FC81D6A7", "vanthu@daiphuoc.gov.vn", unit.body):
        assert known in review
    content = (await order(talk)).contents[0]
    assert content.body == unit.body
    assert content.superior == "UBND tỉnh Đồng Nai"
    assert row(content)[FormField.REASON] == t("The body was merged into another one")


async def test_what_was_typed_for_a_request_is_not_asked_again() -> None:
    talk = answered(None, **ABSORBED, certificate={"issuer": "government", "not_after": "2029-01-01"})
    assert talk.session
    draft = {"fields": {"subscriber": "UBND xã Mẫu", "unit": "UBND xã Mẫu Mới", "serial": "0123456789ABCDEF"}}
    talk.session = Session.model_validate({**talk.session.model_dump(), "set_aside": draft})
    await opens_papers(talk)
    await talk.taps(SKIP)
    cells = row((await order(talk)).contents[0])
    assert cells[FormField.NAME] == "UBND xã Mẫu"
    assert cells[FormField.SERIAL] == "0123456789ABCDEF"


async def test_a_body_is_asked_for_its_codes_and_an_officer_for_the_card() -> None:
    body, officer = answered(make_certificate(), **ABSORBED), answered(LAN, **RETIRED)
    for talk in (body, officer):
        await opens_papers(talk)
        await talk.taps(SKIP)
    cells = row((await order(body)).contents[0])
    assert {cells[name] for name in (FormField.IDENTITY_NUMBER, FormField.IDENTITY_ISSUED_ON)} == {""}
    assert FormField.TAX_CODE not in cells
    cells = row((await order(officer)).contents[0])
    assert (cells[FormField.TAX_CODE], cells[FormField.BUDGET_CODE]) == ("", "")
    assert FormField.IDENTITY_NUMBER not in cells


async def test_who_signs_remotely_is_asked_for_no_device() -> None:
    talk = answered(LAN, **{**RETIRED, "token": "remote"})
    await opens_papers(talk)
    assert field(talk) != "device_number"
    await talk.taps(SKIP)
    assert row((await order(talk)).contents[0])[FormField.DEVICE_NUMBER] == ""


async def test_a_value_left_for_later_is_missing_and_that_is_said() -> None:
    talk = answered(make_certificate(), **ABSORBED)
    await opens_papers(talk)
    await leaves_until(talk, "device_number")
    await talk.says("0123AB")
    await talk.taps(LATER, LATER)
    await talk.taps(SKIP)
    ordered = await order(talk)
    content = ordered.contents[0]
    assert row(content)[FormField.DEVICE_NUMBER] == "0123AB"
    assert (0, FormField.TAX_CODE) in list(content.missing())
    said = "\n".join(ordered.said)
    assert "Còn để điền tay: " in said
    assert "mã số thuế" in said
    assert "đầu mối phối hợp" in said  # of whom everything is missing
    assert "số hiệu thiết bị" not in said
    assert "Mẫu 05" in said


async def test_an_unusable_value_is_asked_again_with_a_right_one() -> None:
    talk = answered(make_certificate(), **ABSORBED)
    await opens_papers(talk)
    await leaves_until(talk, "tax_code")
    assert t(FORM_FIELDS["tax_code"].wrong) in await talk.says("0000000018")
    assert field(talk) == "tax_code"
    await talk.says("0000000017")
    assert field(talk) == "budget_code"


async def test_any_field_can_be_changed_from_the_review_or_left_as_it_is() -> None:
    talk = answered(make_certificate(), **ABSORBED)
    await opens_papers(talk)
    await talk.taps(SKIP)
    for name in ("subscriber", "reason", "email", "budget_code", "contact_mobile"):
        await talk.taps(t("Change: {fact}", fact=t(FORM_FIELDS[name].title)))
        assert field(talk) == name
        await talk.taps(t("Leave this as it is"))
        assert get_screen(talk) == "papers_review"
    await talk.taps(t("Change: {fact}", fact=t(FORM_FIELDS["subscriber"].title)))
    await talk.says("UBND xã Phú Hữu")
    assert "UBND xã Phú Hữu" in talk.text
    assert row((await order(talk)).contents[0])[FormField.NAME] == "UBND xã Phú Hữu"


async def test_a_known_value_can_be_left_for_later_too() -> None:
    talk = answered(make_certificate(), **ABSORBED)
    await opens_papers(talk)
    await talk.taps(SKIP)
    await talk.taps(t("Change: {fact}", fact=t(FORM_FIELDS["serial"].title)), LATER)
    assert (0, FormField.SERIAL) in list((await order(talk)).contents[0].missing())


async def test_the_number_of_a_card_is_taken_out_of_the_chat_and_shown_masked_everywhere() -> None:
    talk = answered(LAN, **RETIRED)
    await opens_papers(talk)
    await leaves_until(talk, "identity_number")
    assert "mã hóa" in talk.text  # what it is for, and what becomes of it
    text = await talk.says("000 123 456 789")
    assert talk.heard[0].action == "delete"
    assert talk.heard[0].target == "7"
    assert MASKED in text
    await talk.taps(SKIP)
    seen = [text, talk.text, *talk.labels]
    assert MASKED in talk.text
    assert not [shown for shown in seen if IDENTITY in shown.replace(" ", "")]
    ordered = await order(talk)
    assert row(ordered.contents[0])[FormField.IDENTITY_NUMBER] == IDENTITY
    told = [*ordered.said, *(part.text for part in ordered.next_steps)]
    assert not [line for line in told if IDENTITY in line]


async def test_a_number_with_a_slip_is_taken_out_of_the_chat_too() -> None:
    talk = answered(LAN, **RETIRED)
    await opens_papers(talk)
    await leaves_until(talk, "identity_number")
    await talk.says("00012345678")
    assert talk.heard[0].action == "delete"
    await talk.says("không có")
    assert talk.heard[0].action != "delete"


@pytest.mark.parametrize("name", ["device_number", "contact_name"])
async def test_a_number_typed_into_another_field_is_not_kept_and_taken_out_of_the_chat(name: str) -> None:
    talk = answered(LAN, **RETIRED)
    await opens_papers(talk)
    await leaves_until(talk, name)
    await talk.says(IDENTITY)
    assert talk.heard[0].action == "delete"
    assert talk.session
    assert IDENTITY not in talk.session.model_dump_json()


async def test_beginning_once_more_keeps_a_number_no_longer() -> None:
    talk = answered(LAN, **RETIRED)
    await opens_papers(talk)
    await leaves_until(talk, "identity_number")
    await talk.says(IDENTITY)
    await talk.taps(t("Make no papers now"))
    talk.world = replace(talk.world, now=NOW + timedelta(days=5))
    await talk.taps(PAPERS)
    assert talk.session
    assert talk.session.forms
    assert talk.session.forms.has_identity
    assert talk.session.forms.identity_until == NOW + timedelta(days=7)


@pytest.mark.parametrize(("days", "kept"), [(0, False), (3, True)])
async def test_the_number_goes_from_the_session_once_the_papers_are_sent(days: int, kept: bool) -> None:
    talk = answered(LAN, world={"identity_days": days}, **RETIRED)
    await opens_papers(talk)
    await leaves_until(talk, "identity_number")
    await talk.says(IDENTITY)
    await talk.taps(SKIP)
    await order(talk)
    assert talk.session
    assert IDENTITY in talk.session.model_dump_json()
    await talk.does(MADE)
    assert (IDENTITY in talk.session.model_dump_json()) == kept
    later = build_memory_services(pack(), NOW + timedelta(days=max(days, 1), minutes=1))
    turn = await respond(talk.session, TextReceived(text="abc"), replace(later, identity_days=days))
    assert turn.session
    assert IDENTITY not in turn.session.model_dump_json()


async def test_a_number_whose_papers_were_never_made_goes_after_seven_days() -> None:
    talk = answered(LAN, **RETIRED)
    await opens_papers(talk)
    await leaves_until(talk, "identity_number")
    await talk.says(IDENTITY)
    assert talk.session
    assert talk.session.forms
    assert talk.session.forms.identity_until == NOW + timedelta(days=7)
    turn = await respond(talk.session, TextReceived(text="abc"), build_memory_services(pack(), NOW + timedelta(days=7)))
    assert turn.session
    assert IDENTITY not in turn.session.model_dump_json()
    assert turn.session.forms
    assert turn.session.forms.identity_until is None


async def test_a_pin_is_refused_in_a_field_as_everywhere() -> None:
    talk = answered(make_certificate(), **ABSORBED)
    await opens_papers(talk)
    await leaves_until(talk, "device_number")
    await talk.says("mã PIN là 12345678")
    assert talk.heard[0].action == "delete"
    assert field(talk) == "device_number"


async def test_the_officer_as_contact_person_is_not_asked_twice() -> None:
    talk = answered(LAN, subject="individual", events=["position_changed"], information_matches=False, **FINE)
    await opens_papers(talk)
    await leaves_until(talk, "identity_number")
    await talk.says(IDENTITY, "01/02/2021", "Bộ Công an")
    await leaves_until(talk, "contact_name")
    await talk.taps("Nguyễn Thị Lan")
    asked = []
    while get_screen(talk) == "papers":
        asked.append(field(talk))
        await talk.taps(LATER)
    assert not {name for name in asked if "identity" in name or "email" in name}
    contact = (await order(talk)).contents[0].contact
    assert contact[FormField.IDENTITY_NUMBER] == IDENTITY
    assert contact[FormField.EMAIL] == "lan@daiphuoc.gov.vn"


async def test_a_deceased_officer_is_not_offered_as_contact_person() -> None:
    talk = answered(LAN, subject="individual", events=["deceased"], **FINE)
    await opens_papers(talk)
    await leaves_until(talk, "contact_name")
    assert "Nguyễn Thị Lan" not in talk.labels


async def test_the_contact_person_is_still_known_for_the_next_certificate_and_nothing_else() -> None:
    talk = answered(make_certificate(), **ABSORBED)
    await opens_papers(talk)
    await leaves_until(talk, "device_number")
    await talk.says("0123AB")
    await leaves_until(talk, "contact_name")
    await talk.says("Trần Văn Mẫu")
    await talk.says("/lamlai")
    assert talk.session
    assert talk.session.forms == FormDraft(
        fields={"contact_name": "Trần Văn Mẫu"}, identity_until=NOW + timedelta(days=7), certificate="", settled_at=NOW
    )


async def test_one_step_back_asks_the_last_field_again() -> None:
    talk = answered(make_certificate(), **ABSORBED)
    await opens_papers(talk)
    await leaves_until(talk, "device_number")
    await talk.says("0123AB", "/quaylai")
    assert field(talk) == "device_number"
    await talk.says("0123AB")
    await talk.taps(LATER)
    before = field(talk)
    await talk.says("/quaylai")
    assert field(talk) not in {before, ""}


async def test_leaving_keeps_what_was_typed() -> None:
    talk = answered(make_certificate(), **ABSORBED)
    await opens_papers(talk)
    await leaves_until(talk, "device_number")
    await talk.says("0123AB")
    await talk.taps(t("Make no papers now"))
    assert get_screen(talk) == "answer"
    await talk.taps(PAPERS)
    await talk.taps(SKIP)
    assert "0123AB" in talk.text


async def test_a_second_tap_orders_nothing_more() -> None:
    talk = answered(make_certificate(), **ABSORBED)
    await opens_papers(talk)
    await talk.taps(SKIP)
    choice = next(one for one in talk.choices if one.label == MAKE)
    await order(talk)
    again = await respond(talk.session, ButtonTapped(data=choice.tap, message="8"), talk.world)
    assert again.again == ()


async def test_the_papers_come_with_a_few_lines_and_the_answer_below() -> None:
    talk = answered(make_certificate(), **ABSORBED)
    await opens_papers(talk)
    await talk.taps(SKIP)
    await order(talk)
    text = await talk.does(MADE)
    assert text.startswith("<b>Giấy tờ &lt;b&gt;</b>")
    assert talk.heard[-1].attachments == MADE.files
    assert PAPERS in talk.labels


@pytest.mark.parametrize("trouble", ["no_files", "failed"])
async def test_where_there_are_no_files_that_is_said(trouble: str) -> None:
    talk = answered(make_certificate(), **ABSORBED)
    assert await talk.does(FormsMade.model_validate({"trouble": trouble})) == t(FORM_PROBLEMS[trouble])
    order_left = MakeForms(contents=(), next_steps=())
    assert await talk.does(order_left) == t(FORM_PROBLEMS["failed"])  # nobody has carried it out


async def test_the_page_says_who_signs_where_it_goes_and_what_is_not_certain() -> None:
    talk = answered(make_certificate(), **ABSORBED)
    await opens_papers(talk)
    await talk.taps(SKIP)
    ordered = await order(talk)
    text = "\n".join(part.text for part in ordered.next_steps)
    headings = [part.text for part in ordered.next_steps if part.style == "heading"]
    assert headings == [t("The papers"), t("What is to be done"), t("What is not certain")]
    for told in ("Signs", "Send", "The token", "The managing body"):
        assert f"{t(told)}:" in text
    assert t("Where to file.") in text
    assert "Mẫu 05" in text
    assert "<" not in text


async def test_papers_are_in_vietnamese_in_an_english_conversation() -> None:
    talk = answered(make_certificate(), language="en", **ABSORBED)
    await talk.says("/start")
    await talk.taps("Make the papers")
    await talk.taps("Skip all the rest")
    choice = next(one for one in talk.choices if one.label == "Make the papers")
    turn = await respond(talk.session, ButtonTapped(data=choice.tap, message="8"), talk.world)
    (ordered,) = turn.again
    assert isinstance(ordered, MakeForms)
    assert row(ordered.contents[0])[FormField.REASON] == t("The body was merged into another one")


async def test_markup_in_a_name_is_text() -> None:
    talk = answered(make_certificate("UBND <b>XÃ</b> {{ x }}"), **ABSORBED)
    await opens_papers(talk)
    await talk.taps(SKIP)
    assert "UBND &lt;b&gt;XÃ&lt;/b&gt; {{ x }}" in talk.text
    assert row((await order(talk)).contents[0])[FormField.NAME] == "UBND <b>XÃ</b> {{ x }}"


async def test_a_registered_request_has_its_papers_too_and_nobody_elses() -> None:
    talk = answered(make_certificate(), **ABSORBED)
    await talk.says("/start")
    await talk.taps(t("Register the request"))
    await talk.says("1", "UBND xã Đại Phước", "1", "gửi")
    await talk.says("/lamlai", "/yeucau YC-2026-000001")
    await talk.taps(PAPERS)
    await talk.taps(SKIP)
    ordered = await order(talk)
    assert forms_of(ordered) == [Form.REVOKE]
    assert row(ordered.contents[0])[FormField.SERIAL] == "75580955FC81D6A7"
    told = [part.text for part in ordered.next_steps]
    assert t("The answer given with request {code}", code="YC-2026-000001") in told
    assert sum(map(count_printed_lines, told)) <= PAGE_LINES
    assert get_screen(talk) == "request"

    other = answered(make_certificate(), **ABSORBED)
    assert other.session
    other.session = other.session.with_screen("papers", forms=FormDraft(code="YC-2026-000001"))
    await other.says("abc")
    assert "75580955FC81D6A7" not in other.text
    assert PAPERS not in other.labels


async def test_two_open_requests_of_one_form_share_it() -> None:
    ending = make_certificate(not_after="2026-12-30T00:00:00Z")
    talk = answered(ending, subject="organisation", events=["superior_changed"], **FINE)
    await talk.says("/start")
    await talk.taps(t("Register the request"))
    await talk.says("1", "UBND xã Đại Phước", "1", "UBND tỉnh Đồng Nai mới", "gửi")
    await talk.says("/yeucau YC-2026-000002")
    await talk.taps(PAPERS)
    await talk.taps(SKIP)
    (content,) = (await order(talk)).contents
    assert (row(content)[FormField.EXTEND], row(content)[FormField.CHANGE]) == ("x", "x")
    assert row(content)[FormField.NEW_VALUE] == "Cơ quan cấp trên: UBND tỉnh Đồng Nai mới"


async def test_words_lead_one_step_back_and_a_question_is_answered_in_between() -> None:
    talk = answered(LAN, **RETIRED)
    await opens_papers(talk)
    await talk.says("UBND xã Đại Phước")
    assert field(talk) == "device_number"
    assert "đứng đầu" in await talk.says("ai ký vậy?")
    assert field(talk) == "device_number"
    await talk.says("quay lại")
    assert field(talk) == "unit"


async def test_own_data_show_the_number_masked_and_erasing_takes_all_away() -> None:
    talk = answered(LAN, **RETIRED)
    await opens_papers(talk)
    await leaves_until(talk, "identity_number")
    await talk.says(IDENTITY)
    assert talk.session
    house = talk.world.own_data.acting.tables  # type: ignore[attr-defined]  # the services in memory
    mine = talk.world.own_data.acting.chat  # type: ignore[attr-defined]
    house.chats[mine] = replace(house.chats[mine], session=talk.session.model_dump_json())
    held = await read_own_data(talk.world.own_data)
    assert held["session"]["forms"]["fields"]["identity_number"] == MASKED
    assert IDENTITY not in str(held)
    await talk.says("/xoadulieu", "có")
    assert IDENTITY not in str(house.chats[mine])
    assert talk.session is None or IDENTITY not in talk.session.model_dump_json()


def test_masking_leaves_serial_numbers_and_longer_numbers() -> None:
    assert mask_identities(["75580955FC81D6A7", "1234567890123", "số 000.123.456.789."]) == [
        "75580955FC81D6A7", "1234567890123", f"số {MASKED}.",
    ]  # fmt: skip


async def test_a_session_with_every_field_as_long_as_can_be_is_kept() -> None:
    fields = dict.fromkeys(FORM_FIELDS, "ệ" * 300)
    session = Session(forms=FormDraft(fields=fields, later=tuple(fields)))
    assert len(session.model_dump_json()) < MOST_SESSION // 4


async def test_a_certificate_without_units_leaves_the_heading_to_be_written() -> None:
    talk = answered(make_certificate(), world={"units": NO_UNITS}, **ABSORBED)
    await opens_papers(talk)
    await talk.taps(SKIP)
    content = (await order(talk)).contents[0]
    assert (content.body, content.superior, content.recipient) == ("", "", "")


BLOCK = "Trần Văn Đầu Mối; văn thư; 0912 345 678; van.tu@dongnai.gov.vn; số 1, xã Nhơn Trạch"


async def test_the_contact_person_is_told_in_one_message_and_kept_for_the_next_form() -> None:
    talk = answered(LAN, **RETIRED)
    await opens_papers(talk)
    await leaves_until(talk, "contact_name")
    assert "trong một tin" in talk.text
    await talk.says(BLOCK)
    assert "Đã ghi: Đầu mối phối hợp: Trần Văn Đầu Mối" in talk.text.replace("<b>", "").replace("</b>", "")
    assert field(talk) == "contact_identity_number"
    await talk.taps(SKIP)
    content = (await order(talk)).contents[0]
    kept = {name: content.contact[name] for name in (FormField.NAME, FormField.POSITION, FormField.MOBILE)}
    assert list(kept.values()) == ["Trần Văn Đầu Mối", "văn thư", "0912345678"]

    talk.session = talk.session.with_changes(
        certificate=make_certificate("Lê Văn Hai", **PERSON, serial="0A77"), screen="answer", interview=2
    )
    await opens_papers(talk)
    assert not await asks(
        talk, "contact_name", "contact_position", "contact_mobile", "contact_email", "contact_address"
    )


async def test_values_in_the_order_in_which_the_question_names_them_go_where_it_says() -> None:
    talk = answered(LAN, **RETIRED)
    await opens_papers(talk)
    await leaves_until(talk, "contact_name")
    typed = {"name": "Tran Thi B", "email": "b@daiphuoc.gov.vn", "address": "UBND xa", "position": "Van thu"}
    await talk.says("; ".join((*typed.values(), "0901234567")))
    draft = talk.session.forms
    assert draft is not None
    assert {name: draft.fields[f"contact_{name}"] for name in typed} == typed


async def asks(talk: Dialogue, *names: str) -> set[str]:
    """Leave every field, and return which of these were asked."""
    asked = set()
    while get_screen(talk) == "papers":
        asked.add(field(talk))
        await talk.taps(LATER)
    return asked & set(names)


async def test_a_card_number_in_the_block_is_deleted_with_its_message_and_shown_masked() -> None:
    talk = answered(LAN, **RETIRED)
    await opens_papers(talk)
    await leaves_until(talk, "contact_name")
    await talk.says(f"Trần Văn Đầu Mối; {IDENTITY}; e-mail: dau.moi@gmail.com")

    assert MASKED in talk.text
    assert IDENTITY not in talk.text
    assert "gmail" in talk.text or "cơ quan nhà nước" in talk.text
    assert any(reply.action == "delete" for reply in talk.heard)


async def test_a_managing_body_is_compared_with_the_tree_of_units() -> None:
    talk = answered(LAN, world={"units": UNITS}, **RETIRED)
    await opens_papers(talk)
    await leaves_until(talk, "unit")
    await talk.says("xa nhon trach")
    await talk.taps(SKIP)
    contents = (await order(talk)).contents
    assert {content.body for content in contents} == {"Xã Nhơn Trạch"}
    assert {content.place for content in contents} == {"Nhơn Trạch"}


async def test_a_body_that_is_in_no_tree_is_asked_about_once_and_taken_as_it_was_typed() -> None:
    talk = answered(LAN, world={"units": UNITS}, **RETIRED)
    await opens_papers(talk)
    await leaves_until(talk, "unit")
    await talk.says("xã Nhơn Trach cũ")
    assert "không có “xã Nhơn Trach cũ”" in talk.text
    await talk.taps("xã Nhơn Trach cũ")
    await talk.taps(SKIP)
    assert {content.body for content in (await order(talk)).contents} == {"xã Nhơn Trach cũ"}


async def test_a_card_number_on_any_page_is_deleted_and_kept_nowhere() -> None:
    talk = answered(LAN, **RETIRED)
    await talk.says("/start")
    before = talk.session
    for text in (f"CCCD của tôi là {IDENTITY.replace('000', '075', 1)}", "số định danh 075 190 012 345 nhé"):
        await talk.says(text)
        assert "số định danh cá nhân (CCCD)" in talk.text
        assert [reply.action for reply in talk.heard].count("delete") == 1
        assert talk.session.model_copy(update={"version": before.version}) == before


@pytest.mark.parametrize("screen", ["answer", "papers"])
async def test_an_edited_message_with_a_card_number_is_deleted(screen: str) -> None:
    talk = answered(LAN, **RETIRED)
    await (opens_papers(talk) if screen == "papers" else talk.says("/start"))
    turn = await respond(talk.session, MessageEdited(text="075190012345", message="3"), talk.world)

    assert [(one.action, one.target) for one in turn.replies if one.action == "delete"] == [("delete", "3")]
    assert turn.session is not None
    assert "075190012345" not in turn.session.model_dump_json()


@pytest.mark.parametrize(
    "text", ["0912 345 678", "1234567890123", "540110BBEE001122", "YC-2026-000001", "123456789012"]
)
async def test_numbers_that_are_no_card_stay(text: str) -> None:
    talk = answered(LAN, **RETIRED)
    await talk.says("/start")
    await talk.says(text)

    assert not [reply for reply in talk.heard if reply.action == "delete"]


async def opens_next_papers(talk: Dialogue, certificate: Certificate, **answers: object) -> Dialogue:
    """Take up another certificate, with its answer, and open its papers."""
    assert talk.session
    forms = talk.session.forms and talk.session.forms.for_certificate("")
    answers = {**answers, "certificate": certificate_facts(certificate)}
    talk.session = talk.session.with_changes(
        certificate=certificate, answers=answers, screen="answer", interview=2, forms=forms
    )
    return await opens_papers(talk)


async def test_what_an_earlier_form_has_of_the_same_person_is_taken_and_shown_in_the_review() -> None:
    talk = answered(LAN, **RETIRED)
    await opens_papers(talk)
    await talk.says("UBND xã Đại Phước")
    await leaves_until(talk, "identity_number")
    await talk.says(IDENTITY, "01/02/2021", "Bộ Công an")
    await talk.taps(t("Make no papers now"))
    renewed = make_certificate("NGUYỄN THỊ LAN", **PERSON, serial="0A77")
    await opens_next_papers(talk, renewed, **RETIRED)
    assert not await asks(talk, "unit", "identity_number", "identity_issued_on", "identity_issued_by")
    for known in ("UBND xã Đại Phước", MASKED, "01/02/2021", "Bộ Công an"):
        assert known in talk.text

    await opens_next_papers(talk, make_certificate("Lê Văn Hai", **PERSON, serial="0A78"), **RETIRED)
    assert MASKED not in talk.text  # of somebody else nothing of it is taken
    assert field(talk) == "unit"
    await opens_next_papers(talk, LAN, **RETIRED)
    await talk.taps(SKIP)
    assert MASKED in talk.text


async def test_what_an_officer_gave_is_theirs_as_contact_person_too_and_the_other_way_round() -> None:
    moved = {"subject": "individual", "events": ["email_changed"], **FINE}
    talk = answered(LAN, **moved)
    await opens_papers(talk)  # form 04 has the card of the contact person only
    await leaves_until(talk, "contact_name")
    await talk.taps("Nguyễn Thị Lan")
    await leaves_until(talk, "contact_identity_number")
    await talk.says(IDENTITY)
    await talk.taps(t("Make no papers now"))
    await opens_next_papers(talk, make_certificate("Nguyễn Thị Lan", **PERSON, serial="0A77"), **RETIRED)
    assert not await asks(talk, "identity_number", "contact_identity_number")
    cells = row((await order(talk)).contents[0])
    assert cells[FormField.IDENTITY_NUMBER] == IDENTITY


@pytest.mark.parametrize("rest", [LATER, SKIP])
async def test_what_was_left_for_later_is_not_asked_again_in_the_same_sitting_but_can_be_filled_in(rest: str) -> None:
    talk = answered(make_certificate(), **ABSORBED)
    await opens_papers(talk)
    while get_screen(talk) == "papers":
        await talk.taps(rest)
    await talk.taps(t("Make no papers now"))
    await talk.taps(PAPERS)
    assert get_screen(talk) == "papers_review"
    await talk.taps(t("Change: {fact}", fact=t(FORM_FIELDS["device_number"].title)))
    await talk.says("0123AB")
    assert get_screen(talk) == "papers_review"
    assert row((await order(talk)).contents[0])[FormField.DEVICE_NUMBER] == "0123AB"

    talk.world = replace(talk.world, now=NOW + timedelta(hours=4))
    await opens_papers(talk)
    assert field(talk) == "unit"  # another sitting: perhaps they know it by now


async def test_the_contact_person_left_for_later_is_not_asked_for_the_next_certificate() -> None:
    talk = answered(LAN, **RETIRED)
    await opens_papers(talk)
    await talk.taps(SKIP)
    await talk.taps(t("Make no papers now"))
    await opens_next_papers(talk, make_certificate("Lê Văn Hai", **PERSON, serial="0A78"), **RETIRED)
    asked = await asks(talk, *FORM_FIELDS)
    assert "device_number" in asked
    assert not [name for name in asked if name.startswith("contact_")]


async def test_no_card_of_an_earlier_person_is_kept_longer_than_one_of_the_present() -> None:
    talk = answered(LAN, **RETIRED)
    await opens_papers(talk)
    await leaves_until(talk, "identity_number")
    await talk.says(IDENTITY)
    await opens_next_papers(talk, make_certificate("Lê Văn Hai", **PERSON, serial="0A78"), **RETIRED)
    assert talk.session
    assert talk.session.forms
    assert talk.session.forms.has_identity
    assert IDENTITY not in str(mask_identities(talk.session.model_dump(mode="json")["forms"]))
    await talk.taps(SKIP)
    await order(talk)
    await talk.does(MADE)
    assert IDENTITY not in talk.session.model_dump_json()


async def test_the_page_of_a_request_is_one_page_however_long_its_answer_was() -> None:
    ending = make_certificate(not_after="2026-12-30T00:00:00Z")
    talk = answered(
        ending, subject="organisation", events=["superior_changed", "email_changed"], **{**FINE, "token": "locked"}
    )
    await talk.says("/start")
    await talk.taps(t("Register the request"))
    await talk.says("1", "UBND xã Đại Phước", "1", "UBND tỉnh Đồng Nai mới", "vanthu@dongnai.gov.vn", "gửi")
    await talk.says("/lamlai", "/yeucau YC-2026-000001")
    await talk.taps(PAPERS)
    await talk.taps(SKIP)
    told = [part.text for part in (await order(talk)).next_steps]

    assert sum(map(count_printed_lines, told)) <= PAGE_LINES
    assert told[-1] == t("The rest of the answer: send /yeucau {code} to the assistant.", code="YC-2026-000001")


def test_of_a_contact_person_who_is_named_the_missing_fields_are_named_alone() -> None:
    here = SimpleNamespace(say=MarkupTranslator("vi"))
    known = {FormField.NAME: "Trần Thị B", FormField.POSITION: "Văn thư", FormField.MOBILE: "0901234567"}
    contact = CONTACT_FIELDS[Form.PERSON]
    named = {**dict.fromkeys(contact, "x"), **known}
    for column in (FormField.IDENTITY_NUMBER, FormField.IDENTITY_ISSUED_ON, FormField.IDENTITY_ISSUED_BY):
        named.pop(column)

    titles = missing_titles(here, FormContent(form=Form.PERSON, rows=(), contact=named))
    assert len(titles) == 3
    assert "đầu mối phối hợp" not in titles
    assert "đầu mối phối hợp" in missing_titles(here, FormContent(form=Form.PERSON, rows=()))
