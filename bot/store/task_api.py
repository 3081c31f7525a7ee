"""Tasks as the rest of ``bot`` sees them: exports ordered in a chat. Raises as ``bot.store.api`` does."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.store.own_data import OwnDataTask
from bot.store.tasks import Completion, ExportTask, TaskResult
from handlers.core.replies import Reply


class OwnDataTasks(Protocol):
    """The orders of a channel for what is held about people. What the dead were at, ``TaskBook.recover`` queues."""

    async def take(self, channel: str, now: datetime) -> OwnDataTask | None:
        """The one that waited longest is under way from now on; one that cannot be read any more fails."""

    def sections(self, task: OwnDataTask, now: datetime) -> AsyncIterator[tuple[str, Any]]:
        """As ``handlers.core.ports.OwnData.sections``, each page read on its own."""

    async def complete(self, task: OwnDataTask, messages: Sequence[Callable[[], Reply]], now: datetime) -> bool:
        """Queue the files, each made when it is stored, and end the task, as one; False where it was ended before."""

    async def fail(self, task: OwnDataTask, said: Reply, now: datetime) -> None:
        """Give it up, and say so."""

    async def set_aside(self, task: OwnDataTask, said: Reply, now: datetime) -> None:
        """Give up one that was tried too often; the owners are told."""


class ExportTasks(Protocol):
    """The exports of a channel, as whoever serves it works them off."""

    async def recover(self, channel: str) -> int:
        """What no living worker is at is queued again; how many."""

    async def take(self, channel: str, now: datetime) -> ExportTask | None:
        """The one that waited longest is under way from now on; one that cannot be read any more fails."""

    async def get(self, task: str) -> ExportTask | None:
        """One that is under way."""

    async def report(self, task: ExportTask, done: int, total: int, now: datetime, said: Reply | None = None) -> bool:
        """How far it is; False where it was ended meanwhile.

        ``said`` is put in the place of the message that shows it, unless the chat has something else to be told first.
        """

    async def complete(self, task: ExportTask, result: TaskResult, now: datetime) -> Completion:
        """Queue the results, end the moving message and the task, as one."""

    async def fail(self, task: ExportTask, said: Reply, now: datetime, *, aside: bool = False) -> bool:
        """Give it up, and say so; ``aside``: it was tried too often, the owners are told. False where it had ended."""
