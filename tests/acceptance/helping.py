"""``troly worker`` as a process of its own, beside others over one database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.botapi.api import BotApi
from tests.support.program import Program
from tests.support.zygote import Zygote


class Helper(Program):
    """``troly worker``."""

    command = "worker"

    async def launch_and_wait(self) -> None:
        await self.launch()
        await self.until(lambda: "worker_joined" in self.printed() and "telegram_ready" in self.printed())


def prepared(folder: Path) -> Path:
    """With a log to look at from the first moment on."""
    folder.mkdir()
    (folder / "program.log").touch()
    return folder


@asynccontextmanager
async def helping(api: BotApi, folder: Path, settings: dict[str, str], start: Zygote) -> AsyncIterator[Helper]:
    helper = Helper(api, prepared(folder), settings, start)
    try:
        await helper.launch_and_wait()
        yield helper
    finally:
        await helper.kill()
