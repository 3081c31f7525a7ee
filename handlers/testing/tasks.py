"""Exports that are ordered, and lists that come back, in memory."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from handlers.core import Reply
from handlers.model import (
    Act,
    CurrentRequest,
    ExportOrder,
    ExportStatus,
    ImportLine,
    ImportPlan,
    ImportResult,
    RequestState,
    Rights,
    plan_import,
)
from handlers.testing.request_list import RequestMoves
from handlers.testing.tables import SUBSCRIBER, MemoryContext, MemoryJournal, RequestRecord, TaskRecord, format_span

EXPORT_TASK, IMPORT_TASK = "export", "import"


def export_origin(task: str, mark: str = "shown") -> str:
    """The origin of a message of an export; ``shown`` is the one that moves."""
    return f"{EXPORT_TASK}:{task}:{mark}"


@dataclass(frozen=True, slots=True)
class MemoryExports:
    """Implements ``handlers.core.ports.Exports``; nobody writes the files here."""

    acting: MemoryContext
    journal: MemoryJournal

    async def start(self, rights: Rights, order: ExportOrder, total: int, said: Reply) -> str | None:
        """Keep the order, and queue the message that shows how far it is."""
        if not rights.reach(Act.EXPORT_REQUESTS) or await self.running():
            return None
        acting, task = self.acting, self.acting.next_id("XD")
        acting.tables.tasks[task] = TaskRecord(task, acting.chat, EXPORT_TASK, acting.now, order=order, total=total)
        acting.queue(acting.chat, export_origin(task), said)
        unit = rights.journal_unit(Act.EXPORT_REQUESTS, order.wanted.unit)
        await self.journal.record(rights, "export_start", f"{task} {order.form}", unit=unit, count=total)
        return task

    async def running(self) -> ExportStatus | None:
        """Look for an order that has not ended."""
        found = self._running()
        return ExportStatus(found.id, found.done, found.total) if found else None

    async def cancel(self, rights: Rights, said: Reply) -> bool:
        """End the order; the message is changed where it was sent."""
        found = self._running()
        if found is None or found.order is None:
            return False
        self.acting.tables.tasks[found.id] = replace(found, state="cancelled")
        unit = rights.journal_unit(Act.EXPORT_REQUESTS, found.order.wanted.unit)
        await self.journal.record(rights, "export_cancel", found.id, unit=unit, count=found.done)
        if edited := self.acting.edit(export_origin(found.id), said):
            self.acting.queue(self.acting.chat, export_origin(found.id, "end"), edited)
        return True

    def _running(self) -> TaskRecord | None:
        mine = (one for one in self.acting.tables.tasks.values() if one.chat == self.acting.chat)
        return next((one for one in mine if one.kind == EXPORT_TASK and one.is_open), None)


@dataclass(frozen=True, slots=True)
class MemoryImports:
    """Implements ``handlers.core.ports.Imports``."""

    acting: MemoryContext
    journal: MemoryJournal
    moves: RequestMoves

    async def plan(self, rights: Rights, lines: Sequence[ImportLine]) -> ImportPlan:
        """Compare the lines with the requests within reach."""
        reach, tables = rights.reach(Act.IMPORT_REQUESTS), self.acting.tables
        found = (tables.requests[line.code] for line in lines if line.code in tables.requests)
        near = {one.code: _to_current(one) for one in found if reach and tables.is_within(reach, one.unit)}
        return plan_import(lines, near)

    async def apply(self, rights: Rights, lines: Sequence[ImportLine], seen: str) -> ImportResult:
        """Make all changes of the plan that was seen, or none."""
        plan = await self.plan(rights, lines)
        if not plan.applicable or plan.mark != seen:
            return ImportResult(plan, applied=False)
        grouped: defaultdict[tuple[RequestState, str], list[str]] = defaultdict(list)
        for change in plan.changes:
            grouped[change.to, change.note].append(change.code)
        for (to, note), codes in grouped.items():
            self.moves.move([self.acting.tables.requests[code] for code in codes], rights, to, note)
        codes = [change.code for change in plan.changes]
        unit = rights.journal_unit(Act.IMPORT_REQUESTS)
        await self.journal.record(rights, "request.import", format_span(codes), unit=unit, count=len(codes))
        return ImportResult(plan, applied=True)

    async def save_lines(self, lines: Sequence[ImportLine]) -> str:
        """Keep them as a task that nobody works off."""
        name, acting = self.acting.next_id("NL"), self.acting
        await self.drop_lines(name)
        kept = TaskRecord(name, acting.chat, IMPORT_TASK, acting.now, lines=tuple(lines), total=len(lines))
        acting.tables.tasks[name] = kept
        return name

    async def load_lines(self, name: str) -> tuple[ImportLine, ...] | None:
        """Find them by id, in this chat alone."""
        known = self.acting.tables.tasks.get(name)
        mine = known and (known.chat, known.kind) == (self.acting.chat, IMPORT_TASK)
        return known.lines if known and mine else None

    async def drop_lines(self, name: str) -> None:
        """Drop all that wait in this chat."""
        del name
        tasks = self.acting.tables.tasks
        for task in [one.id for one in tasks.values() if (one.chat, one.kind) == (self.acting.chat, IMPORT_TASK)]:
            del tasks[task]


def _to_current(known: RequestRecord) -> CurrentRequest:
    _, last = known.moves[-1]
    actor = last.by if last.at == known.changed_at else SUBSCRIBER
    moves = tuple((revision, step.state) for revision, step in known.moves)
    return CurrentRequest(known.state, known.revision, known.changed_at, actor, last.note, moves)
