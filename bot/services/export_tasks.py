"""The use cases of a worker that writes exports: take an order, hand its results over while the roles still stand."""

from dataclasses import dataclass
from datetime import datetime

from bot.services.journal import JournalService
from bot.store.journal import JournalRepository
from bot.store.tasks import Completion, ExportTask, ExportTasks, TaskResult, UnreadableTask
from handlers.admin.exports.text import format_export_failed
from handlers.core.text import MarkupTranslator
from handlers.model.rights import Rights
from handlers.model.unit_directory import NO_UNITS


@dataclass(frozen=True, slots=True)
class ExportTaskService:
    """Exports of all channels, outside any turn. Every method raises StoreError."""

    tasks: ExportTasks

    async def take(self, channel: str, now: datetime) -> ExportTask | None:
        """Take the task that waited longest; it is under way from now on.

        A task that cannot be read fails on the way, and the person who ordered it is told.

        Returns:
            The task; ``None`` where none waits.
        """
        while isinstance(task := await self.tasks.take(channel, now), UnreadableTask):
            await self.tasks.fail(task, format_export_failed(MarkupTranslator(task.language)), now)
        return task

    async def complete(self, task: ExportTask, result: TaskResult, now: datetime) -> Completion:
        """Queue the results, end the moving message and the task, and add a row to the journal, in one transaction.

        Nothing is handed over where the task was ended meanwhile, or a role that it was done by.
        """
        async with self.tasks.prepare(task, result.messages, now) as ready, self.tasks.open(task, now) as at:
            if not await at.end("done"):
                return Completion.ENDED
            rights = Rights.of(await at.read_grants(), NO_UNITS)
            if not set(result.grants) <= {grant.id for grant in rights.grants}:
                return Completion.LOST
            await at.queue(ready)
            await at.notify_end(result.said)
            journal = JournalService(JournalRepository(at.context))
            await journal.record(rights, "export", result.subject, unit=result.unit, count=result.count)
            await at.commit()
        return Completion.DONE
