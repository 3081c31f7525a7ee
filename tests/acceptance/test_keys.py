"""Keys are changed under a running program: on one machine in one command, on two without anybody falling silent."""

import asyncio
import shutil
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.acceptance.officer import Officer
from tests.acceptance.processes import run_worker, troly
from tests.support.fork_server import ForkServer
from tests.support.program import run_program
from tests.support.telegram.api import BotApi

PEOPLE = 12


async def everybody_is_answered(officers: list[Officer]) -> None:
    async with asyncio.timeout(60):
        await asyncio.gather(*(officer.says("/trogiup") for officer in officers))


async def test_one_command_changes_the_key_of_a_running_program(
    api: BotApi, tmp_path: Path, fast_start: ForkServer
) -> None:
    async with run_program(api, tmp_path, start=fast_start) as program:
        lan = Officer(api.user("Lan"))
        await lan.consents()  # of whoever did not agree nothing is kept that a key could be missing for
        before = (tmp_path / "data" / "keys.json").read_text()

        code, said = await troly(program, "keys", "rotate")
        await lan.says("/trogiup")

        assert code == 0, said
        assert said.count("Dropped key") == 1
        code, listed = await troly(program, "keys", "list")
        assert len(listed.splitlines()) == 1
        assert "in use" in listed
        assert (await troly(program, "keys", "verify", "--every")) == (0, "No key is missing.\n")
        await program.stop()
        (tmp_path / "data" / "keys.json").write_text(before)
        code, said = await asyncio.wait_for(troly(program, "run"), 60)
        assert code == 2
        assert "lacks keys" in said
        assert "chats (" in said


@pytest.mark.postgres
async def test_on_two_machines_nobody_falls_silent_while_the_key_changes(
    api: BotApi, postgres_url: str, tmp_path: Path, fast_start: ForkServer
) -> None:
    here, there = tmp_path / "here.json", tmp_path / "there.json"
    settings = {"TROLY_DATABASE_URL": postgres_url, "TROLY_WORKER_LEASE_SECONDS": "2"}
    async with AsyncExitStack() as stack:
        program = await stack.enter_async_context(
            run_program(api, tmp_path, {**settings, "TROLY_KEY_FILE": str(here)}, fast_start)
        )
        shutil.copy(here, there)
        await stack.enter_async_context(
            run_worker(api, tmp_path / "there", {**settings, "TROLY_KEY_FILE": str(there)}, fast_start)
        )
        officers = [Officer(api.user(f"{number}")) for number in range(PEOPLE)]
        await everybody_is_answered(officers)

        code, said = await troly(program, "keys", "rotate")
        assert code == 1, said
        assert "Copy the key file to their machine" in said
        await everybody_is_answered(officers)
        shutil.copy(here, there)
        async with asyncio.timeout(60):  # with its next sign of life the other machine says that it knows the key
            while (await troly(program, "keys", "rotate"))[0]:  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.1)
        await everybody_is_answered(officers)

        assert (await troly(program, "keys", "verify", "--every"))[0] == 0
        old = next(line.split()[0] for line in (await troly(program, "keys", "list"))[1].splitlines())
        async with asyncio.timeout(60):  # and with another one that it seals with the new key
            while (await troly(program, "keys", "retire", old))[0]:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.1)
        assert old not in (await troly(program, "keys", "list"))[1]
        await everybody_is_answered(officers)
