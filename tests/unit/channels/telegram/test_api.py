"""getMe decides whether a token or a method is at fault, and is asked seldom."""

import asyncio
import inspect

import pytest
import telegram.error
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    PassportDecryptionError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot import channels
from bot.channels import ChannelError, Invalid, MaybeSent, Refused, RetryLater, Unreachable, Unsupported
from bot.channels.telegram import api
from bot.channels.telegram.api import TokenCheck, to_channel_error
from bot.channels.telegram.transport import RequestFailedError

#: Every error of the library and what it means here; RetryAfter never arises, our transport is faster.
MEANINGS: list[tuple[Exception, type[channels.ChannelError]]] = [
    (Forbidden("Forbidden: bot was blocked by the user"), channels.Blocked),
    (Forbidden("Forbidden: user is deactivated"), channels.Blocked),
    (InvalidToken("Unauthorized"), channels.Refused),
    (Conflict("terminated by other getUpdates request"), channels.Conflict),
    (ChatMigrated(-100), channels.Invalid),
    (BadRequest("Chat not found"), channels.Invalid),
    (BadRequest("Button_data_invalid"), channels.Invalid),
    (BadRequest("Message is not modified: specified new message content and ..."), api.MessageNotModified),
    (BadRequest("Query is too old and response timeout expired or query ID is invalid"), api.QueryTooOld),
    (BadRequest("Message to edit not found"), api.MessageGone),
    (BadRequest("Message can't be edited"), api.MessageGone),
    (BadRequest("There is no text in the message to edit"), api.MessageGone),
    (BadRequest("Can't parse entities: unsupported start tag"), api.MarkupNotParsed),
    (BadRequest("File is too big"), channels.TooLarge),
    (BadRequest("Invalid file_id"), channels.Gone),
    (BadRequest("Wrong file_id or the file is temporarily unavailable"), channels.Gone),
    (TimedOut(), channels.MaybeSent),
    (NetworkError("Bad Gateway"), channels.MaybeSent),
    (NetworkError("Request Entity Too Large"), channels.Invalid),
    (EndPointNotFound("no such method"), channels.MaybeSent),
    (PassportDecryptionError("never asked for"), channels.MaybeSent),
    (TelegramError("Invalid server response"), channels.MaybeSent),
    (RequestFailedError(channels.Unreachable()), channels.Unreachable),
    (KeyError("result"), channels.MaybeSent),
    (RuntimeError("a surprise"), channels.MaybeSent),
]


@pytest.mark.parametrize(("error", "meaning"), MEANINGS)
def test_every_error_has_its_meaning(error: Exception, meaning: type[channels.ChannelError]) -> None:
    assert type(to_channel_error(error)) is meaning


def test_no_error_of_the_library_was_forgotten() -> None:
    known = {type(error) for error, _ in MEANINGS} | {RetryAfter}
    public = {one for _, one in inspect.getmembers(telegram.error, inspect.isclass) if issubclass(one, TelegramError)}
    assert public <= known


def test_a_meaning_says_nothing_of_what_it_was_told() -> None:
    secret = "text of a person at https://api.telegram.org/bot123:ABC/sendMessage"
    told = [
        to_channel_error(BadRequest(secret)),
        to_channel_error(NetworkError(secret)),
        to_channel_error(RuntimeError(secret)),
    ]
    assert not any(secret in f"{one!r}{one}{one.__cause__}{one.__context__}" for one in told)


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
