"""What goes out, as it is queued; ``claiming`` and ``settling`` are the rest of its way."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bot.store import places
from bot.store.api import REPLY, PendingTurn
from bot.store.drivers import Call
from bot.store.errors import MessageTooLarge
from bot.store.moments import stored
from bot.store.sealing import Keyring
from handlers.replies import Reply

#: Bytes from which a message is large: it carries a file.
LARGE = 256 * 1024
#: Bytes of a sealed message at most: the largest file that a channel takes (50 MB) in Base64, and some text.
MOST = 72 * 1024 * 1024


def queued(keyring: Keyring, pending: PendingTurn, replies: Sequence[Reply], now: datetime) -> list[Call]:
    """The replies of a turn, in order; the same turn cannot queue them twice."""
    to = Recipient(pending.chat.id, pending.chat.channel)
    return [
        sending(keyring, Message(to, f"turn:{pending.inbox_id}:{number}", reply, follows=number > 0), now)
        for number, reply in enumerate(replies)
    ]


class Recipient(NamedTuple):
    """A chat as a message needs it: without its address, which only whoever delivers has to know."""

    chat: str
    channel: str


class Message(NamedTuple):
    """What is to be said, to whom, and what asked for it."""

    to: Recipient
    origin: str  #: whoever asks again under the same origin is not heard twice
    reply: Reply
    priority: int = REPLY
    follows: bool = False  #: a further part of one answer


def sending(keyring: Keyring, said: Message, now: datetime) -> Call:
    """The message in the queue.

    Raises:
        MessageTooLarge: it could be neither kept nor read without harm to everybody else.
    """
    chat, channel = said.to
    payload = keyring.seal(said.reply.model_dump_json(), places.payload(chat, said.origin))
    if len(payload) > (MOST if said.reply.attachments else LARGE):
        raise MessageTooLarge
    row = {
        "origin": said.origin,
        "chat": chat,
        "channel": channel,
        "payload": payload,
        "priority": said.priority,
        "follows": int(said.follows),
        "now": stored(now),
    }
    return Call("queue", row)
