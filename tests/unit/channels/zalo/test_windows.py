"""From a person's last interaction it follows how they may be written to."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.zalo import TEXT_LIMIT
from bot.channels.zalo import pieces as to_pieces
from bot.store import can_send
from handlers.model import SendingWindow as Window
from tests.support.zalo.account import decomposed

NOW = datetime(2026, 11, 27, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "window"),
    [
        (timedelta(0), Window.FREE),
        (timedelta(hours=47), Window.FREE),
        (timedelta(hours=47, minutes=58), Window.PAID),  # clocks differ: rather asked than sent
        (timedelta(hours=49), Window.PAID),
        (timedelta(days=6, hours=23), Window.PAID),
        (timedelta(days=6, hours=23, minutes=58), Window.TEMPLATE_ONLY),
        (timedelta(days=90), Window.TEMPLATE_ONLY),
    ],
)
def test_a_message_is_free_for_two_days_and_possible_for_seven(age: timedelta, window: Window) -> None:
    assert can_send(NOW - age, NOW) is window


def test_nobody_is_written_to_who_blocked_the_account() -> None:
    assert can_send(NOW, NOW, blocked=True) is Window.BLOCKED


def test_of_somebody_unknown_zalo_is_asked() -> None:
    assert can_send(None, NOW) is Window.PAID


@pytest.mark.parametrize("text", ["a" * 5000, "chứng thư số " * 400, "x\n" * 2500, "\u0958" * 1990])
def test_a_text_leaves_in_pieces_that_zalo_takes_and_nothing_is_lost(text: str) -> None:
    pieces = to_pieces(decomposed(text))
    assert all(0 < len(piece) <= TEXT_LIMIT for piece in pieces)
    assert decomposed("".join("".join(pieces).split())) == decomposed("".join(text.split()))


def test_an_accent_that_some_telephones_type_apart_counts_once() -> None:
    [piece] = to_pieces(decomposed("chứng thư số " * 150).strip())
    assert len(piece) == len(("chứng thư số " * 150).strip())
