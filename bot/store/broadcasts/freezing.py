"""The rows of a broadcast: one for each who is meant, made in batches that keep nobody waiting."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.store import places
from bot.store.api import BROADCAST, Delivery
from bot.store.broadcasts.filling import Filling
from bot.store.broadcasts.people import PAGE, Person, Roll
from bot.store.broadcasts.written import Written, read_written
from bot.store.drivers import Call, Driver
from bot.store.errors import TurnTaken
from bot.store.moments import stored
from bot.store.sealing import Keyring
from handlers.broadcasts.model import Life
from handlers.broadcasts.policy import Policy

#: Steps of which ``Expiring`` makes the rows: this, and the day.
EXPIRY = "expiry:"
#: Steps for those who wanted to be reminded again: this, and the day.
LATER = "later:"
#: Since then nobody has made any.
_ABANDONED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Freezer:
    """Makes the rows. People are read and their values sealed before each transaction: it only writes."""

    driver: Driver
    keyring: Keyring
    policy: Policy

    async def freeze(self, broadcast: str, now: datetime, limit: int) -> bool:
        """Make the rows of the next people; False where it has all of them, or may have none."""
        written = await read_written(self.driver.run, self.keyring, broadcast)
        if written is None or written.state is not Life.APPROVED or _made_elsewhere(written, now):
            return False
        try:
            return await self._next(written, now, limit)
        except TurnTaken:  # another process makes them, or it was cancelled
            return True

    async def _next(self, written: Written, now: datetime, limit: int) -> bool:
        if written.draft.plan is not None:
            await self._moved(written, Call("campaign_begins", {"id": written.id, "now": stored(now)}, must=True), now)
            return False
        roll = Roll.of(self.driver.run, self.keyring, written, now)
        after, left = written.frozen_to, limit
        while left > 0:
            people, end = await roll.page(after, min(left, PAGE))
            last = end or (people[-1].chat if people else after)
            await self._made(written, people, after, last, now)
            if end is None:
                await self.finish(written, last, now)
                return False
            after, left = end, left - PAGE
        return True

    async def _made(self, written: Written, people: Sequence[Person], after: str, last: str, now: datetime) -> None:
        """A batch in one transaction, which nobody else makes."""
        if not people and after == last:
            return
        filling = Filling(self.keyring, self.policy, written, written.day(now))
        guard = Call("freeze_from", {"id": written.id, "after": after, "last": last}, must=True)
        await self.driver.run(guard, *self.rows(filling, [(person, None) for person in people], now))

    def rows(self, filling: Filling, people: Iterable[tuple[Person, date | None]], now: datetime) -> tuple[Call, Call]:
        """The rows of people, each with what {han} means to them where that is known already."""
        written, meant = filling.written, list(people)
        made = Call("freeze_row", many=[self._row(filling, person, day, stored(now)) for person, day in meant])
        reminded = {
            "series": written.series,
            "broadcast": written.id,
            "day": filling.today.toordinal(),
            "chats": json.dumps([person.chat for person, _ in meant]),
        }
        return made, Call("freeze_reminded", reminded)

    def _row(self, filling: Filling, person: Person, day: date | None, now: int) -> dict[str, object]:
        broadcast, kept = filling.written.id, filling.kept(person)
        origin = places.broadcast_origin(broadcast, person.chat)
        row = {"origin": origin, "chat": person.chat, "broadcast": broadcast, "priority": BROADCAST, "now": now}
        if kept is not None:
            state, reason = kept
            return {**row, "state": state.value, "reason": reason.value, "settled": now, "payload": None}
        values = filling.values(person, day).model_dump_json()
        sealed = self.keyring.seal(values, places.payload(person.chat, origin))
        return {**row, "state": Delivery.QUEUED.value, "reason": None, "settled": None, "payload": sealed}

    async def finish(self, written: Written, last: str, now: datetime) -> None:
        """All rows are there."""
        end = {"id": written.id, "after": last, "now": stored(now)}
        await self._moved(written, Call("freeze_end", end, must=True), now, *_over(written, now))

    async def _moved(self, written: Written, move: Call, now: datetime, *others: Call) -> None:
        noted = {"id": written.id, "was": written.state.value, "now": stored(now)}
        await self.driver.run(move, Call("note_life", noted), *others)


def _made_elsewhere(written: Written, now: datetime) -> bool:
    """``Expiring`` makes these rows. Where it was killed at that, those who have none hear another day."""
    return (written.step or "").startswith(EXPIRY) and now - written.changed_at < _ABANDONED


def _over(written: Written, now: datetime) -> list[Call]:
    """Those whose day had come have been asked about, whether or not they were still meant."""
    if not (written.step or "").startswith(LATER):
        return []
    day = written.day(now).toordinal()
    return [Call("later_over", {"series": written.series, "broadcast": written.id, "day": day})]
