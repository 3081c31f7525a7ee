"""Rows of a broadcast to 100,000 people on each database, and to 1,000,000 on PostgreSQL with memory flat.

Text with all placeholders: names are opened, values are sealed. Memory is that of a process of its own: how much the
most that was ever resident grew between the 100,000th row and the last.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter

from bot.store.api import Store
from handlers.broadcasts.model import Audience, Draft, Life, Text
from handlers.office.rights import Rights
from tests.bench.province import NOW, Province, on_postgres, on_sqlite
from tests.bench.result import Result

GOAL, WAIT, GROWTH = 10.0, 100.0, 50.0
MANY = 1_000_000
_TEXT = "{ho_ten|anh/chị}, {don_vi|đơn vị}: {viec_can_lam|không còn việc gì}, {han|sớm}, {so_ngay|sớm}"
_DRAFT = Draft(title="bench", text=Text(vi=_TEXT, en=_TEXT), starts_at=NOW + timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Made:
    """Seconds for all rows, milliseconds of the longest batch, seconds of the check before, milliseconds of a count."""

    rows: int
    seconds: float
    longest: float
    check: float
    count: float


def run() -> list[Result]:
    """Time on both databases, then memory."""
    results = []
    for kind, province in (("SQLite", on_sqlite()), ("PostgreSQL", on_postgres())):
        made = asyncio.run(_on(province))
        of = f"{made.rows:,} recipients on {kind}"
        results += [
            Result(f"rows for {of}", made.seconds, None, "s", None, f"at most {GOAL:.0f}", made.seconds <= GOAL),
            Result(f"longest batch, {of}", made.longest, None, "ms", None, "(told)", holds=True),
            Result(f"check of {of}", made.check, None, "s", None, "(told)", holds=True),
            Result(f"count of {of}", made.count, None, "ms", None, "at most 1,000", made.count <= 1000),
        ]
    return results


async def _on(province: Province) -> Made:
    async with province.opened() as store:
        rights = Rights.operator(await store.units())
        counted = await _count(store, rights)
        name = await _drafted(store, rights)
        start = perf_counter()
        assert not (await store.broadcasts.check(name, NOW)).problems
        check = perf_counter() - start
        await _approved(store, rights, name)
        seconds, longest = await _frozen(store, name)
        rows = (await store.broadcasts.tally(name)).total
        return Made(rows, seconds, longest, check, counted)


async def _count(store: Store, rights: Rights) -> float:
    """Of whoever has something to do: the dearest condition."""
    start = perf_counter()
    async with store.office(NOW) as office:
        await office.admin.broadcasts.count(rights, Audience(to_do=True))
    return (perf_counter() - start) * 1000


async def _drafted(store: Store, rights: Rights) -> str:
    async with store.office(NOW) as office:
        made = await office.admin.broadcasts.new(rights, _DRAFT)
        await office.commit()
    assert made
    return made.id


async def _approved(store: Store, rights: Rights, name: str) -> None:
    assert await store.broadcasts.move(name, Life.CHECKED, Life.APPROVED, NOW)


async def _frozen(store: Store, name: str) -> tuple[float, float]:
    """Seconds for all, milliseconds of the longest batch."""
    batches = []
    start = before = perf_counter()
    while await store.broadcasts.freeze(name, NOW):
        batches.append((now := perf_counter()) - before)
        before = now
    return perf_counter() - start, max(batches) * 1000
