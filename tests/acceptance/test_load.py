"""What one person does makes nobody else wait: the whole program over a Bot API server that holds to its limits.

Waiting is told by counts where it can be: how many others were answered before, while there was plenty to do for all.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.acceptance.processes import run_worker
from tests.support.fork_server import ForkServer
from tests.support.load import (
    PACE,
    MemoryWatch,
    Talker,
    consent_all,
    keep_saying,
    make_fat_zip,
    make_slow_pdf,
    run_beside,
    wait_for,
)
from tests.support.program import Program, run_program
from tests.support.telegram.api import BotApi
from tests.support.telegram.errors import too_many_requests

#: Seconds: on a machine that has a hundred other things to do. What is tried here took half a minute and more.
SOON = 20.0


@asynccontextmanager
async def serving(
    api: BotApi, folder: Path, url: str | None, start: ForkServer, pace: dict[str, str] = PACE
) -> AsyncIterator[list[Program]]:
    """One process on SQLite, two on PostgreSQL."""
    settings = {**pace, "TROLY_DATA_DIR": str(folder / "data"), **({"TROLY_DATABASE_URL": url} if url else {})}
    async with AsyncExitStack() as stack:
        programs: list[Program] = [await stack.enter_async_context(run_program(api, folder, settings, start))]
        if url:
            programs.append(await stack.enter_async_context(run_worker(api, folder / "b", settings, start)))
        yield programs


async def test_an_officers_line_does_not_wait_for_the_slow_files_of_strangers(
    tmp_path: Path, url: str | None, fast_start: ForkServer
) -> None:
    async with BotApi.start() as api, serving(api, tmp_path, url, fast_start):
        officer = Talker(api.user("officer"))
        strangers = [api.user(f"stranger {number}") for number in range(40)]
        await consent_all([officer.user, *strangers])
        before = len(api.calls_of("sendMessage"))
        for stranger in strangers:
            for _ in range(3):
                await stranger.sends_file(make_slow_pdf(3_000), "cham.pdf")
        for _ in range(3):
            await officer.asks()
        read = len(api.calls_of("sendMessage")) - before - 3
        assert read < 60, "the files were read before the officer was answered"
        assert max(officer.waits) < SOON


async def test_a_flooding_group_and_a_chat_told_to_wait_hold_up_nobody(
    tmp_path: Path, url: str | None, fast_start: ForkServer
) -> None:
    async with BotApi.start() as api, serving(api, tmp_path, url, fast_start):
        officer, told = Talker(api.user("officer")), Talker(api.user("told to wait"))
        await consent_all([officer.user, told.user])
        group = api.group("nhóm")
        api.fault("sendMessage", error=too_many_requests(39), chat=group.id)
        api.fault("sendMessage", error=too_many_requests(35), chat=told.user.id)
        await told.says()
        for _ in range(60):
            await told.user.says("/start@troly_bot", group=group)
        assert await wait_for(lambda: sum(call.code == 429 for call in api.calls) >= 2, 60)
        for _ in range(4):
            await officer.asks()
        assert max(officer.waits) < SOON
        assert url or api.gate.limits.refused == 0  # several processes have a pace in one chat each


async def test_sixty_people_at_their_allowed_pace_do_not_make_another_one_wait(
    tmp_path: Path, url: str | None, fast_start: ForkServer
) -> None:
    async with BotApi.start() as api, serving(api, tmp_path, url, fast_start):
        officer = Talker(api.user("officer"))
        people = [Talker(api.user(f"paced {number}")) for number in range(60)]
        await consent_all([officer.user, *(one.user for one in people)])

        async def talks() -> None:
            await asyncio.sleep(5)
            while True:
                before = len(api.calls_of("sendMessage"))
                await officer.asks()
                others.append(len(api.calls_of("sendMessage")) - before)
                await asyncio.sleep(1.2)

        others: list[int] = []
        async with run_beside(talks()):
            await keep_saying(people, 10)
        assert len(others) >= 2
        assert max(others) < 60, "more than a round of all the others came before"
        assert await wait_for(lambda: not any(one.wrong for one in people), 60)


@pytest.mark.fresh_interpreter  # its memory is measured
async def test_a_newcomer_who_asks_for_all_data_nineteen_times_gets_it_once_and_costs_nobody_anything(
    tmp_path: Path, url: str | None, fast_start: ForkServer
) -> None:
    async with BotApi.start() as api, serving(api, tmp_path, url, fast_start) as programs:
        officer, newcomer = Talker(api.user("officer")), api.user("newcomer")
        await consent_all([officer.user])
        memory = MemoryWatch(*(program.pid for program in programs))
        async with run_beside(memory.watch()):
            for _ in range(19):
                await newcomer.says("/dulieu")
            for _ in range(3):
                await officer.asks()
            assert await wait_for(lambda: len(newcomer.chat.history) >= 21, 60)
        files = [shown.document for shown in newcomer.chat.history if shown.document]
        assert len(files) in {2, 4}  # once more where the first ones had left before the last order
        assert max(len(file.content) for file in files) < 50_000
        assert memory.peak < 400
        assert max(officer.waits) < SOON
        assert all(program.running for program in programs)


async def test_a_small_archive_that_tells_very_much_leaves_a_small_session(
    tmp_path: Path, url: str | None, fast_start: ForkServer
) -> None:
    async with BotApi.start() as api, serving(api, tmp_path, url, fast_start):
        fat = Talker(api.user("fat"))
        await consent_all([fat.user])
        await fat.user.sends_file(make_fat_zip(30), "beo.zip")
        await fat.user.hears_until(lambda shown: len(shown.buttons) > 1, 30)
        await fat.asks()
        await fat.user.says("/dulieu")
        shown = await fat.user.hears_until(lambda one: one.document is not None and "json" in one.document.name, 30)
        assert shown.document is not None
        assert len(shown.document.content) < 300_000
