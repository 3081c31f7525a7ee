"""The use cases of exports: order one, cancel it, and read what it may hold."""

from dataclasses import dataclass

from bot.services.request_list import select_requests
from bot.store.exports import ExportReaderRepository, ExportRepository
from bot.store.request_list import RequestListRepository
from handlers.access.masking import mask_row
from handlers.core.ports import Journal
from handlers.core.replies import Reply
from handlers.model.exports import ExportOrder, ExportStatus
from handlers.model.request_list import Filter, RequestRow
from handlers.model.rights import Act, Rights


@dataclass(frozen=True, slots=True)
class ExportService:
    """Implements ``handlers.core.ports.Exports``: a chat has one export at a time."""

    exports: ExportRepository
    journal: Journal

    async def start(self, rights: Rights, order: ExportOrder, total: int, said: Reply) -> str | None:
        """Add a row to the journal for the order itself; another follows with its result."""
        if not rights.reach(Act.EXPORT_REQUESTS) or await self.running():
            return None
        task = await self.exports.add(order, total, said)
        unit = rights.journal_unit(Act.EXPORT_REQUESTS, order.wanted.unit)
        await self.journal.record(rights, "export_start", f"{task} {order.form}", unit=unit, count=total)
        return task

    async def running(self) -> ExportStatus | None:
        """Need no rights: the export belongs to the person in this chat."""
        return await self.exports.find_open()

    async def cancel(self, rights: Rights, said: Reply) -> bool:
        """Change the message only where it was sent and the channel can edit it; the worker finds the export ended."""
        found = await self.running()
        if found is None:
            return False
        await self.exports.cancel(found.id)
        unit = rights.journal_unit(Act.EXPORT_REQUESTS, await self.exports.read_unit(found.id))
        await self.journal.record(rights, "export_cancel", found.id, unit=unit, count=found.done)
        await self.exports.edit_message(found.id, said)
        return True


@dataclass(frozen=True, slots=True)
class ExportReaderService:
    """Implements ``handlers.core.ports.ExportReader``: the list as the right to export reaches, masked by unit."""

    reader: ExportReaderRepository
    requests: RequestListRepository

    async def extent(self, rights: Rights, wanted: Filter) -> tuple[int, int]:
        """Return zeros where nothing may be exported."""
        selection = await select_requests(self.requests, rights, Act.EXPORT_REQUESTS, wanted)
        return (0, 0) if selection is None else await self.reader.extent(selection)

    async def batch(
        self, rights: Rights, wanted: Filter, limit: int, *, after: int, last: int
    ) -> tuple[RequestRow, ...]:
        """Ask once per unit, not once per request, whether personal data may be seen."""
        selection = await select_requests(self.requests, rights, Act.EXPORT_REQUESTS, wanted)
        if selection is None:
            return ()
        rows = await self.reader.batch(selection, limit, after=after, last=last)
        seen = {unit: rights.may(Act.SEE_PERSONAL, unit) for unit in {row.unit for row in rows}}
        return tuple(row if seen[row.unit] else mask_row(row) for row in rows)
