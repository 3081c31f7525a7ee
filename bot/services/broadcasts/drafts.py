"""A look before anything is sent: how many are meant at this moment, what the first would get, a trial send."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.services.broadcasts.access import BroadcastAccess
from bot.services.broadcasts.recipients import RecipientValues, says_name
from bot.store.broadcasts.audience import AudienceReader, Person, count_audience
from bot.store.broadcasts.notices import NoticeRepository
from bot.store.broadcasts.repository import BroadcastSnapshot, read_snapshot
from bot.store.encoding import to_micros
from handlers.access.masking import mask_name
from handlers.broadcasts.rendering import render_broadcast
from handlers.core.replies import Attachment, Reply
from handlers.model.broadcast import (
    ActionResult,
    Audience,
    Broadcast,
    ChannelCounts,
    PlaceholderValues,
    Recipient,
)
from handlers.model.codes import format_person_code
from handlers.model.rights import Act, Rights
from rules.calendar import to_vietnam_day


@dataclass(frozen=True, slots=True)
class BroadcastPreview(BroadcastAccess):
    """A part of ``handlers.core.broadcast_ports.Broadcasts``: looking before anything is sent."""

    async def count(self, rights: Rights, audience: Audience) -> tuple[ChannelCounts, ...]:
        """Only those count whom the right to write broadcasts reaches."""
        reach, per_week = rights.reach(Act.WRITE_BROADCASTS), self.context.policy.reminders_per_week
        return await count_audience(self.context, audience, reach, per_week)

    async def sample(self, rights: Rights, name: str, limit: int) -> tuple[tuple[Recipient, Reply], ...]:
        """A name that may not be seen is masked in the message as well."""
        if await self.find(rights, name) is None:
            return ()
        written = await read_snapshot(self.context.ask, self.context.keyring, name)
        if written is None:
            return ()
        values = RecipientValues(self.context.policy, written, written.day(self.context.now))
        return tuple(_sample_for(rights, values, person) for person in await self._first_people(rights, written, limit))

    async def _first_people(self, rights: Rights, written: BroadcastSnapshot, limit: int) -> Sequence[Person]:
        context, reach = self.context, rights.reach(Act.SEE_BROADCASTS, written.unit)
        named = says_name(written)
        reader = AudienceReader.of(context.ask, context.keyring, written, context.now, reach, named=named)
        return (await reader.page("", limit)).people

    async def send_test(self, rights: Rights, name: str) -> bool:
        """At the machine it is False: nobody there can get it."""
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
        """With the first recipient's values; where there is none, with what is known of nobody."""
        for _, reply in await self.sample(rights, found.id, 1):
            return reply
        return render_broadcast(found.id, found.draft, PlaceholderValues(), to_vietnam_day(self.context.now))

    async def _with_document(self, found: Broadcast, said: Reply) -> Reply:
        """Attach the file that goes along."""
        if not found.draft.document or said.attachments:
            return said
        content = await self.broadcasts.document(found.id)
        if content is None:
            return said
        file = Attachment.of(found.draft.document, found.draft.document_type, content)
        return said.model_copy(update={"attachments": (file,)})


def _sample_for(rights: Rights, filling: RecipientValues, person: Person) -> tuple[Recipient, Reply]:
    values = filling.values(person)
    if values.name is not None and not rights.may(Act.SEE_PERSONAL, person.unit):
        values = values.model_copy(update={"name": mask_name(values.name)})
    recipient = Recipient(format_person_code(person.chat), values.name, person.unit, person.channel)
    return recipient, render_broadcast(filling.written.id, filling.written.draft, values, filling.today)
