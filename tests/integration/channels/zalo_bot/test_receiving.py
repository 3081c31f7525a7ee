"""Updates come by polling or by webhook; each is stored before the platform hears that it arrived."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from bot.channels.zalo.bot_platform.receivers import Poller, UpdateReceiver, WebhookReceiver, WebhookSettings
from bot.clock import Clock
from bot.messages import Incoming
from bot.store import StoreUnavailable
from handlers.core import TextReceived, UnreadableReceived
from tests.integration.channels.zalo_bot.conftest import LAN, Ours
from tests.support.delivery import eventually
from tests.support.telegram.server import serving
from tests.support.zalo.bot import FakeBot

SECRET = "a-secret-of-the-webhook"


class Taken:
    """What was accepted; the first tries may fail."""

    def __init__(self, failures: int = 0) -> None:
        self.failures, self.updates = failures, list[Incoming]()

    async def accept(self, updates: Sequence[Incoming]) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("x")
        self.updates += updates

    @property
    def texts(self) -> list[str]:
        return [one.event.text for one in self.updates if isinstance(one.event, TextReceived)]


@asynccontextmanager
async def polling(ours: Ours, taken: Taken) -> AsyncIterator[UpdateReceiver]:
    updates, stop = UpdateReceiver(taken.accept, ours.store, ours.clock), asyncio.Event()
    task = asyncio.create_task(Poller(ours.api, updates, ours.clock).run(stop))
    yield updates
    stop.set()
    await asyncio.wait_for(task, 30)


async def test_updates_are_polled_for_one_by_one_and_an_empty_poll_is_no_failure(bot: FakeBot, ours: Ours) -> None:
    taken = Taken()
    bot.hook = "https://old.example"
    async with polling(ours, taken):
        await eventually(lambda: bot.calls.count("getUpdates") >= 2)  # the first one ended with 408
        await bot.says(LAN, "một")
        await bot.says(LAN, "hai")
        await eventually(lambda: taken.texts == ["một", "hai"])
    assert bot.calls[0] == "deleteWebhook", "a webhook that is set keeps updates from whoever polls"
    assert ours.clock.at.hour == 3, "an empty poll was waited after, as if it were a failure"


async def test_a_polled_update_stays_in_hand_until_it_is_stored(bot: FakeBot, ours: Ours) -> None:
    taken = Taken(failures=3)
    async with polling(ours, taken):
        await bot.says(LAN, "một")
        await eventually(lambda: taken.texts == ["một"])


async def test_polling_goes_on_after_failures_even_where_the_token_is_refused(bot: FakeBot, ours: Ours) -> None:
    taken = Taken()
    bot.fail("deleteWebhook", "dropped")
    bot.fail("getUpdates", "dropped", 429, "http 502", 403, 401)
    async with polling(ours, taken):
        await bot.says(LAN, "một")
        await eventually(lambda: taken.texts == ["một"])
    assert ours.api.is_accepted


@asynccontextmanager
async def hooked(bot: FakeBot, ours: Ours, taken: Taken) -> AsyncIterator[UpdateReceiver]:
    updates, stop, settings = UpdateReceiver(taken.accept, ours.store, ours.clock), asyncio.Event(), None
    webhook = WebhookReceiver(ours.api, updates, WebhookSettings("http://127.0.0.1/bot", SecretStr(SECRET)), Clock())
    async with serving(Starlette(routes=webhook.routes())) as address:
        settings = WebhookSettings(f"{address}/bot", SecretStr(SECRET))
        task = asyncio.create_task(WebhookReceiver(ours.api, updates, settings, ours.clock).run(stop))
        await eventually(lambda: bot.hook == f"{address}/bot")
        yield updates
        stop.set()
        await task


@pytest.mark.parametrize("wrapped", [True, False])
async def test_a_call_is_stored_and_answered_and_one_with_another_secret_refused(
    bot: FakeBot, ours: Ours, *, wrapped: bool
) -> None:
    taken, bot.wrapped = Taken(), wrapped
    bot.fail("setWebhook", "dropped")
    async with hooked(bot, ours, taken) as updates:
        await bot.says(LAN, "một")
        assert (bot.answers, taken.texts) == ([200], ["một"])
        for secret in ("", SECRET[:-1], "é" * 8):
            assert (
                await bot.call_hook({"event_name": "message.text.received"}, secret.encode().decode("latin-1")) == 403
            )
        assert updates.ignored["secret"] == 3
        assert await bot.call_hook(["no", "update"]) == 200, "it would come again for ever"
        assert await bot.call_hook("x" * 1_100_000) == 413
        assert taken.texts == ["một"]


async def test_a_call_that_could_not_be_stored_is_not_acknowledged(bot: FakeBot, ours: Ours) -> None:
    taken = Taken(failures=1)
    async with hooked(bot, ours, taken):
        await bot.says(LAN, "một", times=2)
        assert (bot.answers, taken.texts) == ([503, 200], ["một"])


async def test_what_zalo_withholds_is_answered_once_until_something_else_is_said(bot: FakeBot, ours: Ours) -> None:
    taken = Taken()
    updates = UpdateReceiver(taken.accept, ours.store, ours.clock)
    await bot.withholds(LAN)
    await bot.withholds(LAN)
    await bot.says(LAN, "tôi gửi rồi")
    await bot.withholds(LAN)
    while bot.updates:
        await updates.receive(bot.updates.popleft())
    kinds = [type(one.event) for one in taken.updates]
    assert kinds == [UnreadableReceived, TextReceived, UnreadableReceived]
    assert updates.ignored["guided_already"] == 1


async def test_a_bare_408_is_an_empty_poll_and_several_updates_at_once_are_taken(bot: FakeBot, ours: Ours) -> None:
    taken = Taken()
    bot.fail("getUpdates", "http 408")
    async with polling(ours, taken):
        await eventually(lambda: bot.calls.count("getUpdates") >= 2)
        bot.batch = True
        for text in ("một", "hai", "ba"):
            await bot.says(LAN, text)
        await eventually(lambda: taken.texts == ["một", "hai", "ba"])
    assert ours.clock.at.hour == 3


async def test_five_photos_at_once_are_answered_once(bot: FakeBot, ours: Ours) -> None:
    taken = Taken()
    updates = UpdateReceiver(taken.accept, ours.store, ours.clock)
    for _ in range(5):
        await bot.event("message.image.received", LAN, photo_url="https://photo-stal-1.zdn.vn/a.jpg")
    await bot.event("message.image.received", LAN, photo_url="https://x.zdn.vn/b.jpg", caption="chứng thư đây")
    while bot.updates:
        await updates.receive(bot.updates.popleft())
    assert len(taken.updates) == 2, "one with words under it is read"
