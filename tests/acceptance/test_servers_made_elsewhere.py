"""The whole program against Bot API servers that are not Telegram's own, and that answer in their own way."""

import asyncio
import socket
from pathlib import Path

import pytest

from tests.acceptance.officer import Officer
from tests.support.fork_server import ForkServer
from tests.support.program import Program, run_program
from tests.support.telegram.api import BotApi
from tests.support.telegram.faults import Kind
from tests.support.telegram.limits import Limits

TROUBLES: tuple[Kind, ...] = ("broken", "missing", "busy", "unauthorized", "garbage", "nothing_502", "page_404", "slow")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def webhook_settings() -> dict[str, str]:
    listen = f"127.0.0.1:{free_port()}"
    return {
        "TROLY_TELEGRAM_WEBHOOK_URL": f"http://{listen}/telegram",
        "TROLY_TELEGRAM_WEBHOOK_SECRET": "bi-mat_1",
        "TROLY_TELEGRAM_WEBHOOK_LISTEN": listen,
    }


def program(api: BotApi, folder: Path, settings: dict[str, str], start: ForkServer) -> Program:
    (folder / "program.log").touch()
    return Program(api, folder, settings, start)


@pytest.mark.parametrize("kind", TROUBLES)
async def test_a_menu_that_is_not_taken_holds_nobody_up_and_is_set_later(
    api: BotApi, tmp_path: Path, fast_start: ForkServer, kind: Kind
) -> None:
    api.breaks("setMyCommands", kind)
    async with run_program(api, tmp_path, start=fast_start) as program:
        async with asyncio.timeout(10):
            await Officer(api.user("Lan")).consents()
        assert api.account.commands == {}
        if kind != "slow":  # that one is given up after some seconds
            await program.until(lambda: "method=setMyCommands" in program.printed())
        assert "TOKEN" not in program.printed()
        assert "token_refused" not in program.printed()
        api.mends("setMyCommands")
        await program.until(lambda: len(api.account.commands) == 3)


@pytest.mark.parametrize("kind", TROUBLES)
async def test_a_webhook_that_cannot_be_removed_holds_nobody_up_where_there_is_none(
    api: BotApi, tmp_path: Path, fast_start: ForkServer, kind: Kind
) -> None:
    api.breaks("deleteWebhook", kind)
    async with run_program(api, tmp_path, start=fast_start) as program:
        async with asyncio.timeout(10):
            await Officer(api.user("Lan")).consents()
        assert "TOKEN" not in program.printed()
        assert "another_program" not in program.printed()


async def test_a_webhook_that_is_still_set_is_removed_when_the_server_lets_it(
    api: BotApi, tmp_path: Path, fast_start: ForkServer
) -> None:
    api.account.webhook = {"url": "http://127.0.0.1:1/hook", "secret": "s", "connections": 40}
    api.breaks("deleteWebhook", "broken")
    async with run_program(api, tmp_path, start=fast_start) as program:
        await program.until(lambda: "webhook_still_set" in program.printed())
        api.mends("deleteWebhook")
        await Officer(api.user("Lan")).consents()


@pytest.mark.parametrize("kind", ["broken", "busy", "garbage", "nothing_502", "page_404", "page_401"])
async def test_a_start_waits_for_a_server_that_does_not_say_who_we_are(
    api: BotApi, tmp_path: Path, fast_start: ForkServer, kind: Kind
) -> None:
    api.breaks("getMe", kind)
    waiting = program(api, tmp_path, {}, fast_start)
    try:
        await waiting.launch()
        await waiting.until(lambda: "method=getMe" in waiting.printed())
        api.mends("getMe")
        await Officer(api.user("Lan")).consents()
        assert "TOKEN" not in waiting.printed()
    finally:
        await waiting.kill()


@pytest.mark.parametrize("kind", ["unauthorized", "missing", "not_ok_200"])
async def test_only_get_me_ends_the_program_for_the_token(
    api: BotApi, tmp_path: Path, fast_start: ForkServer, kind: Kind
) -> None:
    api.breaks("getMe", kind)
    ending = program(api, tmp_path, {"TROLY_LANGUAGE": "en"}, fast_start)
    await ending.launch()
    assert ending.process is not None
    await asyncio.wait_for(ending.process.wait(), 20)
    assert "Telegram does not accept TROLY_TELEGRAM_TOKEN" in ending.printed()


async def test_a_server_that_is_not_there_yet_is_waited_for(tmp_path: Path, fast_start: ForkServer) -> None:
    port = free_port()
    async with BotApi.start(limits=Limits.off()) as nobody:
        early = program(nobody, tmp_path, {"TROLY_TELEGRAM_API_URL": f"http://127.0.0.1:{port}"}, fast_start)
        try:
            await early.launch()
            await early.until(lambda: "telegram_not_reached" in early.printed())
            async with BotApi.start(limits=Limits.off(), port=port) as api:
                await Officer(api.user("Lan")).consents()
        finally:
            await early.kill()


@pytest.mark.parametrize("kind", ["broken", "busy", "garbage"])
async def test_a_webhook_that_is_not_taken_yet_is_set_again(
    api: BotApi, tmp_path: Path, fast_start: ForkServer, kind: Kind
) -> None:
    api.breaks("setWebhook", kind)
    waiting = program(api, tmp_path, webhook_settings(), fast_start)
    try:
        await waiting.launch()
        await waiting.until(lambda: "method=setWebhook" in waiting.printed())
        api.mends("setWebhook")
        await Officer(api.user("Lan")).consents()
    finally:
        await waiting.kill()


@pytest.mark.parametrize("kind", ["missing", "unauthorized", "not_implemented", "unknown_method"])
async def test_a_server_that_takes_no_webhook_ends_the_start_with_what_to_do(
    api: BotApi, tmp_path: Path, fast_start: ForkServer, kind: Kind
) -> None:
    api.breaks("setWebhook", kind)
    ending = program(api, tmp_path, {**webhook_settings(), "TROLY_LANGUAGE": "en"}, fast_start)
    await ending.launch()
    assert ending.process is not None
    await asyncio.wait_for(ending.process.wait(), 20)
    assert "Leave TROLY_TELEGRAM_WEBHOOK_URL unset" in ending.printed()
    assert "TELEGRAM_TOKEN" not in ending.printed()


@pytest.mark.parametrize("kind", ["missing", "unauthorized", "not_implemented", "page_404"])
async def test_two_officers_talk_on_where_the_server_sends_no_files(
    api: BotApi, tmp_path: Path, fast_start: ForkServer, kind: Kind
) -> None:
    api.breaks("sendDocument", kind)
    async with run_program(api, tmp_path, start=fast_start) as serving:
        lan, minh = Officer(api.user("Lan")), Officer(api.user("Minh"))
        await lan.consents()
        await minh.consents()
        await lan.user.says("/dulieu")
        told = "Tôi không gửi được tệp"
        await asyncio.gather(
            lan.user.hears_until(lambda shown: told in shown.text),
            minh.answers(await minh.says("/tieptuc"), {"subject": "organisation"}),
        )
        await lan.says("/visao")
        assert sum(told in message.text for message in lan.user.sees()) == 1
        assert "method=sendDocument" in serving.printed()
        assert "token_refused" not in serving.printed()
        api.mends("sendDocument")
        await lan.user.says("/dulieu")
        await lan.user.hears_until(lambda shown: shown.document is not None)


@pytest.mark.parametrize("kind", ["missing", "unauthorized", "broken"])
@pytest.mark.parametrize("method", ["answerCallbackQuery", "editMessageText", "deleteMessage"])
async def test_a_conversation_needs_no_more_than_messages(
    api: BotApi, tmp_path: Path, fast_start: ForkServer, method: str, kind: Kind
) -> None:
    api.breaks(method, kind)
    async with run_program(api, tmp_path, start=fast_start):
        lan = Officer(api.user("Lan"))
        shown = await lan.answers(await lan.consents(), {"subject": "organisation"})
        assert lan.words.asked_in(shown.text) == "events"


async def test_a_token_that_is_taken_back_while_serving_loses_nothing(
    api: BotApi, tmp_path: Path, fast_start: ForkServer
) -> None:
    async with run_program(api, tmp_path, start=fast_start) as serving:
        lan = Officer(api.user("Lan"))
        await lan.consents()
        api.account.revoked = True
        api.account.updates.wake()
        await lan.user.says("/visao")
        await serving.until(lambda: "token_refused" in serving.printed())
        api.account.revoked = False
        why = lan.words("Why I ask")
        await lan.user.hears_until(lambda shown: why in shown.text)
