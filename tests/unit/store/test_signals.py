"""Signals go out once what they tell of is committed, together, and only where others are needed."""

import asyncio
from collections.abc import Collection

import pytest

from bot.store.drivers import Query, load_queries
from bot.store.drivers.signals import Announcer, Listener, Signal, told_table
from bot.store.drivers.sqlite import SqliteDriver

QUERIES = load_queries(SqliteDriver.dialect)
RECEIVED, INBOX = Query("receive", {"channel": "telegram"}), Signal("inbox", "telegram")


class Recorded:
    """Remembers what was sent; the first so many are lost."""

    def __init__(self, lost: int = 0) -> None:
        self.sent: list[set[Signal]] = []
        self._lost = lost

    async def send(self, signals: Collection[Signal]) -> None:
        if self._lost:
            self._lost -= 1
            raise ConnectionError
        self.sent.append(set(signals))

    async def listen(self, listener: Listener) -> None:
        listener.heard("")

    async def close(self) -> None:
        pass


async def test_what_is_written_within_a_moment_goes_in_two_signals_at_most() -> None:
    recorded = Recorded()
    announcer = Announcer(recorded, QUERIES)
    for _ in range(5):
        announcer.committed([RECEIVED, Query("queue", {"channel": "telegram"})])
        await asyncio.sleep(0)
    await announcer.close()

    assert 1 <= len(recorded.sent) <= 2
    assert all(told == {INBOX, Signal("outbox", "telegram")} for told in recorded.sent)


async def test_what_this_process_does_by_itself_is_not_told() -> None:
    recorded = Recorded()
    announcer = Announcer(recorded, QUERIES)
    announcer.take_up("inbox", lambda channel: channel == "telegram")
    announcer.committed([RECEIVED, Query("finish", {})])
    await announcer.close()

    assert recorded.sent == []


async def test_a_signal_that_is_lost_keeps_no_later_one_from_leaving() -> None:
    recorded = Recorded(lost=1)
    announcer = Announcer(recorded, QUERIES)
    announcer.committed([RECEIVED])
    await announcer.close()
    announcer.committed([RECEIVED])
    await announcer.close()

    assert recorded.sent == [{INBOX}]


async def test_rows_of_several_channels_are_told_of_by_channel_and_terminals_as_one() -> None:
    recorded = Recorded()
    announcer = Announcer(recorded, QUERIES)
    channels = ["telegram", "zalo", "telegram", *(f"terminal:{number}" for number in range(2_000))]
    announcer.committed([Query("freeze_row", many=[{"channel": channel} for channel in channels])])
    await announcer.close()

    assert recorded.sent == [{Signal("outbox", channel) for channel in ("telegram", "zalo", "terminal")}]


@pytest.mark.parametrize(
    ("query", "table"),
    [("receive", "inbox"), ("follow_up", "inbox"), ("queue", "outbox"), ("freeze_row", "outbox"), ("finish", None)],
)
def test_what_makes_something_to_do_is_told(query: str, table: str | None) -> None:
    assert told_table(QUERIES[query]) == table
