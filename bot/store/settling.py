"""The end of what was claimed, guarded: only the worker that has a row in hand decides about it."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store import places
from bot.store.alarm import SetAside, tell_owners
from bot.store.api import Delivery, OutboxRow, Settlement
from bot.store.drivers import Call, Driver, Rows
from bot.store.moments import stored
from bot.store.outbox import Message, Recipient, sending
from bot.store.sealing import Keyring

#: Deaths of whoever had a message in hand after which it counts as their cause. Many: a reply is not lost to bad luck.
DEATHS = 12


def recovering(channel: str, now: datetime) -> Call:
    """What the dead had in hand is queued again, or ends."""
    return Call("recover", {"channel": channel, "now": stored(now), "most": DEATHS})


async def tell_of_failed(driver: Driver, keyring: Keyring, now: datetime, recovered: Rows) -> None:
    """Tell the owners where a message was given up for the deaths that it may have caused."""
    failed = [outbox_id for state, outbox_id in recovered if state == Delivery.FAILED]
    if failed:
        await tell_owners(driver, keyring, now, SetAside.MESSAGE, failed[0])


@dataclass(frozen=True, slots=True)
class Settling:
    """What one worker says of its rows."""

    driver: Driver
    keyring: Keyring
    worker: str

    async def settle_all(self, settlements: Sequence[Settlement], now: datetime) -> None:
        """The ends of rows in one transaction, and of chats that waited for theirs to be forgotten."""
        at = stored(now)
        sent = [one for one in settlements if one.state is Delivery.SENT]
        others = [one for one in settlements if one.state is not Delivery.SENT]
        blocked = [one for one in others if one.state is Delivery.BLOCKED]
        first = [one for one in sent if one.row.first]
        calls = (
            *(call for one in others for call in self._replacement_queries(one, now)),
            Call("settle_sent", many=[self._sent_row(one, at) for one in sent]),
            Call("settle", many=[self._ended_row(one, at) for one in others]),
            Call("block_chat", many=[{"chat": one.row.chat.id, "now": at} for one in blocked]),
            Call("remind_chat", many=[{"chat": one.row.chat.id, "now": at} for one in first]),
            Call("forget_chat", many=[{"chat": one.row.chat.id} for one in settlements]),
        )
        await self.driver.run(*(call for call in calls if call.many != []))

    def _replacement_queries(self, one: Settlement, now: datetime) -> list[Call]:
        """What is said instead; of a message in several parts only the first that fails is heard."""
        row, of = one.row, one.row.origin.rpartition(":")[0] or one.row.origin
        to = Recipient(row.chat.id, row.chat.channel)
        said = enumerate(one.instead, 1)
        return [sending(self.keyring, Message(to, f"{of}:instead:{n}", reply, row.priority), now) for n, reply in said]

    def _sent_row(self, one: Settlement, at: int) -> dict[str, Any]:
        row = one.row
        sealed = one.message and self.keyring.seal(one.message, places.message(row.chat.id, row.origin))
        return {"id": row.id, "message": sealed, "now": at, "worker": self.worker}

    def _ended_row(self, one: Settlement, at: int) -> dict[str, Any]:
        return self._end(one.row.id, one.state, one.reason, at)

    def _end(self, outbox_id: int, state: Delivery, reason: str | None, at: int) -> dict[str, Any]:
        return {"id": outbox_id, "state": state.value, "reason": reason, "now": at, "worker": self.worker}

    async def fail(self, outbox_id: int, now: datetime) -> None:
        """A row that cannot be read."""
        await self.driver.run(Call("settle", self._end(outbox_id, Delivery.FAILED, None, stored(now))))

    async def retry(self, row: OutboxRow, due: datetime, *, counted: bool = True) -> None:
        """Back in the queue, not before ``due``; the attempt is given back unless it is ``counted``."""
        await self.requeue(row.id, due, counted=counted)

    async def requeue(self, outbox_id: int, due: datetime, *, counted: bool) -> None:
        """The same for a row that was not opened."""
        again = {"id": outbox_id, "due": stored(due), "given_back": 0 if counted else 1, "worker": self.worker}
        await self.driver.run(Call("retry", again))

    async def release_claims(self, channel: str, in_hand: Collection[int], *, broadcasts: bool) -> None:
        """Back in the queue, what was claimed but for these."""
        kept = json.dumps([str(row) for row in in_hand])
        mine = {"channel": channel, "worker": self.worker, "broadcasts": int(broadcasts)}
        await self.driver.run(Call("give_back", {**mine, "in_hand": kept}))

    async def recover(self, channel: str, now: datetime) -> int:
        """What a crash caught on its way: replies and notices are queued again, broadcasts become unknown."""
        (rows,) = await self.driver.run(recovering(channel, now))
        await tell_of_failed(self.driver, self.keyring, now, rows)
        return len(rows)
