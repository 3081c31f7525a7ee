"""The use cases: rights, states, reasons, notices, journal and masking are decided here, above the repositories."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.store import JournalRepository
from handlers.model import Act, JournalEntry, JournalFilter, Rights

#: Codes that a subject names one by one.
_NAMED_CODES = 10


def format_span(codes: Sequence[str]) -> str:
    """Join codes into the subject of one row; of more than ten, name the first and the last."""
    return ", ".join(codes) if len(codes) <= _NAMED_CODES else f"{codes[0]} … {codes[-1]}"


@dataclass(frozen=True, slots=True)
class JournalService:
    """Implements ``handlers.core.admin_ports.Journal``; other services pass on which powers an act spends."""

    journal: JournalRepository

    async def latest(
        self, rights: Rights, limit: int, before: int | None = None, wanted: JournalFilter | None = None
    ) -> tuple[JournalEntry, ...]:
        """Show a row that was damaged as such."""
        return await self.journal.page(rights.reach(Act.SEE_JOURNAL), limit, before, wanted)

    async def count(self, rights: Rights, wanted: JournalFilter | None = None) -> int:
        """Count what ``latest`` would show in all."""
        return await self.journal.count(rights.reach(Act.SEE_JOURNAL), wanted)

    async def record(  # noqa: PLR0913 - each is a column
        self,
        rights: Rights,
        act: str,
        subject: str,
        *,
        unit: str | None = None,
        count: int = 1,
        spends: Sequence[str] = (),
    ) -> None:
        """Add a row by the actor of these rights.

        Roles and invitations that it ``spends`` are worthless from then on, whatever their rows say.
        """
        await self.journal.append(rights.actor, act, subject, unit=unit, count=count, spends=spends)
