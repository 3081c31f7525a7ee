"""What goes past the library's look at every parameter leaves as the library would have sent it."""

import json
from typing import Any

import pytest
from telegram import Bot
from telegram.request import RequestData

from bot.channels.telegram.transport import AiohttpRequest, JsonBody

CALLS: list[dict[str, Any]] = [
    {"chat_id": "17", "text": "Chào <b>anh/chị</b>", "parse_mode": "HTML", "reply_markup": None},
    {"chat_id": "17", "reply_markup": {"inline_keyboard": [[{"text": "Có", "callback_data": "a:1"}]]}},
    {"offset": 8, "limit": 100, "timeout": 50, "allowed_updates": ["message", "callback_query"]},
    {"link_preview_options": {"is_disabled": True}, "allow_paid_broadcast": True, "message_id": 5},
    {},
]


class Recording(AiohttpRequest):
    """Sends nothing, and keeps what it was to send."""

    def __init__(self) -> None:
        super().__init__(1)
        self.sent: list[dict[str, Any]] = []

    async def do_request(
        self, url: str, method: str, request_data: RequestData | JsonBody | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        body = (
            request_data.content if isinstance(request_data, JsonBody) else request_data and request_data.json_payload
        )
        self.sent.append({"url": url, "method": method, "body": json.loads(body or b"{}")})
        return 200, b'{"ok": true, "result": 7}'


@pytest.mark.parametrize("parameters", CALLS)
async def test_a_call_without_a_file_is_posted_as_by_the_library(parameters: dict[str, Any]) -> None:
    ours, theirs = Recording(), Recording()
    assert await ours.post_json("https://api.telegram.org/bot1:a/sendSomething", parameters, 15.0) == 7
    await Bot("1:a", request=theirs).do_api_request("sendSomething", api_kwargs=parameters)
    assert ours.sent == theirs.sent
