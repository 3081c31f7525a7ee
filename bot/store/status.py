"""What can be asked of the store as a whole: how much waits in it, and whether its data are made up."""

from dataclasses import dataclass

from bot.metrics.base import QueueDepths
from bot.store.drivers.base import Driver, Query
from bot.store.messages import EXPORT_TASK


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Questions about all rows at once. Every method raises StoreError."""

    driver: Driver

    async def depths(self) -> QueueDepths:
        """Count the updates, messages and tasks that wait."""
        calls = Query("inbox_waiting"), Query("outbox_queued"), Query("tasks_waiting", {"kind": EXPORT_TASK})
        inbox, outbox, tasks = await self.driver.run(*calls)
        return QueueDepths(inbox[0][0], dict(outbox), tasks[0][0])

    async def is_made_up(self) -> bool:
        """Tell whether the data are those of ``troly demo``."""
        (rows,) = await self.driver.run(Query("made_up"))
        return bool(rows)
