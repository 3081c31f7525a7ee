"""The exports that people ordered in a channel, written one after the other beside its turns."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import structlog
from markupsafe import escape

from bot.channels.base import Channel
from bot.delivery.backoff import retry, retry_while_unavailable
from bot.delivery.clock import Clock
from bot.delivery.results import result_of
from bot.delivery.stopping import unless
from bot.exports.lines import Finished, LastWord, Lost, Progress, Refused
from bot.store.api import Store
from bot.store.task_api import Completion, Task
from handlers.office import export_words
from handlers.replies import Reply
from handlers.voice import Voice

#: Seconds between looks at the store for a new order.
_LOOK = 1.0
#: A task that was begun this often without an end is set aside. Many: a process may be killed often in a bad hour.
TRIES = 25

_log = structlog.get_logger(__name__)


class Child(Protocol):
    """``bot.exports.child.ExportChild``."""

    @property
    def folder(self) -> Path:
        """Where its files are."""

    async def outcome(self, progress: Callable[[Progress], None]) -> LastWord | None:
        """Its last word; ``None``: it died without one."""


class Children(Protocol):
    """``bot.exports.child.ExportChildren``."""

    def clean(self) -> None:
        """Throw away what a killed process left."""

    def start_writing(self, task: str) -> AbstractAsyncContextManager[Child]:
        """A process that writes a task's files; at the end it is gone, and so are they. Raises OSError."""


@dataclass
class _Far:
    """The last progress heard of."""

    since: float  #: of the steady clock: when that was
    done: int = 0
    total: int = 0

    def update(self, progress: Progress, at: float) -> None:
        self.since, self.done, self.total = at, progress.done, progress.total


class Exporter:
    """``work()``: idempotent over the rows of ``tasks``. What a killed process had begun is begun anew."""

    #: Seconds between two states of the message that shows how far it is.
    step = 3.0
    #: Seconds without any progress after which an export is given up: those behind it wait.
    stall = 900.0

    def __init__(
        self, store: Store, channel: Channel, children: Children, clock: Clock, queued: Callable[[], None]
    ) -> None:
        """``queued`` is told whenever there may be something to send."""
        self._store = store
        self._channel = channel
        self._children = children
        self._clock = clock
        self._queued = queued
        self._failing: dict[str, tuple[Task, Reply]] = {}  # given up, but the store does not know it yet

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what is under way then is begun anew by the next start."""
        await self._retry_until_done(stop, self.recover)
        while not stop.is_set():
            await self._retry_until_done(stop, self.work)
            await unless(stop, asyncio.sleep(_LOOK))

    async def _retry_until_done(self, stop: asyncio.Event, step: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """A step, tried until nothing goes wrong: whatever does, the turns of the channel go on."""
        await unless(stop, retry(step, self._failed))

    def _failed(self, error: Exception) -> bool:
        _log.error("exports_failed", channel=self._channel.name, kind=type(error).__name__)
        return True

    async def recover(self) -> None:
        """Throw away what a killed process left, and queue again what it was at."""
        try:
            await asyncio.to_thread(self._children.clean)
        except OSError as error:  # a file that cannot be removed keeps nobody from a new export
            _log.error("exports_not_cleaned", channel=self._channel.name, kind=type(error).__name__)
        await retry_while_unavailable(lambda: self._store.tasks.recover(self._channel.name))

    async def work(self) -> int:
        """Write all that is ordered; how many exports that was."""
        worked = 0
        for failed, said in tuple(self._failing.values()):
            await self._fail_again(failed, said)
        while task := await self._store.tasks.take(self._channel.name, self._clock.now()):
            await self._export(task)
            self._queued()
            worked += 1
        return worked

    async def _export(self, task: Task) -> None:
        if task.tries > TRIES:
            _log.error("export_set_aside", task=task.id, tries=task.tries)
            await self._fail(task, export_words.failed(Voice(task.order.language)), aside=True)
            return
        try:
            async with self._children.start_writing(task.id) as child:
                await self._settle(task, await self._wait_for_outcome(task, child), child.folder)
        except _Ended:
            _log.info("export_ended", task=task.id)
        except Exception as error:  # noqa: BLE001 - whatever it is, its person is told and may order another one
            _log.error("export_not_written", task=task.id, kind=type(error).__name__)
            await self._fail(task, export_words.failed(Voice(task.order.language)))

    async def _wait_for_outcome(self, task: Task, child: Child) -> LastWord | None:
        """Its last word; raises ``_Ended`` where nobody wants the export any more."""
        far = _Far(self._clock.monotonic())
        heard = child.outcome(lambda progress: far.update(progress, self._clock.monotonic()))
        outcome = asyncio.create_task(heard)
        try:
            while not outcome.done():
                await asyncio.wait([outcome], timeout=self.step)
                if outcome.done():
                    break
                if self._clock.monotonic() - far.since > self.stall:
                    _log.error("export_stalled", task=task.id)
                    return None
                await self._report(task, far)
            return outcome.result()
        finally:
            outcome.cancel()
            await asyncio.gather(outcome, return_exceptions=True)

    async def _report(self, task: Task, far: _Far) -> None:
        """Move the message; raises ``_Ended`` where nobody wants the export any more."""
        voice, now = Voice(task.order.language), self._clock.now()
        shown = self._channel.capabilities.editing and far.total
        said = export_words.moving(voice, far.done, far.total) if shown else None
        report = partial(self._store.tasks.report, task, far.done, far.total, now, said)
        if not await retry_while_unavailable(report):
            raise _Ended
        self._queued()

    async def _settle(self, task: Task, outcome: LastWord | None, folder: Path) -> None:
        voice = Voice(task.order.language)
        if outcome is None:
            await self._fail(task, export_words.failed(voice))
        elif isinstance(outcome, Refused):
            await self._fail(task, Reply(paragraphs=(str(escape(outcome.why)),)))
        elif isinstance(outcome, Lost) or await self._complete(task, outcome, folder) is Completion.LOST:
            await self._fail(task, export_words.lost(voice))

    async def _complete(self, task: Task, finished: Finished, folder: Path) -> Completion:
        result = result_of(task.order, finished, folder, task.id)
        return await retry_while_unavailable(lambda: self._store.tasks.complete(task, result, self._clock.now()))

    async def _fail_again(self, task: Task, said: Reply) -> None:
        """Whatever is wrong with this one, the others are written."""
        try:
            await self._fail(task, said)
        except Exception as error:  # noqa: BLE001 - as above
            _log.error("export_end_not_stored", task=task.id, kind=type(error).__name__)

    async def _fail(self, task: Task, said: Reply, *, aside: bool = False) -> None:
        """Give it up; where the store cannot take that, the next ``work`` tries again."""
        self._failing[task.id] = task, said
        await retry_while_unavailable(lambda: self._store.tasks.fail(task, said, self._clock.now(), aside=aside))
        del self._failing[task.id]


class _Ended(Exception):  # noqa: N818 - a state
    """Cancelled, or its chat was erased."""
