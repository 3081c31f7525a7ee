"""What a tap does to its message: a question keeps its answer, all else keeps every word."""

import pytest

from handlers.core import ButtonTapped, Reply
from locales import translator
from tests.support.dialogue import BEGIN, Dialogue, make_certificate

t = translator("vi")
#: Up to the answer: an organisation, another superior, the end, the issuer, the token is there, the key is safe.
ANSWERS = ("1", "3", "31/12/2028", "1", "1", "2")


@pytest.fixture
def talk() -> Dialogue:
    return Dialogue()


def change(talk: Dialogue) -> Reply:
    """What became of the tapped message."""
    (changed,) = [reply for reply in talk.heard if reply.action in {"edit", "buttons"}]
    assert changed.target == "8"
    return changed


def kept(talk: Dialogue) -> bool:
    changed = change(talk)
    return (changed.action, changed.paragraphs, changed.choices) == ("buttons", (), ())


async def test_a_bare_question_keeps_what_was_chosen(talk: Dialogue) -> None:
    await talk.says(*BEGIN, *ANSWERS[:4])
    first = talk.labels[0]
    await talk.taps(first)
    assert change(talk).action == "edit"
    assert change(talk).paragraphs[0].endswith(f"➤ {first}")


async def test_a_note_before_a_question_stays_with_it(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "/lamlai")
    first = talk.labels[0]
    await talk.taps(first)
    note, question = change(talk).paragraphs
    assert note == t("We begin anew. Your registered requests are kept.")
    assert question.endswith(f"➤ {first}")


async def test_a_question_behind_a_long_text_is_left_alone(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "/trogiup")
    await talk.taps(talk.labels[0])
    assert talk.heard[0].action == "buttons"


async def test_the_consent_stays_as_it_was_read(talk: Dialogue) -> None:
    await talk.says("/start")
    await talk.taps(t("I agree, let us begin"))
    assert kept(talk)


async def test_the_certificate_as_it_was_read_stays(talk: Dialogue) -> None:
    await talk.says(*BEGIN)
    await talk.sends(make_certificate())
    await talk.taps(talk.labels[0])
    assert kept(talk)


@pytest.mark.parametrize(
    "label",
    ["Register the request", "Review or change my answers", "Take up another certificate", "Show the answer again"],
)
async def test_the_answer_stays_whatever_is_tapped_under_it(talk: Dialogue, label: str) -> None:
    await talk.says(*BEGIN, *ANSWERS)
    assert talk.session
    assert talk.session.screen == "answer"
    await talk.taps(t(label))
    assert all(reply.action == "send" or reply.paragraphs == () for reply in talk.heard)


async def test_a_confirmation_with_its_code_stays(talk: Dialogue) -> None:
    await talk.says(*BEGIN, *ANSWERS, "dang ky", "UBND xã A", "UBND huyện B", "khong ro", "UBND tỉnh C")
    assert "YC-2026-000001" in await talk.taps(t("Send the request"))
    assert kept(talk)  # what was reviewed
    await talk.taps(t("Take up another certificate"))
    assert kept(talk)


async def test_ticks_change_the_buttons_alone_and_done_names_what_was_ticked(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1")
    await talk.taps(t("The superior body changed"))
    assert change(talk).action == "buttons"
    assert any(choice.label.startswith("✓") for choice in change(talk).choices)
    await talk.taps(t("Done"))
    assert change(talk).paragraphs[0].endswith(f"➤ {t('The superior body changed')}")


async def test_a_question_asked_again_with_a_note_is_left_alone(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "xyzzy")
    await talk.taps(talk.labels[0])
    assert talk.heard[0].action == "buttons"
    await talk.does(ButtonTapped(data="question|x|0", message="8"))  # an older one: nothing happens to it
    assert [reply.action for reply in talk.heard] == ["send"]
