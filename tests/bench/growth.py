"""How costs grow with the number of people: what each look and each turn takes at every size, on both databases.

One run; the sizes take turns, and each figure is the median of its rounds. Time of the processor is that of this
process and, on PostgreSQL, of the server. ``TROLY_BENCH_PEOPLE`` names the sizes, "1000,10000,100000" by default.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from statistics import median
from time import perf_counter, process_time

import psutil

from bot.messages import DeliveryState, Incoming
from bot.services.unit_of_work import open_admin_transaction, open_turn
from bot.store import Store
from bot.store.broadcasts.reminders import ExpiryRepository, ReminderDistance
from handlers.core import Reply, TextReceived
from handlers.model import Audience, Filter, Grant, RequestState, Rights, Role
from rules.calendar import to_vietnam_day
from tests.bench.country import COMMUNE, REGION_UNIT, country_on_postgres, country_on_sqlite, link_in_pairs
from tests.bench.province import NOW, Province, server_ids
from tests.bench.result import Result

LINKED = 20_000  #: people
SIZES = tuple(int(one) for one in os.environ.get("TROLY_BENCH_PEOPLE", "1000,10000,100000").split(","))
ROUNDS, TURNS = int(os.environ.get("TROLY_BENCH_ROUNDS", "5")), 20
GOAL = 1_000.0  #: ms of any look at any size
_TODAY = to_vietnam_day(NOW)
_DAYS = (30, 14, 7, 1)
_IN_WORK = (RequestState.SUBMITTED, RequestState.ACCEPTED)
_ENDING = Audience(expires_from=_TODAY, expires_until=_TODAY + timedelta(days=30))
CHANNEL, SESSION = "bench", '{"answers": {}}'
_numbers = count()
Look = Callable[[Store], Awaitable[object]]


@dataclass(slots=True)
class Timed:
    """Milliseconds of each round: on the clock, and of processors."""

    wall: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)


def run() -> list[Result]:
    """A line for each look, size and database: processor time, beside it the time on the clock."""
    found = []
    for kind, make in (("SQLite", country_on_sqlite), ("PostgreSQL", country_on_postgres)):
        if os.environ.get("TROLY_BENCH_DATABASE", kind) == kind:
            found += asyncio.run(_measured(kind, {people: make(people) for people in SIZES}))
            found += asyncio.run(_linked(kind, make(LINKED), make(2 * LINKED)))
    memory = psutil.Process().memory_info().rss / 1e6
    return [*found, Result("memory of the process after all of it", memory, None, "MB", None, "(told)", holds=True)]


async def _linked(kind: str, alone: Province, pairs: Province) -> list[Result]:
    """The same number of people with one chat and with two."""
    link_in_pairs(pairs)
    ours, peer = Timed(), Timed()
    async with alone.opened() as one, pairs.opened() as other:
        units = await one.units.read()
        owner = Rights.of((Grant("QT-000001", Role.OWNER),), units)
        for _ in range(ROUNDS):
            for timed, store in ((ours, other), (peer, one)):
                await _time(timed, partial(_audience, owner, Audience(to_do=True), store), 1)
    mine, theirs = median(ours.busy), median(peer.busy)
    name = f"count of {LINKED:,} people of two chats each, {kind}: processor; peer: of one chat"
    clock = Result(f"{name}, on the clock", median(ours.wall), median(peer.wall), "ms", None, "(told)", holds=True)
    return [Result(name, mine, theirs, "ms", mine / theirs, f"under {GOAL:,.0f}", mine < GOAL), clock]


async def _measured(kind: str, countries: Mapping[int, Province]) -> list[Result]:
    times: dict[tuple[str, int], Timed] = {}
    async with AsyncExitStack() as stack:
        stores = {people: await stack.enter_async_context(made.opened()) for people, made in countries.items()}
        looks = {people: await _looks(store) for people, store in stores.items()}
        for _ in range(ROUNDS):
            for name in next(iter(looks.values())):
                for people, store in stores.items():
                    timed = times.setdefault((name, people), Timed())
                    await _time(timed, partial(looks[people][name], store), TURNS if name == "a turn" else 1)
    return [_result(kind, name, people, timed) for (name, people), timed in sorted(times.items())]


async def _time(timed: Timed, look: Callable[[], Awaitable[object]], times: int) -> None:
    begun, busy = perf_counter(), _busy_seconds()
    for _ in range(times):
        await look()
    timed.wall.append((perf_counter() - begun) * 1000 / times)
    timed.busy.append((_busy_seconds() - busy) * 1000 / times)


def _busy_seconds() -> float:
    """Of this process and of the servers that it started, with those of their processes that have ended."""
    servers = [psutil.Process(pid) for pid in server_ids()]
    theirs = sum(sum(one.cpu_times()[:2]) for server in servers for one in server.children())
    return process_time() + theirs + sum(sum(server.cpu_times()) for server in servers)


def _result(kind: str, name: str, people: int, timed: Timed) -> Result:
    wall, busy = median(timed.wall), median(timed.busy)
    what = f"{name} among {people:,} people, {kind}: processor; peer: on the clock"
    return Result(what, busy, wall, "ms", None, f"under {GOAL:,.0f}", busy < GOAL)


async def _looks(store: Store) -> Mapping[str, Look]:
    """What is timed, by name."""
    units = await store.units.read()
    owner = Rights.of((Grant("QT-000001", Role.OWNER),), units)
    commune = Rights.of((Grant("QT-000002", Role.ADMIN, COMMUNE),), units)
    return {
        "a turn": _turn,
        "a page of the list and its count, owner": partial(_page, owner),
        "a page of the list and its count, commune": partial(_page, commune),
        "count of an audience, everybody": partial(_audience, owner, Audience()),
        "count of an audience, something to do": partial(_audience, owner, Audience(to_do=True)),
        "count of an audience, something to do, commune": partial(_audience, commune, Audience(to_do=True)),
        "count of an audience, a request in work": partial(_audience, owner, Audience(states=_IN_WORK)),
        "count of an audience, a certificate that ends": partial(_audience, owner, _ENDING),
        "look for certificates that end": _expiry,
        "burn-down, owner": partial(_burn_down, owner, None),
        "burn-down, commune": partial(_burn_down, commune, COMMUNE),
        "/thongke, commune": partial(_statistics, commune, COMMUNE),
        "/thongke, region": partial(_statistics, owner, REGION_UNIT),
        "/thongke, owner": partial(_statistics, owner, None),
        "figures of /metrics": lambda store: store.status.figures(),
        "the journal verified": lambda store: store.audit.verify_journal(),
    }


async def _turn(store: Store) -> None:
    now, number = datetime.now(UTC), next(_numbers)
    update = Incoming(CHANNEL, f"{os.getpid()}:{number}", f"chat {number % 50}", TextReceived(text="sáp nhập"))
    (chat,) = await store.inbox.receive([update], now)
    turn = await store.inbox.claim_turn(chat)
    assert turn is not None
    async with open_turn(store, turn, now) as unit:
        await unit.finish(SESSION, [Reply(paragraphs=("Anh/chị cho biết đơn vị đã thay đổi thế nào?",))])
    (row,) = await store.outbox.claim(CHANNEL, 10, now)
    await store.outbox.settle(row, DeliveryState.SENT, now, message="1")


async def _page(rights: Rights, store: Store) -> None:
    async with open_admin_transaction(store, NOW, reading=True) as office:
        assert len(await office.admin.desk.page(rights, Filter(), 10)) == 10
        await office.admin.desk.count(rights, Filter())


async def _audience(rights: Rights, audience: Audience, store: Store) -> None:
    async with open_admin_transaction(store, NOW, reading=True) as office:
        assert await office.admin.broadcasts.count(rights, audience)


async def _expiry(store: Store) -> None:
    """Nobody is left to be told: everything that is in question is looked at."""
    first, distances = _TODAY.toordinal(), []
    for days in sorted(_DAYS):
        distances.append(ReminderDistance(days, first, _TODAY.toordinal() + days))
        first = _TODAY.toordinal() + days + 1
    await ExpiryRepository(store.driver, store.keyring).has_due(distances)


async def _burn_down(rights: Rights, unit: str | None, store: Store) -> None:
    async with open_admin_transaction(store, NOW, reading=True) as office:
        until = _TODAY + timedelta(days=30)
        burnt = await office.admin.units.burn_down(rights, unit, _TODAY - timedelta(days=90), until, _TODAY)
        assert burnt.open[-1]


async def _statistics(rights: Rights, unit: str | None, store: Store) -> None:
    async with open_admin_transaction(store, NOW, reading=True) as office:
        total, _ = await office.admin.units.numbers(rights, unit, _TODAY, NOW)
        assert total
