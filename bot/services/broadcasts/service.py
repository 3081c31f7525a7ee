"""Broadcasts as people with a role see and move them, and as what goes on by itself does: put together from parts.

Each part is a class with a file of its own, over one repository: nothing is passed through.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.services.broadcasts.actions import BroadcastActions, NewStep, make_step, move_broadcast
from bot.services.broadcasts.checks import ListChecks
from bot.services.broadcasts.drafts import BroadcastDrafts
from bot.services.broadcasts.expiry import ExpiryReminders
from bot.services.broadcasts.notices import BroadcastNotices
from bot.services.broadcasts.preview import BroadcastPreview
from bot.services.broadcasts.recipients import RecipientFreezing
from bot.services.broadcasts.results import BroadcastResults
from bot.store.broadcasts.lifecycle import StateChange
from bot.store.store import Store
from handlers.model.broadcast import Audience, BroadcastState, StateReason
from handlers.model.rights import MACHINE


@dataclass(frozen=True, slots=True)
class BroadcastService(BroadcastDrafts, BroadcastPreview, BroadcastActions, BroadcastResults):
    """Implements ``handlers.core.broadcast_ports.Broadcasts`` within a transaction."""


@dataclass(frozen=True, slots=True)
class BroadcastOperations(ListChecks, RecipientFreezing, ExpiryReminders, BroadcastNotices):
    """Every method is one or a few short transactions, and idempotent: two processes may call it at once.

    All of them raise ``StoreError`` where the database fails. Plain reading and holding back is
    ``ScheduleRepository``; the other parts have files of their own.
    """

    @classmethod
    def over(cls, store: Store) -> "BroadcastOperations":
        """Make the operations over the database of a store."""
        return cls(store.driver, store.keyring, store.policy)

    async def move(
        self, broadcast: str, was: BroadcastState, to: BroadcastState, now: datetime, why: StateReason | None = None
    ) -> bool:
        """Move it, as the machine, with its steps; False where it was somewhere else already, or no way leads there.

        Nothing of a paused campaign starts. That a step is late stays its ``why`` where there is nothing newer to say.
        """
        async with self.machine_transaction(now) as opened:
            moved = await move_broadcast(opened.context, MACHINE, StateChange(broadcast, was, to, why))
            await opened.commit()
        return bool(moved)

    async def create_step(  # noqa: PLR0913 - each is a column
        self,
        parent: str,
        step: str,
        now: datetime,
        *,
        starts_at: datetime | None = None,
        audience: Audience | None = None,
        left_out: StateReason | None = None,
        why: StateReason | None = None,
    ) -> str | None:
        """Make a broadcast of the same text, approved already, and return its id.

        Args:
            parent: a campaign, or a broadcast that stands alone; one that is paused, cancelled or not carried out yet
                has no steps.
            step: the name of the step; the parent has each once.
            now: when it is made.
            starts_at: when it may begin to send; ``None``: at once.
            audience: what is set in it takes the place of the same in the parent's.
            left_out: records a step that is not carried out (cancelled), and why.
            why: why it stands where it stands, such as that it is late.

        Returns:
            ``None`` where the parent has had this step, or may have none.
        """
        wanted = NewStep(parent, step, starts_at, audience, left_out, why)
        async with self.machine_transaction(now) as opened:
            made = await make_step(opened.context, wanted)
            if made is not None:
                await opened.commit()
        return made
