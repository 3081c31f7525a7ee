"""Messages that a platform charges for, and the approved texts that are all it takes after a while."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


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
