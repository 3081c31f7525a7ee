"""Rows of the outbox on their way to a person: claimed in order, opened, said."""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.store import places
from bot.store.alarm import SetAside, tell_owners
from bot.store.api import BROADCAST, Chat, Delivery, OutboxRow, Size
from bot.store.broadcasts.audience import WEEK
from bot.store.drivers import Call, Driver
from bot.store.errors import MessageTooLarge, SealBroken, UnknownKey
from bot.store.letters import Letter, Letters
from bot.store.missing import is_awaited
from bot.store.moments import stored
from bot.store.outbox import LARGE, MOST
from bot.store.reading import UNREADABLE
from bot.store.sealing import Keyring
from bot.store.settling import Settling
from handlers.broadcasts.model import Values
from handlers.replies import Reply
from rules.calendar import vietnamese_day

#: How long a row rests whose key the key file lacks: the file may be put back while we run.
_KEY_MISSING = timedelta(minutes=5)

_log = structlog.get_logger(__name__)

#: A row's id, and what opens it.
_Sealed = tuple[int, Callable[[], OutboxRow]]


@dataclass(frozen=True, slots=True)
class Claiming:
    """What one worker takes in hand.

    A row that cannot be read any more fails, with a line in the log; one whose key is missing rests, alone.
    """

    driver: Driver
    keyring: Keyring
    letters: Letters
    settling: Settling

    async def claim(
        self, channel: str, limit: int, now: datetime, resting: Collection[str] = (), size: Size = Size.ANY
    ) -> list[OutboxRow]:
        """Due replies and notices, the first of each chat, in the order in which people take turns."""
        bounds = {"large": int(size), "heavy": LARGE, "most": MOST, "resting": json.dumps(list(resting))}
        (rows,) = await self.driver.run(
            Call("claim", self._claim_parameters(now, channel=channel, limit=limit, **bounds))
        )
        rows.sort(key=lambda row: (row[6], row[7], row[0]))
        return await self._open_rows(((row[0], partial(self._reply, channel, row)) for row in rows), now)

    def _reply(self, channel: str, row: tuple[Any, ...]) -> OutboxRow:
        outbox_id, origin, chat, address, payload, attempts, priority, _ = row
        if payload is None:
            raise MessageTooLarge
        reply = Reply.model_validate_json(self.keyring.unseal(payload, places.payload(chat, origin)))
        return OutboxRow(outbox_id, self._to_chat(chat, channel, address), reply, attempts, priority, origin)

    def _to_chat(self, chat: str, channel: str, address: bytes) -> Chat:
        return Chat(chat, channel, self.keyring.unseal(address, places.address(chat)))

    async def running_broadcasts(self, channel: str, now: datetime) -> list[str]:
        """Broadcasts with something to send now."""
        (rows,) = await self.driver.run(Call("running", {"channel": channel, "now": stored(now)}))
        return sorted(broadcast for (broadcast,) in rows)

    async def claim_broadcast(self, broadcast: str, channel: str, limit: int, now: datetime) -> list[OutboxRow]:
        """The next rows of a running broadcast, in the words of its recipients."""
        today, week = vietnamese_day(now), stored(now - WEEK)
        kept = {"today": today.toordinal(), "week": week, "most": self.letters.a_week}
        wanted = self._claim_parameters(now, broadcast=broadcast, channel=channel, limit=limit, **kept)
        (found,) = await self.driver.run(Call("claim_broadcast", wanted))
        rows = sorted(row for row in found if row[5] == Delivery.SENDING)
        if not rows:
            return []
        letter = await self.letters.load(broadcast)
        return await self._open_rows(
            ((row[0], partial(self._render_row, letter, today, channel, row)) for row in rows), now
        )

    def _render_row(
        self, letter: Letter | SealBroken | UnknownKey, today: date, channel: str, row: tuple[Any, ...]
    ) -> OutboxRow:
        if isinstance(letter, Exception):
            raise letter
        outbox_id, chat, address, payload, attempts, _, reminded_at = row
        origin, first = places.broadcast_origin(letter.broadcast, chat), reminded_at is None
        values = Values.model_validate_json(self.keyring.unseal_bytes(payload, places.payload(chat, origin)))
        return OutboxRow(
            outbox_id,
            self._to_chat(chat, channel, address),
            letter.render_for(values, today, first=first),
            attempts,
            BROADCAST,
            origin,
            letter.broadcast,
            first,
        )

    def _claim_parameters(self, now: datetime, **wanted: object) -> dict[str, object]:
        return {**wanted, "now": stored(now), "worker": self.settling.worker}

    async def _open_rows(self, sealed: Iterable[_Sealed], now: datetime) -> list[OutboxRow]:
        rows = []
        for outbox_id, opened in sealed:
            try:
                rows.append(opened())
            except UnknownKey as error:
                await self._defer_without_key(outbox_id, error, now)
            except (*UNREADABLE, MessageTooLarge) as error:
                await self._fail(outbox_id, error, now)
            except Exception as error:  # noqa: BLE001 - nobody's message may keep the others from leaving
                _log.error("outbox_row_not_rendered", outbox_id=outbox_id, kind=type(error).__name__)
                await self.settling.fail(outbox_id, now)
        return rows

    async def _defer_without_key(self, outbox_id: int, error: UnknownKey, now: datetime) -> None:
        if await is_awaited(self.driver, error):
            _log.error("outbox_row_key_missing", outbox_id=outbox_id, hint="put back the full key file")
            await self.settling.requeue(outbox_id, now + _KEY_MISSING, counted=False)
        else:
            await self._fail(outbox_id, error, now)

    async def _fail(self, outbox_id: int, error: Exception, now: datetime) -> None:
        _log.error("outbox_row_unreadable", outbox_id=outbox_id, kind=type(error).__name__)
        await tell_owners(self.driver, self.keyring, now, SetAside.MESSAGE, outbox_id)
        await self.settling.fail(outbox_id, now)
