"""Reminders of certificates that end: one broadcast a day, made of the standing campaign, with its rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from bot.store import places
from bot.store.broadcasts.filling import Filling
from bot.store.broadcasts.freezing import EXPIRY, Freezer
from bot.store.broadcasts.making import Addressed, Maker
from bot.store.broadcasts.people import PAGE, Roll
from bot.store.broadcasts.written import Written, read_written
from bot.store.drivers import Call, Driver
from bot.store.errors import TurnTaken
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.office.filtering import Meant
from bot.store.powers import Warrant, digest
from bot.store.sealing import Keyring
from handlers.broadcasts.expiry_words import expiry_draft
from handlers.broadcasts.model import STANDING, Audience, Draft, Life
from handlers.broadcasts.policy import Policy
from handlers.office.rights import MACHINE


class Due(NamedTuple):
    """A certificate that has come near to its end."""

    standing: str
    chat: str
    not_after: int  #: as an ordinal
    done: bool  #: the person was reminded of it before, and says that it is done


class Distance(NamedTuple):
    """So many days before the end, and the window of days in which that is the nearest distance."""

    days: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Expiring:
    """Finds them and makes the rows, in batches; what a kill left open is taken up again, on the same day or later."""

    driver: Driver
    keyring: Keyring
    policy: Policy

    async def remind(self, today: date, days: Sequence[int], now: datetime) -> str | None:
        """The broadcast of this day with all its rows; ``None`` where it had them before, or there is nobody."""
        distances = _distances(today, days)
        if not await self._open(today) and not await self._has_anybody(distances):
            return None
        name, state = await self._open_or_create_child(today, now)
        written = await read_written(self.driver.run, self.keyring, name)
        if written is None or state is not Life.APPROVED or not written.approved:
            return None
        try:
            for number, distance in enumerate(distances):
                await self._remind_all(written, distance, [farther.days for farther in distances[number:]], now)
            await Freezer(self.driver, self.keyring, self.policy).finish(written, written.frozen_to, now)
        except TurnTaken:  # another process has made the last of them, or it was cancelled
            return None
        return name

    async def _open(self, today: date) -> bool:
        (rows,) = await self.driver.run(_child_of(today))
        return any(state == Life.APPROVED for _, state in rows)

    async def _has_anybody(self, distances: Iterable[Distance]) -> bool:
        found = await self.driver.run(*(_next(distance, 1) for distance in distances))
        return any(found)

    async def _open_or_create_child(self, today: date, now: datetime) -> tuple[str, Life]:
        """The broadcast that was left open, else that of the day; made, with the standing campaign, where it is new."""
        async with self.driver.transaction() as transaction:
            (rows,) = await transaction.run(_child_of(today))
            if not rows:
                name = await Acting(transaction.run, self.keyring, now, "machine").next_id("TB")
                noted = Call("note_life", {"id": name, "was": Life.DRAFT.value, "now": stored(now)})
                calls = (
                    self._standing_query(now),
                    self._new_broadcast_query(name, today, now),
                    noted,
                    _child_of(today),
                )
                (*_, rows) = await transaction.run(*calls, commit=True)
        name, state = rows[0]
        return name, Life(state)

    def _standing_query(self, now: datetime) -> Call:
        row = {"id": STANDING, "series": None, "step": None, "state": Life.RUNNING, "starts": None}
        return self._insert_query(row, expiry_draft(), now)

    def _new_broadcast_query(self, name: str, today: date, now: datetime) -> Call:
        """Its audience is nobody: whom it is for is found by certificates."""
        draft = expiry_draft().model_copy(update={"audience": Audience(chats=())})
        of = {"series": STANDING, "step": f"{EXPIRY}{today}"}
        return self._insert_query({"id": name, **of, "state": Life.APPROVED, "starts": stored(now)}, draft, now)

    def _insert_query(self, row: dict[str, Any], draft: Draft, now: datetime) -> Call:
        name, text = str(row["id"]), draft.model_dump_json()
        content = self.keyring.seal(text, places.broadcast_content(name))
        made = Warrant(name, row["series"], row["step"], None, MACHINE, MACHINE, digest(text), None)
        warrant = made.seal(self.keyring)
        return Call("expiring_make", {**row, "content": content, "warrant": warrant, "now": stored(now)})

    async def _remind_all(self, written: Written, distance: Distance, passed: Sequence[int], now: datetime) -> None:
        """Everybody at one distance: whoever was taken up is not found again."""
        while due := await self._due_certificates(distance):
            await self._write_batch(written, due, passed, now)

    async def _due_certificates(self, distance: Distance) -> list[Due]:
        (rows,) = await self.driver.run(_next(distance, PAGE))
        return [Due(standing, chat, end, bool(done)) for standing, chat, end, done in rows]

    async def _write_batch(self, written: Written, due: Sequence[Due], passed: Sequence[int], now: datetime) -> None:
        """A batch in one transaction; the farther distances that were passed will not come any more either."""
        roll = Roll(self.driver.run, self.keyring, Meant(), None, written.series, written.named, now)
        filling = Filling(self.keyring, self.policy, written, written.day(now))
        first = {one.chat: one for one in reversed(due)}  # of each person's certificates the nearest to its end
        people = [
            Addressed(replace(person, done=first[person.chat].done), date.fromordinal(first[person.chat].not_after))
            for person in await roll.of_chats(sorted(first))
        ]
        known = [
            {"standing": one.standing, "not_after": one.not_after, "days": days, "broadcast": written.id}
            for one in due
            for days in passed
        ]
        guard = Call("expiring_open", {"id": written.id, "now": stored(now)}, must=True)
        await Maker(self.driver, filling, now).make(guard, people, Call("expiring_reminded", many=known))


def _distances(today: date, days: Sequence[int]) -> list[Distance]:
    """The nearest first; a certificate that has ended is in none of their windows."""
    first, found = today.toordinal(), []
    for number in sorted(set(days)):
        found.append(Distance(number, first, today.toordinal() + number))
        first = today.toordinal() + number + 1
    return found


def _next(distance: Distance, limit: int) -> Call:
    return Call("expiring_next", {**distance._asdict(), "series": STANDING, "limit": limit})


def _child_of(today: date) -> Call:
    return Call("expiring_child", {"series": STANDING, "step": f"{EXPIRY}{today}"})
