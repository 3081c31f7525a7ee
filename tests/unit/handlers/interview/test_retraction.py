"""A safety-relevant fact that was confirmed is never taken back unseen, and never by one tap."""

import pytest

from handlers.core import MessageEdited
from handlers.interview.screens.retraction import ASK, FOUND, KEPT, TELL_THE_BODY
from locales import translator
from rules import answer_question, load_pack
from tests.support.dialogue import Dialogue, get_screen, make_certificate

t = translator("vi")
LOST = "token co quan bi mat"
BACK_IN_HAND = "token em dang giu, van dung duoc"
WRONG = t("I was wrong: nobody else ever had it")


async def told(*lines: str) -> Dialogue:
    talk = Dialogue()
    await talk.says("/start", "1", *lines)
    return talk


async def lost() -> Dialogue:
    """Return a conversation in which the loss was told and confirmed."""
    talk = await told(LOST, "dung roi")
    assert talk.answers["token"] == "lost"
    return talk


async def test_beginning_anew_about_the_same_certificate_forgets_no_danger() -> None:
    talk = await told("token bi mat, khoa bi lo roi", "dung roi")
    assert "token bị mất" in await talk.says("/lamlai")
    assert get_screen(talk) == "restart"
    await talk.says("1")
    assert (talk.answers["token"], talk.answers["key_exposed"]) == ("lost", True)
    await talk.says("1", "3", BACK_IN_HAND)
    await talk.says("dung roi")
    assert get_screen(talk) == "retraction"
    assert talk.answers["token"] == "lost"


@pytest.mark.parametrize(("said", "kept"), [("2", None), ("chứng thư khác", None), ("3", "lost"), ("thôi", "lost")])
async def test_another_certificate_begins_without_the_danger_and_no_beginning_changes_nothing(
    said: str, kept: str | None
) -> None:
    talk = await lost()
    await talk.says("/lamlai", said)
    assert talk.answers.get("token") == kept
    assert talk.session is not None
    assert bool(talk.session.safety_facts) is (kept is not None)


async def test_a_token_that_was_found_is_not_called_usable_beside_the_advice_not_to_use_it() -> None:
    talk = await lost()
    text = await talk.says("tìm thấy token rồi")
    assert "token đã tìm thấy" in text
    assert "dùng được" not in text
    assert "dùng được" not in await talk.taps(t("Found again; somebody else may have had it"))


@pytest.mark.parametrize("how", ["sentence", "edit", "review", "back"])
async def test_a_lost_token_is_in_hand_again_only_after_a_question_of_its_own(how: str) -> None:
    talk = await lost()
    if how == "sentence":
        assert "trước đó" in await talk.says(BACK_IN_HAND)
        await talk.says("dung roi")
    elif how == "edit":
        await talk.does(MessageEdited(text=BACK_IN_HAND, message="5"))
        await talk.says("dung roi")
    elif how == "review":
        await talk.says("/xemlai")
        await talk.taps(t("the token"))
        await talk.taps(t("In hand and working"))
    else:
        await talk.says("/xemlai")
        await talk.taps(t("the token"))
        await talk.says("/quaylai", "/xemlai")
        await talk.taps(t("the token"))
        await talk.taps(t("In hand and working"))
    assert get_screen(talk) == "retraction"
    assert t(ASK) in talk.text
    assert t(FOUND) in talk.text
    assert t(TELL_THE_BODY) in talk.text
    assert talk.answers["token"] == "lost"
    await talk.says("1")
    assert t(KEPT) in talk.text
    assert talk.answers["token"] == "lost"


@pytest.mark.parametrize(
    "said", ["em tim lai duoc token", "tìm thấy token rồi", "dạ em tìm thấy rồi ạ", "token tim dc roi anh oi"]
)
@pytest.mark.parametrize("at_the_answer", [False, True])
async def test_a_token_that_was_found_is_not_said_back_as_in_hand(said: str, at_the_answer: bool) -> None:
    talk = await lost()
    if at_the_answer:
        await talk.says("/lamlai", "1", "1", "3", "31/12/2028", "binh thuong")
        assert get_screen(talk) == "answer"
    await talk.says(said)
    assert get_screen(talk) == "retraction"
    assert talk.answers["token"] == "lost"
    assert t("Found again; somebody else may have had it") in talk.labels


@pytest.mark.parametrize("said", ["em chưa tìm thấy token", "nếu tìm lại được token thì sao?", "đang tìm token"])
async def test_a_token_that_was_not_found_stays_lost_without_a_question(said: str) -> None:
    talk = await lost()
    await talk.says(said)
    assert get_screen(talk) != "retraction"
    assert talk.answers["token"] == "lost"


async def test_a_found_token_that_somebody_may_have_had_counts_as_an_exposed_key() -> None:
    talk = await lost()
    await talk.says(BACK_IN_HAND, "dung roi")
    text = await talk.taps(t("Found again; somebody else may have had it"))
    assert t("the key or the PIN may be known to somebody else") in text
    assert talk.answers["token"] == "in_hand"
    assert talk.answers["key_exposed"] is True


async def test_a_found_token_whose_revocation_was_asked_for_stays_lost_and_the_body_is_to_be_told() -> None:
    talk = await lost()
    await talk.says(BACK_IN_HAND, "dung roi")
    await talk.taps(t("Found again, but the revocation was asked for already"))
    assert talk.answers["token"] == "lost"
    assert t(TELL_THE_BODY) in talk.text


async def test_a_slip_can_be_put_right_and_the_change_is_said() -> None:
    talk = await lost()
    await talk.says(BACK_IN_HAND, "dung roi")
    text = await talk.taps(WRONG)
    assert talk.answers["token"] == "in_hand"
    assert t("the token is lost") in text
    assert t("the token is in hand and works") in text
    await talk.says("/xemlai", "/quaylai")
    assert get_screen(talk) != "retraction"


@pytest.mark.parametrize("typed", ["đúng rồi", "ok", "vâng", "xong", "đồng ý", "2", "0", "99"])
async def test_a_yes_in_a_hurry_takes_nothing_back(typed: str) -> None:
    talk = await lost()
    await talk.says(BACK_IN_HAND, "dung roi", typed)
    assert talk.answers["token"] == "lost"


async def test_what_was_taken_back_by_a_step_back_is_remembered_when_it_is_asked_again() -> None:
    talk = await told("1", "3", "31/12/2028")
    await talk.taps(t("The token is lost"))
    await talk.taps(t("Done"))
    assert get_screen(talk) == "answer"
    await talk.says("/quaylai")
    assert "token" not in talk.answers
    await talk.taps(t("Nothing is wrong"))
    assert get_screen(talk) == "retraction"
    await talk.says("1")
    assert talk.answers["token"] == "lost"
    assert get_screen(talk) == "answer"


@pytest.mark.parametrize(
    ("subject", "event"),
    [
        ("2", "Left the state sector (retired, resigned)"),
        ("2", "The officer has died"),
        ("1", "Our own body was dissolved"),
        ("1", "The body was split"),
        ("3", "It stopped operating"),
        ("1", "The managing body wants the certificate revoked"),
    ],
)
async def test_a_death_and_an_end_are_not_taken_back_by_one_tap_either(subject: str, event: str) -> None:
    talk = await told(subject)
    await talk.taps(t(event))
    await talk.taps(t("Done"))
    before = talk.answers["events"]
    await talk.says("/xemlai")
    await talk.taps(t("what happened"))
    await talk.taps(t("Nothing has changed"))
    assert get_screen(talk) == "retraction"
    assert talk.answers["events"] == before
    await talk.taps(t("I was wrong before: take what I say now"))
    assert talk.answers["events"] == []


async def test_an_exposed_key_is_not_taken_back_by_one_tap_either() -> None:
    talk = await told("1", "3", "31/12/2028")
    await talk.taps(t("Somebody who was not given the token used it or knows its PIN, or there are signs of it"))
    await talk.taps(t("Done"))
    await talk.says("/xemlai")
    await talk.taps(t("key exposed"))
    await talk.taps(t("No"))
    assert get_screen(talk) == "retraction"
    assert talk.answers["key_exposed"] is True


async def test_another_kind_of_subscriber_does_not_drop_a_death_unseen() -> None:
    talk = await told("2")
    await talk.taps(t("The officer has died"))
    await talk.taps(t("Done"))
    await talk.says("/xemlai")
    await talk.taps(t("whose certificate"))
    await talk.taps(t("A body or organisation"))
    assert get_screen(talk) == "retraction"
    assert talk.answers["subject"] == "individual"
    await talk.says("1")
    assert talk.answers["events"] == ["deceased"]


async def test_a_file_of_another_kind_does_not_drop_it_unseen_either() -> None:
    talk = await told("2")
    await talk.taps(t("The officer has died"))
    await talk.taps(t("Done"))
    await talk.sends(make_certificate())
    await talk.taps(t("Yes – the certificate of an organisation"))
    assert get_screen(talk) == "retraction"
    assert talk.session is not None
    assert talk.session.certificate is None


async def test_a_graver_fact_and_an_additional_one_are_taken_as_they_are() -> None:
    talk = await told("1", "3", "31/12/2028")
    await talk.taps(t("The token is damaged"))
    await talk.taps(t("Done"))
    await talk.says("/xemlai")
    await talk.taps(t("the token"))
    await talk.taps(t("Lost"))
    assert talk.answers["token"] == "lost"
    assert get_screen(talk) == "answer"


async def test_the_next_certificate_knows_nothing_of_it() -> None:
    talk = await lost()
    await talk.says("/lamlai")
    await talk.taps(t("Another certificate"))
    await talk.says("1", "3", "31/12/2028")
    await talk.taps(t("Nothing is wrong"))
    assert get_screen(talk) == "answer"


async def test_what_no_longer_holds_is_not_asked_again_after_more_is_told() -> None:
    talk = await told("thong tin tren chung thu khong con dung", "dung roi")
    assert talk.answers == {"information_matches": False}
    await talk.says("1")
    await talk.taps(t("The body was renamed"))
    await talk.taps(t("Done"))
    assert talk.answers["information_matches"] is False
    assert t("Nothing is wrong, and all the certificate says still holds") not in talk.labels


async def test_what_was_said_to_hold_is_asked_again_after_more_is_told() -> None:
    talk = await told("1")
    await talk.taps(t("The body was renamed"))
    await talk.taps(t("Done"))
    await talk.says("31/12/2028")
    await talk.taps(t("Nothing is wrong, and all the certificate says still holds"))
    assert talk.answers["information_matches"] is True
    await talk.says("/xemlai")
    await talk.taps(t("what happened"))
    await talk.taps(t("The body's operating address changed"))
    await talk.taps(t("Done"))
    assert "information_matches" not in talk.answers


@pytest.mark.parametrize("said", ["em làm mất token", "em lộ mã PIN rồi"])
async def test_a_loss_or_an_exposed_key_is_answered_at_once_while_questions_are_open(said: str) -> None:
    advice = answer_question(load_pack("national"), "sign_meanwhile", "unsafe")
    assert advice is not None
    now = t(advice.text)[:40]
    talk = Dialogue()
    assert now not in await talk.says("/start", "1", said)
    assert now in await talk.says("đúng")
    assert now not in await talk.says("2")
