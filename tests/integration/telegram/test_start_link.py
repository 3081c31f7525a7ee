"""The command line asks Telegram for the bot's name, briefly, and does without it."""

from pydantic import SecretStr

from bot.cli.invitation import start_link
from bot.settings import Settings
from tests.support.botapi import BotApi


async def test_a_code_is_written_behind_the_bots_own_address(server: BotApi) -> None:
    settings = Settings(telegram_token=SecretStr(server.token), telegram_api_url=server.url)

    link = await start_link(settings)

    assert link is not None
    assert link.startswith("https://t.me/")
    assert link.endswith("?start=")


async def test_without_telegram_there_is_no_link(server: BotApi) -> None:
    wrong = Settings(telegram_token=SecretStr("1:abc"), telegram_api_url=server.url)
    nobody = Settings(telegram_token=SecretStr("1:abc"), telegram_api_url="http://127.0.0.1:1")

    assert [await start_link(settings) for settings in (Settings(telegram_token=None), wrong, nobody)] == [None] * 3
