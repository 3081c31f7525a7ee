"""Results of a broadcast for each of its recipients; rows of an unknown fate are sent once more."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.services.broadcasts.access import BroadcastAccess
from bot.store.broadcasts.recipients import RecipientRow, ResultRepository
from handlers.access.masking import mask_name
from handlers.model.broadcast import ActionResult, BroadcastState, DeliveryCounts, Recipient
from handlers.model.codes import format_person_code
from handlers.model.rights import Act, Rights

#: Where something may have been sent, and more may be.
_MAY_RESEND = frozenset({BroadcastState.RUNNING, BroadcastState.PAUSED, BroadcastState.FINISHED})


@dataclass(frozen=True, slots=True)
class BroadcastResults(BroadcastAccess):
    """A part of ``handlers.core.broadcast_ports.Broadcasts``: results."""

    async def tally(self, rights: Rights, name: str) -> DeliveryCounts:
        """It is empty where the broadcast may not be seen."""
        if await self.find(rights, name) is None:
            return DeliveryCounts()
        return await ResultRepository(self.context).tally(name)

    async def recipients(
        self, rights: Rights, name: str, limit: int, after: str = "", state: str | None = None
    ) -> tuple[Recipient, ...]:
        """Names are masked where they may not be seen."""
        if await self.find(rights, name) is None:
            return ()
        page = await ResultRepository(self.context).page(name, limit, after, state)
        return tuple(_to_recipient(rights, row) for row in page)

    async def resend(self, rights: Rights, name: str, codes: Sequence[str] | None = None) -> int:
        """The right to write broadcasts is needed."""
        found = await self.find_for(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, ActionResult) or found.broadcast.state not in _MAY_RESEND:
            return 0
        results = ResultRepository(self.context)
        queued = await results.resend(name, codes)
        if queued:
            await results.run_again(name, rights.actor)
            await self.journal.record(rights, "broadcast_resend", name, unit=found.broadcast.unit, count=queued)
        return queued


def _to_recipient(rights: Rights, row: RecipientRow) -> Recipient:
    name = row.name
    if name is not None and not rights.may(Act.SEE_PERSONAL, row.unit):
        name = mask_name(name)
    return Recipient(
        code=format_person_code(row.chat),
        name=name,
        unit=row.unit,
        channel=row.channel.partition(":")[0],  # what follows names the person at a terminal
        state=row.state,
        reason=row.reason,
        attempts=row.attempts,
        queued_at=row.queued_at,
        settled_at=row.settled_at,
    )
