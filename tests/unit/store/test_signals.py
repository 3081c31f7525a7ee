"""Signals go out once what they tell of is committed, together, and only where others are needed."""

import asyncio
from collections.abc import Callable, Collection

import pytest

from bot.store.drivers import Query, load_queries
from bot.store.drivers.signals import Announcer, told_table
from bot.store.drivers.sqlite import SqliteDriver

QUERIES = load_queries(SqliteDriver.dialect)
RECEIVED = Query("receive", {"channel": "telegram"})


class Recorded:
    """Remembers what was sent; the first so many are lost."""

    def __init__(self, lost: int = 0) -> None:
        self.sent: list[set[str]] = []
        self._lost = lost

    async def send(self, tables: Collection[str]) -> None:
        if self._lost:
            self._lost -= 1
            raise ConnectionError
        self.sent.append(set(tables))

    async def listen(self, heard: Callable[[str], None]) -> None:
        heard("")

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
    assert all(tables == {"inbox", "outbox"} for tables in recorded.sent)


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

    assert recorded.sent == [{"inbox"}]


@pytest.mark.parametrize(
    ("query", "table"),
    [("receive", "inbox"), ("follow_up", "inbox"), ("queue", "outbox"), ("freeze_row", "outbox"), ("finish", None)],
)
def test_what_makes_something_to_do_is_told(query: str, table: str | None) -> None:
    assert told_table(QUERIES[query]) == table
