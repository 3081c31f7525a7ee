"""The channels of one person as data: chats in their order, the code that links two, and the mailbox."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from handlers.model.rights import Grant, Role

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
    """How far a code has come that was typed in another chat."""

    TYPED = "typed"  #: the chat where it was typed has to agree
    AGREED = "agreed"  #: the chat that showed it has to agree


class CodeAnswer(StrEnum):
    """What became of a typed code."""

    ASKED = "asked"  #: it is right, and this chat is asked whether it agrees
    OWN = "own"  #: it is shown in a chat of the same person
    WRONG = "wrong"  #: it is wrong, late, or was used
    TOO_OFTEN = "too_often"  #: so many wrong ones were typed that none is looked up for an hour


class AgreeAnswer(StrEnum):
    """What became of a yes."""

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
    """What became of an address that a person gave."""

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
