"""What became of a broadcast, for each of its recipients."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bot.store.broadcasts.repository import from_optional_micros
from bot.store.context import StoreContext
from bot.store.drivers.base import Query, Rows
from bot.store.encoding import to_micros
from bot.store.requests import RunQueries
from bot.store.sealing import sealed_columns
from bot.store.sealing.readable import unseal_or_none
from handlers.model.broadcast import BroadcastState, DeliveryCounts, StateReason

#: What codes of people begin with, how much of a chat's id follows, and what is behind every id with that beginning.
_CODE_PREFIX, _HEAD_LENGTH, _LAST_TAIL = "N-", 8, "f" * 24
#: More people than share a code.
_MOST_SHARING_CODE = 10_000


async def read_tally(ask: RunQueries, broadcast: str) -> DeliveryCounts:
    """Count the rows of a broadcast by state and reason."""
    (rows,) = await ask(Query("tally", {"id": broadcast}))
    states: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for state, reason, number in rows:
        states[state] = states.get(state, 0) + number
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + number
    return DeliveryCounts(states, reasons)


def chat_head(code: str) -> str:
    """Return the part of a chat's id that stands in a person's code, however the code was typed."""
    return code.strip().upper().removeprefix(_CODE_PREFIX).lower()[:_HEAD_LENGTH]


class RecipientRow(NamedTuple):
    """One recipient; the name is that of the certificate last known, in full."""

    chat: str
    channel: str
    unit: str | None
    name: str | None
    state: str
    reason: str | None
    attempts: int
    queued_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class ResultRepository:
    """Rows of recipients, within a transaction."""

    context: StoreContext

    async def tally(self, broadcast: str) -> DeliveryCounts:
        """Count them by state and reason."""
        return await read_tally(self.context.ask, broadcast)

    async def page(self, broadcast: str, limit: int, after: str, state: str | None) -> tuple[RecipientRow, ...]:
        """Return a page in the order of codes; people who share a code stay together, so it may be a little longer."""
        asked: dict[str, Any] = {"id": broadcast, "limit": limit, "state": state}
        rows = await self._rows(asked, chat_head(after) + _LAST_TAIL if after else None)
        if len(rows) == limit:
            last = rows[-1][0]
            rows += await self._rows(
                {**asked, "limit": _MOST_SHARING_CODE}, last, until=last[:_HEAD_LENGTH] + _LAST_TAIL
            )
        return tuple(self._recipient(row) for row in rows)

    async def _rows(self, asked: dict[str, Any], after: str | None, until: str | None = None) -> Rows:
        meant = {"recipient_after": after, "recipient_until": until, "recipient_in_state": asked["state"]}
        where = tuple(condition for condition, value in meant.items() if value is not None)
        (rows,) = await self.context.ask(Query("recipients", {**asked, "after": after, "until": until}, where=where))
        return rows

    def _recipient(self, row: tuple[Any, ...]) -> RecipientRow:
        chat, channel, unit, standing, sealed, state, reason, attempts, queued_at, settled_at = row
        name = None
        if sealed is not None:
            name = unseal_or_none(self.context.keyring, sealed, sealed_columns.subscriber(standing))
        queued, settled = from_optional_micros(queued_at), from_optional_micros(settled_at)
        return RecipientRow(chat, channel, unit, name, state, reason, attempts, queued, settled)

    async def resend(self, broadcast: str, codes: Sequence[str] | None) -> int:
        """Queue again what is unknown, of all or of the people with these codes, and return how many that are."""
        heads = sorted({chat_head(code) for code in codes or ()})
        row = {"id": broadcast, "heads": json.dumps(heads), "now": to_micros(self.context.now)}
        where = () if codes is None else ("recipient_coded",)
        _, queued = await self.context.ask(Query("hold_life", row), Query("resend", row, where=where))
        return len(queued)

    async def run_again(self, broadcast: str, actor: str) -> None:
        """Let one run that had finished; nothing changes where it has not."""
        now = to_micros(self.context.now)
        (again,) = await self.context.ask(Query("run_again", {"id": broadcast, "now": now}))
        if again:
            row = {"id": broadcast, "now": now, "state": BroadcastState.RUNNING.value, "actor": actor}
            await self.context.ask(Query("note_move", {**row, "why": StateReason.BY_HAND}))
