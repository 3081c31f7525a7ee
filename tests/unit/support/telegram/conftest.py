from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx
import pytest

from tests.support.telegram.api import BotApi
from tests.support.telegram.limits import Limits

Ask = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi.start(limits=Limits.off()) as api:
        yield api


@pytest.fixture
async def ask(api: BotApi) -> AsyncIterator[Ask]:
    """Call a method over the socket, URL-encoded as most clients do; the whole answer."""
    async with httpx.AsyncClient(base_url=f"{api.url}/bot{api.token}/", timeout=5, verify=False) as client:

        async def call(method: str, **fields: Any) -> dict[str, Any]:
            answer = await client.post(method, data={name: str(value) for name, value in fields.items()})
            body: dict[str, Any] = answer.json()
            assert body.get("error_code", 200) == answer.status_code
            return body

        yield call
