"""Broadcasts in words: nothing is left without one."""

import pytest

from bot.messages import DeliveryState
from handlers import broadcasts
from handlers.model import (
    ActionResult,
    BroadcastProblem,
    BroadcastState,
    ChannelCounts,
    DeliveryReason,
    ProblemKind,
    StateReason,
)
from locales import translator

T = translator("en")


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        (broadcasts.BROADCAST_STATES, BroadcastState),
        (broadcasts.STATE_REASONS, StateReason),
        (broadcasts.DELIVERY_REASONS, DeliveryReason),
        (broadcasts.PROBLEMS, ProblemKind),
        (broadcasts.ACTION_RESULTS, ActionResult),
        (broadcasts.DELIVERY_STATES, DeliveryState),
    ],
)
def test_everything_has_words(words: dict[str, str], kinds: type[str]) -> None:
    assert set(words) == set(kinds)


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (BroadcastProblem(trouble=ProblemKind.NOBODY), ""),
        (BroadcastProblem(trouble=ProblemKind.TOO_LONG, count=3), "Concerns 3 of the recipients."),
        (BroadcastProblem(trouble=ProblemKind.MISSING, rows=("N-1", "N-2"), count=2), "Concerns 2: N-1, N-2."),
        (
            BroadcastProblem(trouble=ProblemKind.MISSING, rows=("N-1", "N-2", "N-3"), count=9),
            "Concerns 9: N-1, N-2 and 7 more.",
        ),
    ],
)
def test_whom_a_problem_is_about_is_named_up_to_a_number(problem: BroadcastProblem, told: str) -> None:
    assert broadcasts.format_problem_rows(T, problem, named=2) == told


def test_a_problem_says_what_it_is_about_and_what_to_do() -> None:
    told = broadcasts.format_problem(T, BroadcastProblem(trouble=ProblemKind.EMPTY, about="vi"))
    assert told == "Vietnamese text: The text is missing. Write it in Vietnamese at least."


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("14", "14 days before"),
        ("0", "on the day"),
        ("-1", "1 day after"),
        ("later:2026-12-01", "asked for on 01/12/2026"),
        ("expiry:2026-12-01", "certificates that end, on 01/12/2026"),
        (None, ""),
        ("something new", "something new"),
    ],
)
def test_a_step_is_told_by_its_distance_or_its_day(step: str | None, told: str) -> None:
    assert broadcasts.format_step_name(T, step) == told


def test_a_channel_says_how_many_it_reaches_and_why_not_the_others() -> None:
    one = ChannelCounts(channel="telegram", reachable=5, blocked=2, capped=1)
    assert broadcasts.format_reachability(T, one) == (
        "Telegram: 5 of 8 can be reached; blocked the assistant: 2; had as many as they may this week: 1"
    )
