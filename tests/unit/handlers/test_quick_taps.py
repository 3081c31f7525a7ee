"""Buttons tapped faster than the page is drawn again."""

import pytest

from handlers.core import ButtonTapped, ScreenCallback
from locales import translator
from tests.support.dialogue import Dialogue

t = translator("vi")


@pytest.fixture
async def talk() -> Dialogue:
    talk = Dialogue()
    await talk.says("/start", "1", "1")
    return talk


def ticked(talk: Dialogue) -> tuple[str, ...]:
    assert talk.session
    return talk.session.ticked


async def tap(talk: Dialogue, *buttons: str) -> str:
    for button in buttons:
        await talk.does(ButtonTapped(data=button, message="8"))
    return talk.text


async def test_two_ticks_before_the_page_is_drawn_again_both_count(talk: Dialogue) -> None:
    first, second = talk.choices[2].tap, talk.choices[3].tap
    await tap(talk, first, second)
    assert ticked(talk) == ("superior_changed", "renamed")
    assert [reply.action for reply in talk.heard] == ["buttons"]
    await talk.taps(t("Done"))
    assert talk.answers["events"] == ["superior_changed", "renamed"]


async def test_a_tick_that_is_tapped_twice_stays(talk: Dialogue) -> None:
    button = talk.choices[2].tap
    await tap(talk, button, button)
    assert ticked(talk) == ("superior_changed",)
    assert [reply.action for reply in talk.heard] == ["buttons"]
    await talk.taps(t("The superior body changed"))
    assert ticked(talk) == ()


async def test_done_before_the_last_tick_was_drawn_takes_that_tick_along(talk: Dialogue) -> None:
    first, second = talk.choices[2].tap, talk.choices[3].tap
    await tap(talk, first)
    done = next(choice.tap for choice in talk.choices if choice.label == t("Done"))
    await tap(talk, second, done)
    assert talk.answers["events"] == ["superior_changed", "renamed"]


async def test_done_without_a_tick_is_no_nothing_changed(talk: Dialogue) -> None:
    await talk.taps(t("The superior body changed"))
    done = next(choice.tap for choice in talk.choices if choice.label == t("Done"))
    await talk.taps(t("The superior body changed"))
    await tap(talk, done)
    assert "events" not in talk.answers


async def test_a_tick_of_another_question_or_interview_is_an_earlier_step(talk: Dialogue) -> None:
    button = talk.choices[2].tap
    await talk.says("3")
    stale = t("That button belongs to an earlier step. The present question:")
    assert stale in await tap(talk, button)
    await talk.says("/lamlai", "1")
    assert stale in await tap(talk, button)
    assert ticked(talk) == ()


async def test_an_answer_is_bound_to_its_page_beside_ticks(talk: Dialogue) -> None:
    nothing = next(choice.tap for choice in talk.choices if choice.label == t("Nothing has changed"))
    await talk.taps(t("The superior body changed"))
    await tap(talk, nothing)
    assert (ticked(talk), "events" in talk.answers) == (("superior_changed",), False)


async def test_a_button_of_the_program_before_does_no_harm(talk: Dialogue) -> None:
    assert talk.session
    old = str(ScreenCallback("question", "superior_changed", str(talk.session.version)))
    await tap(talk, old, old)
    assert ticked(talk) == ("superior_changed",)


async def test_a_double_tap_on_an_answer_is_ignored_in_silence(talk: Dialogue) -> None:
    await talk.says("/lamlai")
    button = talk.choices[0].tap
    await tap(talk, button)
    before = talk.session
    assert await tap(talk, button) == ""
    assert (talk.heard, talk.session) == ((), before)


async def test_a_double_tap_on_done_is_ignored_in_silence(talk: Dialogue) -> None:
    await talk.taps(t("The superior body changed"))
    done = next(choice.tap for choice in talk.choices if choice.label == t("Done"))
    await tap(talk, done)
    assert await tap(talk, done) == ""
    assert talk.answers["events"] == ["superior_changed"]


async def test_five_ticks_in_a_hurry_all_count(talk: Dialogue) -> None:
    buttons = [choice.tap for choice in talk.choices[:5]]
    await tap(talk, *buttons)
    assert len(ticked(talk)) == 5
