"""Typed answers in the conversation: what is sure is taken and said, what is not is asked."""

import pytest

from handlers.core import Throttled
from handlers.interview.screens.condition import SENT_A_SECRET
from handlers.turn import CONTRADICTION
from locales import translator
from tests.support.dialogue import BEGIN, Dialogue, expects

t = translator("vi")


@pytest.fixture
def talk() -> Dialogue:
    return Dialogue()


async def test_unaccented_words_with_typos_answer_as_buttons_do(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "co quan", "sat nhap vao co quan da co")
    assert talk.answers == {"subject": "organisation", "events": ["merged_into_existing"]}


async def test_several_things_that_happened_are_said_in_one_line(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "2, 3")
    assert talk.answers["events"] == ["merged_into_existing", "superior_changed"]


async def test_an_unsure_answer_is_asked_not_guessed(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "3")
    text = await talk.says("em lam mat cai token roi")
    assert t("the token is lost") in text
    assert "token" not in talk.answers
    await talk.says("1", "xong")
    assert talk.answers["token"] == "lost"


@pytest.mark.parametrize("said", ["toi khong bi mat token", "chua bi khoa", "sap mat", "bi mat?", "hinh nhu mat"])
async def test_a_denial_or_a_doubt_brings_every_option_back(talk: Dialogue, said: str) -> None:
    await talk.says(*BEGIN, "1", "3")
    options = [choice.label for choice in talk.choices]
    await talk.says(said)
    assert "token" not in talk.answers
    assert talk.labels == options


@pytest.mark.parametrize(
    "said", ["sap nghi huu", "se nghi huu", "nghi huu?", "toi khong nghi huu", "du kien thoi viec"]
)
async def test_what_has_not_happened_is_not_recorded(talk: Dialogue, said: str) -> None:
    await talk.says(*BEGIN, "2", said)
    assert "events" not in talk.answers


async def test_a_leak_told_early_is_noted(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "lo khoa")
    assert "key_exposed" not in talk.answers
    await talk.says("dung roi")
    assert talk.answers.get("key_exposed") is True


async def test_a_token_told_beside_an_event_is_noted_too(talk: Dialogue) -> None:
    text = await talk.says(*BEGIN, "1", "doi ten, mat token")
    assert talk.answers == {"subject": "organisation", "events": ["renamed"]}
    await talk.says("dung")
    assert talk.answers == {"subject": "organisation", "token": "lost", "events": ["renamed"]}
    assert t("the token is lost") in text


async def test_a_yes_to_several_guesses_takes_none_of_them(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "sap nhap")
    await talk.says("vâng")
    assert "events" not in talk.answers


async def test_a_number_beyond_the_guesses_shown_takes_nothing(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "sap nhap")
    beyond = str(len(talk.labels) + 1)
    await talk.says(beyond)
    assert "events" not in talk.answers


async def test_guesses_stand_while_the_throttle_speaks(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "sap nhap")
    second = talk.choices[1].tap
    await talk.does(Throttled())
    await talk.says("2")
    assert talk.session
    assert [f"|{tick}|" in second for tick in talk.session.ticked] == [True]


async def test_none_of_the_guesses_brings_the_whole_question_back(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1")
    all_of_them = talk.labels
    await talk.says("sap nhap")
    await talk.taps(t("None of these, show all"))
    assert talk.labels == all_of_them


async def test_a_settled_guess_among_several_leaves_room_for_more(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "sap nhap", "1")
    assert "events" not in talk.answers
    await talk.says("xong")
    assert len(talk.answers["events"]) == 1


async def test_nothing_changed_beside_something_that_did_is_asked_again(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1")
    nothing = talk.labels.index(t("Nothing has changed")) + 1
    assert t(CONTRADICTION, answer=t("Nothing has changed")) in await talk.says(f"1, {nothing}")
    assert "events" not in talk.answers


@pytest.mark.parametrize(
    "said", ["em khong ro hinh nhu co nguoi biet pin", "khong biet", "ko bit", "co le khong", "khong chac"]
)
async def test_doubt_about_the_key_is_never_taken_for_a_no(talk: Dialogue, said: str) -> None:
    await talk.says(*BEGIN, "1", "3", said)
    assert "key_exposed" not in talk.answers


@pytest.mark.parametrize("said", ["em khong ro hinh nhu co nguoi biet pin", "khong biet", "co le khong"])
async def test_doubt_about_the_key_alone_is_never_taken_for_a_no(talk: Dialogue, said: str) -> None:
    await talk.says(*BEGIN, "1", "3", "de quen token o nha", "31/12/2028", said)
    assert "key_exposed" not in talk.answers


async def test_what_was_understood_by_likeness_is_said(talk: Dialogue) -> None:
    text = await talk.says(*BEGIN, "co quan to chuk")
    assert (
        t("I understood: <b>{answer}</b>. If that is wrong, send /quaylai.", answer=t("A body or organisation")) in text
    )


async def test_a_lost_token_told_early_is_noted(talk: Dialogue) -> None:
    text = await talk.says(*BEGIN, "1", "mat token")
    assert talk.answers == {"subject": "organisation"}
    await talk.says("dung")
    assert talk.answers == {"subject": "organisation", "token": "lost"}
    assert t("the token is lost") in text


async def test_a_pin_sent_before_is_recalled_at_the_key_question(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "ma pin 12345678")
    expects(await talk.says("1", "3"), SENT_A_SECRET)
