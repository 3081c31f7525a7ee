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

from bot.channels import base
from bot.channels.telegram import api
from bot.channels.telegram.api import to_channel_error
from bot.channels.telegram.transport import RequestFailedError

#: Every error of the library and what it means here; RetryAfter never arises, our transport is faster.
MEANINGS: list[tuple[Exception, type[base.ChannelError]]] = [
    (Forbidden("Forbidden: bot was blocked by the user"), base.Blocked),
    (Forbidden("Forbidden: user is deactivated"), base.Blocked),
    (InvalidToken("Unauthorized"), base.Refused),
    (Conflict("terminated by other getUpdates request"), base.Conflict),
    (ChatMigrated(-100), base.Invalid),
    (BadRequest("Chat not found"), base.Invalid),
    (BadRequest("Button_data_invalid"), base.Invalid),
    (BadRequest("Message is not modified: specified new message content and ..."), api.MessageNotModified),
    (BadRequest("Query is too old and response timeout expired or query ID is invalid"), api.QueryTooOld),
    (BadRequest("Message to edit not found"), api.MessageGone),
    (BadRequest("Message can't be edited"), api.MessageGone),
    (BadRequest("There is no text in the message to edit"), api.MessageGone),
    (BadRequest("Can't parse entities: unsupported start tag"), api.MarkupNotParsed),
    (BadRequest("File is too big"), base.TooLarge),
    (BadRequest("Invalid file_id"), base.Gone),
    (BadRequest("Wrong file_id or the file is temporarily unavailable"), base.Gone),
    (TimedOut(), base.MaybeSent),
    (NetworkError("Bad Gateway"), base.MaybeSent),
    (NetworkError("Request Entity Too Large"), base.Invalid),
    (EndPointNotFound("no such method"), base.MaybeSent),
    (PassportDecryptionError("never asked for"), base.MaybeSent),
    (TelegramError("Invalid server response"), base.MaybeSent),
    (RequestFailedError(base.Unreachable()), base.Unreachable),
    (KeyError("result"), base.MaybeSent),
    (RuntimeError("a surprise"), base.MaybeSent),
]


@pytest.mark.parametrize(("error", "meaning"), MEANINGS)
def test_every_error_has_its_meaning(error: Exception, meaning: type[base.ChannelError]) -> None:
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
