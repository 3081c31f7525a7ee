"""Over every channel: an officer's way to a request, across kills; who may see it; a broadcast, across kills."""

import asyncio
import re
import sqlite3
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any, cast

import pytest

from bot.services.opening import open_store_from_settings
from handlers.requests import FIELDS
from tests.acceptance.officer import Words
from tests.acceptance.processes import run_command
from tests.support.broadcast_kills import make_settings, run_with_kills
from tests.support.channels import CHANNELS, PATIENCE, ChannelCase, Platform, Talker
from tests.support.delivery import eventually
from tests.support.fork_server import ForkServer
from tests.support.pki import issue
from tests.support.program import Program

CODE = re.compile(r"YC-\d{4}-\d{6}")
CERTIFICATE = issue()
#: What is asked on the form -> what is typed; every menu works as text.
FORM = {
    FIELDS["subscriber"].ask: "1",
    FIELDS["unit"].ask: "UBND xã Phước An",
    FIELDS["serial"].ask: "1",
    FIELDS["new_name"].ask: "UBND xã Phước An mới",
}
#: Acts of the officer after which the program is killed: words, a file, a field, the last tap.
KILLED_AFTER = (2, 4, 9, 12)
#: What is still to be handled or sent.
WAITING = (
    "SELECT (SELECT COUNT(*) FROM inbox WHERE state = 'waiting') + (SELECT COUNT(*) FROM zalo_events)"
    " + (SELECT COUNT(*) FROM outbox WHERE state IN ('queued', 'sending'))"
)
#: Of a broadcast: a bot of the Bot Platform may have 50.
PEOPLE = 48
TALKING = [one for one in CHANNELS if one.talks]


class Journey:
    """An officer on the way; after some acts the program is killed and started again."""

    def __init__(self, talker: Talker, program: Program | None) -> None:
        self.talker, self.program, self.words = talker, program, Words()
        self.acts = self.kills = 0

    async def _acted(self) -> str:
        self.acts += 1
        if self.program and self.acts in KILLED_AFTER:
            self.kills += 1
            await self.program.kill()
            await self.program.launch_and_wait()
        return await self.talker.hears()

    async def says(self, text: str) -> str:
        await self.talker.says(text)
        return await self._acted()

    async def chooses(self, label: str) -> str:
        await self.talker.chooses(label)
        return await self._acted()

    async def goes(self) -> str:
        """All the way; the code of the request."""
        words = self.words
        await self.says("/start")
        await self.chooses(words("I agree, let us begin"))
        await self.says("xã tôi vừa sáp nhập vào xã mới, chứng thư của cơ quan, token vẫn giữ")
        await self.chooses("Đúng")
        await self.talker.sends("chung-thu.cer", CERTIFICATE.der)
        read = await self._acted()
        assert f"{CERTIFICATE.certificate.serial_number:X}" in read
        shown = await self.chooses(words("Yes – the certificate of an organisation"))
        for fact, value in (("merger_role", "designated"), ("key_exposed", "false")):
            assert words.asked_in(shown) == fact
            shown = await self.chooses(words.option(fact, value))
        assert "Mẫu 04" in shown
        assert "68/2024/NĐ-CP" in shown
        shown = await self.chooses(words("Register the request"))
        while asked := next((title for title in FORM if words(title) in shown), None):
            shown = await self.says(FORM[asked])
        assert "UBND xã Phước An mới" in shown
        found = CODE.search(await self.chooses(words("Send the request")))
        assert found
        return found.group()


def sql(folder: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "data" / "troly.sqlite3", timeout=30)) as database:
        return database.execute(statement, values).fetchall()


async def begun(case: ChannelCase, folder: Path, start: ForkServer, opened: AsyncExitStack) -> tuple[Platform, Program]:
    """A platform and the program beside it; that of a terminal runs only for its commands."""
    platform = await opened.enter_async_context(case.start(folder))
    async with open_store_from_settings(make_settings(folder)) as known:
        await platform.prepare(known.store)
    program = Program(cast(Any, platform), folder, platform.settings, start)
    program.log.touch()
    if case.serves:
        opened.push_async_callback(program.kill)
        await program.launch_and_wait()
    return platform, program


@pytest.mark.parametrize("case", TALKING, ids=lambda one: one.name)
async def test_an_officer_gets_to_a_request_across_kills_and_only_those_see_it_who_may(
    case: ChannelCase, tmp_path: Path, fast_start: ForkServer
) -> None:
    async with AsyncExitStack() as opened:
        platform, program = await begun(case, tmp_path, fast_start, opened)
        lan, binh = platform.person(), platform.person()
        journey = Journey(lan, program if case.serves else None)
        code = await journey.goes()
        assert journey.kills == (len(KILLED_AFTER) if case.serves else 0)

        theirs = Journey(binh, None)
        await theirs.says("/start")
        await theirs.chooses(theirs.words("I agree, let us begin"))
        for line in ("/danhsach", f"/danhsach {code}", f"/yeucau {code}", "/vaitro", "/nhatky"):
            assert code not in (await heard(binh, line, tmp_path)).replace(line, "")
        if case.named:
            await run_command(program, "admins", "add", f"{case.channel}:{binh.address}")
            assert code in await heard(binh, "/danhsach", tmp_path)
        await eventually(lambda: not sql(tmp_path, WAITING)[0][0])

    assert sql(tmp_path, "SELECT code FROM requests") == [(code,)]
    assert {state for (state,) in sql(tmp_path, "SELECT DISTINCT state FROM inbox")} <= {"done"}
    ends = {state for (state,) in sql(tmp_path, "SELECT DISTINCT state FROM outbox")}
    assert ends == {"sent"}


async def heard(talker: Talker, line: str, folder: Path) -> str:
    """Say a line and return all that is answered."""
    before = len(await talker.texts())
    await talker.says(line)
    async with asyncio.timeout(PATIENCE):
        while sql(folder, WAITING)[0][0] or len(await talker.texts()) == before:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)
    return "\n".join((await talker.texts())[before:])


@pytest.mark.parametrize("case", [one for one in CHANNELS if one.leaves], ids=lambda one: one.name)
async def test_a_broadcast_across_kills_reaches_everybody_once_or_is_named_unknown(
    case: ChannelCase, tmp_path: Path, fast_start: ForkServer
) -> None:
    after = await run_with_kills(case, tmp_path, fast_start, recipients=PEOPLE, kills=3, pace=20, seed=2026)
    assert not after.twice
    assert not after.missing
    assert not after.unfinished
    assert sum(after.tally.values()) == len(after.states) == PEOPLE
    assert after.tally.keys() <= {"sent", "unknown"}
