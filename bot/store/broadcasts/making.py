"""Rows of a broadcast's people, written in one short transaction a batch."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from bot.store import places
from bot.store.api import BROADCAST, Delivery
from bot.store.broadcasts.filling import Filling
from bot.store.broadcasts.people import Person
from bot.store.drivers import Call, Driver
from bot.store.moments import stored


class Addressed(NamedTuple):
    """Somebody who gets a row, and what {han} means to them where it is not the same for all."""

    person: Person
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the rows of one broadcast. Values are sealed before the transaction: it only writes."""

    driver: Driver
    filling: Filling
    now: datetime

    async def make(self, guard: Call, people: Iterable[Addressed], *more: Call) -> None:
        """A row for each who has none and was not erased meanwhile.

        Raises:
            TurnTaken: the guard does not let it; nothing was made.
        """
        rows = {one.person.chat: self._row(*one) for one in people}
        async with self.driver.transaction() as transaction:
            _, present = await transaction.run(guard, Call("freeze_present", {"chats": json.dumps(list(rows))}))
            made = [rows[chat] for (chat,) in present]
            await transaction.run(Call("freeze_row", many=made), *self._reminded_queries(made), *more, commit=True)

    def _row(self, person: Person, day: date | None) -> Mapping[str, object]:
        broadcast, kept = self.filling.written.id, self.filling.reason_to_withhold(person)
        origin = places.broadcast_origin(broadcast, person.chat)
        to = {"origin": origin, "chat": person.chat, "channel": person.channel, "broadcast": broadcast}
        row = {**to, "priority": BROADCAST, "now": stored(self.now)}
        if kept is not None:
            state, reason = kept
            return {**row, "state": state.value, "reason": reason.value, "settled": row["now"], "payload": None}
        values = self.filling.values(person, day).model_dump_json()
        sealed = self.filling.keyring.seal(values, places.payload(person.chat, origin))
        return {**row, "state": Delivery.QUEUED.value, "reason": None, "settled": None, "payload": sealed}

    def _reminded_queries(self, rows: Sequence[Mapping[str, object]]) -> tuple[Call, ...]:
        """Whoever asked to be reminded by this day is reminded now."""
        series, day = self.filling.written.series, self.filling.today.toordinal()
        chats = json.dumps([row["chat"] for row in rows if row["state"] == Delivery.QUEUED])
        return (Call("freeze_reminded", {"series": series, "day": day, "chats": chats}),)
