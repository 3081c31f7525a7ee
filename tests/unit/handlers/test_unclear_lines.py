"""Lines that answer nothing: what is said then is short, says what is wanted, and takes no time."""

import pytest

from handlers.conversation import ASK_ABOUT_IT, SAY_LESS, STILL_KEPT
from handlers.interview.screens import STAYS_OPEN
from handlers.turn import NO_NUMBER
from handlers.understanding import MAX_PARTS
from locales import translator
from tests.support.dialogue import Dialogue, get_screen

t = translator("vi")
NOT_UNDERSTOOD = t("I did not understand that. Please choose one of these:")


@pytest.mark.parametrize("typed", ["khong biet", "toi khong chac", "ko rõ ạ", "không biết?", "để em hỏi lại"])
async def test_whoever_does_not_know_at_a_closed_question_is_told_what_to_do(typed: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "1")
    answers = talk.answers
    text = await talk.says(typed)
    assert "văn thư hoặc bộ phận nội vụ có văn bản đó" in text
    assert t(STAYS_OPEN) in text
    assert t("What has happened? Choose everything that applies.") in text
    assert NOT_UNDERSTOOD not in text
    assert talk.answers == answers


async def test_on_a_page_that_asks_nothing_a_doubt_is_told_to_ask_about_it() -> None:
    talk = Dialogue()
    text = await talk.says("/start", "1", "/xemlai", "khong chac")
    assert t(ASK_ABOUT_IT) in text
    assert t(STILL_KEPT) not in text


async def test_another_question_is_still_not_understood() -> None:
    talk = Dialogue()
    assert NOT_UNDERSTOOD in await talk.says("/start", "1", "1", "cái kia màu gì vậy?")


async def test_a_number_where_a_text_is_typed_is_answered_in_one_sentence() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "1", "3", "31/12/2028", "1", "dang ky")
    assert get_screen(talk) == "form"
    text = await talk.says("99")
    assert talk.heard[0].paragraphs[0] == t(NO_NUMBER)
    assert "bấm" not in text
    assert len(talk.heard[0].paragraphs) == 2  # with the question


@pytest.mark.cpu_limit(2)
async def test_a_line_of_thousands_of_parts_is_answered_at_once_and_takes_nothing() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "1")
    text = await talk.says("doi ten, " + "a, " * 5400)
    assert t(SAY_LESS, number=MAX_PARTS) in text
    assert "events" not in talk.answers


@pytest.mark.parametrize("line", ["a, " * 20_000, "doi ten " * 8_000, "khong biet " * 5_000])
@pytest.mark.cpu_limit(3)
async def test_time_grows_with_the_line_and_no_faster(line: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "1")
    assert await talk.says(line)


@pytest.mark.parametrize("typed", ["ko biet", "k bit", "hong biet", "em không biết ạ"])
async def test_a_serial_number_that_is_not_known_is_left_open_in_short_forms_too(typed: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "1", "3", "31/12/2028", "1", "dang ky", "UBND xã A", "UBND xã A", typed)
    assert talk.session
    assert talk.session.draft
    assert talk.session.draft.fields["serial"] == ""
