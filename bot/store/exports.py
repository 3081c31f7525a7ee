"""Exports that a chat orders: rows of ``tasks``, worked off by whoever serves the channel."""

from dataclasses import dataclass

from bot.store import places
from bot.store.drivers import Call
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.office.journal import StoredJournal
from bot.store.office.telling import EXPORT, in_place, origin_of, told
from bot.store.reading import UNREADABLE
from handlers.office.exporting import ExportOrder, ExportView
from handlers.office.rights import Act, Rights
from handlers.replies import Reply


@dataclass(frozen=True, slots=True)
class StoredExports:
    """Implements ``handlers.ports.Exports``."""

    acting: Acting
    journal: StoredJournal

    async def start(self, rights: Rights, order: ExportOrder, total: int, said: Reply) -> str | None:
        """Queue one, with the message that shows how far it is."""
        if not rights.reach(Act.EXPORT_REQUESTS) or await self.running():
            return None
        acting = self.acting
        task = await acting.next_id("XD")
        spec = acting.keyring.seal(order.model_dump_json(), places.task(task))
        row = {"id": task, "chat": acting.chat, "kind": EXPORT, "spec": spec, "progress": origin_of(task)}
        add = Call("add_task", {**row, "total": total, "now": stored(acting.now)})
        await acting.ask(add, told(acting, task, "shown", said))
        unit = rights.journal_unit(Act.EXPORT_REQUESTS, order.wanted.unit)
        await self.journal.record(rights, "export_start", f"{task} {order.form}", unit=unit, count=total)
        return task

    async def running(self) -> ExportView | None:
        """The one that is waiting or being written."""
        (rows,) = await self.acting.ask(Call("open_task", {"chat": self.acting.chat, "kind": EXPORT}))
        return ExportView(*rows[0]) if rows else None

    async def _filtered_unit(self, task: str) -> str | None:
        """The unit an order is about; ``None`` also where the order cannot be read any more."""
        wanted = {"id": task, "chat": self.acting.chat, "kind": EXPORT}
        (((spec,),),) = await self.acting.ask(Call("task_spec", wanted))
        try:
            return ExportOrder.model_validate_json(self.acting.keyring.unseal(spec, places.task(task))).wanted.unit
        except UNREADABLE:
            return None

    async def cancel(self, rights: Rights, said: Reply) -> bool:
        """End it; whoever writes it finds it ended. The message is changed where it was sent and can be."""
        found, acting = await self.running(), self.acting
        if found is None:
            return False
        await acting.ask(Call("end_task", {"id": found.id, "state": "cancelled", "now": stored(acting.now)}))
        unit = rights.journal_unit(Act.EXPORT_REQUESTS, await self._filtered_unit(found.id))
        await self.journal.record(rights, "export_cancel", found.id, unit=unit, count=found.done)
        if moved := await in_place(acting, found.id, said):
            await acting.ask(told(acting, found.id, "end", moved))
        return True
