"""What the author of a broadcast reads while it goes on, and what a certificate's holder reads."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from handlers.broadcasts import build_expiry_draft, notices
from handlers.broadcasts.notices import Speed, format_counts, format_percent_bar, format_progress, percent_settled
from handlers.broadcasts.rendering import BroadcastCallback, ButtonAction, render_broadcast
from handlers.broadcasts.template import find_problems
from handlers.core import MarkupTranslator, Reply
from handlers.model import (
    Broadcast,
    BroadcastDraft,
    BroadcastState,
    ChannelCosts,
    ChannelCounts,
    CheckReport,
    DeliveryCounts,
    PlaceholderValues,
    StateReason,
)
from rules.calendar import VIETNAM

SAY = MarkupTranslator("en")
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
RUNNING = Broadcast(
    "TB-000012", BroadcastState.RUNNING, BroadcastDraft(title="<Đổi> chứng thư"), None, "QT-000001", 3, NOW, NOW
)


def tally(reasons: Mapping[str, int] | None = None, **states: int) -> DeliveryCounts:
    return DeliveryCounts(states, reasons or {})


def actions(reply: Reply) -> list[ButtonAction]:
    taps = [BroadcastCallback.parse(choice.tap) for choice in reply.choices]
    assert all(tap and tap.broadcast == "TB-000012" for tap in taps)
    return [tap.action for tap in taps if tap]


def text(reply: Reply) -> str:
    return "\n\n".join(reply.paragraphs)


@pytest.mark.parametrize(
    ("states", "percent"),
    [
        ({"queued": 1, "sent": 999}, 99),  # 100 is said where it is over, and not before
        ({"sent": 1000}, 100),
        ({"sending": 2, "blocked": 1}, 33),
        ({}, 100),
    ],
)
def test_the_share_counts_whoever_has_a_final_state(states: dict[str, int], percent: int) -> None:
    assert percent_settled(DeliveryCounts(states)) == percent


def test_the_bar_is_ten_blocks_and_the_number_beside_it() -> None:
    assert [format_percent_bar(0), format_percent_bar(34), format_percent_bar(100)] == [
        "░░░░░░░░░░ 0 %",
        "▓▓▓░░░░░░░ 34 %",
        "▓▓▓▓▓▓▓▓▓▓ 100 %",
    ]


def test_the_moving_message_says_how_far_how_fast_and_for_how_long() -> None:
    said = format_progress(
        SAY, RUNNING, tally(sent=1200, queued=800), Speed(24.6, datetime(2026, 11, 23, 2, 33, tzinfo=UTC))
    )
    assert text(said) == (
        "<b>TB-000012</b> &lt;Đổi&gt; chứng thư: <b>running</b>\n\n"
        "▓▓▓▓▓▓░░░░ 60 %\n1,200 of 2,000 people are through.\n\n"
        "• Sent: 1,200\n• Waiting to be sent: 800\n\n"
        "About 25 a second; ends about 09:33 23/11/2026."
    )


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (BroadcastState.RUNNING, [ButtonAction.PAUSE, ButtonAction.CANCEL]),
        (BroadcastState.PAUSED, [ButtonAction.RESUME, ButtonAction.CANCEL]),
        (BroadcastState.FINISHED, [ButtonAction.SHOW]),
        (BroadcastState.CANCELLED, [ButtonAction.SHOW]),
    ],
)
def test_its_buttons_are_what_can_be_done_in_its_state(state: BroadcastState, offered: list[ButtonAction]) -> None:
    assert actions(format_progress(SAY, replace(RUNNING, state=state), tally(sent=1))) == offered


def test_it_says_why_nothing_moves() -> None:
    night = datetime(2026, 11, 24, 6, 30, tzinfo=VIETNAM)
    held = text(format_progress(SAY, replace(RUNNING, held_until=night, why=StateReason.QUIET), tally(queued=1)))
    stopped = text(
        format_progress(SAY, replace(RUNNING, state=BroadcastState.PAUSED, why=StateReason.ERRORS), tally(queued=1))
    )
    assert "Nothing leaves before 06:30 24/11/2026: held back until the quiet hours are over." in held
    assert "Paused: too many messages could not be delivered." in stopped


def test_the_summary_names_every_state_and_reason_and_what_to_do_about_the_unknown() -> None:
    counted = tally({"stopped": 2, "no_answer": 1}, sent=1, skipped=2, unknown=1)
    said = text(
        notices.format_finished(SAY, replace(RUNNING, state=BroadcastState.FINISHED, why=StateReason.LATE), counted)
    )
    assert "is finished: 4 people." in said
    assert "Late: the program was not running at its time" in said
    assert "• Sent: 1\n• Skipped: 2\n• Not known whether it arrived: 1" in said
    assert "• Wants no reminders: 2\n• The platform did not answer: 1" in said
    assert "Nothing is sent twice by itself" in said


def test_where_all_is_known_nothing_is_said_of_the_unknown() -> None:
    assert "not known" not in text(notices.format_finished(SAY, RUNNING, tally(sent=1)))


def test_a_check_counts_by_channel_and_reachability() -> None:
    found = CheckReport(
        at=NOW, counted=(ChannelCounts(channel="telegram", reachable=1234, stopped=2), ChannelCounts(channel="zalo"))
    )
    said = text(notices.format_check_result(SAY, RUNNING, found, second_person=False))
    assert (
        "Recipients: 1,236\n"
        "• Telegram: 1234 of 1236 can be reached; want no reminders: 2\n"
        "• Zalo: 0 of 0 can be reached" in said
    )


@pytest.mark.parametrize(
    ("costs", "lines"),
    [
        (ChannelCosts(channel="zalo", free=3), "Zalo: costs nothing if it leaves now\n• free, for they have"),
        (
            ChannelCosts(channel="zalo", paid=2, message_dong=55, left=110),
            "Zalo: <b>110 đ</b> if it leaves now\n• paid, 55 đ each: 2\nThis month may still cost 110 đ.",
        ),
        (
            ChannelCosts(channel="zalo", template=1200, template_dong=240_000, dearest=200, steps=3, left=1),
            "at most 720,000 đ for all 3\n• by an approved template, 240,000 đ together: 1,200\n⚠ This month may still",
        ),
        (ChannelCosts(channel="zalo", unreached=1), "• not reached there, for they have not written for 7 days: 1"),
    ],
)
def test_a_check_tells_what_it_costs(costs: ChannelCosts, lines: str) -> None:
    found = CheckReport(at=NOW, costs=(costs,))
    assert lines in text(notices.format_check_result(SAY, RUNNING, found, second_person=False))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_certificate_reminder_can_be_sent_whatever_is_known(language: str) -> None:
    draft = build_expiry_draft()
    assert find_problems(draft.text) == ()
    known = PlaceholderValues(
        language=language, name="Trần Thị <Lan>", unit="UBND xã Nhơn Trạch", day=date(2026, 12, 23)
    )  # type: ignore[arg-type]
    full, bare = (
        render_broadcast("TB-000012", draft, one, date(2026, 11, 23))
        for one in (known, PlaceholderValues(language=language))
    )  # type: ignore[arg-type]
    assert "Trần Thị &lt;Lan&gt;" in text(full)
    assert "23/12/2026" in text(full)
    assert "{" not in text(full) + text(bare)
    assert actions(full) == [ButtonAction.NOW, ButtonAction.DONE, ButtonAction.LATER]


def test_what_the_channel_told_of_messages_stands_behind_the_states() -> None:
    counts = DeliveryCounts({"sent": 4, "unknown": 1}, receipts={"received": 3, "seen": 1})
    assert str(format_counts(SAY, counts)).splitlines() == [
        "• Sent: 4",
        "• Not known whether it arrived: 1",
        "• Arrived on their device: 3",
        "• Was seen by the person: 1",
    ]
