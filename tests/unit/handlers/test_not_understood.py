"""Whoever is not understood several times in a row gets more help each time, and never the same words twice."""

import pytest

from handlers.interview.screens import ASK_A_PERSON, EXAMPLE, NOT_UNDERSTOOD
from handlers.interview.screens.unit import NOT_FOUND
from handlers.interview.screens.welcome import GREETING
from handlers.sentences import KEPT_FOR_CONSENT
from locales import translator
from rules.language import load_language, read
from tests.support.dialogue import Dialogue, get_screen, get_unit, nhon_trach, open_dialogue

t = translator("vi")
BEGUN = {
    "before consent": (),
    "at a question": ("/start", "1"),
    "at the unit": ("/start", "1", "1"),
    "at the answer": ("/start", "1", "3", "13", "31/12/2028", "1", "1", "1"),
}
GIBBERISH = ("asdf qwer zxcv", "lkjh poiu", "mnbv cxz", "rewq fdsa", "vcxz uiop", "hjkl yuio")
TELEPHONE = "024.3773.8668"


async def _hear(talk: Dialogue, lines: tuple[str, ...]) -> list[str]:
    return [(await talk.says(line)).partition("\n\n")[0] for line in lines]


@pytest.mark.parametrize("begin", BEGUN.values(), ids=BEGUN)
async def test_no_two_messages_in_a_row_that_are_not_understood_get_the_same_words(begin: tuple[str, ...]) -> None:
    talk = open_dialogue(nhon_trach())
    await talk.says(*begin)
    notes = await _hear(talk, GIBBERISH)
    assert len(set(notes)) == len(GIBBERISH)


async def test_the_row_ends_with_the_person_to_ask_and_the_ways_out() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", *GIBBERISH[:4])
    for line in GIBBERISH[4:]:
        text = await talk.says(line)
        assert TELEPHONE in text
        assert "/lamlai" in text or "/batdau" in text
        assert talk.heard[-1].choices


@pytest.mark.parametrize("begin", [BEGUN["before consent"], BEGUN["at a question"]])
async def test_the_second_gets_buttons_with_an_example_and_the_third_a_person_with_a_telephone(
    begin: tuple[str, ...],
) -> None:
    talk = Dialogue()
    await talk.says(*begin)
    assert t(NOT_UNDERSTOOD) in await talk.says(GIBBERISH[0])
    assert t(EXAMPLE) in await talk.says(GIBBERISH[1])
    assert talk.heard[-1].choices
    third = await talk.says(GIBBERISH[2])
    assert t(ASK_A_PERSON) in third
    assert TELEPHONE in third


async def test_a_message_that_is_understood_ends_the_row_and_its_count() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", *GIBBERISH[:3], "cảm ơn em")
    assert t(NOT_UNDERSTOOD) in await talk.says(GIBBERISH[3])


async def test_buttons_stay_valid_however_often_one_is_not_understood() -> None:
    talk = Dialogue()
    await talk.says("/start", "1")
    before = talk.choices
    await talk.says(*GIBBERISH[:3])
    talk.choices = before
    await talk.taps("Cơ quan, tổ chức")
    assert talk.answers["subject"] == "organisation"


async def test_a_unit_that_is_not_found_again_and_again_ends_with_a_person_to_ask() -> None:
    talk = open_dialogue(nhon_trach())
    await talk.says("/start", "1", "1")
    assert t(NOT_FOUND) in await talk.says(GIBBERISH[0])
    assert t(NOT_FOUND) not in await talk.says(GIBBERISH[1])
    assert TELEPHONE in await talk.says(GIBBERISH[2])


def test_the_example_is_a_sentence_that_is_read_right() -> None:
    facts = read(t(EXAMPLE), load_language()).facts
    assert (facts["events"], facts["token"]) == (["merged_into_new"], "lost")


async def test_a_sentence_of_facts_before_consent_gets_the_consent_in_short_and_not_the_welcome_again() -> None:
    talk = Dialogue()
    whole = await talk.says("/start")
    assert t(GREETING) in whole
    text = await talk.says("xa em sap nhap thanh xa moi, token bi mat")
    assert t(KEPT_FOR_CONSENT) in text
    assert t(GREETING) not in text
    assert "180" in text  # what is kept and for how long is said in short
    assert talk.labels[0] == t("I agree, let us begin")
    assert len(text) < len(whole)


async def test_a_unit_that_was_said_back_and_confirmed_is_not_asked_for_again() -> None:
    talk = open_dialogue(nhon_trach())
    await talk.says("/start", "1", "xã em nhập vào xã Đại Phước", "đúng rồi")
    assert get_unit(talk) is not None
    assert "xã Đại Phước" in talk.text
    await talk.taps("Cơ quan, tổ chức")
    assert get_screen(talk) not in {"unit", "former_unit"}


async def test_a_unit_that_the_list_does_not_have_is_still_asked_for() -> None:
    talk = open_dialogue(nhon_trach())
    await talk.says("/start", "1", "xã em nhập vào xã Tân Tiến", "đúng rồi")
    await talk.taps("Cơ quan, tổ chức")
    assert (get_unit(talk), get_screen(talk)) == (None, "unit")


async def test_a_former_unit_chosen_beside_what_it_is_today_is_not_confirmed_once_more() -> None:
    talk = open_dialogue(nhon_trach())
    await talk.says("/start", "1", "1", "phu huu")
    await talk.taps("xã Phú Hữu")
    assert (get_unit(talk) is not None, get_screen(talk)) == (True, "belonging")


async def test_the_way_out_of_the_row_that_is_named_begins_anew() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "1")
    text = await talk.says("asdf", "qwer", "zxcv", "hjkl", "uiop")
    assert "/lamlai" in text
    assert talk.answers
    await talk.says("/lamlai")
    assert not talk.answers
