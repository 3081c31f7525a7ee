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

from bot.channels import errors
from bot.channels.telegram import failures
from bot.channels.telegram.failures import outcome
from bot.channels.telegram.transport import RequestFailedError

#: Every error of the library and what it means here; RetryAfter never arises, our transport is faster.
MEANINGS: list[tuple[Exception, type[errors.ChannelError]]] = [
    (Forbidden("Forbidden: bot was blocked by the user"), errors.Blocked),
    (Forbidden("Forbidden: user is deactivated"), errors.Blocked),
    (InvalidToken("Unauthorized"), errors.Refused),
    (Conflict("terminated by other getUpdates request"), errors.Conflict),
    (ChatMigrated(-100), errors.Invalid),
    (BadRequest("Chat not found"), errors.Invalid),
    (BadRequest("Button_data_invalid"), errors.Invalid),
    (BadRequest("Message is not modified: specified new message content and ..."), failures.NotModified),
    (BadRequest("Query is too old and response timeout expired or query ID is invalid"), failures.QueryTooOld),
    (BadRequest("Message to edit not found"), failures.MessageGone),
    (BadRequest("Message can't be edited"), failures.MessageGone),
    (BadRequest("There is no text in the message to edit"), failures.MessageGone),
    (BadRequest("Can't parse entities: unsupported start tag"), failures.NotParsed),
    (BadRequest("File is too big"), errors.TooLarge),
    (BadRequest("Invalid file_id"), errors.Gone),
    (BadRequest("Wrong file_id or the file is temporarily unavailable"), errors.Gone),
    (TimedOut(), errors.MaybeSent),
    (NetworkError("Bad Gateway"), errors.MaybeSent),
    (NetworkError("Request Entity Too Large"), errors.Invalid),
    (EndPointNotFound("no such method"), errors.MaybeSent),
    (PassportDecryptionError("never asked for"), errors.MaybeSent),
    (TelegramError("Invalid server response"), errors.MaybeSent),
    (RequestFailedError(errors.Unreachable()), errors.Unreachable),
    (KeyError("result"), errors.MaybeSent),
    (RuntimeError("a surprise"), errors.MaybeSent),
]


@pytest.mark.parametrize(("error", "meaning"), MEANINGS)
def test_every_error_has_its_meaning(error: Exception, meaning: type[errors.ChannelError]) -> None:
    assert type(outcome(error)) is meaning


def test_no_error_of_the_library_was_forgotten() -> None:
    known = {type(error) for error, _ in MEANINGS} | {RetryAfter}
    public = {one for _, one in inspect.getmembers(telegram.error, inspect.isclass) if issubclass(one, TelegramError)}
    assert public <= known


def test_a_meaning_says_nothing_of_what_it_was_told() -> None:
    secret = "text of a person at https://api.telegram.org/bot123:ABC/sendMessage"
    told = [outcome(BadRequest(secret)), outcome(NetworkError(secret)), outcome(RuntimeError(secret))]
    assert not any(secret in f"{one!r}{one}{one.__cause__}{one.__context__}" for one in told)
