"""The repositories of exports: orders as rows of ``tasks``, and the requests that a worker writes into files."""

from dataclasses import dataclass
from typing import Any

from bot.store.context import StoreContext
from bot.store.drivers.base import Query
from bot.store.encoding import content_for_display, from_micros, to_micros
from bot.store.messages import EXPORT_TASK, format_task_edit, task_message_query, task_origin
from bot.store.request_filter import QueryConditions
from bot.store.sealing import sealed_columns
from bot.store.sealing.readable import UNREADABLE_ERRORS, unseal_or_none
from handlers.core.replies import Reply
from handlers.model.exports import ExportOrder, ExportStatus
from handlers.model.request import Request, RequestState
from handlers.model.request_list import RequestRow


@dataclass(frozen=True, slots=True)
class ExportRepository:
    """Exports of one chat; ``bot.services.exports`` decides who may order one."""

    context: StoreContext

    async def add(self, order: ExportOrder, total: int, said: Reply) -> str:
        """Queue an export of about ``total`` requests with the message that shows how far it is; return its id."""
        context = self.context
        task = await context.next_id("XD")
        spec = context.keyring.seal(order.model_dump_json(), sealed_columns.task(task))
        row = {"id": task, "chat": context.chat, "kind": EXPORT_TASK, "spec": spec, "progress": task_origin(task)}
        add = Query("add_task", {**row, "total": total, "now": to_micros(context.now)})
        await context.ask(add, task_message_query(context, task, "shown", said))
        return task

    async def find_open(self) -> ExportStatus | None:
        """Find the export that is waiting or being written."""
        (rows,) = await self.context.ask(Query("open_task", {"chat": self.context.chat, "kind": EXPORT_TASK}))
        return ExportStatus(*rows[0]) if rows else None

    async def read_unit(self, task: str) -> str | None:
        """Read the unit that an order is about; ``None`` also where the order cannot be read any more."""
        context = self.context
        wanted = {"id": task, "chat": context.chat, "kind": EXPORT_TASK}
        (((spec,),),) = await context.ask(Query("task_spec", wanted))
        try:
            order = ExportOrder.model_validate_json(context.keyring.unseal(spec, sealed_columns.task(task)))
        except UNREADABLE_ERRORS:
            return None
        return order.wanted.unit

    async def cancel(self, task: str) -> None:
        """End an export; the worker that writes it finds it ended."""
        now = to_micros(self.context.now)
        await self.context.ask(Query("end_task", {"id": task, "state": "cancelled", "now": now}))

    async def edit_message(self, task: str, said: Reply) -> None:
        """Queue ``said`` in place of the message that shows how far it is, where that was sent and can be changed."""
        if edit := await format_task_edit(self.context, task, said):
            await self.context.ask(task_message_query(self.context, task, "end", edit))


@dataclass(frozen=True, slots=True)
class ExportReaderRepository:
    """Requests in the order of registration, in batches, without their history and decision."""

    context: StoreContext

    async def extent(self, selection: QueryConditions) -> tuple[int, int]:
        """Return how many requests are selected, and the number of the newest."""
        (((count, last),),) = await self.context.ask(selection.to_query("extract_extent"))
        return count, last

    async def batch(self, selection: QueryConditions, limit: int, *, after: int, last: int) -> tuple[RequestRow, ...]:
        """Read the oldest ``limit`` of them whose number is over ``after`` and not over ``last``."""
        beyond = selection.with_condition("beyond", after=after, last=last)
        (rows,) = await self.context.ask(beyond.to_query("extract_batch", limit=limit))
        return tuple(_to_request_row(row, self.context) for row in rows)


def _to_request_row(row: tuple[Any, ...], context: StoreContext) -> RequestRow:
    code, number, state, content, unit, registered_at, changed_at, revision, moved_at, note, actor, procedure = row
    keyring, language = context.keyring, context.policy.language
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
