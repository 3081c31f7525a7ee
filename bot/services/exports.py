"""The use cases of exports: order, cancel, write and hand over; also those of the data held about a person."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.services import JournalService, format_span
from bot.services.request_list import RequestMover, select_requests
from bot.store import (
    Completion,
    ExportReaderRepository,
    ExportRepository,
    ExportTask,
    ExportTasks,
    FileFacts,
    ImportRepository,
    JournalRepository,
    OwnDataRepository,
    OwnDataTask,
    OwnDataTasks,
    PageExport,
    PageExportRepository,
    PageExportTasks,
    PageFile,
    RequestListRepository,
    TaskResult,
    UnreadableTask,
)
from handlers.admin.exports import format_export_failed
from handlers.channels import format_erased
from handlers.core import Journal, MarkupTranslator, OwnRequests, People, Reply
from handlers.model import (
    NO_UNITS,
    RETAINED_STATES,
    Act,
    CurrentRequest,
    ExportOrder,
    ExportStatus,
    Filter,
    ImportChange,
    ImportLine,
    ImportPlan,
    ImportResult,
    RequestRow,
    RequestState,
    Rights,
    channel_kind,
    codes_needing_history,
    mask_row,
    plan_import,
)
from handlers.own_data import format_data_failed


@dataclass(frozen=True, slots=True)
class RequestFileService:
    """Implements ``handlers.core.request_ports.RequestFiles``: one export a chat; a list is applied whole, or not."""

    exports: ExportRepository
    journal: Journal
    reader: ExportReaderRepository
    requests: RequestListRepository
    imports: ImportRepository

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

    async def plan(self, rights: Rights, lines: Sequence[ImportLine]) -> ImportPlan:
        """Read the history of those requests alone whose lines depend on it."""
        reach = rights.reach(Act.IMPORT_REQUESTS)
        known: dict[str, CurrentRequest] = {}
        for codes in _batches(line.code for line in lines):
            known |= await self.imports.read_current(reach, codes)
        for codes in _batches(codes_needing_history(lines, known)):
            known |= await self.imports.add_history({code: known[code] for code in codes})
        return plan_import(lines, known)

    async def apply(self, rights: Rights, lines: Sequence[ImportLine], seen: str) -> ImportResult:
        """Plan anew once the requests are locked, so that nobody else can change what is about to be changed."""
        plan = await self.plan(rights, lines)
        codes = [change.code for change in plan.changes]
        await self.imports.lock_requests(codes)
        plan = await self.plan(rights, lines)
        if not plan.applicable or plan.mark != seen:
            return ImportResult(plan, applied=False)
        for (to, note), group in _group_by_move(plan.changes).items():
            await self._move(rights, to, note, group)
        unit = rights.journal_unit(Act.IMPORT_REQUESTS)
        await self.journal.record(rights, "request.import", format_span(codes), unit=unit, count=len(codes))
        return ImportResult(plan, applied=True)

    async def _move(self, rights: Rights, to: RequestState, note: str, codes: list[str]) -> None:
        movable = await self.requests.read_movable_among(rights.reach(Act.IMPORT_REQUESTS), codes)
        done = await RequestMover(self.requests, rights, to, note).move(movable)
        if len(done.changed) != len(codes):
            raise RuntimeError("a request changed although it was held")

    async def save_lines(self, lines: Sequence[ImportLine]) -> str:
        """Replace all lines that wait in this chat."""
        return await self.imports.save_lines(lines)

    async def load_lines(self, name: str) -> tuple[ImportLine, ...] | None:
        """Return ``None`` as well where they cannot be read any more."""
        return await self.imports.load_lines(name)

    async def drop_lines(self) -> None:
        await self.imports.drop_lines()


@dataclass(frozen=True, slots=True)
class ExportTaskService:
    """Exports of all channels, outside any turn. Every method raises StoreError."""

    tasks: ExportTasks

    async def take(self, channel: str, now: datetime) -> ExportTask | None:
        """Take the task that waited longest; it is under way from now on.

        A task that cannot be read fails on the way, and the person who ordered it is told.

        Returns:
            The task; ``None`` where none waits.
        """
        while isinstance(task := await self.tasks.take(channel, now), UnreadableTask):
            await self.tasks.fail(task, format_export_failed(MarkupTranslator(task.language)), now)
        return task

    async def complete(self, task: ExportTask, result: TaskResult, now: datetime) -> Completion:
        """Queue the results, end the moving message and the task, and add a row to the journal, in one transaction.

        Nothing is handed over where the task was ended meanwhile, or a role that it was done by.
        """
        async with self.tasks.prepare(task, result.messages, now) as ready, self.tasks.open(task, now) as at:
            if not await at.end("done"):
                return Completion.ENDED
            rights = Rights.of(await at.read_grants(), NO_UNITS)
            if not set(result.grants) <= {grant.id for grant in rights.grants}:
                return Completion.LOST
            await at.queue(ready)
            await at.notify_end(result.said)
            journal = JournalService(JournalRepository(at.context))
            await journal.record(rights, "export", result.subject, unit=result.unit, count=result.count)
            await at.commit()
        return Completion.DONE


@dataclass(frozen=True, slots=True)
class PageExportTaskService:
    """The exports of the admin pages, outside any request. Every method raises StoreError."""

    tasks: PageExportTasks

    async def take(self, channel: str, now: datetime) -> ExportTask | None:
        """Take the task that waited longest, as ``ExportTaskService`` does."""
        return await ExportTaskService(self.tasks).take(channel, now)

    async def complete(self, task: ExportTask, result: TaskResult, now: datetime) -> Completion:
        """Keep the files for the page, end the task, and add a row to the journal.

        Nothing can be fetched where the task was ended meanwhile, or a role that it was done by.
        """
        await self.tasks.keep_files(task, result.messages, now)
        ended = await self._end(task, result, now)
        if ended is not Completion.DONE:
            await self.tasks.drop_files(task)
        return ended

    async def _end(self, task: ExportTask, result: TaskResult, now: datetime) -> Completion:
        async with self.tasks.open(task, now) as at:
            if not await at.end("done"):
                return Completion.ENDED
            rights = Rights.of(await at.read_grants(), NO_UNITS)
            if not set(result.grants) <= {grant.id for grant in rights.grants}:
                return Completion.LOST
            await self.tasks.tell(at, task, result.said, result.grants)
            journal = JournalService(JournalRepository(at.context))
            await journal.record(rights, "export", result.subject, unit=result.unit, count=result.count)
            await at.commit()
        return Completion.DONE


@dataclass(frozen=True, slots=True)
class ExportDownloads:
    """Exports that the person of a chat fetches from the admin pages, one at a time."""

    exports: PageExportRepository
    journal: Journal

    async def start(self, rights: Rights, order: ExportOrder, total: int) -> str | None:
        """Order an export; ``None`` where the rights do not allow it, or another one is under way."""
        latest = await self.latest()
        if not rights.reach(Act.EXPORT_REQUESTS) or (latest and latest.is_open):
            return None
        task = await self.exports.add(order, total)
        unit = rights.journal_unit(Act.EXPORT_REQUESTS, order.wanted.unit)
        await self.journal.record(rights, "export_start", f"{task} {order.form}", unit=unit, count=total)
        return task

    async def latest(self) -> PageExport | None:
        """Return the export that was ordered last, whatever became of it."""
        return await self.exports.latest()

    async def cancel(self, rights: Rights) -> bool:
        """Call the export that is under way off; False where none is."""
        found = await self.latest()
        if found is None or not found.is_open:
            return False
        await self.exports.cancel(found.id)
        unit = rights.journal_unit(Act.EXPORT_REQUESTS, found.order.wanted.unit if found.order else None)
        await self.journal.record(rights, "export_cancel", found.id, unit=unit, count=found.done)
        return True

    async def files(self, rights: Rights) -> tuple[PageFile, ...]:
        """Return the files of the last export; none once a role that they were made by has ended."""
        found = await self._find_finished(rights)
        return await self.exports.files(found.id, found.tries) if found else ()

    async def fetch(self, rights: Rights, task: str, number: int) -> tuple[FileFacts, bytes] | None:
        """Return a file of the last export, under the same condition."""
        found = await self._find_finished(rights)
        return await self.exports.file(task, found.tries, number) if found and found.id == task else None

    async def _find_finished(self, rights: Rights) -> PageExport | None:
        found = await self.latest()
        if found is None or found.state != "done" or found.order is None:
            return None
        held = {grant.id for grant in rights.grants}
        return found if set(found.order.roles) <= held else None


@dataclass(frozen=True, slots=True)
class OwnDataService:
    """Implements ``handlers.core.ports.OwnData``: decides which requests must stay, and what they keep."""

    own_data: OwnDataRepository
    requests: OwnRequests
    people: Callable[[str], People]  #: the roles of a chat, by its id

    async def order(self, language: str) -> bool:
        """Accept one order at a time, until its files have left."""
        if await self.own_data.has_order():
            return False
        await self.own_data.add_order(language)
        return True

    def sections(self) -> AsyncIterator[tuple[str, Any]]:
        """Read everything as it is within this turn."""
        return self.own_data.sections()

    async def erase(self) -> tuple[str, ...]:
        """Let the turn go on: it can still finish.

        Requests are locked first and the journal last, as moves do: two transactions that go the opposite way would
        wait for each other.
        """
        await self.own_data.lock_requests()
        staying = [request for request in await self.requests.mine() if request.state in RETAINED_STATES]
        readable = [request for request in staying if not request.content.unreadable]
        chats = await self.own_data.chats()
        kept = {request.code: request.content.to_minimal() for request in readable}
        await self.own_data.erase([chat for chat, _, _ in chats], kept)
        for chat, channel, language in chats[1:]:
            await self.own_data.tell(chat, channel, format_erased(language, channel_kind(chats[0][1])))
        for chat, _, _ in chats:
            await self.people(chat).leave()
        return tuple(request.code for request in staying)


async def take_order(orders: OwnDataTasks, channel: str, now: datetime) -> OwnDataTask | None:
    """Take the order that waited longest; one that cannot be read fails on the way, and its person is told."""
    while isinstance(order := await orders.take(channel, now), UnreadableTask):
        await orders.fail(order, format_data_failed(MarkupTranslator(order.language)), now)
    return order


#: Codes that are asked for in one go.
_BATCH = 2000


def _batches(codes: Iterable[str]) -> Iterator[list[str]]:
    unique = list(dict.fromkeys(codes))
    return (unique[at : at + _BATCH] for at in range(0, len(unique), _BATCH))


def _group_by_move(changes: Iterable[ImportChange]) -> dict[tuple[RequestState, str], list[str]]:
    found = defaultdict(list)
    for change in changes:
        found[change.to, change.note].append(change.code)
    return found
