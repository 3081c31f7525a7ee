"""Tasks as the rest of ``bot`` sees them: exports ordered in a chat. Raises as ``bot.store.api`` does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.store.api import Chat
from handlers.office.exporting import ExportOrder
from handlers.replies import Reply


@dataclass(frozen=True, slots=True)
class Task:
    """An export that is to be written, and for whom."""

    id: str
    chat: Chat
    order: ExportOrder


class Completion(StrEnum):
    """What became of the wish to hand a task's results over."""

    DONE = "done"
    ENDED = "ended"  #: it was cancelled meanwhile, or its chat was erased; nothing was handed over
    LOST = "lost"  #: a role it was done by has ended; nothing was handed over


@dataclass(frozen=True, slots=True)
class Result:
    """What a task made."""

    messages: Sequence[Callable[[], Reply]]  #: each made when it is stored: one file at a time is in memory
    said: Reply  #: the end of the moving message
    grants: tuple[str, ...]  #: ids of the roles it was done by
    subject: str  #: for the journal
    unit: str | None
    count: int  #: requests


class TaskBook(Protocol):
    """The exports of a channel, as whoever serves it works them off."""

    async def recover(self, channel: str) -> int:
        """What no living worker is at is queued again; how many."""

    async def take(self, channel: str, now: datetime) -> Task | None:
        """The one that waited longest is under way from now on; one that cannot be read any more fails."""

    async def get(self, task: str) -> Task | None:
        """One that is under way."""

    async def report(self, task: Task, done: int, total: int, now: datetime, said: Reply | None = None) -> bool:
        """How far it is; False where it was ended meanwhile.

        ``said`` is put in the place of the message that shows it, unless the chat has something else to be told first.
        """

    async def complete(self, task: Task, result: Result, now: datetime) -> Completion:
        """Queue the results, end the moving message and the task, as one."""

    async def fail(self, task: Task, said: Reply, now: datetime) -> bool:
        """Give it up, and say so; False where it was ended already."""
