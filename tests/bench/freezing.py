"""Rows of a broadcast to 100,000 people on each database, and to 1,000,000 on PostgreSQL with memory flat.

Text with all placeholders: names are opened, values are sealed. Memory is that of a process of its own: how much the
most that was ever resident grew between the 100,000th row and the last.
"""

import asyncio
import multiprocessing
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from bot.services.broadcasts import BroadcastOperations
from bot.services.opening import open_store_from_settings
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import Settings
from bot.store import Store
from handlers.model import Audience, BroadcastDraft, BroadcastState, BroadcastText, Rights
from tests.bench.province import NOW, Province, crowd_on_postgres, on_postgres, on_sqlite
from tests.bench.result import Result

GOAL, WAIT, GROWTH = 10.0, 100.0, 50.0
MANY = 1_000_000
#: People a batch, and after how many the memory is looked at first.
_BATCH, _FIRST = 2_000, 100_000
_TEXT = "{ho_ten|anh/chị}, {don_vi|đơn vị}: {viec_can_lam|không còn việc gì}, {han|sớm}, {so_ngay|sớm}"
_DRAFT = BroadcastDraft(title="bench", text=BroadcastText(vi=_TEXT, en=_TEXT), starts_at=NOW + timedelta(hours=1))


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
    return [*results, _memory()]


async def _on(province: Province) -> Made:
    async with province.opened() as store:
        rights = Rights.operator(await store.units.read())
        counted = await _count(store, rights)
        name = await _drafted(store, rights)
        start = perf_counter()
        assert not (await BroadcastOperations.over(store).check(name, NOW)).problems
        check = perf_counter() - start
        assert await BroadcastOperations.over(store).move(name, BroadcastState.CHECKED, BroadcastState.APPROVED, NOW)
        seconds, longest = await _frozen(store, name)
        rows = (await store.broadcasts.tally(name)).total
        return Made(rows, seconds, longest, check, counted)


async def _count(store: Store, rights: Rights) -> float:
    """Of whoever has something to do: the dearest condition."""
    start = perf_counter()
    async with open_admin_transaction(store, NOW) as office:
        await office.admin.broadcasts.count(rights, Audience(to_do=True))
    return (perf_counter() - start) * 1000


async def _drafted(store: Store, rights: Rights) -> str:
    async with open_admin_transaction(store, NOW) as office:
        made = await office.admin.broadcasts.new(rights, _DRAFT)
        await office.commit()
    assert made
    return made.id


async def _frozen(store: Store, name: str) -> tuple[float, float]:
    """Seconds for all, milliseconds of the longest batch."""
    batches = []
    start = before = perf_counter()
    while await BroadcastOperations.over(store).freeze(name, NOW):
        batches.append((now := perf_counter()) - before)
        before = now
    return perf_counter() - start, max(batches) * 1000


def _memory() -> Result:
    folder, url = crowd_on_postgres(MANY)
    settings = Settings.model_validate(
        {"data_dir": folder, "database_url": url, "language": "vi", "approval_above": 10**9}
    )
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        grown, seconds = pool.apply(_grown, (settings,))
    name = f"rows for {MANY:,} recipients on PostgreSQL in {seconds:,.0f} s: memory growth from {_FIRST:,}"
    return Result(name, grown, None, "MB", None, f"under {GROWTH:.0f}", grown < GROWTH)


def _grown(settings: Settings) -> tuple[float, float]:
    return asyncio.run(_all_of_them(settings))


async def _all_of_them(settings: Settings) -> tuple[float, float]:
    """Megabytes grown, seconds."""
    async with open_store_from_settings(settings) as opened:
        store = opened.store
        name = await _drafted(store, Rights.operator(await store.units.read()))
        assert not (await BroadcastOperations.over(store).check(name, NOW)).problems
        assert await BroadcastOperations.over(store).move(name, BroadcastState.CHECKED, BroadcastState.APPROVED, NOW)
        start, made, before = perf_counter(), 0, 0.0
        while await BroadcastOperations.over(store).freeze(name, NOW):
            made += _BATCH
            before = _peak() if made == _FIRST else before
        assert (await store.broadcasts.tally(name)).total == MANY
        return _peak() - before, perf_counter() - start


def _peak() -> float:
    """Of this process alone: ``ru_maxrss`` begins with what the process held that started it (getrusage(2))."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(peak) / 1000
