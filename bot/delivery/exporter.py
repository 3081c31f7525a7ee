"""The exports that people ordered in a channel, written one after the other beside its turns."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from markupsafe import escape

from bot.atomic_file import clean, private_folder
from bot.channels import Channel
from bot.clock import Clock
from bot.concurrency import cancel_on, retry, retry_while_unavailable
from bot.exports.own_data_files import OwnDataFiles
from bot.exports.process import ExportChild, ExportChildren, ExportRefused, Finished, LastWord, Lost, Made, Progress
from bot.services.exports import ExportTaskService, PageExportTaskService, take_order
from bot.store import Completion, ExportTask, OwnDataTask, Store, TaskResult
from handlers.admin import exports
from handlers.admin import exports as exports_text
from handlers.admin.exports import ExportFile
from handlers.core import Attachment, MarkupTranslator, Reply, strip_markup
from handlers.model import ExportOrder
from handlers.own_data import format_data_failed
from locales import N_
from rules.language.spelling import fold


def build_result(order: ExportOrder, finished: Finished, folder: Path, task: str) -> TaskResult:
    """Build one message a file; several are named by an index that comes first."""
    say = MarkupTranslator(order.language)
    parts = [ExportFile(made.name, made.first, made.last, lists=made.holds == "lists") for made in finished.files]
    files = [partial(_format_file_message, folder, made) for made in finished.files]
    return TaskResult(
        messages=[*([partial(_format_index, say, parts)] if len(parts) > 1 else []), *files],
        said=exports_text.format_export_finished(say, finished.count, finished.remarks, parts),
        grants=finished.grants,
        subject=f"{task} {order.form}",
        unit=finished.unit,
        count=finished.count,
    )


def _format_file_message(folder: Path, made: Made) -> Reply:
    content = (folder / made.name).read_bytes()
    return Reply(paragraphs=(), attachments=(Attachment.of(made.name, made.media_type, content),))


def _format_index(say: MarkupTranslator, parts: list[ExportFile]) -> Reply:
    text = "\n".join(strip_markup(line) for line in exports_text.format_file_index(say, parts)) + "\n"
    name = fold(say.t(N_("index of files"))).replace(" ", "-")
    return Reply(paragraphs=(), attachments=(Attachment.of(f"{name}.txt", "text/plain", text.encode()),))


#: Seconds between looks at the store for a new order.
_POLL_SECONDS = 1.0
#: A task that was begun this often without an end is set aside. Many: a process may be killed often in a bad hour.
EXPORT_TRIES = 25

_log = structlog.get_logger(__name__)


@dataclass
class _LastProgress:
    """The last progress heard of."""

    since: float  #: of the monotonic clock: when that was
    done: int = 0
    total: int = 0

    def update(self, progress: Progress, at: float) -> None:
        self.since, self.done, self.total = at, progress.done, progress.total


class Exporter:
    """Writes exports that were ordered. ``work()`` is idempotent over ``tasks``: what a kill cut off is begun anew."""

    #: Seconds between two states of the message that shows how far it is.
    step = 3.0
    #: Seconds without any progress after which an export is given up: those behind it wait.
    stall = 900.0

    def __init__(  # noqa: PLR0913 - the composition root names each of them
        self, store: Store, channel: Channel, children: ExportChildren, clock: Clock, queued: Callable[[], None], *,
        for_pages: bool = False,
    ) -> None:  # fmt: skip
        """Write the exports of a channel, or those that are fetched from its pages.

        ``queued`` is told whenever there may be something to send.
        """
        self._rows = store.page_exports if for_pages else store.tasks
        self._tasks = PageExportTaskService(store.page_exports) if for_pages else ExportTaskService(store.tasks)
        self._channel = channel
        self._children = children
        self._clock = clock
        self._queued = queued
        self._failing: dict[str, tuple[ExportTask, Reply]] = {}  # given up, but the store does not know it yet

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; the next start begins anew what is under way then."""
        await self._retry_until_done(stop, self.recover)
        while not stop.is_set():
            await self._retry_until_done(stop, self.work)
            await cancel_on(stop, asyncio.sleep(_POLL_SECONDS))

    async def _retry_until_done(self, stop: asyncio.Event, step: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Try a step until nothing goes wrong: whatever does, the turns of the channel go on."""
        await cancel_on(stop, retry(step, self._failed))

    def _failed(self, error: Exception) -> bool:
        _log.error("exports_failed", channel=self._channel.name, kind=type(error).__name__)
        return True

    async def recover(self) -> None:
        """Throw away what a killed process left, and queue again what it was at."""
        try:
            await asyncio.to_thread(self._children.clean)
        except OSError as error:  # a file that cannot be removed keeps nobody from a new export
            _log.error("exports_not_cleaned", channel=self._channel.name, kind=type(error).__name__)
        await retry_while_unavailable(lambda: self._rows.recover(self._channel.name))

    async def work(self) -> int:
        """Write all that is ordered; how many exports that was."""
        worked = 0
        for failed, said in tuple(self._failing.values()):
            await self._fail_again(failed, said)
        while task := await self._tasks.take(self._channel.name, self._clock.now()):
            await self._export(task)
            self._queued()
            worked += 1
        return worked

    async def _export(self, task: ExportTask) -> None:
        if task.tries > EXPORT_TRIES:
            _log.error("export_set_aside", task=task.id, tries=task.tries)
            await self._fail(task, exports.format_export_failed(MarkupTranslator(task.order.language)), aside=True)
            return
        try:
            async with self._children.start_writing(task.id) as child:
                await self._settle(task, await self._wait_for_outcome(task, child), child.folder)
        except _ExportEnded:
            _log.info("export_ended", task=task.id)
        except Exception as error:  # noqa: BLE001 - whatever it is, its person is told and may order another one
            _log.error("export_not_written", task=task.id, kind=type(error).__name__)
            await self._fail(task, exports.format_export_failed(MarkupTranslator(task.order.language)))

    async def _wait_for_outcome(self, task: ExportTask, child: ExportChild) -> LastWord | None:
        """Return the outcome of the export; raise ``_ExportEnded`` where nobody wants it any more."""
        far = _LastProgress(self._clock.monotonic())
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

    async def _report(self, task: ExportTask, far: _LastProgress) -> None:
        """Move the message; raises ``_ExportEnded`` where nobody wants the export any more."""
        say, now = MarkupTranslator(task.order.language), self._clock.now()
        shown = self._channel.capabilities.editing and far.total
        said = exports.format_export_progress(say, far.done, far.total) if shown else None
        report = partial(self._rows.report, task, far.done, far.total, now, said)
        if not await retry_while_unavailable(report):
            raise _ExportEnded
        self._queued()

    async def _settle(self, task: ExportTask, outcome: LastWord | None, folder: Path) -> None:
        say = MarkupTranslator(task.order.language)
        if outcome is None:
            await self._fail(task, exports.format_export_failed(say))
        elif isinstance(outcome, ExportRefused):
            await self._fail(task, Reply(paragraphs=(str(escape(outcome.why)),)))
        elif isinstance(outcome, Lost) or await self._complete(task, outcome, folder) is Completion.LOST:
            await self._fail(task, exports.format_export_rights_lost(say))

    async def _complete(self, task: ExportTask, finished: Finished, folder: Path) -> Completion:
        result = build_result(task.order, finished, folder, task.id)
        return await retry_while_unavailable(lambda: self._tasks.complete(task, result, self._clock.now()))

    async def _fail_again(self, task: ExportTask, said: Reply) -> None:
        """Try once more to give a task up; whatever is wrong with it, the others are written."""
        try:
            await self._fail(task, said)
        except Exception as error:  # noqa: BLE001 - as above
            _log.error("export_end_not_stored", task=task.id, kind=type(error).__name__)

    async def _fail(self, task: ExportTask, said: Reply, *, aside: bool = False) -> None:
        """Give it up; where the store cannot take that, the next ``work`` tries again."""
        self._failing[task.id] = task, said
        await retry_while_unavailable(lambda: self._rows.fail(task, said, self._clock.now(), aside=aside))
        del self._failing[task.id]


class _ExportEnded(Exception):  # noqa: N818 - a state
    """Cancelled, or its chat was erased."""


#: Seconds between looks at the store for a new order.
_OWN_DATA_POLL_SECONDS = 1.0
#: One that was begun this often without an end is set aside.
_OWN_DATA_TRIES = 10


class OwnDataExporter:
    """Writes own data that were ordered. ``work()`` is idempotent over ``tasks``: what a kill cut off is begun anew."""

    def __init__(  # noqa: PLR0913, PLR0917 - the composition root names each of them
        self, store: Store, channel: Channel, folder: Path, limit: int, clock: Clock, queued: Callable[[], None]
    ) -> None:
        """``folder`` is for files under way, ``limit`` the bytes of one; ``queued`` is told of something to send."""
        self._store = store
        self._channel = channel
        self._folder = folder
        self._limit = limit
        self._clock = clock
        self._queued = queued

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; the next start begins anew what is under way then."""
        await self._retry_until_done(stop, self.recover)
        while not stop.is_set():
            await self._retry_until_done(stop, self.work)
            await cancel_on(stop, asyncio.sleep(_OWN_DATA_POLL_SECONDS))

    async def _retry_until_done(self, stop: asyncio.Event, step: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Try a step until nothing goes wrong: whatever does, the turns of the channel go on."""
        await cancel_on(stop, retry(step, self._failed))

    def _failed(self, error: Exception) -> bool:
        _log.error("own_data_failed", channel=self._channel.name, kind=type(error).__name__)
        return True

    async def recover(self) -> None:
        """Throw away what a killed process left, and queue again what it was at."""
        await asyncio.to_thread(clean, self._folder)
        await retry_while_unavailable(lambda: self._store.tasks.recover(self._channel.name))

    async def work(self) -> int:
        """Put together all that is ordered; how many orders that was."""
        worked = 0
        while task := await take_order(self._store.own_data, self._channel.name, self._clock.now()):
            await self._collect(task)
            self._queued()
            worked += 1
        return worked

    async def _collect(self, task: OwnDataTask) -> None:
        sorry = format_data_failed(MarkupTranslator(task.language))
        if task.tries > _OWN_DATA_TRIES:
            _log.error("own_data_set_aside", task=task.id, tries=task.tries)
            await retry_while_unavailable(lambda: self._store.own_data.set_aside(task, sorry, self._clock.now()))
            return
        try:
            await self._write_files(task)
        except Exception as error:  # noqa: BLE001 - whatever it is, its person is told and may order it again
            _log.error("own_data_not_written", task=task.id, kind=type(error).__name__)
            await retry_while_unavailable(lambda: self._store.own_data.fail(task, sorry, self._clock.now()))

    async def _write_files(self, task: OwnDataTask) -> None:
        """Read a page, write it off the event loop, read the next: neither turns nor memory notice."""
        with private_folder(self._folder) as folder:
            files = OwnDataFiles(folder, MarkupTranslator(task.language), self._limit)
            async for name, value in self._store.own_data.sections(task, self._clock.now()):
                await asyncio.to_thread(files.add, name, value)
            await asyncio.to_thread(files.finish)
            messages = files.messages()
            await retry_while_unavailable(lambda: self._store.own_data.complete(task, messages, self._clock.now()))
