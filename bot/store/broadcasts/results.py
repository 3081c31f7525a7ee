"""What became of a broadcast, for each of its recipients."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.store.broadcasts.repository import BroadcastQueries, from_optional_micros
from bot.store.context import StoreContext
from bot.store.drivers.base import Query, Rows
from bot.store.encoding import to_micros
from bot.store.journal import StoredJournal
from bot.store.requests import RunQueries
from bot.store.sealing import sealed_columns
from bot.store.sealing.readable import unseal_or_none
from handlers.access.masking import mask_name
from handlers.model.broadcast import ActionResult, BroadcastState, DeliveryCounts, Recipient, StateReason
from handlers.model.codes import PERSON_CODE_LENGTH, chat_id_head, format_person_code
from handlers.model.rights import Act, Rights

#: Stands behind every id of a chat that begins as a person's code says.
_LAST_TAIL = "f" * (32 - PERSON_CODE_LENGTH)
#: More people than share a code.
_MOST_SHARING_CODE = 10_000


async def read_tally(ask: RunQueries, broadcast: str) -> DeliveryCounts:
    """How many rows are in which state."""
    (rows,) = await ask(Query("tally", {"id": broadcast}))
    states: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for state, reason, number in rows:
        states[state] = states.get(state, 0) + number
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + number
    return DeliveryCounts(states, reasons)


@dataclass(frozen=True, slots=True)
class RecipientResults:
    """Within a transaction."""

    acting: StoreContext
    journal: StoredJournal
    shelf: BroadcastQueries

    async def tally(self, rights: Rights, name: str) -> DeliveryCounts:
        """How far it is; nothing where it may not be seen."""
        found = await self.shelf.get_visible(rights, name)
        return DeliveryCounts() if found is None else await read_tally(self.acting.ask, name)

    async def recipients(
        self, rights: Rights, name: str, limit: int, after: str, state: str | None
    ) -> tuple[Recipient, ...]:
        """A page in the order of codes; people who share a code are never parted, so it may be a little longer."""
        if await self.shelf.get_visible(rights, name) is None:
            return ()
        asked: dict[str, Any] = {"id": name, "limit": limit, "state": state}
        rows = await self._rows(asked, chat_id_head(after) + _LAST_TAIL if after else None)
        if len(rows) == limit:
            last = rows[-1][0]
            rows += await self._rows(
                {**asked, "limit": _MOST_SHARING_CODE}, last, until=last[:PERSON_CODE_LENGTH] + _LAST_TAIL
            )
        return tuple(self._recipient(rights, row) for row in rows)

    async def _rows(self, asked: dict[str, Any], after: str | None, until: str | None = None) -> Rows:
        meant = {"recipient_after": after, "recipient_until": until, "recipient_in_state": asked["state"]}
        where = tuple(condition for condition, value in meant.items() if value is not None)
        (rows,) = await self.acting.ask(Query("recipients", {**asked, "after": after, "until": until}, where=where))
        return rows

    def _recipient(self, rights: Rights, row: tuple[Any, ...]) -> Recipient:
        chat, channel, unit, standing, sealed, state, reason, attempts, queued_at, settled_at = row
        name = (
            None if sealed is None else unseal_or_none(self.acting.keyring, sealed, sealed_columns.subscriber(standing))
        )
        if name is not None and not rights.may(Act.SEE_PERSONAL, unit):
            name = mask_name(name)
        place = channel.partition(":")[0]  # what follows names the person at a terminal
        return Recipient(
            format_person_code(chat),
            name,
            unit,
            place,
            state,
            reason,
            attempts,
            from_optional_micros(queued_at),
            from_optional_micros(settled_at),
        )

    async def resend(self, rights: Rights, name: str, codes: Sequence[str] | None) -> int:
        """Queue again what is unknown; one that had finished runs again."""
        found = await self.shelf.get_for_act(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, ActionResult) or found.state not in {
            BroadcastState.RUNNING,
            BroadcastState.PAUSED,
            BroadcastState.FINISHED,
        }:
            return 0
        row = {"id": name, "heads": json.dumps(_chat_heads(codes)), "now": to_micros(self.acting.now)}
        where = () if codes is None else ("recipient_coded",)
        _, queued = await self.acting.ask(Query("hold_life", row), Query("resend", row, where=where))
        if not queued:
            return 0
        await self._run_again(rights, name)
        await self.journal.record(rights, "broadcast_resend", name, unit=found.unit, count=len(queued))
        return len(queued)

    async def _run_again(self, rights: Rights, name: str) -> None:
        now = to_micros(self.acting.now)
        (again,) = await self.acting.ask(Query("run_again", {"id": name, "now": now}))
        if again:
            row = {"id": name, "now": now, "state": BroadcastState.RUNNING.value, "actor": rights.actor}
            await self.acting.ask(Query("note_move", {**row, "why": StateReason.BY_HAND}))


def _chat_heads(codes: Iterable[str] | None) -> list[str]:
    return sorted({chat_id_head(code) for code in codes or ()})
