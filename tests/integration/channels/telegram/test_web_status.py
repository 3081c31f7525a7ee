"""/metrics, /healthz and /readyz over the real server: what waits, what fails, and nothing of a person."""

import asyncio
import re
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

import bot.store.errors
from bot.channels import ListenAddress
from bot.messages import DeliveryState
from bot.metrics import NO_METRICS, PRIORITIES, Prometheus, StoreFigures
from bot.store import Store, Upkeep
from bot.store.errors import StoreError, StoreFull, StoreLocked
from bot.store.workers import LeaseDuration
from bot.web import HealthEndpoints
from bot.web.server import OpenSite, Site, WebServer
from tests.integration.channels.telegram.conftest import Assembly, Settle
from tests.support.database import Database
from tests.support.delivery import eventually
from tests.support.store import ADDRESS, NAME, NOW, answer_next, claim_next_turn, open_chat, patch_method
from tests.support.telegram.api import BotApi

KINDS = {
    name for name, found in vars(bot.store.errors).items() if isinstance(found, type) and issubclass(found, StoreError)
}
CLOSED = {
    "channel": {"telegram", "terminal"},
    "state": set(DeliveryState),
    "kind": KINDS,
    "priority": set(PRIORITIES),
    "queue": {"inbox", "outbox"},
    "work": set(Upkeep),
    "le": {"0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf"},
}


class Watched:
    """The pages, asked as monitoring does."""

    def __init__(self, address: str, session: aiohttp.ClientSession) -> None:
        self._address = address
        self._session = session

    async def asked(self, path: str, method: str = "GET") -> tuple[int, str]:
        async with self._session.request(method, self._address + path) as answer:
            return answer.status, await answer.text()

    async def told(self) -> dict[str, float]:
        """Every sample, by its name and labels."""
        _, text = await self.asked("/metrics")
        families = text_string_to_metric_families(text)
        return {f"{one.name}{sorted(one.labels.values())}": one.value for family in families for one in family.samples}


@pytest.fixture
def metrics() -> Prometheus:
    return Prometheus()


@pytest.fixture
async def watched(store: Store, metrics: Prometheus) -> AsyncIterator[Watched]:
    stop = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        site = Site(ListenAddress("X", "127.0.0.1:0"), tuple(HealthEndpoints(store, metrics).routes()), private=True)
        running = asyncio.create_task(WebServer([OpenSite(site, listener)]).run(stop))
        async with aiohttp.ClientSession() as session:
            yield Watched(address, session)
        stop.set()
        await asyncio.wait_for(running, 5)


async def test_a_living_process_whose_store_answers_is_alive_and_ready(watched: Watched) -> None:
    assert await watched.asked("/healthz") == (200, "ok\n")
    assert await watched.asked("/readyz") == (200, "ok\n")
    assert (await watched.asked("/metrics", "POST"))[0] == 405
    assert (await watched.asked("/"))[0] == 404


async def test_what_waits_is_told_as_the_store_has_it(watched: Watched, store: Store) -> None:
    await answer_next(store, await open_chat(store), "một", "hai")
    await open_chat(store, "2")
    told = await watched.told()
    assert told["troly_inbox_waiting[]"] == 1
    assert told["troly_outbox_queued['reply']"] == 2
    assert told["troly_outbox_queued['broadcast']"] == 0
    assert (told["troly_tasks_open[]"], told["troly_store_up[]"]) == (0, 1)


async def _locked(*_: object) -> StoreFigures:
    raise StoreLocked


async def _silent(*_: object) -> StoreFigures:
    await asyncio.sleep(60)
    raise AssertionError


async def _full(*_: object) -> StoreFigures:
    raise StoreFull


@pytest.mark.parametrize(
    ("trouble", "said"),
    [(_locked, "locked"), (_silent, "locked, or does not answer in time"), (_full, "the disk of the store is full")],
)
async def test_a_store_that_does_not_answer_is_told_and_does_not_hang_the_page(
    watched: Watched, store: Store, monkeypatch: pytest.MonkeyPatch, trouble: Any, said: str
) -> None:
    patch_method(monkeypatch, store.status, "figures", trouble)
    patch_method(monkeypatch, store.status, "probe_writing", trouble)
    monkeypatch.setattr("bot.web._STORE_TIMEOUT", 0.1)
    ready = await watched.asked("/readyz")
    assert ready[0] == 503
    assert said in str(ready[1])
    assert (await watched.asked("/healthz"))[0] == 200
    told = await watched.told()
    assert told["troly_store_up[]"] == 0
    assert told["troly_inbox_waiting[]"] != told["troly_inbox_waiting[]"]  # not a number


async def test_a_file_that_another_program_holds_is_told_as_locked(
    watched: Watched, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.url:
        pytest.skip("PostgreSQL locks rows, not itself")
    monkeypatch.setattr("bot.web._STORE_TIMEOUT", 0.1)
    with closing(sqlite3.connect(database.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked" in (await watched.asked("/readyz"))[1]
    assert (await watched.told())["troly_store_up[]"] == 1


async def test_what_an_operator_watches_is_told(watched: Watched, store: Store, metrics: Prometheus) -> None:
    await open_chat(store)
    metrics.record_throttling("telegram")
    await store.workers.join("telegram", LeaseDuration(), NOW)
    await store.upkeep.note(Upkeep.BACKUP, NOW, done=True)
    await store.upkeep.note(Upkeep.RETENTION, NOW, done=False)
    told = await watched.told()
    assert told["troly_throttled_total['telegram']"] == 1
    assert told["troly_oldest_waiting_seconds['inbox', 'telegram']"] >= 0
    assert told["troly_workers['telegram']"] == 1
    assert told["troly_upkeep_last_success_timestamp_seconds['backup']"] == NOW.timestamp()
    assert (told["troly_upkeep_failing['backup']"], told["troly_upkeep_failing['retention']"]) == (0, 1)
    assert (told["troly_consents_needed[]"], told["troly_unreadable_values[]"]) == (0, 0)


async def test_turns_and_deliveries_of_a_conversation_are_counted(
    server: BotApi, settings: Settle, store: Store
) -> None:
    metrics = Prometheus()
    lan = server.user("Lan")
    async with Assembly(settings(), store, metrics=metrics).served():
        await lan.says("a")
        await lan.hears()
        await eventually(lambda: b'state="sent"} 1.0' in metrics.expose(None))
    text = metrics.expose(None).decode()
    assert "troly_turn_seconds_count 1.0" in text
    assert 'troly_deliveries_total{channel="telegram",state="sent"} 1.0' in text


async def test_labels_come_from_closed_sets_and_nothing_tells_of_a_person(store: Store) -> None:
    metrics = Prometheus()
    metrics.record_turn(0.2)
    metrics.record_turn_failure()
    for state in DeliveryState:
        metrics.record_delivery("telegram", state)
        metrics.record_delivery(f"terminal:{NAME}", state)
    metrics.record_store_failure(StoreLocked(f"{NAME} {ADDRESS}"))
    await claim_next_turn(store, await open_chat(store))
    text = metrics.expose(await store.status.figures()).decode()
    for name, value in re.findall(r'(\w+)="([^"]*)"', text):
        assert value in CLOSED[name], (name, value)
    assert NAME not in text
    assert ADDRESS not in text
    assert "python" not in text


def test_where_nobody_counts_nothing_is_told() -> None:
    NO_METRICS.record_turn(1.0)
    NO_METRICS.record_turn_failure()
    NO_METRICS.record_delivery("telegram", "sent")
    NO_METRICS.record_store_failure(StoreLocked())
    assert NO_METRICS.expose(None) == b""
