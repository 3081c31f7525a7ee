"""A chart asked for in one turn is drawn before the next and sent as a file; whatever goes wrong, the chat goes on."""

import asyncio
from dataclasses import replace

import pytest

from bot.charts import ChartsMissing
from bot.delivery.event_preparation import DrawCallback, EventPreparer
from bot.messages import Chat
from bot.services.unit_of_work import open_turn
from bot.store import Store
from handlers.core import ChartDrawn, DrawChart, Event, Services, Session, TextReceived
from handlers.model import BarChart, Chart
from tests.support.delivery import (
    Answer,
    CountingReader,
    DeliveryPipeline,
    ManualClock,
    ScriptedChannel,
    make_conversation,
    make_text_update,
)

CHART = BarChart(title="Biểu đồ", note="", series=(), bars=(), nothing="")
HERE = Chat("c", "telegram", "1")


async def painted(chart: Chart) -> bytes:
    assert chart == CHART
    return b"\x89PNG"


async def missing(chart: Chart) -> bytes:
    raise ChartsMissing


async def broken(chart: Chart) -> bytes:
    raise ValueError(chart.title)


async def asks_for_a_chart(session: Session | None, event: Event, world: Services) -> Answer:
    if isinstance(event, TextReceived):
        return Answer(session, ["đang vẽ"], [DrawChart(chart=CHART)])
    assert isinstance(event, ChartDrawn)
    return Answer(session, [f"{event.title}: {event.picture or event.trouble}"])


def roads(store: Store, clock: ManualClock, draw: DrawCallback | None) -> DeliveryPipeline:
    made = DeliveryPipeline(store, clock, make_conversation(asks_for_a_chart, wants_file=False))
    made.turns._preparer = EventPreparer({made.channel.name: made.channel}, CountingReader(), draw=draw)
    return made


@pytest.mark.parametrize(
    ("draw", "told"),
    [(painted, "b'\\x89PNG'"), (missing, "not_installed"), (broken, "failed"), (None, "not_installed")],
)
async def test_the_picture_or_why_there_is_none_is_the_next_turn(
    store: Store, clock: ManualClock, draw: DrawCallback | None, told: str
) -> None:
    made = roads(store, clock, draw)
    await made.flow(make_text_update("/thongke", 1), make_text_update("sau đó", 2))
    assert made.channel.texts() == ["đang vẽ", f"Biểu đồ: {told}"] * 2


async def test_nothing_is_drawn_for_a_channel_that_sends_no_files(clock: ManualClock) -> None:
    channel = ScriptedChannel()
    channel.capabilities = replace(channel.capabilities, files_out=False)
    preparer = EventPreparer({"telegram": channel}, CountingReader(), draw=painted)
    event = await preparer.prepare(HERE, DrawChart(chart=CHART))
    assert event == ChartDrawn(title="Biểu đồ", trouble="no_files")


async def test_other_chats_are_answered_while_a_chart_is_drawn(store: Store, clock: ManualClock) -> None:
    drawing, go_on = asyncio.Event(), asyncio.Event()

    async def slow(chart: Chart) -> bytes:
        drawing.set()
        await go_on.wait()
        return b"\x89PNG"

    made = roads(store, clock, slow)
    first = asyncio.create_task(made.take(make_text_update("/thongke", 1, "1")))
    await asyncio.wait_for(drawing.wait(), 30)
    (other,) = await store.inbox.receive([make_text_update("a", 2, "2")], clock.now())
    pending = await store.inbox.claim_turn(other)
    assert pending
    async with open_turn(store, pending, clock.now()) as unit:
        await unit.requests.mine()
        await unit.finish("{}", [])
    go_on.set()
    await asyncio.wait_for(first, 30)
