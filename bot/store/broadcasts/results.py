"""What became of a broadcast, for each of its recipients."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.store import places
from bot.store.broadcasts.rows import at
from bot.store.broadcasts.shelf import Shelf
from bot.store.drivers import Call, Rows
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.office.journal import StoredJournal
from bot.store.reading import readable_text
from bot.store.request_book import Ask
from handlers.broadcasts.model import Life, Outcome, Recipient, Tally, Why, person_code
from handlers.office.masking import masked_name
from handlers.office.rights import Act, Rights

#: What codes of people begin with, how much of a chat's id follows, and what is behind every id with that beginning.
_CODE, _HEAD, _BEHIND = "N-", 8, "f" * 24
#: More people than share a code.
_ALL = 10_000


async def tally_of(ask: Ask, broadcast: str) -> Tally:
    """How many rows are in which state."""
    (rows,) = await ask(Call("tally", {"id": broadcast}))
    states: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for state, reason, number in rows:
        states[state] = states.get(state, 0) + number
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + number
    return Tally(states, reasons)


def head_of(code: str) -> str:
    """The part of a chat's id that stands in a person's code, however the code was typed."""
    return code.strip().upper().removeprefix(_CODE).lower()[:_HEAD]


@dataclass(frozen=True, slots=True)
class Results:
    """Within a transaction."""

    acting: Acting
    journal: StoredJournal
    shelf: Shelf

    async def tally(self, rights: Rights, name: str) -> Tally:
        """How far it is; nothing where it may not be seen."""
        found = await self.shelf.get_visible(rights, name)
        return Tally() if found is None else await tally_of(self.acting.ask, name)

    async def recipients(
        self, rights: Rights, name: str, limit: int, after: str, state: str | None
    ) -> tuple[Recipient, ...]:
        """A page in the order of codes; people who share a code are never parted, so it may be a little longer."""
        if await self.shelf.get_visible(rights, name) is None:
            return ()
        asked: dict[str, Any] = {"id": name, "limit": limit, "state": state}
        rows = await self._rows(asked, head_of(after) + _BEHIND if after else None)
        if len(rows) == limit:
            last = rows[-1][0]
            rows += await self._rows({**asked, "limit": _ALL}, last, until=last[:_HEAD] + _BEHIND)
        return tuple(self._recipient(rights, row) for row in rows)

    async def _rows(self, asked: dict[str, Any], after: str | None, until: str | None = None) -> Rows:
        meant = {"recipient_after": after, "recipient_until": until, "recipient_in_state": asked["state"]}
        where = tuple(condition for condition, value in meant.items() if value is not None)
        (rows,) = await self.acting.ask(Call("recipients", {**asked, "after": after, "until": until}, where=where))
        return rows

    def _recipient(self, rights: Rights, row: tuple[Any, ...]) -> Recipient:
        chat, channel, unit, standing, sealed, state, reason, attempts, queued_at, settled_at = row
        name = None if sealed is None else readable_text(self.acting.keyring, sealed, places.subscriber(standing))
        if name is not None and not rights.may(Act.SEE_PERSONAL, unit):
            name = masked_name(name)
        place = channel.partition(":")[0]  # what follows names the person at a terminal
        return Recipient(person_code(chat), name, unit, place, state, reason, attempts, at(queued_at), at(settled_at))

    async def resend(self, rights: Rights, name: str, codes: Sequence[str] | None) -> int:
        """Queue again what is unknown; one that had finished runs again."""
        found = await self.shelf.get_for_act(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, Outcome) or found.state not in {Life.RUNNING, Life.PAUSED, Life.FINISHED}:
            return 0
        row = {"id": name, "heads": json.dumps(_heads(codes)), "now": stored(self.acting.now)}
        where = () if codes is None else ("recipient_coded",)
        _, queued = await self.acting.ask(Call("hold_life", row), Call("resend", row, where=where))
        if not queued:
            return 0
        await self._run_again(rights, name)
        await self.journal.record(rights, "broadcast_resend", name, unit=found.unit, count=len(queued))
        return len(queued)

    async def _run_again(self, rights: Rights, name: str) -> None:
        now = stored(self.acting.now)
        (again,) = await self.acting.ask(Call("run_again", {"id": name, "now": now}))
        if again:
            row = {"id": name, "now": now, "state": Life.RUNNING.value, "actor": rights.actor}
            await self.acting.ask(Call("note_move", {**row, "why": Why.BY_HAND}))


def _heads(codes: Iterable[str] | None) -> list[str]:
    return sorted({head_of(code) for code in codes or ()})
