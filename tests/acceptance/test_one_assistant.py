"""One SQLite database is served by one assistant; whatever does not serve runs beside it."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.officer import Officer
from tests.acceptance.processes import prepare_folder
from tests.support.fork_server import ForkServer
from tests.support.program import COMMAND, Program, run_program
from tests.support.telegram.api import BotApi
from tests.support.telegram.limits import Limits

HEAVY = 60  #: seconds for a command on a machine that has much to do


async def refused(api: BotApi, folder: Path, settings: dict[str, str]) -> str:
    """What a second assistant says as it ends."""
    prepare_folder(folder)
    second = Program(api, folder, settings, COMMAND)
    await second.launch()
    assert second.process is not None
    try:
        assert await asyncio.wait_for(second.process.wait(), HEAVY) == 2
    finally:
        if second.running:
            await second.kill()
    return second.printed()


def troly(folder: Path, *arguments: str, script: bytes = b"") -> str:
    """A command beside the assistant."""
    done = subprocess.run(
        (sys.executable, "-m", "bot", *arguments),
        input=script,
        capture_output=True,
        check=True,
        timeout=HEAVY,
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "TROLY_DATA_DIR": str(folder / "data"),
            "TROLY_STATE_DIR": str(folder / "state"),
            "PYTHONUTF8": "1",
        },
    )
    return done.stdout.decode()


async def test_a_second_assistant_is_refused_with_the_reason_and_the_first_goes_on(
    api: BotApi, tmp_path: Path, fast_start: ForkServer
) -> None:
    async with BotApi.start(limits=Limits.off()) as other, run_program(api, tmp_path, start=fast_start) as first:
        lan = Officer(api.user("Lan"))
        await lan.consents()
        said = await refused(other, tmp_path / "second", {"TROLY_DATA_DIR": str(tmp_path / "data")})
        assert "Một trợ lý khác đang phục vụ" in said
        assert f"tiến trình {first.pid}" in said
        assert "Traceback" not in said
        assert other.calls == []
        settings = {"TROLY_DATA_DIR": str(tmp_path / "data"), "TROLY_LANGUAGE": "en"}
        assert f"process {first.pid}" in await refused(other, tmp_path / "third", settings)
        await lan.says("/visao")


async def test_after_a_kill_the_next_start_serves(api: BotApi, tmp_path: Path) -> None:
    async with run_program(api, tmp_path) as program:
        await Officer(api.user("Lan")).consents()
        program.process.send_signal(signal.SIGKILL)  # type: ignore[union-attr]  # it runs
        async with run_program(api, tmp_path):
            await Officer(api.user("Minh")).consents()


@pytest.mark.parametrize("way", ["by its URL", "by a link to the file", "by a link to the folder"])
async def test_two_data_folders_that_name_one_database_are_one(
    api: BotApi, tmp_path: Path, fast_start: ForkServer, way: str
) -> None:
    database = tmp_path / "data" / "troly.sqlite3"
    keys = {"TROLY_KEY_FILE": str(tmp_path / "data" / "keys.json")}
    async with BotApi.start(limits=Limits.off()) as other, run_program(api, tmp_path, start=fast_start):
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        settings = {**keys, "TROLY_DATA_DIR": str(elsewhere / "data")}
        if way == "by its URL":
            settings["TROLY_DATABASE_URL"] = f"sqlite:///{elsewhere}/../data/troly.sqlite3"
        elif way == "by a link to the file":
            (elsewhere / "data").mkdir()
            (elsewhere / "data" / "troly.sqlite3").symlink_to(database)
        else:
            (elsewhere / "data").symlink_to(tmp_path / "data")
        assert str(database) in await refused(other, tmp_path / "second", settings)
        assert other.calls == []


async def test_two_databases_of_one_folder_are_two(api: BotApi, tmp_path: Path, fast_start: ForkServer) -> None:
    (tmp_path / "second").mkdir()
    settings = {
        "TROLY_DATA_DIR": str(tmp_path / "data"),
        "TROLY_DATABASE_URL": f"sqlite:///{tmp_path}/second.sqlite3",
    }
    async with (
        BotApi.start(limits=Limits.off()) as other,
        run_program(api, tmp_path, start=fast_start),
        run_program(other, tmp_path / "second", settings, fast_start),
    ):
        await Officer(api.user("Lan")).consents()
        await Officer(other.user("Lan")).consents()


async def test_what_does_not_serve_runs_beside(api: BotApi, tmp_path: Path, fast_start: ForkServer) -> None:
    async with run_program(api, tmp_path, start=fast_start):
        await Officer(api.user("Lan")).consents()
        talked = await asyncio.to_thread(troly, tmp_path, "chat", script="đồng ý\n".encode())
        assert "1." in talked
        for command in (
            ("requests", "list"),
            ("stats",),
            ("audit", "verify"),
            ("retention", "--dry-run"),
            ("migrate",),
        ):
            await asyncio.to_thread(troly, tmp_path, *command)
        out = tmp_path / "list.csv"
        await asyncio.to_thread(troly, tmp_path, "export", "requests", "--format", "csv", "--out", str(out))
        assert out.exists()
        await Officer(api.user("Lan")).says("/visao")


async def test_a_start_that_is_told_to_end_closes_what_it_has_opened_and_the_next_one_goes_on(
    api: BotApi, tmp_path: Path, fast_start: ForkServer
) -> None:
    for made in ("troly.sqlite3.lock", "keys.json"):
        program = Program(api, tmp_path, {}, fast_start)
        await program.launch()
        await program.until((tmp_path / "data" / made).exists)
        assert await program.stop() == 0, made
        (tmp_path / "data" / "troly.sqlite3.lock").unlink()
    async with run_program(api, tmp_path, start=fast_start) as whole:
        lan = Officer(api.user("Lan"))
        await lan.consents()
        assert await whole.stop() == 0
