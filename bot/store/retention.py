"""What the store does for itself: retention. The journal stays: it holds codes only, and its chain has no gaps."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.metrics import Depths
from bot.store.drivers import Call, Driver
from bot.store.moments import stored
from bot.store.office.telling import EXPORT
from rules.calendar import vietnamese_day

#: What somebody chose or sent before they agreed (a language, a file) is kept for so long; then all of it goes.
UNDECIDED = timedelta(hours=1)
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
class Upkeep:
    """Deletes what is past its time, counts what waits."""

    driver: Driver

    async def delete_expired(self, now: datetime, days: int, *, dry_run: bool = False) -> dict[str, int]:
        """Delete what is older than ``days``, as one transaction; how much of each. A dry run only counts."""
        before = {
            "before": stored(now - timedelta(days=days)),
            "undecided": stored(now - UNDECIDED),
            "today": vietnamese_day(now).toordinal(),
        }
        async with self.driver.transaction() as transaction:
            # not counted: nobody asks for them
            await transaction.run(Call("expire_tasks", before), Call("expire_unreadable", before))
            results = await transaction.run(*(Call(query, before) for query in _EXPIRY.values()), commit=not dry_run)
        return {name: len(rows) for name, rows in zip(_EXPIRY, results, strict=True)}

    async def depths(self) -> Depths:
        """How much waits."""
        calls = Call("inbox_waiting"), Call("outbox_queued"), Call("tasks_waiting", {"kind": EXPORT})
        inbox, outbox, tasks = await self.driver.run(*calls)
        return Depths(inbox[0][0], dict(outbox), tasks[0][0])
