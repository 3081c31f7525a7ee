"""Every error answer has its meaning; getMe decides whether a token or a method is at fault, and is asked seldom."""

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr

from bot import channels
from bot.channels import ChannelError, Invalid, MaybeSent, Refused, RetryLater, Unreachable, Unsupported
from bot.channels.telegram import api
from bot.channels.telegram.api import TelegramApi, TokenCheck, to_channel_error
from bot.channels.telegram.transport import Answer, HttpPool

#: Status and body of answers, and what they mean here; a 429 is known before.
MEANINGS: list[tuple[int, object, type[channels.ChannelError]]] = [
    (403, "Forbidden: bot was blocked by the user", channels.Blocked),
    (403, "Forbidden: user is deactivated", channels.Blocked),
    (403, "Forbidden: this server does not let it through", channels.Unsupported),
    (401, "Unauthorized", channels.Refused),
    (404, "Not Found", channels.Refused),
    (409, "Conflict: terminated by other getUpdates request", channels.Conflict),
    (400, "Bad Request: chat not found", channels.Invalid),
    (400, "Button_data_invalid", channels.Invalid),
    (400, "Message is not modified: specified new message content and ...", api.MessageNotModified),
    (400, "Query is too old and response timeout expired or query ID is invalid", api.QueryTooOld),
    (400, "Message to edit not found", api.MessageGone),
    (400, "Message can't be edited", api.MessageGone),
    (400, "There is no text in the message to edit", api.MessageGone),
    (400, "Can't parse entities: unsupported start tag", api.MarkupNotParsed),
    (400, "File is too big", channels.TooLarge),
    (400, "Invalid file_id", channels.Gone),
    (400, "Wrong file_id or the file is temporarily unavailable", channels.Gone),
    (400, "Method not implemented", channels.Unsupported),
    (400, None, channels.Invalid),
    (500, "Request Entity Too Large", channels.Invalid),
    (500, "Internal Server Error", channels.MaybeSent),
    (502, ["no", "text"], channels.MaybeSent),
    (302, None, channels.MaybeSent),
]


@pytest.mark.parametrize(("status", "description", "meaning"), MEANINGS)
def test_every_error_has_its_meaning(status: int, description: object, meaning: type[channels.ChannelError]) -> None:
    assert type(to_channel_error(Answer(status, {"ok": False, "description": description}))) is meaning


def test_a_group_that_became_another_is_no_chat_any_more() -> None:
    moved = {"ok": False, "description": "upgraded", "parameters": {"migrate_to_chat_id": -100}}
    assert type(to_channel_error(Answer(400, moved))) is channels.Invalid
    assert type(to_channel_error(Answer(500, {"parameters": ["odd"]}))) is channels.MaybeSent


SECRET = "text of a person at https://api.telegram.org/bot123:ABC/sendMessage"


async def test_a_failure_says_nothing_of_what_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def post(*_: Any) -> Answer:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(HttpPool, "post", post)
    telegram = TelegramApi(SecretStr("123:ABC"), "https://api.telegram.org")
    with pytest.raises(MaybeSent) as raised:
        await telegram.call("sendMessage", {"text": SECRET})
    told = [raised.value, to_channel_error(Answer(400, {"description": SECRET}))]
    assert not any(SECRET in f"{one!r}{one}{one.__cause__}{one.__context__}" for one in told)


class Server:
    """Answers getMe as told, and counts."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: ChannelError | None = None
        self.seconds = 100.0
        self.check = TokenCheck(self._get_me, lambda: self.seconds)

    async def _get_me(self) -> object:
        self.asked += 1
        await asyncio.sleep(0)
        if self.failure:
            raise self.failure
        return {}


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.mark.parametrize("failure", [Refused(), Unsupported()])
async def test_where_get_me_is_answered_the_method_is_at_fault_and_named(server: Server, failure: ChannelError) -> None:
    judged = await server.check.judge("sendDocument", failure)
    assert isinstance(judged, Unsupported)
    assert judged.method == "sendDocument"
    assert not server.check.refused


async def test_where_get_me_is_refused_too_the_token_is_at_fault_until_a_call_goes_well(server: Server) -> None:
    server.failure = Refused()
    assert isinstance(await server.check.judge("sendDocument", Refused()), Refused)
    assert server.check.refused
    server.check.note_accepted()
    assert not server.check.refused


@pytest.mark.parametrize("failure", [MaybeSent(), Unreachable(), RetryLater(5), Unsupported(), ChannelError()])
async def test_where_get_me_says_neither_nothing_is_lost(server: Server, failure: ChannelError) -> None:
    server.failure = failure
    assert isinstance(await server.check.judge("sendDocument", Refused()), Unreachable)


@pytest.mark.parametrize("failure", [Invalid(), MaybeSent(), Unreachable(), RetryLater(5), ChannelError()])
async def test_other_failures_stand_and_nobody_is_asked(server: Server, failure: ChannelError) -> None:
    assert await server.check.judge("sendDocument", failure) is failure
    assert server.asked == 0


async def test_what_fails_together_asks_once_and_later_again(server: Server) -> None:
    for _ in range(2):
        before = server.asked
        judged = await asyncio.gather(*(server.check.judge("sendDocument", Refused()) for _ in range(20)))
        assert {type(one) for one in judged} == {Unsupported}
        assert server.asked == before + 1
        server.seconds += 31
    server.failure = Refused()
    judged = await asyncio.gather(*(server.check.judge("sendDocument", Refused()) for _ in range(20)))
    assert {type(one) for one in judged} == {Refused}
    assert server.asked == 3


async def test_a_method_that_was_proved_missing_says_nothing_of_another(server: Server) -> None:
    await server.check.judge("sendDocument", Refused())
    server.failure = Refused()
    assert isinstance(await server.check.judge("sendMessage", Refused()), Refused)
