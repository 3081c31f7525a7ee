"""Write, change and check drafts, and look at what they would send: how many, the first message, a trial send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.services.broadcasts.actions import BroadcastAccess
from bot.services.broadcasts.recipients import RecipientValues, says_name
from bot.store import (
    AudienceReader,
    BroadcastSnapshot,
    ChatName,
    NoticeRepository,
    Person,
    count_audience,
    find_chats,
    read_snapshot,
    to_micros,
)
from handlers.broadcasts.rendering import render_broadcast
from handlers.core import Attachment, Reply
from handlers.model import (
    PERSON_CODE,
    REQUEST_CODE,
    Act,
    ActionResult,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastState,
    ChannelAddress,
    ChannelCounts,
    CheckReport,
    PlaceholderValues,
    Reach,
    Recipient,
    RecipientName,
    Rights,
    format_person_code,
    mask_name,
)
from rules.calendar import to_vietnam_day

#: Where nothing is frozen yet.
_OPEN_TO_CHANGE = frozenset({BroadcastState.DRAFT, BroadcastState.CHECKED})


@dataclass(frozen=True, slots=True)
class BroadcastDrafts(BroadcastAccess):
    """A part of ``handlers.core.broadcast_ports.Broadcasts``: writing."""

    async def new(self, rights: Rights, draft: BroadcastDraft, document: bytes | None = None) -> Broadcast | None:
        """Store a draft, with a row in the journal."""
        if not _may_write(rights, draft):
            return None
        name = await self.broadcasts.add(draft, document, rights.actor)
        await self.journal.record(rights, "broadcast_new", name, unit=draft.audience.unit)
        return await self.get(rights, name)

    async def change(
        self, rights: Rights, name: str, revision: int, draft: BroadcastDraft, document: bytes | None = None
    ) -> ActionResult:
        """Change a draft, whose old and new unit must be within reach; a step says what its campaign says."""
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
        """Ask for a check; asking again while it goes on changes nothing, and leaves one row in the journal."""
        found = await self.find_for(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, ActionResult):
            return found
        if found.broadcast.state not in _OPEN_TO_CHANGE:
            return ActionResult.NOT_ALLOWED
        if await self.broadcasts.request_check(name):
            await self.journal.record(rights, "broadcast_check", name, unit=found.broadcast.unit)
        return ActionResult.DONE

    async def last_check(self, rights: Rights, name: str) -> CheckReport | None:
        """Return the last report; ``None`` also where it cannot be read."""
        return None if await self.find(rights, name) is None else await self.broadcasts.last_check(name)

    async def resolve_names(
        self, rights: Rights, names: Sequence[RecipientName]
    ) -> Mapping[RecipientName, tuple[str, ...]]:
        """Find the chats of these names, as far as the right to write broadcasts reaches their unit."""
        addresses = {name: parsed for name in names if (parsed := _parse_name(name))}
        chats = await find_chats(self.context, addresses.values())
        units = {one.unit for found in chats.values() for one in found}
        reach = {unit: rights.may(Act.WRITE_BROADCASTS, unit) for unit in units}
        within = {key: {one.chat for one in found if reach[one.unit]} for key, found in chats.items()}
        return {name: tuple(sorted(within[key])) for name, key in addresses.items() if within.get(key)}


def _may_write(rights: Rights, draft: BroadcastDraft) -> bool:
    """Return whether the unit of its audience is known and within reach."""
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


@dataclass(frozen=True, slots=True)
class BroadcastPreview(BroadcastAccess):
    """A part of ``handlers.core.broadcast_ports.Broadcasts``: looking before anything is sent."""

    async def count(self, rights: Rights, audience: Audience) -> tuple[ChannelCounts, ...]:
        """Count those whom the right to write broadcasts reaches."""
        reach, per_week = rights.reach(Act.WRITE_BROADCASTS), self.context.policy.reminders_per_week
        return await count_audience(self.context, audience, reach, per_week, shown=True)

    async def sample(self, rights: Rights, name: str, limit: int) -> tuple[tuple[Recipient, Reply], ...]:
        """Render it for some recipients; a name that may not be seen is masked in the message as well."""
        if await self.find(rights, name) is None:
            return ()
        written = await read_snapshot(self.context.ask, self.context.keyring, name)
        if written is None:
            return ()
        reach = rights.reach(Act.SEE_BROADCASTS, written.unit)
        return self._samples(rights, written, await self._first_people(reach, written, limit))

    async def preview(
        self, rights: Rights, draft: BroadcastDraft, limit: int, skip: int = 0
    ) -> tuple[tuple[Recipient, Reply], ...]:
        """Render a draft for some recipients; nothing of it is stored."""
        if not _may_write(rights, draft):
            return ()
        written = _as_if_stored(draft, self.context.now)
        reach = rights.reach(Act.WRITE_BROADCASTS, draft.audience.unit)
        return self._samples(rights, written, (await self._first_people(reach, written, skip + limit))[skip:])

    def _samples(
        self, rights: Rights, written: BroadcastSnapshot, people: Sequence[Person]
    ) -> tuple[tuple[Recipient, Reply], ...]:
        values = RecipientValues(self.context.policy, written, written.day(self.context.now))
        return tuple(_sample_for(rights, values, person) for person in people)

    async def _first_people(self, reach: Reach, written: BroadcastSnapshot, limit: int) -> Sequence[Person]:
        context = self.context
        named = says_name(written)
        reader = AudienceReader.of(context.ask, context.keyring, written, context.now, reach, named=named)
        return (await reader.page("", limit)).people

    async def send_test(self, rights: Rights, name: str) -> bool:
        """Send it to the person who asks; False at the machine, where nobody can get it."""
        found = await self.find_for(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, ActionResult) or not self.context.chat:
            return False
        notices = NoticeRepository(self.context)
        to = await notices.recipient(self.context.chat)
        if to is None:
            return False
        said = await self._with_document(found.broadcast, await self._render_for_first(rights, found.broadcast))
        await notices.queue_test(to, name, str(to_micros(self.context.now)), said)
        return True

    async def _render_for_first(self, rights: Rights, found: Broadcast) -> Reply:
        """Render it with the values of the first recipient, or of nobody where there is none."""
        for _, reply in await self.sample(rights, found.id, 1):
            return reply
        return render_broadcast(found.id, found.draft, PlaceholderValues(), to_vietnam_day(self.context.now))

    async def _with_document(self, found: Broadcast, said: Reply) -> Reply:
        """Attach the file that goes along."""
        file = None if said.attachments else await self._file(found)
        return said.model_copy(update={"attachments": (file,)}) if file else said

    async def document(self, rights: Rights, name: str) -> Attachment | None:
        """Return the file that goes along; whoever sees the broadcast may see it."""
        found = await self.find(rights, name)
        return await self._file(found.broadcast) if found else None

    async def _file(self, found: Broadcast) -> Attachment | None:
        content = await self.broadcasts.document(found.id) if found.draft.document else None
        if content is None or found.draft.document is None:
            return None
        return Attachment.of(found.draft.document, found.draft.document_type, content)


def _as_if_stored(draft: BroadcastDraft, now: datetime) -> BroadcastSnapshot:
    """Return a draft as its rows would need it; nobody has answered to it yet."""
    return BroadcastSnapshot(
        "", draft, draft.audience.unit, None, None, BroadcastState.DRAFT, 0, "", draft.starts_at, now, None,
        approved=False, alone=None,
    )  # fmt: skip


def _sample_for(rights: Rights, filling: RecipientValues, person: Person) -> tuple[Recipient, Reply]:
    values = filling.values(person)
    if values.name is not None and not rights.may(Act.SEE_PERSONAL, person.unit):
        values = values.model_copy(update={"name": mask_name(values.name)})
    recipient = Recipient(format_person_code(person.chat), values.name, person.unit, person.channel)
    return recipient, render_broadcast(filling.written.id, filling.written.draft, values, filling.today)
