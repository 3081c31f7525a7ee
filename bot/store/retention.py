"""Delete what is past its time, in batches that give way to answers.

Each batch is a transaction. A deletion that is ended at any moment leaves nothing half done, and the next one goes on
with the rest.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot.store.batches import Batches, delete_in_batches
from bot.store.drivers import Driver, Query, Rows, RunQueries, to_micros
from bot.store.sealing import Keyring, sealed_columns, unseal_or_none
from handlers.core import Session
from rules.calendar import to_vietnam_day

#: What somebody chose or sent before they agreed (a language, a file) is kept for so long; then all of it goes.
UNDECIDED_AGE = timedelta(hours=1)
#: What goes by its age alone; nobody asks how many of the others there were.
_UNCOUNTED = (
    *("expire_tasks", "expire_unreadable", "expire_web_messages", "expire_web_browsers", "expire_receipts"),
    *("expire_guided", "expire_channels", "expire_offers", "expire_guesses"),
)
_COUNTED = {
    "requests": "expire_requests",
    "inbox": "expire_inbox",
    "outbox": "expire_outbox",
    "roles": "expire_grants",
    "invitations": "expire_invitations",
    "dossiers": "expire_dossiers",
}
#: What goes with the silence of a chat, in this order: a standing when its session did, a chat when all else did.
_OF_CHATS = {
    "requests": "expire_drafts",
    "sessions": "expire_sessions",
    "standings": "expire_standings",
    "chats": "expire_chats",
}
#: What a deletion counts, as it is told.
_NAMES = (
    *("requests", "sessions", "standings", "inbox", "outbox", "broadcasts", "roles", "invitations", "dossiers"),
    "chats",
)
#: Pages of chats that may go, each an order of its own.
_PAGES = ("silent_chats", "undecided_chats", "erased_chats")
#: More rows than any table has: a dry run takes everything at once.
_ALL = 10**15
#: Pages of the file that are given back in a batch at most, and those that stay for what comes next.
_PAGES_AT_ONCE, _PAGES_KEPT = 200, 1_000


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes rows by their age."""

    driver: Driver
    keyring: Keyring

    async def erase_identities(self, now: datetime) -> int:
        """Erase the personal numbers whose time is over from sessions, and what may hold one and was not delivered.

        Returns:
            How many chats it was.

        Raises:
            StoreError: nothing more was erased.
        """
        batches, after, total = Batches(), _BEFORE_ALL, 0
        while rows := await batches.run(partial(self._erase_page, to_micros(now), after)):
            after = {"at": rows[-1][2], "id": rows[-1][0]}
            total += len(rows)
        return total

    async def _erase_page(self, now: int, after: Mapping[str, object], limit: int) -> Rows:
        (rows,) = await self.driver.look(Query("due_identities", {"now": now, **after, "limit": limit}))
        for chat, sealed, _ in rows:
            await self.driver.run(*self._erase_queries(chat, sealed))
        return rows

    def _erase_queries(self, chat: str, sealed: bytes) -> list[Query]:
        """Return what erases a session; one that cannot be opened stays as it is, for its key may come."""
        place, mine = sealed_columns.session(chat), {"chat": chat}
        session = unseal_or_none(self.keyring, sealed, place)
        gone = [Query("erase_failed_updates", mine), Query("erase_failed_messages", mine)]
        if session is None:
            return gone
        fresh = self.keyring.seal(Session.load(session).without_identity_deadline().model_dump_json(), place)
        return [*gone, Query("erase_identities", {**mine, "fresh": fresh, "stale": sealed})]

    async def delete_expired(self, now: datetime, days: int, *, dry_run: bool = False) -> dict[str, int]:
        """Delete what is older than ``days``, batch by batch, and give the room back. A dry run only counts.

        Returns:
            How many requests, sessions, standings, updates, messages, broadcasts, roles, invitations, dossiers and
            chats went, by these names.

        Raises:
            StoreError: what was deleted before stays deleted; the same call goes on with the rest.
        """
        ages = _ages(now, days)
        if dry_run:
            async with self.driver.transaction() as transaction:
                return await _Deletion(transaction.run, transaction.run, ages, _ALL).run_all()
        await self.erase_identities(now)
        counts = await _Deletion(self.driver.run, self.driver.look, ages).run_all()
        await self._give_room_back()
        return counts

    async def _give_room_back(self) -> None:
        batches = Batches(_PAGES_AT_ONCE)
        while await batches.run(lambda pages: self.driver.give_room_back(pages, _PAGES_KEPT)):
            pass


#: Where pages begin.
_BEFORE_ALL: Mapping[str, object] = {"at": -(2**62), "id": ""}


def _ages(now: datetime, days: int) -> dict[str, int]:
    return {
        "before": to_micros(now - timedelta(days=days)),
        "undecided": to_micros(now - UNDECIDED_AGE),
        "day": to_micros(now - timedelta(days=1)),
        "today": to_vietnam_day(now).toordinal(),
    }


class _Deletion:
    """One deletion, over a database, or over a transaction where it is only to be counted."""

    def __init__(self, run: RunQueries, look: RunQueries, ages: Mapping[str, int], size: int | None = None) -> None:
        self._run = run
        self._look = look
        self._ages = ages
        self._size = size
        self._batches = Batches()
        self._counts: Counter[str] = Counter()

    async def run_all(self) -> dict[str, int]:
        """Delete in this order: a chat goes when its requests and messages did, a broadcast when its messages did."""
        for query in _UNCOUNTED:
            await self._delete(query, self._ages)
        for name, query in _COUNTED.items():
            self._counts[name] += await self._delete(query, self._ages)
        await self._delete_broadcasts()
        for page in _PAGES:
            await self._delete_chats(page)
        await self._delete_windows()
        return {name: self._counts[name] for name in _NAMES}

    async def _delete(self, query: str, parameters: Mapping[str, object]) -> int:
        return await delete_in_batches(self._run, self._batches, query, parameters, self._size)

    async def _delete_broadcasts(self) -> None:
        """Delete what there may be much of first: answers and mentions."""
        over = ("broadcast_over",)
        (due,) = await self._look(Query("due_broadcasts", self._ages, where=over))
        if due:
            those = {"broadcasts": json.dumps([name for (name,) in due])}
            for query in ("expire_marks", "expire_mentions"):
                await self._delete(query, those)
            (rows,) = await self._run(Query("expire_broadcasts", self._ages, where=over))
            self._counts["broadcasts"] += len(rows)

    async def _delete_chats(self, page: str) -> None:
        """Delete what goes with its chat, page by page: one that stays is passed by once."""
        after = _BEFORE_ALL

        async def delete(limit: int) -> Rows:
            (due,) = await self._look(Query(page, {**self._ages, **after, "limit": limit}, anew=True))
            if due:
                mine = {**self._ages, "chats": json.dumps([chat for chat, _ in due])}
                gone = await self._run(*(Query(query, mine, anew=True) for query in _OF_CHATS.values()))
                self._counts.update(_lengths(gone))
            return due

        while due := await self._batches.run(delete, self._size):
            after = {"at": due[-1][1], "id": due[-1][0]}

    async def _delete_windows(self) -> None:
        """Delete windows of people whose chat is gone: looked for apart, for nearly all of them stay."""

        async def delete(limit: int) -> bool:
            (due,) = await self._look(Query("gone_windows", {**self._ages, "limit": limit}))
            if due:
                mine = {**self._ages, "chats": json.dumps([chat for (chat,) in due])}
                await self._run(Query("expire_windows", mine))
            return len(due) >= limit

        while await self._batches.run(delete, self._size):
            pass


def _lengths(gone: Sequence[list[tuple[Any, ...]]]) -> Mapping[str, int]:
    return {name: len(rows) for name, rows in zip(_OF_CHATS, gone, strict=True)}
