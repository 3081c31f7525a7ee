"""The machine's clock goes wrong: nobody falls silent for it, and nothing is deleted by it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance import admins
from tests.acceptance.admins import register_request
from tests.acceptance.campaigns import start_campaign_run
from tests.acceptance.officer import Officer
from tests.acceptance.processes import sql, troly
from tests.acceptance.test_load import serving
from tests.support.fork_server import ForkServer
from tests.support.load import wait_for
from tests.support.program import UNHURRIED
from tests.support.telegram.api import BotApi
from tests.support.telegram.faults import Kind
from tests.support.telegram.updates import Updates

START = datetime(2026, 12, 7, 2, tzinfo=UTC)
AHEAD = timedelta(hours=9)


@pytest.mark.parametrize("kind", ["busy", "broken"])
async def test_a_clock_that_was_ahead_while_answers_waited_silences_nobody(
    tmp_path: Path, url: str | None, kind: Kind
) -> None:
    async with start_campaign_run(tmp_path, START, url=url) as at:
        lan, minh = Officer(at.api.user("Lan")), Officer(at.api.user("Minh"))
        await lan.consents()
        await minh.consents()
        at.clock.leap(AHEAD)
        at.api.breaks("sendMessage", kind)
        before = len(at.api.calls_of("sendMessage"))
        await lan.user.says("/trogiup")
        await minh.user.says("/trogiup")
        assert await wait_for(lambda: len(at.api.calls_of("sendMessage")) >= before + 2, 60)

        at.clock.leap(-AHEAD)
        at.api.mends("sendMessage")

        await lan.hears()
        await minh.hears()
        await lan.says("/visao")


async def test_a_start_with_a_clock_far_ahead_deletes_nothing_until_somebody_says_that_it_is_right(
    api: BotApi, tmp_path: Path, url: str | None, fast_start: ForkServer
) -> None:
    await admins.troly(tmp_path, "units", "import", "--sample", "nhon-trach", "--apply", url=url)
    await admins.troly(tmp_path, "admins", "add", f"telegram:{api.user('Hà').id}", url=url)
    async with start_campaign_run(tmp_path, datetime.now(UTC) - timedelta(days=400), url=url) as before:
        await Officer(before.api.user("Hà")).consents()
        await register_request(Officer(before.api.user("Lan")), "xa phu huu", "UBND xã Phú Hữu")
        await Officer(before.api.user("Minh")).consents()
    owner = Officer(api.user("Hà"))
    owner.user.chat.started = True
    api.account.updates = Updates(first=9000)  # those of before have been handled

    async with serving(api, tmp_path, url, fast_start, UNHURRIED) as programs:
        program = programs[0]
        kept = "SELECT COUNT(*) FROM chats WHERE session IS NOT NULL"
        told = await owner.user.hears_until(lambda shown: "--clock-is-right" in shown.text, 20)
        assert "400" in told.text
        await owner.says("/trogiup")
        assert all("retention_failed" in one.printed() for one in programs)
        assert sql(program, kept) == [(3,)]
        code, said = await troly(program, "retention")
        assert (code, "--clock-is-right" in said) == (1, True), said
        assert sql(program, kept) == [(3,)]

        code, said = await troly(program, "retention", "--clock-is-right")

        assert code == 0, said
        assert sql(program, kept) == [(2,)]  # the owner has just written, and a request is open
        assert (await troly(program, "retention"))[0] == 0
    assert sum("--clock-is-right" in shown.text for shown in owner.user.chat.history) == 1
