"""Who is meant at this moment, for somebody who looks: how many they are, and what the first would get."""

from bot.store.office.acting import Acting
from handlers.broadcasts.model import Audience, Counted, Recipient
from handlers.broadcasts.policy import Policy
from handlers.office.rights import Rights
from handlers.replies import Reply


async def count(acting: Acting, rights: Rights, audience: Audience, policy: Policy) -> tuple[Counted, ...]:
    """Who is meant of those whom the rights to write broadcasts reach, by channel and reachability."""
    raise NotImplementedError


async def sample(
    acting: Acting, rights: Rights, broadcast: str, policy: Policy, limit: int
) -> tuple[tuple[Recipient, Reply], ...]:
    """What the first recipients of a broadcast within reach would get; names are masked where they may not be seen."""
    raise NotImplementedError
