"""A broadcast's report is made between two turns, under the rights of that moment."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import structlog

from bot.channels.base import Channel
from bot.delivery.clock import Clock
from bot.errors import Forbidden
from bot.exports.broadcast_lines import ReportOrder
from bot.exports.broadcast_report import report_bytes
from bot.store.api import Chat, Store
from bot.store.errors import StoreUnavailable
from handlers.events import MakeReport, ReportMade
from handlers.office.rights import Rights
from handlers.office.screens.broadcast_file import XLSX
from locales import translator

#: Rows of a report in a chat; a longer one takes seconds, and is the command line's.
MOST_ROWS = 20_000

#: ``Reports.make``: a report for the person of a chat.
Report = Callable[[Chat, MakeReport], Awaitable[ReportMade]]

_log = structlog.get_logger(__name__)


class Reports:
    """Makes one report at a time."""

    def __init__(self, store: Store, clock: Clock, folder: Path, most_bytes: int, most_rows: int = MOST_ROWS) -> None:
        """``folder`` is for files under way; ``most_bytes``: of a file that a chat is sent."""
        self._folder = folder
        self._store = store
        self._clock = clock
        self._most_bytes = most_bytes
        self._most_rows = most_rows
        self._turn = asyncio.Semaphore(1)

    async def make(self, chat: Chat, wanted: MakeReport) -> ReportMade:
        """The file, or why there is none.

        Raises:
            OutputError: there is no writing on this machine.
            StoreError: the recipients cannot be read.
        """
        async with self._turn:
            try:
                return await self._make(chat, wanted)
            except Forbidden:
                return _without(wanted, "not_yours")

    async def _make(self, chat: Chat, wanted: MakeReport) -> ReportMade:
        order, rows = await self._prepare_order(chat, wanted)
        if rows > self._most_rows:
            return _without(wanted, "too_much")
        content, totals = await report_bytes(self._store, order, self._folder)
        if len(content) > self._most_bytes:
            return _without(wanted, "too_much")
        roles = frozenset(grant.id for grant in order.rights.grants)
        return ReportMade.of(wanted.broadcast, content, totals.count, roles)

    async def _prepare_order(self, chat: Chat, wanted: MakeReport) -> tuple[ReportOrder, int]:
        """What the person may have of it, and how many rows that is."""
        units, now = await self._store.units(), self._clock.now()
        async with self._store.admin_transaction(now, chat=chat.id, channel=chat.channel, reading=True) as office:
            rights = Rights.of(await office.admin.people.mine(), units)
            book = office.admin.broadcasts
            found = await book.get(rights, wanted.broadcast)
            if found is None:
                raise Forbidden
            steps, t = await book.steps(rights, found.id), translator(wanted.language)
            order = ReportOrder(rights, found, steps, t, now, chat=chat.id, channel=chat.channel)
            tallies = [await book.tally(rights, one.id) for one in order.sources]
        return order, sum(tally.total for tally in tallies)


async def reported(chat: Chat, event: MakeReport, channel: Channel | None, report: Report | None) -> ReportMade:
    """The event with its file, or with why there is none.

    Raises:
        StoreUnavailable: the turn is tried again when the store answers.
    """
    if channel is None or not channel.capabilities.accepts(XLSX):
        return _without(event, "no_files")
    try:
        return await report(chat, event) if report else _without(event, "failed")
    except StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - the numbers were told; the file is not worth a failed turn
        _log.error("report_not_made", error=type(error).__name__)
        return _without(event, "failed")


def _without(event: MakeReport, trouble: Literal["no_files", "too_much", "not_yours", "failed"]) -> ReportMade:
    return ReportMade(broadcast=event.broadcast, trouble=trouble)
