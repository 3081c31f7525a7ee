"""Processes tell each other over PostgreSQL, NATS or not at all; behind a pooler, and where the server is full."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from bot.clock import Clock
from bot.delivery.worker_lease import ChangeListener
from bot.messages import DeliveryState
from bot.services.opening import open_store
from bot.services.unit_of_work import open_turn
from bot.store import SharedUse, Store
from bot.store.drivers import Query, postgres
from bot.store.errors import DatabaseUnusable, TurnTakenOver
from bot.store.sealing import open_keyring
from tests.integration.store.test_wakeups import resting
from tests.support.database import Database
from tests.support.delivery import eventually, make_text_update
from tests.support.programs import needs
from tests.support.servers import nats_server, pgbouncer
from tests.support.store import CONSENTED_SESSION, NOW, make_reply

pytestmark = pytest.mark.postgres
#: Seconds; without a signal a look is made every 30 s.
PATIENCE = 15.0


@pytest.fixture
def database(postgres_url: str, tmp_path: Path) -> Database:
    return Database(postgres_url, tmp_path)


@asynccontextmanager
async def opened(database: Database, use: SharedUse, url: str | None = None) -> AsyncIterator[Store]:
    """The store as a process with these settings opens it."""
    keyring = open_keyring(database.keys)[0]
    store = await open_store(url or database.url, database.folder, keyring, use=use)
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
def nats() -> Iterator[str]:
    with nats_server() as server:
        yield server.url


@needs("nats-server")
async def test_a_nats_server_that_is_killed_and_comes_back_costs_time_and_nothing_else(database: Database) -> None:
    with nats_server() as server:
        use = SharedUse(signals_url=server.url)
        async with opened(database, use) as serving, opened(database, use) as other:

            async def say(number: int) -> None:
                await other.inbox.receive([make_text_update(f"câu {number}", number)], Clock().now())

            async with resting(serving, database, listens=False) as roads:
                await say(1)
                await eventually(lambda: roads.channel.texts() == ["1: câu 1"], PATIENCE)
                server.kill()
                await say(2)
                server.start()
                await eventually(lambda: roads.channel.texts() == ["1: câu 1", "2: câu 2"], PATIENCE)
                await say(3)
                await eventually(lambda: roads.channel.texts()[2:] == ["3: câu 3"], PATIENCE)


@asynccontextmanager
async def listening(stores: Mapping[str, Store], channels: Collection[str] = ("telegram",)) -> AsyncIterator[list[str]]:
    """Yield what processes hear that serve these channels, each with its name; all of them listen by then."""
    heard: list[str] = []

    def told(name: str) -> Callable[[str], None]:
        return lambda table: heard.append(f"{name} {table}")

    work = [ChangeListener(store.workers, channels, told(name)).run() for name, store in stores.items()]
    listeners = [asyncio.create_task(one) for one in work]
    await eventually(lambda: set(heard) >= {f"{name} " for name in stores})
    heard.clear()
    try:
        yield heard
    finally:
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)


@needs("nats-server")
async def test_one_of_several_workers_hears_a_signal_of_nats_and_not_who_sent_it(database: Database, nats: str) -> None:
    use = SharedUse(signals_url=nats)
    async with opened(database, use) as one, opened(database, use) as two, opened(database, use) as sender:
        for store in (one, two):
            store.workers.take_up("inbox", lambda _channel: True)
        async with listening({"one": one, "two": two, "sender": sender}) as heard:
            for number in range(5):
                await sender.inbox.receive([make_text_update("chào", number)], NOW)
                await eventually(lambda number=number: len(heard) > number)  # type: ignore[misc]
            await asyncio.sleep(0.1)

    assert len(heard) == 5
    assert set(heard) <= {"one inbox", "two inbox"}


@pytest.mark.parametrize("way", [pytest.param("nats", marks=needs("nats-server")), "database"])
async def test_a_process_hears_only_of_channels_that_it_serves_and_of_what_is_for_all(
    database: Database, way: str, request: pytest.FixtureRequest
) -> None:
    use = SharedUse(signals_url=request.getfixturevalue("nats") if way == "nats" else None)
    async with (
        opened(database, use) as zalo,
        opened(database, use) as telegram,
        opened(database, use) as sender,
        listening({"zalo": zalo}, ["zalo"]) as zalo_heard,
        listening({"telegram": telegram}) as heard,
    ):
        for number in range(10):  # of two in one group half of these would go to the wrong one
            await sender.inbox.receive([make_text_update("chào", number)], NOW)
            await eventually(lambda number=number: len(heard) > number)  # type: ignore[misc]
        await sender.inbox.receive([make_text_update("chào", 10, channel="zalo")], NOW)
        await eventually(lambda: "zalo inbox" in zalo_heard)
        await sender.driver.run(Query("approve_parent", {"id": "TB-1", "approver": None, "warrant": None}))
        await eventually(lambda: "zalo broadcasts" in zalo_heard and "telegram broadcasts" in heard)

    assert set(zalo_heard) == {"zalo inbox", "zalo broadcasts"}
    assert set(heard) == {"telegram inbox", "telegram broadcasts"}


@needs("nats-server")
async def test_a_worker_that_has_its_hands_full_passes_a_signal_on_to_one_that_has_room(
    database: Database, nats: str
) -> None:
    use = SharedUse(signals_url=nats)
    async with opened(database, use) as full, opened(database, use) as idle, opened(database, use) as sender:
        full.workers.take_up("inbox", lambda _channel: False)
        idle.workers.take_up("inbox", lambda _channel: True)
        async with listening({"full": full, "idle": idle}) as heard:
            for number in range(10):
                await sender.inbox.receive([make_text_update("chào", number)], NOW)
                await eventually(lambda number=number: heard.count("idle inbox") > number)  # type: ignore[misc]

    assert heard.count("idle inbox") == 10


@needs("nats-server")
async def test_a_signal_that_nobody_has_room_for_does_not_go_round_for_ever(database: Database, nats: str) -> None:
    use = SharedUse(signals_url=nats)
    async with opened(database, use) as one, opened(database, use) as two, opened(database, use) as sender:
        for store in (one, two):
            store.workers.take_up("inbox", lambda _channel: False)
        async with listening({"one": one, "two": two}) as heard:
            await sender.inbox.receive([make_text_update("chào", 1)], NOW)
            await eventually(lambda: len(heard) == 4)
            await asyncio.sleep(0.1)

    assert sorted(heard) == ["one inbox"] * 2 + ["two inbox"] * 2


async def test_however_many_transactions_are_open_a_question_is_answered(database: Database) -> None:
    async with opened(database, SharedUse(pool=2)) as store:
        asked = Query("inbox_waiting")

        async def hold() -> None:
            async with store.driver.transaction(reading=True) as reading:
                await reading.run(asked)
                assert (await store.status.depths()).inbox == 0

        await asyncio.wait_for(asyncio.gather(*(hold() for _ in range(6))), 30)


async def test_what_this_process_takes_up_is_told_to_nobody(database: Database) -> None:
    async with (
        opened(database, SharedUse()) as one,
        opened(database, SharedUse()) as two,
        listening({"two": two}, ["telegram", "zalo"]) as heard,
    ):
        one.workers.take_up("inbox", lambda channel: channel == "telegram")
        await one.inbox.receive([make_text_update("chào", 1)], NOW)
        await one.inbox.receive([make_text_update("chào", 2, channel="zalo")], NOW)
        await eventually(lambda: heard)
        await asyncio.sleep(0.05)

    assert heard == ["two inbox"]


async def test_a_round_trip_is_undone_as_a_whole_where_one_of_its_questions_finds_nothing(database: Database) -> None:
    async with opened(database, SharedUse()) as store:
        gone = Query("finish", {"inbox": 999, "now": 1}, must=True)
        with pytest.raises(TurnTakenOver):
            await store.driver.run(Query("next_number", {"name": "QT"}), gone, Query("next_number", {"name": "QT"}))

    assert database.sql("SELECT * FROM counters WHERE name = 'QT'") == []


@needs("pgbouncer")
async def test_a_pooler_in_transaction_mode_carries_many_turns_side_by_side(database: Database, tmp_path: Path) -> None:
    with pgbouncer(str(database.url), tmp_path) as url:
        use = SharedUse(pool=8, listen_url=database.url)
        async with (
            opened(database, use, url) as store,
            opened(database, SharedUse()) as other,
            listening({"pooled": store}) as heard,
        ):
            await asyncio.gather(*(_turn(store, number) for number in range(40)))
            await other.inbox.receive([make_text_update("chào", 99)], NOW)
            await eventually(lambda: "pooled inbox" in heard)

    assert database.sql("SELECT state, COUNT(*) FROM outbox GROUP BY state") == [("sent", 40)]


async def _turn(store: Store, number: int) -> None:
    """One turn of a person of their own, from the update to the end of its answer."""
    (chat,) = await store.inbox.receive([make_text_update("chào", number, str(number))], NOW)
    turn = await store.inbox.claim_turn(chat)
    assert turn is not None
    async with open_turn(store, turn, NOW) as unit:
        await unit.finish(CONSENTED_SESSION, [make_reply("chào anh/chị")])
    while rows := await store.outbox.claim("telegram", 1, NOW):
        await store.outbox.settle(rows[0], DeliveryState.SENT, NOW, message="1")


@contextmanager
def _one_connection(database: Database) -> Iterator[str]:
    """The URL for somebody who may have one connection at a time."""
    place = conninfo_to_dict(str(database.url))
    name = f"{place['dbname']}_one"  # roles are of the whole server, which other workers of the tests use as well
    database.sql(f"CREATE ROLE {name} LOGIN CONNECTION LIMIT 1")
    try:
        yield f"postgresql://{name}@/{place['dbname']}?host={place['host']}"
    finally:
        database.sql(f"DROP ROLE {name}")


async def test_a_start_waits_for_a_server_that_has_no_free_connection(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_PATIENCE_PAUSE", 0.05)
    with _one_connection(database) as url:
        holding = await psycopg.AsyncConnection.connect(url)
        starting = asyncio.create_task(postgres.open_postgres(url, SharedUse(pool=2)))
        await asyncio.sleep(0.3)
        waited = not starting.done()
        await holding.close()
        driver = await asyncio.wait_for(starting, 10)
        await driver.close()

    assert waited


async def test_a_server_that_stays_full_is_told_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_PATIENCE_PAUSE", 0.05)
    monkeypatch.setattr(postgres, "PATIENCE_SECONDS", 0.1)
    with _one_connection(database) as url:
        async with await psycopg.AsyncConnection.connect(url):
            with pytest.raises(DatabaseUnusable, match="no free connection"):
                await postgres.open_postgres(url, SharedUse())
