"""What python-telegram-bot raises, told as outcomes of a delivery. Nothing of the original message is carried along.

::

    Invalid
    ├── NotModified      the message already says so: harmless
    ├── QueryTooOld      the tap can no longer be answered: harmless
    ├── MessageGone      the message to edit is gone or cannot be edited
    └── NotParsed        Telegram cannot read the markup
"""

import re

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError
from telegram.error import Conflict as TelegramConflict

from bot.channels.errors import (
    Blocked,
    ChannelError,
    Conflict,
    Gone,
    Invalid,
    MaybeSent,
    Refused,
    TooLarge,
    Unsupported,
)
from bot.channels.telegram.transport import RequestFailedError


class NotModified(Invalid):
    """The message already says that."""


class QueryTooOld(Invalid):
    """The tap can no longer be answered."""


class MessageGone(Invalid):
    """The message cannot be edited any more."""


class NotParsed(Invalid):
    """The markup cannot be read."""


#: Parts of the descriptions that Telegram gives with a 400, in lower case.
_BAD_REQUESTS: tuple[tuple[str, type[ChannelError]], ...] = (
    ("message is not modified", NotModified),
    ("query is too old", QueryTooOld),
    ("message to edit not found", MessageGone),
    ("message can't be edited", MessageGone),
    ("there is no text in the message to edit", MessageGone),
    ("can't parse entities", NotParsed),
    ("file is too big", TooLarge),
    ("file_id", Gone),
    ("wrong file identifier", Gone),
)
#: A 400 that is about the method: Telegram answers 404, servers made elsewhere say it in their own words.
_NO_METHOD = re.compile(r"not implemented|(unknown|unsupported|no such|invalid) method|method \S*\s*(is )?not \w+")
#: A 403 of Telegram's is about whom a message is for; any other is about what may be asked of this server.
_ABOUT_A_CHAT = re.compile(r"\b(bots?|users?|chats?|groups?|supergroup|channel|member|rights|peer)\b")
#: What Telegram's answer means, whatever it says.
_ANSWERS: tuple[tuple[type[TelegramError], type[ChannelError]], ...] = (
    (InvalidToken, Refused),
    (TelegramConflict, Conflict),
    (ChatMigrated, Invalid),
)


def outcome(error: Exception) -> ChannelError:
    """What became of a request that failed; anything unknown may have been carried out."""
    if isinstance(error, RequestFailedError):
        return error.outcome
    if isinstance(error, BadRequest):
        return _bad_request(error.message.lower())
    if isinstance(error, Forbidden):
        return Blocked() if _ABOUT_A_CHAT.search(error.message.lower()) else Unsupported()
    for raised, meant in _ANSWERS:
        if isinstance(error, raised):
            return meant()
    too_large = isinstance(error, TelegramError) and "Request Entity Too Large" in error.message
    return Invalid() if too_large else MaybeSent()


def _bad_request(description: str) -> ChannelError:
    known = next((kind() for part, kind in _BAD_REQUESTS if part in description), None)
    return known or (Unsupported() if _NO_METHOD.search(description) else Invalid())
