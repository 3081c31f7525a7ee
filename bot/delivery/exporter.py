"""The exports that people ordered in a channel, written one after the other beside its turns."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog

from bot.channels.base import Channel
from bot.delivery.backoff import until_stored
from bot.delivery.clock import Clock
from bot.delivery.results import result_of
from bot.delivery.stopping import unless
from bot.exports.lines import Finished, Lost, Progress
from bot.store.api import Store
from bot.store.errors import StoreError
from bot.store.task_api import Completion, Task
from handlers.office import export_words
from handlers.voice import Voice

#: Seconds between looks at the store for a new order.
_LOOK = 1.0
#: Seconds between two states of the message that shows how far it is.
_STEP = 3.0

_log = structlog.get_logger(__name__)


class Child(Protocol):
    """``bot.exports.child.ExportChild``."""

    async def outcome(self, progress: Callable[[Progress], None]) -> Finished | Lost | None:
        """Its last word; ``None``: it died without one."""

    async def kill(self) -> None:
        """End it at once."""


class Children(Protocol):
    """``bot.exports.child.ExportChildren``."""

    async def start(self, task: str, folder: Path) -> Child:
        """Begin to write a task's files into a folder."""


@dataclass
class _Far:
    """The last progress heard of."""

    done: int = 0
    total: int = 0

    def heard(self, progress: Progress) -> None:
        self.done, self.total = progress.done, progress.total


class Exporter:
    """``work()``: idempotent over the rows of ``tasks``. What a killed process had begun is begun anew."""

    def __init__(
        self,
        store: Store,
        channel: Channel,
        children: Children,
        clock: Clock,
        folder: Path,
        queued: Callable[[], None],
        *,
        step: float = _STEP,
    ) -> None:
        """``folder`` is this channel's own, for files under way; ``queued`` is told of every new message."""
        self._store = store
        self._channel = channel
        self._children = children
        self._clock = clock
        self._folder = folder
        self._queued = queued
        self._step = step

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what is under way then is begun anew by the next start."""
        await unless(stop, self.recover())
        while not stop.is_set():
            try:
                await unless(stop, self.work())
            except StoreError as error:  # the next look may succeed
                _log.warning("exports_failed", channel=self._channel.name, error=type(error).__name__)
            await unless(stop, asyncio.sleep(_LOOK))

    async def recover(self) -> None:
        """Throw away what a killed process left, and queue again what it was at."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
        await until_stored(self._clock, lambda: self._store.tasks.recover(self._channel.name))

    async def work(self) -> int:
        """Write all that is ordered; how many exports that was."""
        worked = 0
        while task := await self._store.tasks.take(self._channel.name, self._clock.now()):
            await self._export(task)
            self._queued()
            worked += 1
        return worked

    async def _export(self, task: Task) -> None:
        with _private_folder(self._folder) as folder:
            try:
                outcome = await self._written(task, folder)
            except _Ended:
                return
            except OSError as error:
                _log.error("export_not_started", task=task.id, error=type(error).__name__)
                outcome = None
            await self._settle(task, outcome, folder)

    async def _written(self, task: Task, folder: Path) -> Finished | Lost | None:
        child, far = await self._children.start(task.id, folder), _Far()
        outcome = asyncio.create_task(child.outcome(far.heard))
        try:
            while not outcome.done():
                await asyncio.wait([outcome], timeout=self._step)
                if not outcome.done():
                    await self._report(task, far)
            return outcome.result()
        finally:
            await child.kill()
            outcome.cancel()
            await asyncio.gather(outcome, return_exceptions=True)

    async def _report(self, task: Task, far: _Far) -> None:
        """Move the message; raises ``_Ended`` where nobody wants the export any more."""
        voice, now = Voice(task.order.language), self._clock.now()
        shown = self._channel.capabilities.editing and far.total
        said = export_words.moving(voice, far.done, far.total) if shown else None
        report = partial(self._store.tasks.report, task, far.done, far.total, now, said)
        if not await until_stored(self._clock, report):
            raise _Ended
        self._queued()

    async def _settle(self, task: Task, outcome: Finished | Lost | None, folder: Path) -> None:
        voice, completion = Voice(task.order.language), Completion.LOST
        if isinstance(outcome, Finished):
            result = result_of(task.order, outcome, folder, task.id)
            complete = partial(self._store.tasks.complete, task, result, self._clock.now())
            completion = await until_stored(self._clock, complete)
        said = export_words.failed(voice) if outcome is None else export_words.lost(voice)
        if completion is Completion.LOST:
            fail = partial(self._store.tasks.fail, task, said, self._clock.now())
            await until_stored(self._clock, fail)


class _Ended(Exception):  # noqa: N818 - a state
    """Cancelled, or its chat was erased."""


@contextmanager
def _private_folder(below: Path) -> Iterator[Path]:
    """A folder for the owner's eyes, gone at the end whatever happens."""
    below.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(dir=below))  # mode 0700
    try:
        yield folder
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
