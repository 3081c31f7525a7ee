"""https://core.telegram.org/bots/api#setwebhook"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.telegram.api import BotApi
from tests.support.telegram.server import serving
from tests.support.telegram.webhook import SECRET_HEADER
from tests.unit.support.telegram.conftest import Ask


class Hook:
    """A receiver that fails as often as it is told to."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.secrets: set[str | None] = set()
        self.failures = 0
        self.url = ""

    async def receive(self, request: Request) -> Response:
        self.secrets.add(request.headers.get(SECRET_HEADER))
        if self.failures:
            self.failures -= 1
            return Response(status_code=503)
        self.received.append(await request.json())
        return Response()


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    async with serving(Starlette(routes=[Route("/hook", hook.receive, methods=["POST"])])) as url:
        hook.url = f"{url}/hook"
        yield hook


async def test_updates_are_pushed_with_the_secret(api: BotApi, ask: Ask, hook: Hook) -> None:
    await api.user("Lan").says("trước")  # waits for the webhook
    await ask("setWebhook", url=hook.url, secret_token="s-1")
    await api.user("Lan").says("sau")
    await api.acknowledged()
    assert [one["message"]["text"] for one in hook.received] == ["trước", "sau"]
    assert hook.secrets == {"s-1"}


async def test_a_push_is_repeated_until_it_is_accepted_in_order(api: BotApi, ask: Ask, hook: Hook) -> None:
    hook.failures = 2
    await ask("setWebhook", url=hook.url)
    await api.user("Lan").says("một")
    await api.user("Lan").says("hai")
    await api.acknowledged()
    assert [one["message"]["text"] for one in hook.received] == ["một", "hai"]
    assert api.pusher.answers == [503, 503, 200, 200]


async def test_setting_a_webhook_ends_the_poll_under_way(ask: Ask, hook: Hook) -> None:
    poll = asyncio.create_task(ask("getUpdates", offset=1, timeout=5))
    await asyncio.sleep(0.05)
    await ask("setWebhook", url=hook.url)
    assert (await poll)["description"] == "Conflict: terminated by setWebhook request"
