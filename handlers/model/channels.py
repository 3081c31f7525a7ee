"""The channels as lists, texts and broadcasts know them: names, limits, links, and what they charge for.

More of what each can do is in ``bot.channels``.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

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
