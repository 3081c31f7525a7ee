"""Consequences of the end of a role: invitations and exports end that its person may no longer make or receive."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.store.context import StoreContext
from bot.store.invitations import InvitationRepository
from bot.store.roles import GrantRepository, UndeliveredExport, UndeliveredExports
from bot.store.units import read_units
from handlers.admin.exports.text import format_export_rights_lost
from handlers.core.text import MarkupTranslator
from handlers.model.exports import ExportOrder
from handlers.model.journal import AuditAction
from handlers.model.rights import ACT_TO_GIVE, Act, Grant, Rights

#: What the files of an export show of the requests.
_EXPORT_ACTS = (Act.EXPORT_REQUESTS, Act.SEE_PERSONAL)


class Consequence(NamedTuple):
    """A row for the journal: it follows from the end of a role, by whose right does not matter."""

    act: str
    subject: str
    unit: str | None


async def revoke_consequences(context: StoreContext, chat: str, ended: Sequence[Grant]) -> list[Consequence]:
    """End what can no longer stand, and tell the person.

    Args:
        context: the transaction in which the roles ended.
        chat: whose roles they were.
        ended: the roles, at least one.

    Returns:
        What the journal has to say of it.
    """
    units = await read_units(context.ask)
    left = await GrantRepository(context).of_chat(chat)
    before, after = Rights.of((*left, *ended), units), Rights.of(left, units)
    revocation = _Revocation(context, chat, before, after, ended[0].id)
    return [*await revocation.end_invitations(), *await revocation.withhold_exports()]


@dataclass(frozen=True, slots=True)
class _Revocation:
    """One person before and after roles of theirs ended."""

    context: StoreContext
    chat: str
    before: Rights
    after: Rights
    cause: str  #: id of the role that ended

    async def end_invitations(self) -> list[Consequence]:
        """Take back what the person could not promise any more."""
        invitations = InvitationRepository(self.context)
        gone = [
            one
            for one in await invitations.promised_by(self.chat)
            if not self.after.may(ACT_TO_GIVE[one.role], one.unit)
        ]
        return [
            Consequence(AuditAction.END_WITH_ROLE, f"{one.invitation} {self.cause}", one.unit)
            for one in await invitations.end_all(gone)
        ]

    async def withhold_exports(self) -> list[Consequence]:
        """Call off exports that the roles left do not cover, and say so in place of their progress."""
        exports = UndeliveredExports(self.context, self.chat)
        withheld = [one for one in await exports.find_all() if not self._is_still_covered(one.order)]
        await exports.withhold(withheld)
        for one in withheld:
            await exports.replace_progress(one, format_export_rights_lost(_translator_of(one)))
        return [
            Consequence("export_cancel", f"{one.task} {self.cause}", one.order.wanted.unit if one.order else None)
            for one in withheld
        ]

    def _is_still_covered(self, order: ExportOrder | None) -> bool:
        """Whether the roles that are left reach all of what it was ordered by."""
        if order is None or not self.after.reach(Act.EXPORT_REQUESTS):
            return False
        unit = order.wanted.unit
        return all(self.after.covers(act, self.before.reach(act, unit)) for act in _EXPORT_ACTS)


def _translator_of(export: UndeliveredExport) -> MarkupTranslator:
    return MarkupTranslator(export.order.language if export.order else "vi")
