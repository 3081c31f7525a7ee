"""From the answer to a registered request, and what can be done with it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.citations import format_pack
from handlers.model import REQUEST_TRANSITIONS, RequestState
from handlers.testing import MemoryOwnRequests
from locales import translator
from tests.support.dialogue import EXPIRED, NOW, Dialogue, make_certificate

t = translator("vi")
#: To the answer of a superior that changed, the certificate read from a file.
TO_ANSWER = ("3", "1", "1")
OLD, NEW = "UBND XÃ ĐẠI PHƯỚC", "UBND thành phố Biên Hòa"


@pytest.fixture
async def talk() -> Dialogue:
    talk = Dialogue()
    await talk.says("/start", "1")
    await talk.sends(make_certificate())
    await talk.says("1", *TO_ANSWER)
    return talk


def book(talk: Dialogue) -> MemoryOwnRequests:
    assert isinstance(talk.world.requests, MemoryOwnRequests)
    return talk.world.requests


async def register(talk: Dialogue, superior: str = NEW) -> str:
    """Take the suggestions of the certificate, type the new superior, send."""
    await talk.says("dang ky", "1", "1", "1", superior)
    return await talk.taps(t("Send the request"))


async def test_a_request_is_registered_after_a_review_of_what_is_stored(talk: Dialogue) -> None:
    await talk.says("dang ky", "1", "1", "1")
    review = await talk.says(NEW)
    assert all(part in review for part in (OLD, "75580955FC81D6A7", NEW, format_pack(talk.world.pack, t)))
    text = await talk.taps(t("Send the request"))
    assert "YC-2026-000001" in text
    content = book(talk).kept["YC-2026-000001"].content
    assert content.procedure == "change_information"
    assert content.form == "04"
    assert content.news == {"new_superior": NEW}
    assert content.certificate_name == OLD
    assert "08/5/2025" in content.decision
    assert "<" not in content.decision


async def test_nothing_is_stored_before_it_is_sent(talk: Dialogue) -> None:
    await talk.says("dang ky", "1", "1", "1", NEW)
    await talk.taps(t("Do not register"))
    assert book(talk).kept == {}


async def test_only_what_the_change_is_about_is_asked(talk: Dialogue) -> None:
    await talk.says("dang ky", "1", "1")
    assert t("The new name, exactly as in the decision?") not in talk.text
    await talk.says("1")
    assert t("The new superior body (cơ quan quản lý cấp trên)?") in talk.text


async def test_the_same_certificate_and_procedure_twice_shows_the_open_request_instead(talk: Dialogue) -> None:
    await register(talk)
    await talk.taps(t("Show the answer again"), t("Register the request"))
    assert "YC-2026-000001" in talk.text
    assert talk.session
    assert talk.session.screen == "request"
    assert len(book(talk).kept) == 1


async def test_without_a_serial_number_the_same_subscriber_is_noticed_too() -> None:
    talk = Dialogue()
    for _ in range(2):
        await talk.says("/start", "1", "/lamlai", "1", "3", "31/12/2028", "1")
        await talk.says("dang ky", OLD, OLD, "khong ro", NEW)
        await talk.taps(t("Send the request"))
    assert "YC-2026-000001" in talk.text
    assert len(book(talk).kept) == 1


async def test_an_answer_that_changed_meanwhile_is_read_again_before_it_is_registered(talk: Dialogue) -> None:
    await talk.says("dang ky", "1", "1", "1", NEW)
    talk.world = replace(talk.world, now=NOW + timedelta(days=4 * 365))
    await talk.taps(t("Send the request"))
    assert book(talk).kept == {}
    assert talk.session
    assert talk.session.screen == "answer"


async def test_a_new_issue_asks_for_the_new_information_and_a_revocation_does_not_keep_it() -> None:
    talk = Dialogue()
    await talk.says("/start", "1")
    await talk.sends(make_certificate(**EXPIRED))
    await talk.says("1", *TO_ANSWER, "dang ky", "1", "1", "1", NEW)
    await talk.taps(t("Send the request"))
    kept = {request.content.procedure: request.content.news for request in book(talk).kept.values()}
    assert kept == {"revoke": {}, "issue_new": {"new_superior": NEW}}


async def test_going_back_in_the_form_asks_the_field_before(talk: Dialogue) -> None:
    await talk.says("dang ky", "1", "1", "/quaylai")
    assert talk.session
    assert talk.session.draft
    assert list(talk.session.draft.fields) == ["subscriber"]


async def test_a_detour_comes_back_to_the_form_as_it_was(talk: Dialogue) -> None:
    await talk.says("dang ky", "1", "/yeucau", "quay lai")
    assert talk.session
    assert talk.session.draft
    assert talk.session.screen == "form"
    assert list(talk.session.draft.fields) == ["subscriber"]


async def test_a_pause_in_the_form_keeps_what_was_typed(talk: Dialogue) -> None:
    await talk.says("dang ky", "1", "/huy", "/quaylai")
    assert talk.session
    assert talk.session.draft
    assert talk.session.screen == "form"


async def test_dropping_an_edit_leaves_every_field(talk: Dialogue) -> None:
    await talk.says("dang ky", "1", "1", "1", NEW)
    await talk.taps(t("Change: {fact}", fact=t("Subscriber")))
    await talk.says("/quaylai")
    assert talk.session
    assert talk.session.draft
    assert talk.session.screen == "confirm"
    assert list(talk.session.draft.fields) == ["subscriber", "unit", "serial", "new_superior"]


@pytest.mark.parametrize("typed", ["khoan gui yeu cau", "dung gui yeu cau", "khong gui", "gửi thử"])
async def test_a_request_is_sent_by_nothing_but_its_own_words(talk: Dialogue, typed: str) -> None:
    await talk.says("dang ky", "1", "1", "1", NEW, typed)
    assert book(talk).kept == {}


async def test_amending_asks_nothing_of_the_present_interview(talk: Dialogue) -> None:
    await register(talk)
    await talk.says("/lamlai", "1", "4", "31/12/2028", "2", "/yeucau YC-2026-000001")
    await talk.taps(t("Change this request"), t("Change: {fact}", fact=t("Subscriber")))
    await talk.says("UBND xã khác hẳn")
    assert t("<b>Please review what will be stored</b>") in talk.text
    await talk.taps(t("Save the change"))
    assert book(talk).kept["YC-2026-000001"].content.news == {"new_superior": NEW}


async def test_another_serial_number_is_another_certificate(talk: Dialogue) -> None:
    await register(talk)
    await talk.says("/yeucau YC-2026-000001")
    await talk.taps(t("Change this request"), t("Change: {fact}", fact=t("Serial number")))
    await talk.says("AB12")
    await talk.taps(t("Save the change"))
    content = book(talk).kept["YC-2026-000001"].content
    assert (content.serial, content.certificate_name, content.not_after) == ("AB12", None, None)


@pytest.mark.parametrize("detour", [("/xemlai", "tiep tuc"), ("/yeucau", "quay lai"), ("/huy", "tiep tuc")])
async def test_an_amendment_survives_a_detour(talk: Dialogue, detour: tuple[str, ...]) -> None:
    await register(talk)
    await talk.says("/yeucau YC-2026-000001")
    await talk.taps(t("Change this request"), t("Change: {fact}", fact=t("Managing body")))
    await talk.says("UBND xã Nhơn Trạch", *detour)
    await talk.taps(t("Save the change"))
    assert book(talk).kept["YC-2026-000001"].content.unit == "UBND xã Nhơn Trạch"


async def test_leaving_one_field_keeps_the_amendment(talk: Dialogue) -> None:
    await register(talk)
    await talk.says("/yeucau YC-2026-000001")
    await talk.taps(t("Change this request"), t("Change: {fact}", fact=t("Managing body")))
    await talk.says("UBND xã Nhơn Trạch")
    await talk.taps(t("Change: {fact}", fact=t("Subscriber")), t("Leave this as it is"), t("Save the change"))
    assert book(talk).kept["YC-2026-000001"].content.unit == "UBND xã Nhơn Trạch"


async def test_a_file_that_changes_the_answer_is_said_at_once_and_keeps_what_was_typed(talk: Dialogue) -> None:
    await talk.says("dang ky", "1")
    await talk.sends(make_certificate(serial="0B", **EXPIRED))
    text = await talk.says("1")
    assert t("This file changes the answer. What you typed for the request is kept.") in text
    await talk.taps(t("Register the request"))
    assert talk.session
    assert talk.session.draft
    assert "subscriber" in talk.session.draft.fields


async def test_a_serial_number_that_is_not_the_certificates_is_asked_about(talk: Dialogue) -> None:
    text = await talk.says("dang ky", "1", "1", "DEADBEE1")
    assert "75580955FC81D6A7" in text
    await talk.taps(t("Yes, keep what I wrote"))
    assert talk.session
    assert talk.session.draft
    assert talk.session.draft.fields["serial"] == "DEADBEE1"


async def test_one_conversation_registers_several_requests(talk: Dialogue) -> None:
    await register(talk)
    await talk.taps(t("Take up another certificate"))
    await talk.sends(make_certificate("UBND XÃ PHƯỚC AN", serial="0A"))
    await talk.says("1", *TO_ANSWER)
    await register(talk)
    assert [request.content.serial for request in book(talk).kept.values()] == ["75580955FC81D6A7", "0A"]


async def test_a_subscriber_the_certificate_does_not_name_is_asked_about(talk: Dialogue) -> None:
    text = await talk.says("dang ky", "Sở Y tế tỉnh Đồng Nai")
    assert OLD in text
    await talk.taps(t("No, let me correct it"))
    assert talk.session
    assert talk.session.draft
    assert talk.session.draft.fields == {}


async def test_my_requests_are_listed_opened_and_amended(talk: Dialogue) -> None:
    await register(talk)
    await talk.says("/yeucau", "1")
    await talk.taps(t("Change this request"))
    await talk.taps(t("Change: {fact}", fact=t("New superior body")))
    await talk.says("UBND tỉnh Đồng Nai")
    await talk.taps(t("Save the change"))
    assert book(talk).kept["YC-2026-000001"].content.news == {"new_superior": "UBND tỉnh Đồng Nai"}


async def test_a_request_that_was_sent_back_is_submitted_again_with_its_amendment(talk: Dialogue) -> None:
    await register(talk)
    await book(talk).move("YC-2026-000001", RequestState.SENT_BACK)
    await talk.says("/yeucau YC-2026-000001")
    await talk.taps(t("Change this request"), t("Save the change"))
    assert book(talk).kept["YC-2026-000001"].state is RequestState.SUBMITTED


async def test_withdrawing_asks_once_more(talk: Dialogue) -> None:
    await register(talk)
    await talk.says("/yeucau yc-2026-000001")
    await talk.taps(t("Withdraw it"))
    assert book(talk).kept["YC-2026-000001"].state is RequestState.SUBMITTED
    await talk.taps(t("No, keep it"))
    assert book(talk).kept["YC-2026-000001"].state is RequestState.SUBMITTED
    await talk.taps(t("Withdraw it"), t("Yes, withdraw it"))
    assert book(talk).kept["YC-2026-000001"].state is RequestState.WITHDRAWN


async def test_a_forwarded_request_can_neither_be_amended_nor_withdrawn(talk: Dialogue) -> None:
    await register(talk)
    await book(talk).move("YC-2026-000001", RequestState.ACCEPTED)
    await book(talk).move("YC-2026-000001", RequestState.FORWARDED)
    await talk.says("/yeucau YC-2026-000001")
    assert talk.labels == [t("The answer I was given"), t("Make the papers"), t("Back to my requests")]


@pytest.mark.parametrize(
    "typed",
    ["", " ", "x", "a" * 301, "dòng\x00một", "--", "12", "không có", "\u200b\u202e", "Nguyễn Văn A, CCCD 075099001234"],
)
async def test_a_field_refuses_what_is_no_name(talk: Dialogue, typed: str) -> None:
    await talk.says("dang ky", typed)
    assert talk.session
    assert talk.session.draft
    assert talk.session.draft.fields == {}


async def test_what_cannot_be_seen_is_left_out_of_a_name(talk: Dialogue) -> None:
    await talk.says("dang ky", "UBND\u200b XÃ \u202eĐẠI PHƯỚC\u200e")
    assert talk.session
    assert talk.session.draft
    assert talk.session.draft.fields == {"subscriber": "UBND XÃ ĐẠI PHƯỚC"}


async def test_a_body_that_has_ended_is_not_offered_as_the_managing_body() -> None:
    talk = Dialogue()
    await talk.says("/start", "1")
    await talk.sends(make_certificate("UBND XÃ PHÚ HỘI", superior="UBND HUYỆN NHƠN TRẠCH"))
    await talk.says("1", "1", "2", "1", "1", "dang ky", "1")
    assert t("Choose, or type it.") not in talk.text
    assert not any("HUYỆN" in label or "PHÚ HỘI" in label for label in talk.labels)


async def test_a_private_mailbox_is_refused_as_official(talk: Dialogue) -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "2", t("The official e-mail address changed"), "31/12/2028", "1")
    await talk.says("dang ky", "Nguyễn Thị Lan", "UBND xã Đại Phước", "0123AB", "lan@gmail.com")
    assert "gmail" in talk.text
    assert talk.session
    assert talk.session.screen == "form"


async def test_an_address_that_is_no_email_is_refused_with_an_example() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "2", t("The official e-mail address changed"), "31/12/2028", "1")
    await talk.says("dang ky", "Nguyễn Thị Lan", "UBND xã Đại Phước", "0123AB")
    assert "ten@donvi.gov.vn" in await talk.says("lan tại xã")
    await talk.says("lan@daiphuoc.gov.vn")
    assert t("<b>Please review what will be stored</b>") in talk.text


def test_a_state_that_ends_a_request_has_no_move_out_of_it() -> None:
    assert {state for state, moves in REQUEST_TRANSITIONS.items() if not moves} == {
        RequestState.DONE,
        RequestState.REFUSED,
        RequestState.WITHDRAWN,
    }
    assert set(REQUEST_TRANSITIONS) == set(RequestState)
