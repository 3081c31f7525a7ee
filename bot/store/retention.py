"""Deletion of what is past its time. The journal stays: it holds codes only, and its chain has no gaps."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store.drivers.base import Driver, Query
from bot.store.encoding import to_micros
from rules.calendar import to_vietnam_day

#: What somebody chose or sent before they agreed (a language, a file) is kept for so long; then all of it goes.
UNDECIDED_AGE = timedelta(hours=1)
#: In this order: a chat can go only when its requests did, a standing when its session did, a broadcast when its
#: messages did.
_EXPIRY = {
    "requests": "expire_requests",
    "sessions": "expire_sessions",
    "standings": "expire_standings",
    "inbox": "expire_inbox",
    "outbox": "expire_outbox",
    "broadcasts": "expire_broadcasts",
    "roles": "expire_grants",
    "invitations": "expire_invitations",
    "chats": "expire_chats",
}


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes rows by their age."""

    driver: Driver

    async def delete_expired(self, now: datetime, days: int, *, dry_run: bool = False) -> dict[str, int]:
        """Delete what is older than ``days``, as one transaction. A dry run only counts.

        Returns:
            How many requests, sessions, standings, updates, messages, broadcasts, roles, invitations and chats went,
            by these names.

        Raises:
            StoreError: nothing was deleted.
        """
        before = {
            "before": to_micros(now - timedelta(days=days)),
            "undecided": to_micros(now - UNDECIDED_AGE),
            "today": to_vietnam_day(now).toordinal(),
        }
        async with self.driver.transaction() as transaction:
            # not counted: nobody asks for them
            await transaction.run(Query("expire_tasks", before), Query("expire_unreadable", before))
            results = await transaction.run(*(Query(query, before) for query in _EXPIRY.values()), commit=not dry_run)
        return {name: len(rows) for name, rows in zip(_EXPIRY, results, strict=True)}
