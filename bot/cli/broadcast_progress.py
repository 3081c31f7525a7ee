"""How far a broadcast is, followed on a terminal."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from bot.cli.acting import Entitled
from bot.cli.broadcast_words import the_one
from bot.safe_console import SafeConsole
from bot.store.api import Store
from handlers.broadcasts.model import ENDED, Broadcast, Life, Tally
from handlers.broadcasts.report_words import DELIVERIES
from handlers.office.picture_words import number
from handlers.office.rights import MACHINE
from handlers.voice import Voice
from locales import N_

#: Seconds between two looks.
PAUSE = 1.0
pause = asyncio.sleep
#: There is nothing to be followed on from here.
_STANDING = ENDED | {Life.PAUSED}


class _Speed(ProgressColumn):
    """Messages a second."""

    def __init__(self, say: Voice) -> None:
        super().__init__()
        self._say = say

    def render(self, task: Task) -> Text:
        """Nothing until it is known."""
        return Text(self._say.t(N_("{number}/s"), number=f"{task.speed:.0f}")) if task.speed else Text()


@contextmanager
def bar(say: Voice) -> Iterator[Progress]:
    """A bar with its counts, speed and time left, on a terminal alone."""
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        _Speed(say),
        TimeRemainingColumn(),
        TextColumn("{task.fields[counts]}"),
    )
    console = SafeConsole(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        yield progress


async def follow(by: Entitled, name: str, say: Voice) -> tuple[Broadcast, Tally]:
    """Look at it every second until it has ended or stands still; how it stands then."""
    with bar(say) as progress:
        task = progress.add_task("", total=None, counts="")
        while True:
            broadcast, tally = await look(by, name)
            done = tally.total - tally.open
            progress.update(task, completed=done, total=tally.total or None, counts=_counts(say, tally))
            if broadcast.state in _STANDING:
                return broadcast, tally
            await pause(PAUSE)


async def look(by: Entitled, name: str) -> tuple[Broadcast, Tally]:
    """How it stands at one moment; raises NotFound where it is not within reach."""
    async with by.store.admin_transaction(by.now, chat=by.chat, channel=MACHINE, reading=True) as unit:
        broadcast = await the_one(unit.admin, by.rights, name)
        return broadcast, await unit.admin.broadcasts.tally(by.rights, broadcast.id)


async def freeze(by: Entitled, broadcast: Broadcast, say: Voice) -> None:
    """Give every recipient their row; what is interrupted is taken up again by the running program."""
    with bar(say) as progress:
        task = progress.add_task("", total=broadcast.recipients or None, counts="")
        while await by.store.broadcasts.freeze(broadcast.id, by.now):
            progress.update(task, completed=(await by.store.broadcasts.tally(broadcast.id)).total)


async def withdraw(store: Store, by: Entitled, name: str) -> None:
    """Give what was queued of a cancelled one, and of its steps, its end."""
    async with store.admin_transaction(by.now, chat=by.chat, channel=MACHINE, reading=True) as unit:
        steps = [one.id for one in await unit.admin.broadcasts.steps(by.rights, name)]
    for one in (name, *steps):
        while await store.broadcasts.withdraw(one, by.now):
            pass


def _counts(say: Voice, tally: Tally) -> str:
    told = ((label, tally.states.get(word, 0)) for word, label in DELIVERIES.items())
    return " · ".join(f"{say.t(label)} {number(say, count)}" for label, count in told if count)
