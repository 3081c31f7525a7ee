"""What a person answers to a reminder, and how they stop them."""

from datetime import date, timedelta
from typing import cast

import pytest

from handlers.core import ButtonTapped, Session
from handlers.model import RequestState
from handlers.testing import MemoryReminders, add_reminder, build_memory_services
from tests.support.dialogue import NOW, Dialogue, make_certificate, pack

REMINDER = "TB-000012"
#: To the answer: the superior changed, a certificate was read, the token is in hand.
TO_THE_ANSWER = ("co quan", "doi cap tren", "xong", "1", "1")


@pytest.fixture
def talk() -> Dialogue:
    return Dialogue(build_memory_services(pack(), NOW, received=(REMINDER,), waiting=2), Session(language="en"))


def reminders(talk: Dialogue) -> MemoryReminders:
    return cast(MemoryReminders, talk.world.reminders)


async def tap(talk: Dialogue, action: str, broadcast: str = REMINDER) -> str:
    return await talk.does(ButtonTapped(data=f"bc|{action}|{broadcast}", message="5"))


def screen(talk: Dialogue) -> str:
    assert talk.session
    return talk.session.screen


async def answered(talk: Dialogue) -> None:
    await talk.says("/start", "1")
    await talk.sends(make_certificate())
    await talk.says("1", *TO_THE_ANSWER)
    assert screen(talk) == "answer"


async def test_do_it_now_asks_for_consent_first_and_goes_straight_on_after_it(talk: Dialogue) -> None:
    await tap(talk, "now")
    assert screen(talk) == "welcome"
    assert await talk.says("1")
    assert screen(talk) == "question"


async def test_do_it_now_shows_the_open_question_with_its_ticks(talk: Dialogue) -> None:
    await talk.says("/start", "1", "co quan")
    await talk.taps("superior")
    before = talk.session
    assert before
    assert before.ticked
    for command in ("/huy", "/ngonngu", "/dungnhan"):
        await talk.says(command)
        await tap(talk, "now")
        assert talk.session
        assert talk.session.with_changes(version=0) == before.with_changes(version=0)
        assert any(label.startswith("✓") for label in talk.labels)


async def test_do_it_now_shows_the_answer_with_what_is_still_to_be_registered(talk: Dialogue) -> None:
    await answered(talk)
    await talk.says("/yeucau")
    said = await tap(talk, "now")
    assert said.startswith("Still to be registered: <b>change of certificate information</b>.")
    assert screen(talk) == "answer"
    assert "Register the request" in talk.labels


async def test_do_it_now_goes_on_with_a_form_that_is_open(talk: Dialogue) -> None:
    await answered(talk)
    await talk.taps("Register")
    await talk.says("/yeucau")
    await tap(talk, "now")
    assert screen(talk) == "form"


async def test_do_it_now_where_all_is_registered_says_so(talk: Dialogue) -> None:
    await registered(talk)
    assert "nothing is left to be registered" in await tap(talk, "now")
    assert screen(talk) == "next"
    assert "still to be registered" not in await tap(talk, "done")


async def test_do_it_now_opens_a_request_that_came_back(talk: Dialogue) -> None:
    await registered(talk)
    (request,) = await talk.world.requests.mine()
    for state in (RequestState.ACCEPTED, RequestState.SENT_BACK):
        await talk.world.requests.move(request.code, state)
    await tap(talk, "now")
    assert talk.session
    assert (talk.session.screen, talk.session.about) == ("request", request.code)


async def registered(talk: Dialogue) -> None:
    await answered(talk)
    await talk.taps("Register")
    await talk.says("1", "1", "1", "UBND tỉnh Mẫu")
    await talk.taps("Send")


async def test_done_is_thanked_for_and_can_be_taken_back(talk: Dialogue) -> None:
    await talk.says("/start", "1")
    assert "I will not remind you of this any more" in await tap(talk, "done")
    assert reminders(talk).marks == {REMINDER: None}
    await talk.taps("Remind me later")
    await talk.taps("In 3 days")
    assert reminders(talk).marks == {REMINDER: date(2026, 11, 26)}


async def test_done_where_something_is_owed_says_so_and_offers_to_do_it(talk: Dialogue) -> None:
    await answered(talk)
    said = await tap(talk, "done")
    assert "a request is still to be registered here: <b>change of certificate information</b>" in said
    await talk.taps("Do it now")
    assert screen(talk) == "answer"


@pytest.mark.parametrize(
    ("label", "day", "words"),
    [
        ("Tomorrow, Tuesday", date(2026, 11, 24), "Tuesday, 24/11/2026"),
        ("In 3 days, Thursday", date(2026, 11, 26), "Thursday, 26/11/2026"),
        ("In a week, Monday", date(2026, 11, 30), "Monday, 30/11/2026"),
    ],
)
async def test_another_day_is_asked_for_and_confirmed_in_words(
    talk: Dialogue, label: str, day: date, words: str
) -> None:
    assert "When shall I remind you again?" in await tap(talk, "later")
    assert words in await talk.taps(label)
    assert reminders(talk).marks == {REMINDER: day}


@pytest.mark.parametrize(("action", "weekend"), [("later_3", False), ("later_3", True), ("later_7", True)])
async def test_no_day_is_promised_on_which_reminders_may_not_leave(action: str, weekend: bool) -> None:
    saturday = NOW + timedelta(days={"later_3": 2, "later_7": 5}[action] if weekend else 0)
    talk = Dialogue(build_memory_services(pack(), saturday, received=(REMINDER,)), Session(language="en"))
    assert ("on the next working day" in await tap(talk, action)) is weekend


@pytest.mark.parametrize("action", ["done", "later", "later_3"])
async def test_answers_to_a_reminder_leave_the_open_question_and_its_buttons_as_they_are(
    talk: Dialogue, action: str
) -> None:
    await talk.says("/start", "1")
    before, buttons = talk.session, talk.choices
    await tap(talk, action)
    assert talk.session == before
    assert [reply.action for reply in talk.heard] == ["send"]
    await talk.does(ButtonTapped(data=buttons[0].tap, message="8"))
    assert talk.answers == {"subject": "organisation"}


@pytest.mark.parametrize("action", ["done", "later", "later_7"])
async def test_a_reminder_that_never_came_here_is_told_so(talk: Dialogue, action: str) -> None:
    assert "I find no such reminder" in await tap(talk, action, "TB-000099")
    assert reminders(talk).marks == {}


async def test_where_there_are_no_buttons_commands_with_the_code_do_the_same(talk: Dialogue) -> None:
    await talk.says(f"/nhacsau {REMINDER.lower()} 7")
    assert reminders(talk).marks == {REMINDER: date(2026, 11, 30)}
    assert "When shall I" in await talk.says(f"/nhacsau {REMINDER}")
    await talk.says(f"/dalam {REMINDER}")
    assert reminders(talk).marks == {REMINDER: None}
    assert "/dalam TB-000012" in await talk.says("/dalam tất cả")
    await talk.says(f"/lamngay {REMINDER}")
    assert screen(talk) == "welcome"


async def test_a_command_without_a_code_is_about_the_latest_reminder(talk: Dialogue) -> None:
    add_reminder(reminders(talk).acting, "TB-000011", "sent", NOW - timedelta(days=1))
    assert "When shall I" in await talk.says("/nhacsau")
    assert reminders(talk).marks == {}
    await talk.says("/nhacsau 3")
    assert reminders(talk).marks == {REMINDER: date(2026, 11, 26)}
    await talk.says("/dalam")
    assert reminders(talk).marks == {REMINDER: None}
    reminders(talk).acting.tables.messages.clear()
    assert "I find no such reminder" in await talk.says("/dalam")


@pytest.mark.parametrize("words", ["đã làm", "Da lam.", "I have done it"])
async def test_the_words_of_a_button_are_understood_of_the_latest_reminder(talk: Dialogue, words: str) -> None:
    add_reminder(reminders(talk).acting, "TB-000011", "sent", NOW - timedelta(days=1))
    await talk.says("/start", "1", "co quan")
    before = talk.session
    assert "I will not remind you of this any more" in await talk.says(words)
    assert (reminders(talk).marks, talk.session) == ({REMINDER: None}, before)


async def test_the_words_of_a_button_are_an_answer_like_any_where_no_reminder_came(talk: Dialogue) -> None:
    reminders(talk).acting.tables.messages.clear()
    await talk.says("/start", "1")
    assert "I did not understand that" in await talk.says("nhac lai sau")


@pytest.mark.parametrize("consented", [False, True])
async def test_reminders_stop_after_a_yes_and_come_again(talk: Dialogue, consented: bool) -> None:
    await talk.says("/start", *(["1"] if consented else []))
    before = screen(talk)
    assert "Stop the reminders?" in await talk.says("/dungnhan")
    assert not await reminders(talk).is_stopped()
    assert "will not come: 2." in await talk.taps("Stop the reminders")
    assert await reminders(talk).is_stopped()
    assert "You get no reminders" in await talk.says("/dungnhan")
    await talk.taps("Remind me again")
    assert not await reminders(talk).is_stopped()
    assert screen(talk) == before


async def test_a_no_keeps_the_reminders(talk: Dialogue) -> None:
    await talk.says("/start", "1", "/dungnhan")
    assert "Reminders go on as before" in await talk.taps("Keep reminding me")
    assert (await reminders(talk).is_stopped(), screen(talk)) == (False, "question")


@pytest.mark.parametrize("command", ["/nhanlai", "/NHẬNLẠI", "/subscribe"])
async def test_a_stop_is_taken_back_by_a_command_with_or_without_accents(talk: Dialogue, command: str) -> None:
    await talk.says("/start", "1", "/dừngnhận", "1")
    assert await reminders(talk).is_stopped()
    assert "You will get reminders again" in await talk.says(command)
    assert (await reminders(talk).is_stopped(), screen(talk)) == (False, "question")
    assert "You get reminders already" in await talk.says(command)


async def test_whoever_stopped_and_asks_for_another_day_is_told_that_none_will_come(talk: Dialogue) -> None:
    await talk.says("/dungnhan", "1")
    assert "You have stopped reminders, though" in await tap(talk, "later_1")


async def test_the_help_names_how_to_stop_but_not_what_is_typed_under_a_reminder(talk: Dialogue) -> None:
    said = await talk.says("/trogiup")
    assert "/dungnhan" in said
    assert "/nhanlai" in said
    assert "/dalam" not in said
