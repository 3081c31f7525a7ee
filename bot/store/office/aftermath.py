"""What goes with a role: invitations and exports of its person that the roles left to them could not make.

Nothing is written into the journal here: its lock comes last (``Consequence`` says what is to be written).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from bot.store import places
from bot.store.drivers import Call
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.office.holding import grants_of
from bot.store.office.telling import EXPORT, FILE, in_place, origin_of, told
from bot.store.office.units import read_units
from bot.store.reading import UNREADABLE
from handlers.office.export_words import lost
from handlers.office.exporting import ExportOrder
from handlers.office.journal_words import Deed
from handlers.office.rights import GIVING, Act, Grant, Rights, Role
from handlers.voice import Voice

#: What the files of an export show of the requests.
_EXPORTED = (Act.EXPORT_REQUESTS, Act.SEE_PERSONAL)


class Consequence(NamedTuple):
    """A row for the journal: it follows from the end of a role, by whose right does not matter."""

    act: str
    subject: str
    unit: str | None


class _Withheld(NamedTuple):
    """An export that is called off, or the files of which are not delivered any more."""

    task: str
    channel: str
    order: ExportOrder | None  #: ``None``: it cannot be read


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Of roles of one chat that ended in the present transaction."""

    acting: Acting
    chat: str
    before: Rights
    after: Rights
    cause: str  #: id of the role that ended

    @classmethod
    async def of(cls, acting: Acting, chat: str, ended: Sequence[Grant]) -> "Aftermath":
        """With what is left to the person."""
        units = await read_units(acting.ask)
        (rows,) = await acting.ask(Call("my_grants", {"chat": chat}))
        left = grants_of(acting.keyring, rows)
        return cls(acting, chat, Rights.of((*left, *ended), units), Rights.of(left, units), ended[0].id)

    async def apply(self) -> list[Consequence]:
        """End what can no longer stand."""
        return [*await self._invitations(), *await self._exports()]

    async def _invitations(self) -> list[Consequence]:
        now = stored(self.acting.now)
        (rows,) = await self.acting.ask(Call("invitations_of", {"chat": self.chat, "now": now}))
        gone = [(name, unit) for name, role, unit in rows if not self.after.may(GIVING[Role(role)], unit)]
        ends = [Call("end_invitation", {"id": name, "now": now}) for name, _ in gone]
        ended = await self.acting.ask(*ends) if ends else []
        return [
            Consequence(Deed.END_WITH_ROLE, f"{name} {self.cause}", unit)
            for (name, unit), done in zip(gone, ended, strict=True)
            if done
        ]

    async def _exports(self) -> list[Consequence]:
        asked = {"chat": self.chat, "kind": EXPORT, "files": f":{FILE}:%"}
        (rows,) = await self.acting.ask(Call("undelivered_exports", asked))
        withheld = [one for one in map(self._read, rows) if not self._is_still_covered(one.order)]
        if withheld:
            await self.acting.ask(*self._cancel_queries(withheld))
        for one in withheld:
            await self._notify(one)
        return [
            Consequence("export_cancel", f"{one.task} {self.cause}", one.order.wanted.unit if one.order else None)
            for one in withheld
        ]

    def _read(self, row: tuple[Any, ...]) -> _Withheld:
        task, channel, spec = row
        try:
            order = ExportOrder.model_validate_json(self.acting.keyring.unseal(spec, places.task(task)))
        except UNREADABLE:
            return _Withheld(task, channel, None)
        return _Withheld(task, channel, order)

    def _is_still_covered(self, order: ExportOrder | None) -> bool:
        """Whether the roles that are left reach all of what it was ordered by."""
        if order is None or not self.after.reach(Act.EXPORT_REQUESTS):
            return False
        unit = order.wanted.unit
        return all(self.after.covers(act, self.before.reach(act, unit)) for act in _EXPORTED)

    def _cancel_queries(self, withheld: Iterable[_Withheld]) -> Iterable[Call]:
        """A task first, then its files: whoever completes it meanwhile has queued them before the second looks."""
        for one in withheld:
            row = {"id": one.task, "chat": self.chat, "now": stored(self.acting.now)}
            yield Call("end_task", {**row, "state": "cancelled"})
            yield Call("withhold_files", {**row, "files": origin_of(one.task, f"{FILE}:%")})

    async def _notify(self, one: _Withheld) -> None:
        """In place of the message that shows how far it is."""
        theirs = replace(self.acting, chat=self.chat, channel=one.channel)
        said = lost(Voice(one.order.language) if one.order else Voice("vi"))
        await theirs.ask(told(theirs, one.task, "lost", await in_place(theirs, one.task, said) or said))
