"""Clocks of two processes on one PostgreSQL leap apart: nobody is given up, nothing comes twice, nothing is deleted."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.channels import RetryLater
from bot.delivery.background import Retention, ShortRetention
from bot.delivery.worker_lease import Heartbeat, Witness
from bot.services.opening import open_store
from bot.store import LeaseDuration, Store
from bot.store.sealing import open_keyring
from tests.integration.delivery.test_dispatcher import Watched
from tests.support.delivery import DeliveryPipeline, ManualClock, ScriptedChannel, make_text_update
from tests.support.store import CHANNEL, closing_async

pytestmark = pytest.mark.postgres
DAYS = 180


class Side:
    """A process with a clock of its own."""

    def __init__(self, store: Store, folder: Path, channel: ScriptedChannel) -> None:
        self.store, self.clock = store, ManualClock()
        self.roads = DeliveryPipeline(Watched(store).store, self.clock, channel=channel)
        self.heart = Heartbeat(store, Witness((folder,)), (60, 30), self.clock)

    async def lives(self) -> int:
        """Give a sign of life, judge the others, and return how many serve the channel."""
        presence = await self.store.workers.beat(CHANNEL, self.clock.now(), judge=True)
        assert presence is not None
        assert presence.dead == 0
        await self.heart.begin()
        return presence.live

    async def deletes(self) -> None:
        assert await Retention(self.store, self.clock, DAYS).forget()
        await ShortRetention(self.store, self.clock).forget()


@pytest.mark.parametrize(
    "leaps",
    [(timedelta(days=1), timedelta()), (timedelta(hours=-1), timedelta()), (timedelta(days=1), timedelta(hours=-1))],
    ids=["a day ahead", "an hour back", "apart"],
)
async def test_clocks_that_leap_apart_give_nobody_up_and_send_nothing_twice(
    postgres_url: str, tmp_path: Path, leaps: tuple[timedelta, timedelta]
) -> None:
    channel, keyring = ScriptedChannel(), open_keyring(tmp_path / "keys.json")[0]
    opened = [await open_store(postgres_url, tmp_path, keyring) for _ in leaps]
    async with closing_async(opened[0]), closing_async(opened[1]):
        sides = [Side(store, tmp_path / "witness", channel) for store in opened]
        for side in sides:
            # Longer than this test takes on any machine, and shorter than the leaps.
            await side.store.workers.join(CHANNEL, LeaseDuration(600), side.clock.now())
        first, second = sides
        await first.roads.take(make_text_update("a", 1, "1"), make_text_update("b", 2, "2"))
        for side, leap in zip(sides, leaps, strict=True):
            side.clock.start += leap
        channel.failures.append(RetryLater(300))
        await first.roads.dispatcher.deliver()  # one is put back for a time by the clock of the first
        assert [await side.lives() for side in sides] == [2, 2]
        for _ in range(3):
            for side in (second, first):
                await side.roads.dispatcher.deliver()
                await side.deletes()
                side.clock.seconds += 400
        assert [await side.lives() for side in sides] == [2, 2]
        assert sorted(text for _, text in channel.sent) == ["1: a", "1: b"]
        await second.roads.flow(make_text_update("c", 3, "1"), make_text_update("d", 4, "2"))
        await first.roads.dispatcher.deliver()
        assert sorted(text for _, text in channel.sent) == ["1: a", "1: b", "2: c", "2: d"]  # both sessions are kept
        assert not any(side.heart.leapt for side in sides)
