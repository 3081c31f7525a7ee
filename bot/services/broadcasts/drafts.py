"""Drafts: written, changed, sent to be checked; and the names that a list of people has for chats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.services.broadcasts.access import BroadcastAccess
from bot.store.broadcasts.audience import ChatName, find_chats
from handlers.model.broadcast import ActionResult, Broadcast, BroadcastDraft, BroadcastState, CheckReport, RecipientName
from handlers.model.channels import ChannelAddress
from handlers.model.codes import PERSON_CODE, REQUEST_CODE
from handlers.model.rights import Act, Rights

#: Where nothing is frozen yet.
_OPEN_TO_CHANGE = frozenset({BroadcastState.DRAFT, BroadcastState.CHECKED})


@dataclass(frozen=True, slots=True)
class BroadcastDrafts(BroadcastAccess):
    """A part of ``handlers.core.broadcast_ports.Broadcasts``: writing."""

    async def new(self, rights: Rights, draft: BroadcastDraft, document: bytes | None = None) -> Broadcast | None:
        """The journal has a row."""
        if not _may_write(rights, draft):
            return None
        name = await self.broadcasts.add(draft, document, rights.actor)
        await self.journal.record(rights, "broadcast_new", name, unit=draft.audience.unit)
        return await self.get(rights, name)

    async def change(
        self, rights: Rights, name: str, revision: int, draft: BroadcastDraft, document: bytes | None = None
    ) -> ActionResult:
        """Both where it was and where it goes have to be within reach; a step says what its campaign says."""
        found = await self.find_for(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, ActionResult):
            return found
        if not _may_write(rights, draft):
            return ActionResult.NOT_YOURS
        if found.broadcast.state not in _OPEN_TO_CHANGE or found.broadcast.parent is not None:
            return ActionResult.NOT_ALLOWED
        if not await self.broadcasts.change(found, revision, draft, document, rights.actor):
            return ActionResult.OVERTAKEN
        await self.journal.record(rights, "broadcast_change", name, unit=draft.audience.unit)
        return ActionResult.DONE

    async def request_check(self, rights: Rights, name: str) -> ActionResult:
        """Asking again while it goes on has the same answer; the journal has one row."""
        found = await self.find_for(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, ActionResult):
            return found
        if found.broadcast.state not in _OPEN_TO_CHANGE:
            return ActionResult.NOT_ALLOWED
        if await self.broadcasts.request_check(name):
            await self.journal.record(rights, "broadcast_check", name, unit=found.broadcast.unit)
        return ActionResult.DONE

    async def last_check(self, rights: Rights, name: str) -> CheckReport | None:
        """A report that cannot be read is as none."""
        return None if await self.find(rights, name) is None else await self.broadcasts.last_check(name)

    async def resolve_names(
        self, rights: Rights, names: Sequence[RecipientName]
    ) -> Mapping[RecipientName, tuple[str, ...]]:
        """The right to write broadcasts has to reach the unit of a request, or of a chat."""
        meant = {name: parsed for name in names if (parsed := _parse_name(name))}
        chats = await find_chats(self.context, meant.values())
        units = {one.unit for found in chats.values() for one in found}
        reach = {unit: rights.may(Act.WRITE_BROADCASTS, unit) for unit in units}
        within = {key: {one.chat for one in found if reach[one.unit]} for key, found in chats.items()}
        return {name: tuple(sorted(within[key])) for name, key in meant.items() if within.get(key)}


def _may_write(rights: Rights, draft: BroadcastDraft) -> bool:
    """Whether the unit of its audience is known and within reach."""
    unit = draft.audience.unit
    known = unit is None or rights.units.get(unit) is not None
    return known and rights.may(Act.WRITE_BROADCASTS, unit)


def _parse_name(name: RecipientName) -> ChatName | None:
    """Return ``None`` where this is no name."""
    if isinstance(name, ChannelAddress):
        return ChatName("chat", name.address, name.channel)
    typed = name.strip()
    if person := PERSON_CODE.fullmatch(typed):
        return ChatName("person", person[1].lower())
    return ChatName("request", typed.upper()) if REQUEST_CODE.fullmatch(typed) else None
