"""The channels as lists, texts and broadcasts know them, and the links that lead into them.

More of what each can do is in ``bot.channels``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from locales import N_

TELEGRAM, ZALO, ZALO_BOT, WEB, EMAIL, TERMINAL = "telegram", "zalo", "zalobot", "web", "email", "terminal"


class ChannelAddress(NamedTuple):
    """A channel of the store, and an address in it."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """What one message of a channel holds, in UTF-16 code units."""

    text: int
    caption: int  #: of a text beside a file; 0: the channel sends no files


#: Names of products are the same in every language.
CHANNEL_LABELS: Mapping[str, str] = MappingProxyType({
    TELEGRAM: "Telegram",
    ZALO: "Zalo",
    ZALO_BOT: "Zalo Bot",
    WEB: N_("the web chat"),
    EMAIL: N_("e-mail"),
    TERMINAL: N_("the office's own machine"),
})  # fmt: skip
#: Telegram: https://core.telegram.org/bots/api#sendmessage and #senddocument . A channel that is not named has the
#: usual limits of ``BroadcastPolicy``. Zalo takes 2,000 characters: the rest is room for a menu of five lines.
CHANNEL_LIMITS: Mapping[str, MessageLimits] = MappingProxyType({
    TELEGRAM: MessageLimits(text=4096, caption=1024),
    ZALO: MessageLimits(text=1800, caption=0),
    ZALO_BOT: MessageLimits(text=1800, caption=0),
    WEB: MessageLimits(text=16_000, caption=16_000),
    EMAIL: MessageLimits(text=100_000, caption=100_000),
    TERMINAL: MessageLimits(text=1_000_000, caption=1_000_000),
})  # fmt: skip


def channel_kind(channel: str) -> str:
    """Return the channel without what tells one conversation of a terminal from another."""
    return channel.partition(":")[0]


class LinkPurpose(StrEnum):
    """The one thing that a link can be used for."""

    FILE = "file"  #: fetches a file
    CONTINUE = "continue"  #: goes on with a web chat in another browser
    CODE = "code"  #: does the same, typed as six digits
    UPLOAD = "upload"  #: takes a file to a conversation whose channel carries none
    EMAIL = "email"  #: confirms an e-mail address, for which there are 24 hours
    SIGN_IN = "sign_in"  #: signs in to the pages of people with a role
