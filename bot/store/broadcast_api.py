"""Broadcasts as the rest of ``bot`` sees them: what goes on by itself. Raises as ``bot.store.api`` does."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from handlers.core.replies import Reply
from handlers.model.broadcast import Audience, Broadcast, BroadcastState, CheckReport, DeliveryCounts, StateReason

#: What is said in a language; of the author, what a person is called by the id of a role, where that may be seen.
FormatApprovalRequest = Callable[[str, Mapping[str, str]], Reply]


class BroadcastOperations(Protocol):
    """Every method is one or a few short transactions, and idempotent: two processes may call it at once."""

    async def list_open(self) -> tuple[Broadcast, ...]:
        """Those that have not ended, the oldest first: campaigns, what they made, those that stand alone.

        And those that were cancelled while messages of them wait; not what cannot be read any more.
        """

    async def check(self, broadcast: str, now: datetime) -> CheckReport:
        """Go through the whole list; nothing against a draft makes it ``checked``. What was found is kept."""

    async def freeze(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Make rows for the next recipients of an approved one; False where all have theirs and it is ``scheduled``.

        A campaign has no rows of its own: it is ``running`` at once.
        """

    async def move(
        self, broadcast: str, was: BroadcastState, to: BroadcastState, now: datetime, why: StateReason | None = None
    ) -> bool:
        """Move it, as the machine, with its steps; False where it was somewhere else already, or no way leads there.

        Nothing of a paused campaign starts. That a step is late stays its ``why`` where there is nothing newer to say.
        """

    async def hold(self, broadcast: str, until: datetime | None, why: StateReason | None, now: datetime) -> bool:
        """Let nothing leave before; ``None`` lets go again. False where it was held so already, or has ended.

        ``why`` of one that is paused stays.
        """

    async def withdraw(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Give queued rows of a cancelled one their end; False where none is left after it."""

    async def tally(self, broadcast: str) -> DeliveryCounts:
        """How far it is."""

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
        """A broadcast of the same text, approved already; ``None`` where the parent has had this step.

        Nor has one that is paused, cancelled or not carried out yet any steps.

        What is set in ``audience`` takes the place of the same in the parent's; ``left_out`` records a step that is
        not carried out (cancelled).
        """

    async def due_postponed(self, day: date) -> dict[str, tuple[str, ...]]:
        """Who wanted to be reminded again on this day or before: chats by campaign or broadcast."""

    async def create_expiry_broadcast(self, today: date, days: Sequence[int], now: datetime) -> str | None:
        """A broadcast, with its rows, to all whose certificate has come so near to its end and who do not know yet.

        ``None`` where there is nobody. Who is past two of these distances hears of the nearer one.
        """

    async def notify_author(self, broadcast: str, said: Reply, mark: str, now: datetime) -> bool:
        """Tell its author, where there is a chat and still a role that may see it.

        "shown" is the message that moves: it stays as it is, False, while the chat has something else to be told.
        "last" is its last state. Others are told once each.
        """

    async def request_approvals(self, broadcast: str, asks: FormatApprovalRequest, mark: str, now: datetime) -> int:
        """Ask those who may approve what is checked, its author aside; once each for a ``mark``. How many they are.

        At most 20, the nearest to its unit first, each in their own language.
        """
