"""What a platform does on a bad day."""

import asyncio
from pathlib import Path

import httpx
import psutil
import pytest

from tests.acceptance.officer import Officer
from tests.support.fork_server import ForkServer
from tests.support.pki import issue
from tests.support.program import Program, run_program
from tests.support.telegram.api import BotApi
from tests.support.telegram.errors import ApiError, too_many_requests
from tests.support.telegram.user import User


async def test_too_many_requests_are_waited_out(lan: Officer, api: BotApi) -> None:
    api.fault("sendMessage", error=too_many_requests(1), times=1)
    await lan.says("/start")
    refused, sent = api.calls_of("sendMessage")
    assert (refused.code, sent.code) == (429, 200)
    assert refused.fields["text"] == sent.fields["text"]


@pytest.mark.parametrize("error", [ApiError(500, "Internal Server Error"), ApiError(502, "Bad Gateway")])
async def test_a_server_error_is_tried_again(lan: Officer, api: BotApi, error: ApiError) -> None:
    api.fault("sendMessage", error=error)
    await lan.says("/start")
    assert [call.code for call in api.calls_of("sendMessage")] == [error.code, 200]


@pytest.mark.parametrize(("when", "copies"), [("before", 1), ("after", 2)])
async def test_a_reply_in_doubt_is_sent_again_rather_than_lost(
    lan: Officer, api: BotApi, when: str, copies: int
) -> None:
    api.fault("sendMessage", when=when, drop=True)
    for _ in range(copies):
        shown = await lan.says("/start") if not lan.user.sees() else await lan.hears()
        assert lan.words("I agree, let us begin") in shown.labels
    await lan.user.hears_nothing()
    assert len(lan.user.sees()) == copies


async def test_the_order_of_replies_survives_a_failure(lan: Officer, api: BotApi) -> None:
    await lan.consents()
    api.fault("sendMessage", error=ApiError(500, "Internal Server Error"))
    await lan.user.says("/visao")
    await lan.user.says("/khongco")
    assert lan.words("Why I ask") in (await lan.hears()).text
    assert "/khongco" in (await lan.hears()).text


async def test_who_blocks_the_bot_is_left_alone_and_welcome_again(lan: Officer, api: BotApi) -> None:
    await lan.consents()
    lan.user.blocks()
    await lan.user.says("/visao")  # written before the block arrived
    await asyncio.sleep(0.5)
    refused = [call for call in api.calls if call.code == 403]
    assert len(refused) <= 1
    lan.user.unblocks()
    assert lan.words.asked_in((await lan.says("/start")).text) == "subject"


async def test_a_poison_update_holds_nobody_up(lan: Officer, api: BotApi) -> None:
    api.poison({"message": {"message_id": "không phải số", "chat": []}})
    api.poison({"message": None, "callback_query": 7})
    await lan.says("/start")
    await api.acknowledged()


async def test_updates_given_twice_are_handled_once(lan: Officer, api: BotApi) -> None:
    """A second program of the same bot gets 409, and so do we: the batch comes again."""
    await lan.consents()
    for text in ("/visao", "/khongco"):
        await lan.user.says(text)
        api.account.updates.abort(ApiError(409, "Conflict: terminated by other getUpdates request"))
        await lan.hears()
    await lan.user.hears_nothing()


async def test_a_second_poller_is_reported_and_outlived(lan: Officer, program: Program, api: BotApi) -> None:
    await lan.consents()
    async with httpx.AsyncClient(verify=False) as other:
        assert (await other.get(f"{api.url}/bot{api.token}/getUpdates")).is_success
    await lan.says("/visao")
    assert "another_program_receives_this_bot" in program.printed()


async def test_a_wrong_token_ends_the_program_with_a_clear_line(api: BotApi, tmp_path: Path) -> None:
    settings = {"TROLY_TELEGRAM_TOKEN": "110201543:" + "x" * 35}
    program = Program(api, tmp_path, settings)
    await program.launch()
    assert program.process is not None
    code = await asyncio.wait_for(program.process.wait(), 20)
    assert code != 0
    assert "Traceback" not in program.printed()
    assert "x" * 35 not in program.printed()


async def test_a_stop_waits_for_the_reply_under_way(lan: Officer, program: Program, api: BotApi) -> None:
    api.fault("sendMessage", delay=0.3)
    await lan.user.says("/start")
    await api.gate.next_call("sendMessage")
    await program.stop()
    assert len(lan.user.sees()) == 1


@pytest.mark.fresh_interpreter  # a forked program has one more process
async def test_a_killed_program_leaves_no_process_behind(lan: Officer, program: Program) -> None:
    await lan.consents()
    await lan.user.sends_file(issue().der, "a.cer")
    await lan.hears()
    children = psutil.Process(program.pid).children(recursive=True)
    assert children, "files are read in a process of their own"
    await program.kill()
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, timeout=5)
    assert not alive


async def test_within_the_limits_of_the_platform_everybody_is_answered_once(
    tmp_path: Path, fast_start: ForkServer
) -> None:
    """40 people at once, and one who asks eight times in a breath, against 30 a second and 1 a second in a chat."""
    pace = {"TROLY_TELEGRAM_MESSAGES_PER_SECOND": "30", "TROLY_TELEGRAM_CHAT_MESSAGES_PER_SECOND": "1"}
    async with BotApi.start() as api, run_program(api, tmp_path, pace, fast_start):
        people = [Officer(api.user(f"Người {number}")) for number in range(40)]
        await asyncio.gather(*(one.says("/start") for one in people))
        for _ in range(7):
            await people[0].user.says("/trogiup")
        for _ in range(7):
            await people[0].hears()
        await people[0].user.hears_nothing()
        assert [len(one.user.sees()) for one in people] == [8] + [1] * 39


async def test_what_was_said_while_it_was_away_is_answered_after_the_start(api: BotApi, tmp_path: Path) -> None:
    minh: User = api.user("Minh")
    await minh.says("/start")
    async with run_program(api, tmp_path):
        await Officer(minh).hears()
        await minh.hears_nothing()
