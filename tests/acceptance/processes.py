"""Commands and statements beside a running program, over the database that it serves."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import psycopg

from tests.support.fork_server import ForkServer
from tests.support.program import Program
from tests.support.telegram.api import BotApi


async def troly(program: Program, *arguments: str) -> tuple[int, str]:
    """A command with the program's settings; exit code and all it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=program.folder,
        env={**program.settings, "TROLY_LANGUAGE": "en"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


async def run_command(program: Program, *arguments: str) -> str:
    """A command that must succeed; all it printed."""
    code, printed = await troly(program, *arguments)
    assert code == 0, printed
    return printed


def sql(program: Program, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """A statement behind the program's back."""
    if url := program.settings.get("TROLY_DATABASE_URL"):
        with psycopg.connect(url, autocommit=True) as database:
            cursor = database.execute(statement.replace("?", "%s"), values)
            return cursor.fetchall() if cursor.description else []
    file = f"{program.settings['TROLY_DATA_DIR']}/troly.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None, timeout=30)) as database:
        return database.execute(statement, values).fetchall()


class WorkerProcess(Program):
    """``troly worker``."""

    command = "worker"

    async def launch_and_wait(self) -> None:
        await self.launch()
        await self.until(lambda: "worker_joined" in self.printed() and "telegram_ready" in self.printed())


def prepare_folder(folder: Path) -> Path:
    """With a log to look at from the first moment on."""
    folder.mkdir()
    (folder / "program.log").touch()
    return folder


@asynccontextmanager
async def run_worker(
    api: BotApi, folder: Path, settings: dict[str, str], start: ForkServer
) -> AsyncIterator[WorkerProcess]:
    helper = WorkerProcess(api, prepare_folder(folder), settings, start)
    try:
        await helper.launch_and_wait()
        yield helper
    finally:
        await helper.kill()
