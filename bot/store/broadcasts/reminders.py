"""Certificates that come to their end, and the broadcasts that remind of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from bot.store.broadcasts.repository import EXPIRY_STEP, seal_draft
from bot.store.context import StoreContext
from bot.store.drivers.base import Driver, Query
from bot.store.encoding import to_micros
from bot.store.power_seals import Warrant, content_digest
from bot.store.sealing.keyring import Keyring
from handlers.model import codes
from handlers.model.broadcast import EXPIRY_CAMPAIGN, BroadcastDraft, BroadcastState
from handlers.model.rights import MACHINE


class ExpiringCertificate(NamedTuple):
    """A certificate that has come near to its end."""

    standing: str
    chat: str
    not_after: int  #: as an ordinal
    done: bool  #: the person was reminded of it before, and says that it is done


class ReminderDistance(NamedTuple):
    """So many days before the end, and the window of days in which that is the nearest distance."""

    days: int
    first: int
    last: int


class ExpiryBroadcast(NamedTuple):
    """A broadcast of the standing campaign."""

    id: str
    state: BroadcastState


@dataclass(frozen=True, slots=True)
class ExpiryRepository:
    """Every method is a transaction of its own."""

    driver: Driver
    keyring: Keyring

    async def find(self, today: date) -> ExpiryBroadcast | None:
        """Return the broadcast that was left without all its rows, else that of the day; ``None`` where neither is."""
        (rows,) = await self.driver.run(_child_query(today))
        return _to_broadcast(rows)

    async def has_due(self, distances: Iterable[ReminderDistance]) -> bool:
        """Whether there is anybody to be reminded."""
        found = await self.driver.run(*(_due_query(distance, 1) for distance in distances))
        return any(found)

    async def due(self, distance: ReminderDistance, limit: int) -> list[ExpiringCertificate]:
        """Return certificates at a distance from their end of which nobody was reminded at it, the nearest first."""
        (rows,) = await self.driver.run(_due_query(distance, limit))
        return [ExpiringCertificate(standing, chat, end, bool(done)) for standing, chat, end, done in rows]

    async def open_or_create(
        self, today: date, campaign: BroadcastDraft, daily: BroadcastDraft, now: datetime
    ) -> ExpiryBroadcast:
        """Return the broadcast that was left open, else that of the day.

        It is made of the draft ``daily``, with the standing campaign of the draft ``campaign``, where it is new.
        """
        async with self.driver.transaction() as transaction:
            (rows,) = await transaction.run(_child_query(today))
            if not rows:
                name = await StoreContext(transaction.run, self.keyring, now, MACHINE).next_id(codes.BROADCAST)
                noted = {"id": name, "was": BroadcastState.DRAFT.value, "now": to_micros(now)}
                making = (
                    self._make_query(EXPIRY_CAMPAIGN, None, campaign, BroadcastState.RUNNING, now),
                    self._make_query(name, f"{EXPIRY_STEP}{today}", daily, BroadcastState.APPROVED, now),
                )
                (*_, rows) = await transaction.run(*making, Query("note_life", noted), _child_query(today), commit=True)
        return ExpiryBroadcast(rows[0][0], BroadcastState(rows[0][1]))

    def _make_query(
        self, name: str, step: str | None, draft: BroadcastDraft, state: BroadcastState, now: datetime
    ) -> Query:
        """The standing campaign has no step; a step is due at once."""
        series, starts = (None, None) if step is None else (EXPIRY_CAMPAIGN, to_micros(now))
        row = {"id": name, "series": series, "step": step, "state": state, "starts": starts, "now": to_micros(now)}
        made = Warrant(name, series, step, None, MACHINE, MACHINE, content_digest(draft.model_dump_json()), None)
        content, warrant = seal_draft(self.keyring, name, draft), made.seal(self.keyring)
        return Query("expiring_make", {**row, "content": content, "warrant": warrant})


def _to_broadcast(rows: list[tuple[str, str]]) -> ExpiryBroadcast | None:
    return ExpiryBroadcast(rows[0][0], BroadcastState(rows[0][1])) if rows else None


def _due_query(distance: ReminderDistance, limit: int) -> Query:
    return Query("expiring_next", {**distance._asdict(), "series": EXPIRY_CAMPAIGN, "limit": limit})


def _child_query(today: date) -> Query:
    return Query("expiring_child", {"series": EXPIRY_CAMPAIGN, "step": f"{EXPIRY_STEP}{today}"})
