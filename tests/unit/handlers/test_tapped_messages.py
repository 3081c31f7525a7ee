"""What a tap does to its message: its buttons go, a question gets what was chosen written under it, no word is lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.core import ButtonTapped, Reply
from locales import translator
from tests.support.dialogue import BEGIN, Dialogue, make_certificate

t = translator("vi")
#: Up to the answer: an organisation, another superior, the last day, nothing is wrong with certificate, token and key.
ANSWERS = ("1", "3", "31/12/2028", "1")


@pytest.fixture
def talk() -> Dialogue:
    return Dialogue()


def change(talk: Dialogue) -> Reply:
    """What became of the tapped message."""
    (changed,) = [reply for reply in talk.heard if reply.action in {"edit", "buttons"}]
    assert changed.target == "8"
    return changed


def kept(talk: Dialogue) -> bool:
    """Tell whether the message keeps its words, and of its buttons only those that show more."""
    changed = change(talk)
    lasting = all("|=" in choice.tap for choice in changed.choices)
    return (changed.action, changed.paragraphs) == ("buttons", ()) and lasting


def shown(talk: Dialogue) -> tuple[str, ...]:
    """The last message as a person sees it."""
    return talk.heard[-1].paragraphs


def with_chosen(before: tuple[str, ...], label: str) -> tuple[str, ...]:
    return (*before, f"➤ {label}")


async def test_a_question_keeps_every_word_and_says_below_what_was_chosen(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "3")
    first, before = talk.labels[0], shown(talk)
    await talk.taps(first)
    assert (change(talk).action, change(talk).choices) == ("edit", ())
    assert change(talk).paragraphs == with_chosen(before, first)


async def test_a_note_before_a_question_stays_with_it(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "/lamlai")
    first, before = talk.labels[0], shown(talk)
    assert before[0] == t("We begin anew. Your registered requests are kept.")
    await talk.taps(first)
    assert change(talk).paragraphs == with_chosen(before, first)


async def test_a_question_behind_a_long_text_is_left_alone(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "/trogiup")
    await talk.taps(talk.labels[0])
    assert talk.heard[0].action == "buttons"


async def test_the_consent_stays_as_it_was_read(talk: Dialogue) -> None:
    await talk.says("/start")
    await talk.taps(t("I agree, let us begin"))
    assert kept(talk)
    assert [choice.label for choice in change(talk).choices] == [t("What do I store?")]


async def test_the_certificate_as_it_was_read_stays(talk: Dialogue) -> None:
    await talk.says(*BEGIN)
    await talk.sends(make_certificate())
    first, before = talk.labels[0], shown(talk)
    await talk.taps(first)
    assert change(talk).paragraphs == with_chosen(before, first)


async def test_a_certificate_whose_text_has_changed_with_the_day_is_not_written_again(talk: Dialogue) -> None:
    await talk.says(*BEGIN)
    await talk.sends(make_certificate())
    talk.world = replace(talk.world, now=talk.world.now + timedelta(days=4000))
    await talk.taps(talk.labels[0])
    assert kept(talk)


@pytest.mark.parametrize(
    "label",
    ["Register the request", "Review or change my answers", "Take up another certificate", "Step by step"],
)
async def test_the_answer_stays_whatever_is_tapped_under_it(talk: Dialogue, label: str) -> None:
    await talk.says(*BEGIN, *ANSWERS)
    assert talk.session
    assert talk.session.screen == "answer"
    await talk.taps(t(label))
    assert all(reply.action == "send" or reply.paragraphs == () for reply in talk.heard)


async def test_a_confirmation_with_its_code_stays(talk: Dialogue) -> None:
    await talk.says(*BEGIN, *ANSWERS, "dang ky", "UBND xã A", "UBND huyện B", "khong ro", "UBND tỉnh C")
    before = shown(talk)
    assert "YC-2026-000001" in await talk.taps(t("Send the request"))
    assert change(talk).paragraphs == with_chosen(before, t("Send the request"))
    await talk.taps(t("Take up another certificate"))
    assert kept(talk)


async def test_ticks_change_the_buttons_alone_and_done_names_what_was_ticked(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1")
    await talk.taps(t("The superior body changed"))
    assert change(talk).action == "buttons"
    assert any(choice.label.startswith("✓") for choice in change(talk).choices)
    await talk.taps(t("Done"))
    assert change(talk).paragraphs[-1] == f"➤ {t('The superior body changed')}"


async def test_a_question_asked_again_with_a_note_is_left_alone(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "xyzzy")
    await talk.taps(talk.labels[0])
    assert talk.heard[0].action == "buttons"
    await talk.does(ButtonTapped(data="question|x|0", message="8"))  # an older one: nothing happens to it
    assert [reply.action for reply in talk.heard] == ["send"]
