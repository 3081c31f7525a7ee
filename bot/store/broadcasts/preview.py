"""Who is meant at this moment, for somebody who looks: how many they are, and what the first would get."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.store.api import NOTICE
from bot.store.broadcasts.audience import WEEK, AudienceReader, Person, audience_conditions
from bot.store.broadcasts.messages import RecipientValues
from bot.store.broadcasts.repository import BroadcastQueries
from bot.store.broadcasts.snapshot import read_snapshot
from bot.store.context import StoreContext
from bot.store.drivers.base import Query
from bot.store.encoding import to_micros
from bot.store.messages import OutboxMessage, OutboxRecipient, message_query
from bot.store.sealing import sealed_columns
from bot.store.sealing.readable import read_or_none
from handlers.access.masking import mask_name
from handlers.broadcasts.rendering import render_broadcast
from handlers.core.replies import Attachment, Reply
from handlers.model.broadcast import (
    ActionResult,
    Audience,
    Broadcast,
    BroadcastPolicy,
    ChannelCounts,
    PlaceholderValues,
    Recipient,
)
from handlers.model.codes import format_person_code
from handlers.model.rights import Act, Rights
from rules.calendar import to_vietnam_day


async def count_audience(
    acting: StoreContext, rights: Rights, audience: Audience, policy: BroadcastPolicy
) -> tuple[ChannelCounts, ...]:
    """Who is meant of those whom the rights to write broadcasts reach, by channel and reachability."""
    these = audience_conditions(audience, rights.reach(Act.WRITE_BROADCASTS), acting.now)
    if these is None:
        return ()
    if audience.chats is not None:
        these = these.with_condition("listed", chats=json.dumps(audience.chats))
    call = these.to_query(
        "audience_counts", after="", week=to_micros(acting.now - WEEK), most=policy.reminders_per_week
    )
    (rows,) = await acting.ask(replace(call, anew=True))
    return to_channel_counts(rows)


def to_channel_counts(rows: Iterable[tuple[str, str, int]]) -> tuple[ChannelCounts, ...]:
    """Channels (of ``terminal:NAME`` what stands before the colon), what keeps messages back, and how many they are."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for channel, kept, number in rows:
        found[channel.partition(":")[0]][kept] += number
    return tuple(ChannelCounts(channel=channel, **kept) for channel, kept in sorted(found.items()))


async def sample_messages(
    acting: StoreContext, rights: Rights, broadcast: str, policy: BroadcastPolicy, limit: int
) -> tuple[tuple[Recipient, Reply], ...]:
    """What the first recipients of a broadcast within reach would get; names are masked where they may not be seen."""
    written = await read_snapshot(acting.ask, acting.keyring, broadcast)
    if written is None:
        return ()
    reach = rights.reach(Act.SEE_BROADCASTS, written.unit)
    people, _ = await AudienceReader.of(acting.ask, acting.keyring, written, acting.now, reach).page("", limit)
    filling = RecipientValues(acting.keyring, policy, written, written.day(acting.now))
    return tuple(_sample_for(rights, filling, person) for person in people)


def _sample_for(rights: Rights, filling: RecipientValues, person: Person) -> tuple[Recipient, Reply]:
    """One of them; a name that may not be seen is masked in the message as well."""
    values = filling.values(person)
    if values.name is not None and not rights.may(Act.SEE_PERSONAL, person.unit):
        values = values.model_copy(update={"name": mask_name(values.name)})
    recipient = Recipient(format_person_code(person.chat), values.name, person.unit, person.channel)
    return recipient, render_broadcast(filling.written.id, filling.written.draft, values, filling.today)


@dataclass(frozen=True, slots=True)
class TestSend:
    """Within a transaction."""

    acting: StoreContext
    shelf: BroadcastQueries

    async def send_test(self, rights: Rights, name: str) -> bool:
        """Queue it for the person in this chat; there is nobody at the machine to get it."""
        found = await self.shelf.get_for_act(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, ActionResult) or not self.acting.chat:
            return False
        (known,) = await self.acting.ask(Query("chat_channel", {"chat": self.acting.chat}))
        if not known:
            return False
        said = await self._with_document(found, await self._render(rights, found))
        to = OutboxRecipient(self.acting.chat, known[0][0])
        origin = f"try:{name}:{self.acting.chat}:{to_micros(self.acting.now)}"
        await self.acting.ask(
            message_query(self.acting.keyring, OutboxMessage(to, origin, said, NOTICE), self.acting.now)
        )
        return True

    async def _render(self, rights: Rights, found: Broadcast) -> Reply:
        """With the first recipient's values; where there is none, with what is known of nobody."""
        for _, reply in await sample_messages(self.acting, rights, found.id, self.acting.policy, 1):
            return reply
        return render_broadcast(found.id, found.draft, PlaceholderValues(), to_vietnam_day(self.acting.now))

    async def _with_document(self, found: Broadcast, said: Reply) -> Reply:
        """The file goes along."""
        (rows,) = await self.acting.ask(Query("broadcast_document", {"id": found.id}))
        if not rows or not found.draft.document or said.attachments:
            return said
        keyring, place = self.acting.keyring, sealed_columns.broadcast_document(found.id)
        content = read_or_none(keyring, place, lambda: keyring.unseal_bytes(rows[0][0], place))
        if content is None:
            return said
        file = Attachment.of(found.draft.document, found.draft.document_type, content)
        return said.model_copy(update={"attachments": (file,)})
