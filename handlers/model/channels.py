"""The channels as lists, texts and broadcasts know them: names, limits, links, costs, and those of one person.

More of what each can do is in ``bot.channels``.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from handlers.model.rights import Grant, Role
from locales import N_

TELEGRAM, ZALO, ZALO_BOT, WEB, EMAIL, TERMINAL = "telegram", "zalo", "zalobot", "web", "email", "terminal"


class ChannelAddress(NamedTuple):
    """A channel of the store, and an address in it."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """The most that one message of a channel holds, in UTF-16 code units."""

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


class SendingWindow(StrEnum):
    """The way in which a person can be written to now."""

    FREE = "free"
    PAID = "paid"
    TEMPLATE_ONLY = "template_only"  #: by an approved text alone, which is paid for as well
    BLOCKED = "blocked"


class ReminderKind(StrEnum):
    """The subject of a reminder, as far as an approved text has to fit it."""

    EXPIRY = "expiry"  #: a certificate that ends
    DEADLINE = "deadline"  #: something else with a last day
    ANY = "any"


#: Kinds of texts that fit a reminder, the closest first: a text about certificates that end fits nothing else.
_FITTING: Mapping[ReminderKind, tuple[ReminderKind, ...]] = {
    ReminderKind.EXPIRY: (ReminderKind.EXPIRY, ReminderKind.DEADLINE, ReminderKind.ANY),
    ReminderKind.DEADLINE: (ReminderKind.DEADLINE, ReminderKind.ANY),
    ReminderKind.ANY: (ReminderKind.ANY,),
}


class PaidTemplate(BaseModel):
    """An approved text of a platform, as it was when the platform was asked last."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    kind: ReminderKind = ReminderKind.ANY
    needs: tuple[str, ...] = ()  #: names of the placeholders that it cannot do without
    price: int | None = None  #: dong of a message by the person's id
    phone_price: int | None = None  #: dong of a message by telephone number
    longest: Mapping[str, int] = {}  #: characters of each of its parameters
    problem: str | None = None  #: a word that says why it cannot be used

    @property
    def is_usable(self) -> bool:
        """Return whether messages may leave with it: nothing is sent at a price that nobody knows."""
        return self.problem is None and self.price is not None


def choose_template(
    templates: Iterable[PaidTemplate], kind: ReminderKind, known: Collection[str]
) -> PaidTemplate | None:
    """Return the text for a reminder: the closest kind, and the first of it that these placeholders can fill."""
    usable = [one for one in templates if one.is_usable and set(one.needs) <= set(known)]
    return next((one for wanted in _FITTING[kind] for one in usable if one.kind is wanted), None)


@dataclass(frozen=True, slots=True)
class ChannelTariff:
    """The cost of a channel's messages."""

    account: str  #: the account that pays
    message: int  #: dong of a message outside the free window
    month: int  #: dong that a month may cost; 0: nothing is sent that costs


class ChannelCosts(BaseModel):
    """The cost of a broadcast on a channel, as it was at its check: people write meanwhile, or fall silent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    channel: str
    free: int = 0  #: people who are written to free of charge
    paid: int = 0  #: people whose message is paid for
    template: int = 0  #: people who get an approved text, paid for as well
    unreached: int = 0  #: people for whom there is no approved text
    message_dong: int = 0  #: of one paid message
    template_dong: int = 0  #: of all messages with an approved text
    dearest: int = 0  #: the most that one message can cost
    steps: int = 1  #: how often it is sent
    left: int = 0  #: dong that this month may still cost

    @property
    def now(self) -> int:
        """Return the dong that it costs if it leaves now, once."""
        return self.paid * self.message_dong + self.template_dong

    @property
    def most(self) -> int:
        """Return the dong that it cannot exceed, every time that it is sent, whoever falls silent until then."""
        return (self.free + self.paid + self.template + self.unreached) * self.dearest * self.steps

    @property
    def is_enough(self) -> bool:
        """Return whether what is left of this month pays for it now."""
        return self.now <= self.left


#: A code can be used for so long, and then both chats have as long to agree.
CODE_AGE = timedelta(minutes=10)
#: Digits alone: a Vietnamese keyboard makes other letters of letters.
CODE_DIGITS = 10
#: The chats and mailboxes that one person may link.
MOST_CHANNELS = 8
#: What a start link carries before the digits.
START_PREFIX = "kenh-"

_TYPED_CODE = re.compile(r"[0-9]{10}")


class OfferState(StrEnum):
    """The state of a code that was typed in another chat."""

    TYPED = "typed"  #: the chat where it was typed has to agree
    AGREED = "agreed"  #: the chat that showed it has to agree


class CodeAnswer(StrEnum):
    """The result of typing a code."""

    ASKED = "asked"  #: it is right, and this chat is asked whether it agrees
    OWN = "own"  #: it is shown in a chat of the same person
    WRONG = "wrong"  #: it is wrong, late, or was used
    TOO_OFTEN = "too_often"  #: so many wrong ones were typed that none is looked up for an hour


class AgreeAnswer(StrEnum):
    """The result of a yes to linking."""

    ASKED = "asked"  #: the other chat is asked now
    LINKED = "linked"
    LATE = "late"  #: the time is over, or the other chat does not want it any more
    TOO_MANY = "too_many"  #: together they would have more than ``MOST_CHANNELS``


@dataclass(frozen=True, slots=True)
class LinkedChat:
    """A chat of a person, as it is kept."""

    chat: str
    channel: str
    address: str | None  #: ``None``: it cannot be read
    language: str | None
    person: str | None  #: the same for all chats of one person; ``None``: it is linked with nothing
    linked_at: datetime | None
    stopped: bool
    blocked: bool
    owner: str | None = None  #: of a mailbox: the chat in which its address was given


@dataclass(frozen=True, slots=True)
class LinkOffer:
    """A code that was typed, and has not linked anything yet."""

    giver: str  #: the chat that showed the code
    taker: str  #: the chat where it was typed
    state: OfferState


@dataclass(frozen=True, slots=True)
class OwnChannel:
    """A channel of a person, as they are shown it."""

    handle: str  #: names it among the channels of its person
    kind: str  #: such as ``telegram``
    here: bool  #: it is the chat in which this is asked
    address: str | None = None  #: of a mailbox
    stopped: bool = False  #: no reminders are wanted
    blocked: bool = False  #: it takes no messages
    requests: int = 0  #: that were registered in it
    grants: tuple[Grant, ...] = ()  #: roles that were given to it

    @property
    def roles(self) -> tuple[Role, ...]:
        """Return the roles that were given to it."""
        return tuple(dict.fromkeys(grant.role for grant in self.grants))


@dataclass(frozen=True, slots=True)
class ChannelOffer:
    """A link that waits for a word, as one of the two chats is shown it."""

    waits_here: bool  #: for a word of this chat; else of the other one
    shown_here: bool  #: this chat showed the code
    here: OwnChannel
    other: OwnChannel  #: without what is held there, unless its person has agreed already


def parse_channel_code(text: str) -> str | None:
    """Return the digits of a typed code, or of one that a start link carries; ``None`` where it is none."""
    typed = text.strip().lower().removeprefix(START_PREFIX)
    digits = re.sub(r"[\s.\-–]", "", typed)
    return digits if digits.isascii() and _TYPED_CODE.fullmatch(digits) else None


def format_channel_code(code: str) -> str:
    """Return a code as it is read aloud."""
    return f"{code[: CODE_DIGITS // 2]}-{code[CODE_DIGITS // 2 :]}"


def channel_handle(chat: str) -> str:
    """Return how a chat is named among the chats of its person."""
    return chat[:8]


#: What is taken for an address, in small letters: no quotes, no comments, nothing that a mail server reads as two.
_ADDRESS = re.compile(
    r"[a-z0-9](?:[a-z0-9._%+'-]{0,62}[a-z0-9_])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)
_LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class EmailContact:
    """An address, and what goes there."""

    address: str
    confirmed: bool  #: the link in its first message was opened
    first: bool = False  #: reminders and notices go there before the chat; else only where the chat cannot be reached
    files: bool = False  #: files that the person has made in the chat go there as well
    working: bool = True  #: nobody has stopped it, and its server takes messages


class EmailOffer(StrEnum):
    """The result of giving an address."""

    ASKED = "asked"  #: a message with a link is on its way to it
    ELSEWHERE = "elsewhere"  #: it is no official address
    TOO_OFTEN = "too_often"  #: so many messages were asked for in a day
    STOPPED = "stopped"  #: whoever reads it wants no messages


def parse_email(text: str) -> str | None:
    """Return a typed address in small letters; ``None`` where it is none."""
    typed = text.strip().strip("<>").lower().removeprefix("mailto:")
    plain = typed.isascii() and len(typed) <= _LONGEST_ADDRESS and ".." not in typed
    return typed if plain and _ADDRESS.fullmatch(typed) else None


def is_official(address: str, domains: tuple[str, ...]) -> bool:
    """Tell whether an address belongs to one of these domains, or to one below."""
    domain = address.rpartition("@")[2]
    return any(domain == one or domain.endswith(f".{one}") for one in domains)
