"""The rows of a broadcast: one for each who is meant, made in batches that keep nobody waiting."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.store.broadcasts.filling import Filling
from bot.store.broadcasts.making import Addressed, Maker
from bot.store.broadcasts.people import PAGE, Person, Roll
from bot.store.broadcasts.written import Written, read_written
from bot.store.drivers import Call, Driver
from bot.store.errors import TurnTaken
from bot.store.moments import stored
from bot.store.powers import unapproved
from bot.store.sealing import Keyring
from handlers.broadcasts.model import STANDING, Life
from handlers.broadcasts.policy import Policy

#: Steps of which ``Expiring`` makes the rows: this, and the day.
EXPIRY = "expiry:"
#: Steps for those who wanted to be reminded again: this, and the day.
LATER = "later:"
#: Since then nobody has made any.
_ABANDONED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Freezer:
    """Makes the rows of an approved broadcast; one process at a time gets on with it, and any other can take it up."""

    driver: Driver
    keyring: Keyring
    policy: Policy

    async def freeze(self, broadcast: str, now: datetime, limit: int) -> bool:
        """Make the rows of the next people; False where it has all of them, or may have none."""
        written = await read_written(self.driver.run, self.keyring, broadcast)
        if written is None or written.state is not Life.APPROVED or _made_elsewhere(written, now):
            return False
        if not written.approved:
            return False
        try:
            return await self._write_next(written, now, limit)
        except TurnTaken:  # another process makes them, or it was cancelled
            return True

    async def _write_next(self, written: Written, now: datetime, limit: int) -> bool:
        if written.draft.plan is not None:
            await self._move(written, Call("campaign_begins", {"id": written.id, "now": stored(now)}, must=True), now)
            return False
        roll = Roll.of(self.driver.run, self.keyring, written, now)
        reached = await self._chats_reached_alone(written)
        maker = Maker(self.driver, Filling(self.keyring, self.policy, written, written.day(now)), now)
        after, left = written.frozen_to, limit
        while left > 0:
            people, end = await roll.page(after, min(left, PAGE))
            meant = [one for one in people if _waits(written, one)]
            if reached is not None and len(reached | {one.chat for one in meant}) > self.policy.approval_above:
                await self._return_for_approval(written, roll, after, now)
                return False
            last = end or (people[-1].chat if people else after)
            guard = Call("freeze_from", {"id": written.id, "after": after, "last": last}, must=True)
            await maker.make(guard, map(Addressed, meant))
            if reached is not None:
                reached |= {one.chat for one in meant}
            if end is None:
                await self.finish(written, last, now)
                return False
            after, left = end, left - PAGE
        return True

    async def _chats_reached_alone(self, written: Written) -> set[str] | None:
        """Chats that it, or its campaign, has reached by the word of its author alone; ``None``: two decided about it.

        The reminders of certificates that end have no author.
        """
        if STANDING in {written.id, written.parent}:
            return None
        if not await self._alone(written):
            return None
        limit = self.policy.approval_above + 1
        (rows,) = await self.driver.run(Call("series_reached", {"series": written.series, "limit": limit}))
        return {chat for (chat,) in rows}

    async def _alone(self, written: Written) -> bool:
        """Roles say whose they are where it was written by an earlier version alone: rows can be changed."""
        if written.alone is not None:
            return written.alone
        (alone,) = await self.driver.run(Call("approved_alone", {"id": written.id}))
        return bool(alone)

    async def _return_for_approval(self, written: Written, roll: Roll, after: str, now: datetime) -> None:
        """Send it back to wait for a second person, without a row: what was approved alone was fewer."""
        (held,) = await self.driver.run(Call("hold_life", {"id": written.id}))
        recipients = sum([len([one for one in people if _waits(written, one)]) async for people in roll.pages()])
        row = {"id": written.id, "after": after, "recipients": recipients, "now": stored(now)}
        row["warrant"] = unapproved(self.keyring, held[0]) if held else None
        undone = Call("freeze_undone", {"id": written.id})
        await self._move(written, Call("freeze_not_alone", row, must=True), now, undone)

    async def finish(self, written: Written, last: str, now: datetime) -> None:
        """All rows are there."""
        end = {"id": written.id, "after": last, "now": stored(now)}
        await self._move(written, Call("freeze_end", end, must=True), now, *_over(written))

    async def _move(self, written: Written, move: Call, now: datetime, *others: Call) -> None:
        noted = {"id": written.id, "was": written.state.value, "now": stored(now)}
        await self.driver.run(move, Call("note_life", noted), *others)


def _made_elsewhere(written: Written, now: datetime) -> bool:
    """``Expiring`` makes these rows. Where it was killed at that, those who have none hear another day."""
    return (written.step or "").startswith(EXPIRY) and now - written.changed_at < _ABANDONED


def _waits(written: Written, person: Person) -> bool:
    """Of those who wanted to be reminded again, who has not been by another step since."""
    return not _is_later(written) or person.later_on is not None or person.done


def _is_later(written: Written) -> bool:
    return (written.step or "").startswith(LATER)


def _over(written: Written) -> list[Call]:
    """Those whose day had come have been asked about, whether or not they were still meant."""
    if not _is_later(written):
        return []
    day = date.fromisoformat(
        (written.step or "").removeprefix(LATER)
    ).toordinal()  # whose day comes later: another step
    return [Call("later_over", {"series": written.series, "broadcast": written.id, "day": day})]
