"""The menu of commands in the chat of a person with a role: set when the role begins, taken away when it ends."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.channels import RetryLater, Unsupported
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.identity import show_chat_menu
from bot.delivery.background import CommandMenuLoop
from bot.store import Store
from handlers.commands import ADMIN_COMMANDS, COMMANDS
from handlers.model import Role
from tests.support.delivery import TurnedClock
from tests.support.people import OPERATOR, end_role, grant_role
from tests.support.telegram.api import BotApi
from tests.support.telegram.errors import ApiError
from tests.support.telegram.user import User


@pytest.fixture
def loop(store: Store, api: TelegramApi) -> CommandMenuLoop:
    clock = TurnedClock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    return CommandMenuLoop(store, "telegram", partial(show_chat_menu, api), clock)


@pytest.fixture
async def lan(server: BotApi) -> User:
    lan = server.user("Lan")
    await lan.says("/start")
    return lan


def menu(server: BotApi, user: User, language: str = "") -> list[str]:
    """Return the commands that a chat shows for a language."""
    key = json.dumps([{"type": "chat", "chat_id": user.id}, language], sort_keys=True)
    return [command["command"] for command in server.account.commands.get(key, [])]


async def test_a_role_brings_its_commands_in_both_languages_and_its_end_takes_them_away(
    store: Store, loop: CommandMenuLoop, server: BotApi, lan: User
) -> None:
    grant = await grant_role(store, str(lan.id), Role.OWNER)
    await grant_role(store, "700002", Role.OWNER)
    server.user("Tư")
    await server.user("Tư").says("/start")

    assert [await loop.work(), await loop.work()] == [2, 0]
    wanted = [command.name for command in (*ADMIN_COMMANDS, *COMMANDS)]
    assert [menu(server, lan, language) for language in ("", "vi", "en")] == [wanted] * 3
    assert await end_role(store, OPERATOR, grant.id) is None
    assert [await loop.work(), await loop.work()] == [1, 0]
    assert [menu(server, lan, language) for language in ("", "vi", "en")] == [[], [], []]


async def test_a_menu_that_did_not_get_through_is_set_at_the_next_look(
    store: Store, loop: CommandMenuLoop, server: BotApi, lan: User
) -> None:
    await grant_role(store, str(lan.id), Role.OWNER)
    server.fault("setMyCommands", error=ApiError(429, "Too Many Requests: retry after 3", retry_after=3), times=1)
    with pytest.raises(RetryLater):
        await loop.work()

    assert await loop.work() == 1
    assert menu(server, lan, "vi")


async def test_a_person_who_has_not_written_yet_gets_the_menu_once_they_did(
    store: Store, server: BotApi, api: TelegramApi
) -> None:
    clock = TurnedClock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    loop = CommandMenuLoop(store, "telegram", partial(show_chat_menu, api), clock)
    new = server.user("Tư")
    await grant_role(store, str(new.id), Role.OWNER)

    assert [await loop.work(), await loop.work()] == [1, 0]
    await new.says("/start")
    clock.turn(timedelta(minutes=2))
    assert [await loop.work(), await loop.work()] == [1, 0]
    assert menu(server, new, "vi")


async def test_a_server_without_menus_is_asked_once(
    store: Store, loop: CommandMenuLoop, server: BotApi, lan: User
) -> None:
    await grant_role(store, str(lan.id), Role.OWNER)
    server.fault("setMyCommands", error=ApiError(404, "Not Found"), times=1)
    with pytest.raises(Unsupported):
        await loop.work()
