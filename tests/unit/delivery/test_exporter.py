"""One export that goes wrong keeps nobody from theirs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from bot.delivery.exporter import Exporter
from bot.exports.process import Finished, LastWord, Progress
from bot.messages import Chat
from bot.store.errors import StoreError
from bot.store.tasks import Completion, ExportTask
from handlers.core import Reply
from handlers.model import ExportForm, ExportOrder, Filter
from tests.support.delivery import ScriptedChannel


class Tasks:
    """Ordered exports, and what became of them."""

    def __init__(self, *names: str, stubborn: str = "") -> None:
        order = ExportOrder(wanted=Filter(), form=ExportForm.XLSX, language="vi")
        self.waiting = [ExportTask(name, Chat("c", "telegram", "1"), order) for name in names]
        self.stubborn = stubborn  #: whose end is never stored
        self.ends: dict[str, str] = {}
        self.recovered = 0

    async def recover(self, _: str) -> int:
        self.recovered += 1
        return 0

    async def take(self, *_: Any) -> ExportTask | None:
        return self.waiting.pop(0) if self.waiting else None

    async def report(self, *_: Any) -> bool:
        return True

    async def complete(self, task: ExportTask, *_: Any) -> Completion:
        self.ends[task.id] = "done"
        return Completion.DONE

    async def fail(self, task: ExportTask, _: Reply, __: datetime, *, aside: bool = False) -> bool:
        if task.id == self.stubborn:
            raise StoreError
        self.ends[task.id] = "failed"
        return True


class Children:
    """Processes that write nothing: one cannot be started, one never ends."""

    def __init__(self, folder: Path, *, unable: str = "", endless: str = "") -> None:
        self.folder = folder
        self.unable, self.endless = unable, endless
        self._task = ""

    def clean(self) -> None:
        raise PermissionError

    @asynccontextmanager
    async def start_writing(self, task: str) -> AsyncIterator["Children"]:
        if task == self.unable:
            raise OSError
        self._task = task
        yield self

    async def outcome(self, progress: Callable[[Progress], None]) -> LastWord | None:
        del progress
        if self._task == self.endless:
            await asyncio.Event().wait()
        return Finished(files=(), count=0, grants=())


class Kept:
    def __init__(self, tasks: Tasks) -> None:
        self.tasks = tasks


def exporter(tasks: Tasks, children: Children) -> Exporter:
    store: Any = Kept(tasks)
    made = Exporter(store, ScriptedChannel(), children, Clock(), lambda: None)
    made._tasks = store.tasks  # in place of the service over them
    made.step, made.stall = 0.01, 0.05
    return made


async def test_leftovers_that_cannot_be_removed_keep_nobody_from_a_new_export(tmp_path: Path) -> None:
    tasks = Tasks()
    await exporter(tasks, Children(tmp_path)).recover()
    assert tasks.recovered == 1


async def test_an_export_whose_end_is_never_stored_holds_up_no_other(tmp_path: Path) -> None:
    tasks = Tasks("XT-000001", "XT-000002", stubborn="XT-000001")
    served = exporter(tasks, Children(tmp_path, unable="XT-000001"))
    with pytest.raises(StoreError):
        await served.work()
    assert await served.work() == 1
    assert tasks.ends == {"XT-000002": "done"}
    tasks.stubborn = ""
    await served.work()
    assert tasks.ends["XT-000001"] == "failed"


async def test_an_export_that_does_not_move_any_more_is_given_up(tmp_path: Path) -> None:
    tasks = Tasks("XT-000001", "XT-000002")
    assert await asyncio.wait_for(exporter(tasks, Children(tmp_path, endless="XT-000001")).work(), 30) == 2
    assert tasks.ends == {"XT-000001": "failed", "XT-000002": "done"}
