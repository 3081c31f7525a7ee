"""PostgreSQL on a full disk: nothing is lost, whoever watches is told, and answers come when there is room."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.acceptance.officer import Officer
from tests.support.fork_server import ForkServer
from tests.support.load import wait_for
from tests.support.program import run_program
from tests.support.servers import POSTGRES_USER, postgres_nodes
from tests.support.telegram.api import BotApi
from tests.support.web import free_port

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.usefixtures("postgres_server"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk"),
]
#: An empty database with its tables takes 16 MB.
SIZE = "40m"


class Disk:
    """A small disk with a database on it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave no page free, neither on the disk nor in the tables."""
        with closing(self._ballast.open("wb", buffering=0)) as file:
            for size in (1_000_000, 4096):
                try:
                    while file.write(b"x" * size) == size:
                        pass
                except OSError:
                    pass

    def make_room(self) -> None:
        self._ballast.unlink()

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as database:
            return database.execute(statement.encode()).fetchall()


@pytest.fixture
def disk() -> Iterator[Disk]:
    with postgres_nodes() as (node,):
        small = node.folder / "small"
        small.mkdir()
        subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0777", "none", str(small)), check=True)
        shutil.chown(small, POSTGRES_USER)
        try:
            node.start()
            with psycopg.connect(node.uri("postgres"), autocommit=True) as connection:
                connection.execute(f"CREATE TABLESPACE small LOCATION '{small}'".encode())
                connection.execute("CREATE DATABASE troly TABLESPACE small")
            yield Disk(small, node.uri("troly"))
        finally:
            node.stop("immediate")
            subprocess.run(("umount", str(small)), check=True)


async def test_people_are_answered_once_when_a_full_disk_has_room_again(
    api: BotApi, disk: Disk, tmp_path: Path, fast_start: ForkServer
) -> None:
    port = free_port()
    settings = {"TROLY_DATABASE_URL": disk.url, "TROLY_WEB_PRIVATE_LISTEN": f"127.0.0.1:{port}"}
    lan, minh = Officer(api.user("Lan")), Officer(api.user("Minh"))
    async with run_program(api, tmp_path, settings, fast_start) as program, httpx.AsyncClient() as watcher:

        async def ready() -> tuple[int, str]:
            page = await watcher.get(f"http://127.0.0.1:{port}/readyz")
            return page.status_code, page.text

        await lan.consents()
        assert await ready() == (200, "ok\n")
        disk.fill()
        said = ["/trogiup " + "dài " * 900 for _ in range(30)]
        for text in said:
            await lan.user.says(text)
        await minh.user.says("/start")
        assert await wait_for(lambda: "StoreFull" in program.printed(), 30), program.printed()
        assert await ready() == (503, "the disk of the store is full\n")
        assert program.running

        disk.make_room()

        assert minh.words("I agree, let us begin") in (await minh.hears()).labels
        assert await wait_for(lambda: disk.sql("SELECT 1 FROM inbox WHERE state = 'waiting'") == [], 60)
        assert await wait_for(lambda: disk.sql("SELECT 1 FROM outbox WHERE state <> 'sent'") == [], 60)
        received = disk.sql("SELECT COUNT(*), COUNT(DISTINCT update_id) FROM inbox WHERE state = 'done'")
        assert received[0][0] == received[0][1]
        assert int(str(received[0][0])) >= len(said) + 2
        assert len(minh.user.sees()) == 1
        assert await ready() == (200, "ok\n")
