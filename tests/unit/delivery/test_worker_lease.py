"""Who may send, and how much: whatever happens to processes, their parts never add up to more than the whole."""

import asyncio
import random
from collections.abc import Callable

import pytest

from bot.delivery.worker_lease import WorkerLease
from bot.store.errors import StoreLost
from bot.store.workers import LeaseDuration, Presence
from tests.support.delivery import ManualClock

LEASE = LeaseDuration(10.0)


class Table:
    """The rows of ``workers``, and the database's own time."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.seen: dict[str, float] = {}
        self.down = False


class Book:
    """A process's view of the table; every statement takes as long as ``between`` says."""

    shared = True

    def __init__(self, table: Table, name: str, between: Callable[[], asyncio.Future[None]] | None = None) -> None:
        self.id = name
        self._table = table
        self._between = between
        self.judged: list[bool] = []

    async def join(self, channel: str, lease: LeaseDuration, now: object) -> Presence:
        await self._statement()
        self._table.seen[self.id] = self._table.clock.seconds
        return await self._look()

    async def beat(self, channel: str, now: object, *, judge: bool) -> Presence | None:
        self.judged.append(judge)
        await self._statement()
        if self.id not in self._table.seen:
            return None
        self._table.seen[self.id] = self._table.clock.seconds
        return await self._look(judge=judge)

    async def leave(self, channel: str) -> None:
        self._table.seen.pop(self.id, None)

    async def _look(self, *, judge: bool = False) -> Presence:
        await self._statement()
        seen, now = self._table.seen, self._table.clock.seconds
        for name in [name for name in seen if judge and name != self.id and seen[name] + LEASE.seconds < now]:
            del seen[name]
        awake = [name for name in seen if name != self.id and seen[name] + LEASE.fence >= now]
        presence = Presence(live=len(seen), wait=LEASE.fence if awake else 0.0)
        await self._statement()
        return presence

    async def _statement(self) -> None:
        if self._between:
            await self._between()
        if self._table.down:
            raise StoreLost


class Member:
    """A membership, and the part of the pace that it takes."""

    def __init__(self, table: Table, name: str, between: Callable[[], asyncio.Future[None]] | None = None) -> None:
        self.parts = 1
        self.book = Book(table, name, between)
        self.membership = WorkerLease(self.book, "telegram", table.clock, self._share, LEASE)

    def _share(self, live: int, _: int) -> None:
        self.parts = live

    @property
    def sends(self) -> float:
        return 1 / self.parts if self.membership.may_send() else 0.0


@pytest.fixture
def table() -> Table:
    return Table(ManualClock())


async def test_who_is_alone_sends_at_once(table: Table) -> None:
    alone = Member(table, "a")
    assert alone.sends == 0
    await alone.membership.join()
    assert alone.sends == 1


async def test_who_joins_others_sends_once_they_all_have_heard_of_it(table: Table) -> None:
    first, second = Member(table, "a"), Member(table, "b")
    await first.membership.join()
    await second.membership.join()
    assert (first.sends, second.sends) == (1, 0)
    table.clock.seconds += LEASE.fence - 0.1
    await first.membership._beat()
    await second.membership._beat()
    assert (first.sends, second.sends) == (0.5, 0)
    table.clock.seconds += 1.1
    assert (first.sends, second.sends) == (0.5, 0.5)


async def test_who_hears_nothing_from_the_store_stops_long_before_others_take_over(table: Table) -> None:
    stalled = Member(table, "a")
    await stalled.membership.join()
    table.clock.seconds += LEASE.fence - 0.1
    assert stalled.sends
    table.clock.seconds += 0.1
    assert not stalled.sends
    await stalled.membership._beat()
    assert stalled.sends


async def test_who_was_given_up_joins_anew(table: Table) -> None:
    first, second = Member(table, "a"), Member(table, "b")
    await first.membership.join()
    await second.membership.join()
    for _ in range(4):
        table.clock.seconds += 4
        await second.membership._beat()
    assert (list(table.seen), second.sends) == (["b"], 1)
    await first.membership._beat()
    assert (first.sends, list(table.seen)) == (0, ["b", "a"])


async def test_after_an_outage_nobody_is_taken_for_dead(table: Table) -> None:
    first, second = Member(table, "a"), Member(table, "b")
    await first.membership.join()
    await second.membership.join()
    table.down = True
    table.clock.seconds += 60
    assert not await first.membership._try_beat()
    table.down = False
    assert await first.membership._try_beat()
    assert await second.membership._try_beat()
    assert first.book.judged == [False, False]
    assert len(table.seen) == 2


@pytest.mark.parametrize("seed", range(20))
async def test_the_parts_never_add_up_to_more_than_the_whole(table: Table, seed: int) -> None:
    """Processes join, are slow at any statement, fall silent and come back, at any moment."""
    chance = random.Random(seed)
    waiting: list[asyncio.Future[None]] = []

    def between() -> asyncio.Future[None]:
        waiting.append(asyncio.get_running_loop().create_future())
        return waiting[-1]

    members = [Member(table, f"{number}", between) for number in range(4)]
    under_way: dict[Member, asyncio.Task[object]] = {}
    joined: set[Member] = set()
    most = 0.0
    for _ in range(1500):
        table.clock.seconds += chance.choice((0.0, 0.01, 0.3, 1.0, 3.0))
        member = chance.choice(members)
        if member not in under_way or under_way[member].done():
            known = member in joined
            joined.add(member)
            under_way[member] = asyncio.create_task(member.membership._beat() if known else member.membership.join())
        elif waiting:
            waiting.pop(chance.randrange(len(waiting))).set_result(None)
        for _ in range(3):
            await asyncio.sleep(0)
        most = max(most, sum(one.sends for one in members))
        assert most <= 1 + 1e-9, f"seed {seed}"
    assert most > 0
    for task in under_way.values():
        task.cancel()
    await asyncio.gather(*under_way.values(), return_exceptions=True)
