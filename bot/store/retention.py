"""What the store does for itself: retention. The journal stays: it holds codes only, and its chain has no gaps."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.metrics.base import QueueDepths
from bot.store.drivers.base import Driver, Query
from bot.store.encoding import to_micros
from bot.store.messages import EXPORT_TASK
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
class StoreMaintenance:
    """Deletes what is past its time, counts what waits."""

    driver: Driver

    async def delete_expired(self, now: datetime, days: int, *, dry_run: bool = False) -> dict[str, int]:
        """Delete what is older than ``days``, as one transaction; how much of each. A dry run only counts."""
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

    async def depths(self) -> QueueDepths:
        """How much waits."""
        calls = Query("inbox_waiting"), Query("outbox_queued"), Query("tasks_waiting", {"kind": EXPORT_TASK})
        inbox, outbox, tasks = await self.driver.run(*calls)
        return QueueDepths(inbox[0][0], dict(outbox), tasks[0][0])
