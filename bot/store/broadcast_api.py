"""Broadcasts as the rest of ``bot`` sees them: what goes on by itself. Raises as ``bot.store.api`` does."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from handlers.broadcasts.model import Audience, Broadcast, Checked, Life, Tally, Why
from handlers.replies import Reply


class BroadcastBook(Protocol):
    """Every method is one or a few short transactions, and idempotent: two processes may call it at once."""

    async def open(self) -> tuple[Broadcast, ...]:
        """Those that have not ended, the oldest first: campaigns, what they made, those that stand alone."""

    async def check(self, broadcast: str, now: datetime) -> Checked:
        """Go through the whole list; nothing against a draft makes it ``checked``. What was found is kept."""

    async def freeze(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Make rows for the next recipients of an approved one; False where all have theirs and it is ``scheduled``.

        A campaign has no rows of its own: it is ``running`` at once.
        """

    async def move(self, broadcast: str, was: Life, to: Life, now: datetime, why: Why | None = None) -> bool:
        """Move it, as the machine; False where it was somewhere else already."""

    async def hold(self, broadcast: str, until: datetime | None, why: Why | None, now: datetime) -> bool:
        """Let nothing leave before; ``None`` lets go again. False where it was held so already."""

    async def withdraw(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Give queued rows of a cancelled one their end; False where none is left."""

    async def tally(self, broadcast: str) -> Tally:
        """How far it is."""

    async def child(  # noqa: PLR0913 - each is a column
        self,
        parent: str,
        step: str,
        now: datetime,
        *,
        starts_at: datetime | None = None,
        audience: Audience | None = None,
        left_out: Why | None = None,
        why: Why | None = None,
    ) -> str | None:
        """A broadcast of the same text, approved already; ``None`` where the parent has had this step.

        ``audience`` takes the place of the parent's; ``left_out`` records a step that is not carried out (cancelled).
        """

    async def later(self, day: date) -> dict[str, tuple[str, ...]]:
        """Who wanted to be reminded again on this day or before: chats by campaign or broadcast."""

    async def expiring(self, today: date, days: Sequence[int], now: datetime) -> str | None:
        """A broadcast, with its rows, to all whose certificate came so near to its end and who do not know that yet.

        ``None`` where there is nobody. Who is past two of these distances hears of the nearer one.
        """

    async def tell(self, broadcast: str, said: Reply, mark: str, now: datetime) -> None:
        """Tell its author, where there is a chat; "shown" is the message that moves, others are told once each."""
