"""Exports that a chat orders: rows of ``tasks``, worked off by whoever serves the channel."""

from dataclasses import dataclass
from typing import Any

from bot.store.context import StoreContext
from bot.store.drivers.base import Query
from bot.store.encoding import content_for_display, from_micros, to_micros
from bot.store.journal import StoredJournal
from bot.store.messages import EXPORT_TASK, format_task_edit, task_message_query, task_origin
from bot.store.request_filter import request_conditions
from bot.store.sealing import sealed_columns
from bot.store.sealing.readable import UNREADABLE_ERRORS, unseal_or_none
from handlers.access.masking import mask_row
from handlers.core.replies import Reply
from handlers.model.exports import ExportOrder, ExportStatus
from handlers.model.request import Request, RequestState
from handlers.model.request_list import Filter, RequestRow
from handlers.model.rights import Act, Rights


@dataclass(frozen=True, slots=True)
class StoredExports:
    """Implements ``handlers.core.ports.Exports``."""

    acting: StoreContext
    journal: StoredJournal

    async def start(self, rights: Rights, order: ExportOrder, total: int, said: Reply) -> str | None:
        """Queue one, with the message that shows how far it is."""
        if not rights.reach(Act.EXPORT_REQUESTS) or await self.running():
            return None
        acting = self.acting
        task = await acting.next_id("XD")
        spec = acting.keyring.seal(order.model_dump_json(), sealed_columns.task(task))
        row = {"id": task, "chat": acting.chat, "kind": EXPORT_TASK, "spec": spec, "progress": task_origin(task)}
        add = Query("add_task", {**row, "total": total, "now": to_micros(acting.now)})
        await acting.ask(add, task_message_query(acting, task, "shown", said))
        unit = rights.journal_unit(Act.EXPORT_REQUESTS, order.wanted.unit)
        await self.journal.record(rights, "export_start", f"{task} {order.form}", unit=unit, count=total)
        return task

    async def running(self) -> ExportStatus | None:
        """The one that is waiting or being written."""
        (rows,) = await self.acting.ask(Query("open_task", {"chat": self.acting.chat, "kind": EXPORT_TASK}))
        return ExportStatus(*rows[0]) if rows else None

    async def _filtered_unit(self, task: str) -> str | None:
        """The unit an order is about; ``None`` also where the order cannot be read any more."""
        wanted = {"id": task, "chat": self.acting.chat, "kind": EXPORT_TASK}
        (((spec,),),) = await self.acting.ask(Query("task_spec", wanted))
        try:
            return ExportOrder.model_validate_json(
                self.acting.keyring.unseal(spec, sealed_columns.task(task))
            ).wanted.unit
        except UNREADABLE_ERRORS:
            return None

    async def cancel(self, rights: Rights, said: Reply) -> bool:
        """End it; whoever writes it finds it ended. The message is changed where it was sent and can be."""
        found, acting = await self.running(), self.acting
        if found is None:
            return False
        await acting.ask(Query("end_task", {"id": found.id, "state": "cancelled", "now": to_micros(acting.now)}))
        unit = rights.journal_unit(Act.EXPORT_REQUESTS, await self._filtered_unit(found.id))
        await self.journal.record(rights, "export_cancel", found.id, unit=unit, count=found.done)
        if moved := await format_task_edit(acting, found.id, said):
            await acting.ask(task_message_query(acting, found.id, "end", moved))
        return True


@dataclass(frozen=True, slots=True)
class StoredExportReader:
    """Implements ``handlers.core.ports.ExportReader``."""

    acting: StoreContext

    async def extent(self, rights: Rights, wanted: Filter) -> tuple[int, int]:
        """How many, and the newest number."""
        these = await request_conditions(
            self.acting,
            rights.reach(Act.EXPORT_REQUESTS, wanted.unit),
            wanted,
            personal_words=rights.may_search(wanted.unit),
        )
        if these is None:
            return 0, 0
        (((count, last),),) = await self.acting.ask(these.to_query("extract_extent"))
        return count, last

    async def batch(
        self, rights: Rights, wanted: Filter, limit: int, *, after: int, last: int
    ) -> tuple[RequestRow, ...]:
        """The oldest beyond ``after``."""
        these = await request_conditions(
            self.acting,
            rights.reach(Act.EXPORT_REQUESTS, wanted.unit),
            wanted,
            personal_words=rights.may_search(wanted.unit),
        )
        if these is None:
            return ()
        beyond = these.with_condition("beyond", after=after, last=last)
        (rows,) = await self.acting.ask(beyond.to_query("extract_batch", limit=limit))
        found = [_to_request_row(row, self.acting) for row in rows]
        seen = {unit: rights.may(Act.SEE_PERSONAL, unit) for unit in {filed.unit for filed in found}}
        return tuple(filed if seen[filed.unit] else mask_row(filed) for filed in found)


def _to_request_row(row: tuple[Any, ...], acting: StoreContext) -> RequestRow:
    code, number, state, content, unit, registered_at, changed_at, revision, moved_at, note, actor, procedure = row
    keyring, language = acting.keyring, acting.policy.language
    opened = content_for_display(keyring, code, content, procedure, language=language, whole=False)
    return RequestRow(
        request=Request(code=code, state=RequestState(state), content=opened, history=()),
        number=number,
        unit=unit,
        registered_at=from_micros(registered_at),
        changed_at=from_micros(changed_at),
        revision=revision,
        note=unseal_or_none(keyring, note, sealed_columns.note(code, moved_at or 0)) or "",
        actor=actor or "",
    )
