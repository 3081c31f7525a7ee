"""The export worker of a channel, as a process that can be killed."""

import asyncio
from pathlib import Path

from pydantic import SecretStr

from bot.clock import SystemClock
from bot.delivery.exporter import Exporter
from bot.exports.process import ExportChildren
from bot.services.opening import open_store
from bot.settings import Settings
from bot.store.sealing.keyring import open_keyring
from bot.store.store import Store
from tests.support.delivery import ScriptedChannel
from tests.support.warm import keep_warm


def exporter(store: Store, url: str | None, folder: Path, channel: ScriptedChannel | None = None) -> Exporter:
    """Return the real exporter, with child processes that open the same database."""
    settings = Settings(data_dir=folder, database_url=SecretStr(url) if url else None, export_part_mb=1)
    children = ExportChildren(settings, folder / "exports")
    made = Exporter(store, channel or ScriptedChannel(), children, SystemClock(), lambda: None)
    made.step = 0.05
    return made


def run(url: str | None, folder: Path) -> None:
    """Recover, then write all ordered exports; exit with 0 at the end."""
    keep_warm()
    asyncio.run(_run(url, folder))


async def _run(url: str | None, folder: Path) -> None:
    store = await open_store(url, folder, open_keyring(folder / "keys.json")[0])
    served = exporter(store, url, folder)
    await served.recover()
    await served.work()
    await store.close()
