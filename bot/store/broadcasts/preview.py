"""Who is meant at this moment, for somebody who looks: how many they are, and what the first would get."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from bot.store.broadcasts.audience import WEEK, meant_by
from bot.store.broadcasts.filling import Filling
from bot.store.broadcasts.people import Person, Roll
from bot.store.broadcasts.written import read_written
from bot.store.moments import stored
from bot.store.office.acting import Acting
from handlers.broadcasts.model import Audience, Counted, Recipient, person_code
from handlers.broadcasts.policy import Policy
from handlers.broadcasts.rendering import rendered
from handlers.office.masking import masked_name
from handlers.office.rights import Act, Rights
from handlers.replies import Reply


async def count(acting: Acting, rights: Rights, audience: Audience, policy: Policy) -> tuple[Counted, ...]:
    """Who is meant of those whom the rights to write broadcasts reach, by channel and reachability."""
    these = meant_by(audience, rights.reach(Act.WRITE_BROADCASTS), acting.now)
    if these is None:
        return ()
    if audience.chats is not None:
        these = these.with_condition("listed", chats=json.dumps(audience.chats))
    call = these.to_query("audience_counts", after="", week=stored(acting.now - WEEK), most=policy.reminders_per_week)
    (rows,) = await acting.ask(replace(call, anew=True))
    return counted(rows)


def counted(rows: Iterable[tuple[str, str, int]]) -> tuple[Counted, ...]:
    """Channels (of ``terminal:NAME`` what stands before the colon), what keeps messages back, and how many they are."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for channel, kept, number in rows:
        found[channel.partition(":")[0]][kept] += number
    return tuple(Counted(channel=channel, **kept) for channel, kept in sorted(found.items()))


async def sample(
    acting: Acting, rights: Rights, broadcast: str, policy: Policy, limit: int
) -> tuple[tuple[Recipient, Reply], ...]:
    """What the first recipients of a broadcast within reach would get; names are masked where they may not be seen."""
    written = await read_written(acting.ask, acting.keyring, broadcast)
    if written is None:
        return ()
    reach = rights.reach(Act.SEE_BROADCASTS, written.unit)
    people, _ = await Roll.of(acting.ask, acting.keyring, written, acting.now, reach).page("", limit)
    filling = Filling(acting.keyring, policy, written, written.day(acting.now))
    return tuple(_seen(rights, filling, person) for person in people)


def _seen(rights: Rights, filling: Filling, person: Person) -> tuple[Recipient, Reply]:
    """One of them; a name that may not be seen is masked in the message as well."""
    values = filling.values(person)
    if values.name is not None and not rights.may(Act.SEE_PERSONAL, person.unit):
        values = values.model_copy(update={"name": masked_name(values.name)})
    recipient = Recipient(person_code(person.chat), values.name, person.unit, person.channel)
    return recipient, rendered(filling.written.id, filling.written.draft, values, filling.today)
