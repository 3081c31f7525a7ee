"""Exports of 100,000 requests: XLSX against XlsxWriter alone; memory of every form, in processes of their own.

The peer writes the very cells of our file, which it is handed in memory: no reading, no unsealing, no wording. What is
measured of memory is how much the most that was ever resident grew after a small export had warmed everything up.
"""

import asyncio
import gc
import multiprocessing
import re
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import xlsxwriter

from bot.exports import CellValue, ColumnKind, ExportJob, ExportMetadata, RowFormatter
from bot.exports.export import iter_requests, open_writer, read_span, request_batches, write_export
from bot.store import Store
from handlers.model import ExportForm, Filter, Grant, Rights, Role
from locales import translator
from tests.bench.province import NOW, REQUESTS, Province, on_sqlite
from tests.bench.result import Result

ROUNDS, TIMES = 3, 10
RATIO, GROWTH = 1.5, 50.0
#: An export that warms everything up: what one commune registered.
_SMALL = Filter(unit="MAU.X0002")
Work = Callable[[Store, ExportJob, Path], Awaitable[None]]


def run() -> list[Result]:
    """Time and memory of XLSX; memory of the forms that go on for a million."""
    province = on_sqlite()
    with tempfile.TemporaryDirectory() as folder:
        against = asyncio.run(_against(province, Path(folder)))
        memory = [_memory(province, Path(folder), form) for form in (ExportForm.XLSX, ExportForm.CSV, ExportForm.JSONL)]
    return [against, *memory]


async def _against(province: Province, folder: Path) -> Result:
    """Rounds taken in turn, in seconds of processor time; the cells of the peer are made ready before."""
    ours, peer = [], []
    async with province.opened() as store:
        order = await _order(store, ExportForm.XLSX)
        cells, lines = await _cells(store, order)
        gc.freeze()  # the peer's cells: while ours runs, the collector would look through them again and again
        for _ in range(ROUNDS):
            ours.append(
                await _seconds(partial(write_export, store, order, folder / "ours.xlsx", _untold, notes=folder))
            )
            peer.append(await _seconds(partial(asyncio.to_thread, _write_bare, folder / "peer.xlsx", cells, lines)))
    mine, theirs = median(ours), median(peer)
    ratio = mine / theirs
    name = f"XLSX of {len(lines):,} requests, against XlsxWriter with the same cells"
    return Result(name, mine, theirs, "s", ratio, f"at most {RATIO} times", ratio <= RATIO)


async def _order(store: Store, form: ExportForm) -> ExportJob:
    rights = Rights.of((Grant("QT-000001", Role.OWNER),), await store.units.read())
    return ExportJob(rights, Filter(), form, translator("vi"), NOW)


async def _cells(store: Store, order: ExportJob) -> tuple[RowFormatter, list[list[CellValue]]]:
    cells = RowFormatter(order.t, order.rights.units)
    return cells, [cells.row(filed) async for filed in iter_requests(store, order)]


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    """Of processor time in all threads: nothing here waits, and what else runs on the machine does not count."""
    start = process_time()
    await work()
    return process_time() - start


def _untold(done: int, total: int) -> None:
    """Nobody watches."""


def _write_bare(path: Path, cells: RowFormatter, lines: list[list[CellValue]]) -> None:
    book: Any = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    dated = book.add_format({"num_format": "dd/mm/yyyy"})
    put = {ColumnKind.NUMBER: sheet.write_number, ColumnKind.TEXT: sheet.write_string}
    writes = [
        (
            put.get(column.kind, sheet.write_datetime),
            dated if column.kind in {ColumnKind.DAY, ColumnKind.MOMENT} else None,
        )
        for column in cells.columns
    ]
    sheet.write_row(0, 0, cells.titles)
    for row, line in enumerate(lines, 1):
        for column, (cell, (write, form)) in enumerate(zip(line, writes, strict=True)):
            if cell != "":
                write(row, column, cell, form)
    book.close()


@dataclass(frozen=True, slots=True)
class _Grown:
    """Megabytes that a process came to hold beyond what it held after its warm-up, and rows written."""

    megabytes: float
    rows: int


def _memory(province: Province, folder: Path, form: ExportForm) -> Result:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        grown = pool.apply(_grown, (province, folder, form))
    times = f" ({REQUESTS:,} read {TIMES} times)" if form is not ExportForm.XLSX else ""
    name = f"{form.upper()} of {grown.rows:,} requests{times}: memory growth"
    return Result(name, grown.megabytes, None, "MB", None, f"under {GROWTH:.0f}", grown.megabytes < GROWTH)


def _grown(province: Province, folder: Path, form: ExportForm) -> _Grown:
    return asyncio.run(_exported(province, folder / f"grown.{form}", form))


async def _exported(province: Province, path: Path, form: ExportForm) -> _Grown:
    """A small export, then the large one: XLSX by the whole road, the others repeated into one file."""
    async with province.opened() as store:
        order = await _order(store, form)
        small = await write_export(store, replace(order, wanted=_SMALL), path, _untold, notes=path.parent / "notes")
        assert 0 < small.count < REQUESTS // 20
        before = _peak()
        if form is ExportForm.XLSX:
            written = (await write_export(store, order, path, _untold, notes=path.parent / "notes")).count
        else:
            written = await _repeated(store, order, path)
        return _Grown(_peak() - before, written)


async def _repeated(store: Store, order: ExportJob, path: Path) -> int:
    """All requests, read and unsealed anew each time, into one file."""
    meant = await read_span(store, order)
    writer, written = open_writer(order.form, path, ExportMetadata(order, meant.count)), 0
    for _ in range(TIMES):
        async for batch in request_batches(store, order, meant):
            writer.add(batch)
            written += len(batch)
    writer.finish()
    return written


def _peak() -> float:
    """Of this process alone: ``ru_maxrss`` begins with what the process held that started it (getrusage(2))."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(peak) / 1000
