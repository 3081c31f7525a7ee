"""The journal in memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.model.request_list import JournalEntry
from handlers.model.rights import Act, Rights
from handlers.testing.tables import MemoryContext

#: Codes that a subject names one by one.
_NAMED_CODES = 10


@dataclass(frozen=True, slots=True)
class MemoryJournal:
    """Implements ``handlers.core.ports.Journal``; rows are not chained here."""

    acting: MemoryContext

    async def latest(self, rights: Rights, limit: int, before: int | None = None) -> tuple[JournalEntry, ...]:
        """Read from the end."""
        reach, tables = rights.reach(Act.SEE_JOURNAL), self.acting.tables
        near = [one for one in tables.journal if reach and tables.is_within(reach, one.unit)]
        older = [one for one in reversed(near) if before is None or one.number < before]
        return tuple(older[:limit])

    async def record(self, rights: Rights, act: str, subject: str, *, unit: str | None = None, count: int = 1) -> None:
        """Write at the end."""
        self.add(rights.actor, act, subject, unit, count)

    def add(self, actor: str, act: str, subject: str, unit: str | None, count: int = 1) -> None:
        """Write a row of somebody who acted."""
        rows, acting = self.acting.tables.journal, self.acting
        at = {"number": len(rows) + 1, "at": acting.now, "actor": actor, "act": str(act)}
        rows.append(
            JournalEntry.model_validate(
                {**at, "subject": subject, "unit": unit, "count": count, "channel": acting.channel}
            )
        )


def format_span(codes: Sequence[str]) -> str:
    """Codes as a subject; of many, the first and the last."""
    return ", ".join(codes) if len(codes) <= _NAMED_CODES else f"{codes[0]} … {codes[-1]}"
