"""A reminder says to each person what is known of them, how to stop, and carries its buttons."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.rendering import to_plain_text, to_well_formed
from handlers.broadcasts.rendering import (
    LATER_DAYS,
    BroadcastCallback,
    ButtonAction,
    format_days_left,
    render_broadcast,
)
from handlers.model import BroadcastButton, BroadcastDraft, BroadcastText, PlaceholderValues
from rules.outcome import Procedure

TODAY = date(2026, 11, 23)
DRAFT = BroadcastDraft(
    title="Hạn 30/11",
    text=BroadcastText(
        vi="Kính gửi *{ho_ten|anh/chị}*, hạn của {don_vi} là {han} ({so_ngay}): {viec_can_lam}.",
        en="Dear *{name|colleague}*, {unit} is due on {deadline} ({days}): {to_do}.",
    ),
)
LAN = PlaceholderValues(
    language="en",
    name="Lan",
    unit="UBND xã A & B",
    day=TODAY + timedelta(days=7),
    to_do=(Procedure.REVOKE, Procedure.EXTEND),
)


def said(draft: BroadcastDraft = DRAFT, values: PlaceholderValues = LAN, first: int | None = None) -> str:
    reply = render_broadcast("TB-000012", draft, values, TODAY, first=first)
    assert len(reply.paragraphs) == 1
    return reply.paragraphs[0]


def test_what_is_known_of_a_person_fills_the_text() -> None:
    assert said() == (
        "Dear <b>Lan</b>, UBND xã A &amp; B is due on 30/11/2026 (7 days left): revocation of the certificate,"
        " extension of the certificate.\n\n/dungnhan: no more reminders"
    )


def test_each_person_reads_their_language() -> None:
    assert said(values=LAN.model_copy(update={"language": "vi"})).startswith("Kính gửi <b>Lan</b>, hạn của UBND xã A")


@pytest.mark.parametrize(
    ("days", "words"),
    [(7, "7 days left"), (1, "1 day left"), (0, "today"), (-1, "1 day overdue"), (-2, "2 days overdue")],
)
def test_days_are_counted_on_the_day_of_sending(days: int, words: str) -> None:
    assert format_days_left("en", days) == words
    late = LAN.model_copy(update={"day": TODAY + timedelta(days=days)})
    assert f"({words})" in said(values=late)


def test_the_first_reminder_says_how_many_may_come_and_how_to_stop() -> None:
    first = said(first=5)
    assert "At most 5 a week" in first
    assert "/dungnhan" in first


def test_buttons_are_those_of_the_draft_and_carry_the_broadcast() -> None:
    choices = render_broadcast("TB-000012", DRAFT, LAN, TODAY).choices
    assert [(choice.label, choice.tap) for choice in choices] == [
        ("Do it now", "bc|now|TB-000012"),
        ("I have done it", "bc|done|TB-000012"),
        ("Remind me later", "bc|later|TB-000012"),
    ]
    fewer = DRAFT.model_copy(update={"buttons": (BroadcastButton.DONE,)})
    assert [choice.tap for choice in render_broadcast("TB-000013", fewer, LAN, TODAY).choices] == ["bc|done|TB-000013"]


def test_a_name_of_several_lines_cannot_pass_for_a_paragraph_of_ours() -> None:
    assert said(values=LAN.model_copy(update={"name": "Lan\n\n*Gấp*"})).startswith("Dear <b>Lan *Gấp*</b>,")


def test_a_text_that_was_never_checked_is_said_as_it_stands() -> None:
    odd = DRAFT.model_copy(update={"text": BroadcastText(vi="", en="*a <b>")})
    assert said(odd) == "*a &lt;b&gt;\n\n/dungnhan: no more reminders"


@given(st.text(), st.text())
def test_whatever_somebody_is_called_the_message_is_well_formed(name: str, unit: str) -> None:
    message = said(values=LAN.model_copy(update={"name": name, "unit": unit}))
    assert to_well_formed(message) == message
    assert " ".join(unit.split()) in to_plain_text(message)


@pytest.mark.parametrize("action", ButtonAction)
def test_a_button_is_read_back_as_it_was_written(action: ButtonAction) -> None:
    tap = BroadcastCallback(action, "TB-000000012345")
    assert BroadcastCallback.parse(str(tap)) == tap
    assert len(str(tap).encode()) <= 64
    assert str(tap).isascii()


@pytest.mark.parametrize(
    "data",
    [
        "",
        "bc|now|",
        "bc|nu|TB-000012",
        "bc|now|TB-00001٢",
        "bc|now|tb-000012",
        "xbc|now|TB-000012",
        "bc|now|TB-000012\n",
    ],
)
def test_a_button_that_the_program_did_not_write_is_none_of_a_broadcast(data: str) -> None:
    assert BroadcastCallback.parse(data) is None


def test_what_is_typed_instead_of_a_button_names_the_reminder() -> None:
    typed = [
        BroadcastCallback(action, "TB-000012").typed_command
        for action in (ButtonAction.NOW, ButtonAction.DONE, ButtonAction.LATER, *LATER_DAYS)
    ]
    assert typed == [
        "/lamngay TB-000012",
        "/dalam TB-000012",
        "/nhacsau TB-000012",
        "/nhacsau TB-000012 1",
        "/nhacsau TB-000012 3",
        "/nhacsau TB-000012 7",
    ]
