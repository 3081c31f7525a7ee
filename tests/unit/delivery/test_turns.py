"""No turn goes by units that are not there yet."""

import asyncio
from dataclasses import dataclass, field

import pytest

from bot.delivery.turns import SnapshotCache
from bot.store.errors import StoreUnavailable
from handlers.model import NO_UNITS, UnitDirectory
from tests.support.delivery import ManualClock
from tests.support.people import UNITS


@dataclass
class SlowReader:
    """Units that take a moment to read, after so many failures."""

    failures: int = 0
    looks: int = 0
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def version(self) -> int:
        self.looks += 1
        if self.looks <= self.failures:
            raise StoreUnavailable
        return 1

    async def read(self) -> UnitDirectory:
        await self.ready.wait()
        return UNITS


def directory(store: SlowReader) -> SnapshotCache[UnitDirectory]:
    return SnapshotCache(store, ManualClock(), NO_UNITS, UnitDirectory.with_index)


async def test_turns_that_begin_while_the_units_are_read_wait_for_them() -> None:
    store = SlowReader()
    known = directory(store)
    turns = [asyncio.create_task(known.current()) for _ in range(3)]
    await asyncio.sleep(0)
    store.ready.set()

    assert [len(units.units) for units in await asyncio.gather(*turns)] == [len(UNITS.units)] * 3
    assert store.looks == 1


async def test_a_look_that_failed_is_made_again_by_the_next_turn() -> None:
    store = SlowReader(failures=1)
    store.ready.set()
    known = directory(store)

    with pytest.raises(StoreUnavailable):
        await known.current()

    assert await known.current()
