"""Tell what each number of Zalo's means for a message: the classes, and the tables of its two interfaces.

The numbers of template messages by telephone (ZNS) are others than those of the Official Account, so a table belongs to
an interface. A number that is in no table means that nobody knows whether the message arrived.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.channels import Blocked, ChannelError, Deferred, Doubtful, Gone, Invalid, Refused, RetryLater
from handlers.model import DeliveryReason
from rules.calendar import to_vietnam_time


class ErrorClass(StrEnum):
    """The meaning of an error."""

    WAIT = "wait"  #: too many calls
    TOKEN = "token"  #: refresh the token once and try again  # noqa: S105 - no secret
    UPLOAD = "upload"  #: upload the file again
    ENDPOINT = "endpoint"  #: this kind of account is served by the other endpoint
    RENDERING = "rendering"  #: this message is not taken in this form
    PERSON = "person"  #: this person cannot be reached
    WINDOW = "window"  #: the person has not written for too long
    NIGHT = "night"  #: at another hour
    MONEY = "money"  #: a quota or the balance is used up
    OWNER = "owner"  #: whoever owns account and app must act
    SETUP = "setup"  #: the program is set up otherwise than the app
    CONTENT = "content"  #: this content is not allowed
    UNKNOWN = "unknown"  #: it may have arrived all the same


def _table(classes: Mapping[ErrorClass, tuple[int, ...]]) -> Mapping[int, ErrorClass]:
    return MappingProxyType({code: kind for kind, codes in classes.items() for code in codes})


#: The Official Account's interface, ``openapi.zalo.me``.
OA_ERRORS = _table({
    ErrorClass.WAIT: (-32,),
    ErrorClass.TOKEN: (-216, -220, -401, 401, 216),
    ErrorClass.UPLOAD: (-100,),
    ErrorClass.ENDPOINT: (-235, -240),
    ErrorClass.RENDERING: (-201, -233, -210),
    ErrorClass.PERSON: (-213, -217, -218, -227, -244),
    ErrorClass.WINDOW: (-230, -232),
    ErrorClass.NIGHT: (-234,),
    ErrorClass.MONEY: (-211, -320, -321),
    ErrorClass.OWNER: (-204, -205, -209, -212, -219, -221, -223, -224),
    ErrorClass.SETUP: (-242, -1241),
    ErrorClass.CONTENT: (-248, -249, -214, -237, -238, -241, -403, -1340, -1341),
    ErrorClass.UNKNOWN: (-200,),
})  # fmt: skip
#: Template messages by telephone, ``business.openapi.zalo.me``.
ZNS_ERRORS = _table({
    ErrorClass.WAIT: (-32,),
    ErrorClass.TOKEN: (-124,),
    ErrorClass.RENDERING: (-1121, -1122, -1124),
    ErrorClass.PERSON: (-108, -114, -119, -118, -139, -141),
    ErrorClass.NIGHT: (-133,),
    ErrorClass.MONEY: (-115, -136, -137, -144, -147),
    ErrorClass.OWNER: (-126, -127, -135, -1351),
    ErrorClass.CONTENT: (-131,),
})  # fmt: skip

#: Seconds after which calls are let through again.
RATE_SECONDS = 60.0
#: Seconds until it is looked again whether somebody has paid.
_MONEY_SECONDS = 3600.0
#: The hour at which messages may ring again in Viet Nam.
_MORNING = 6


class OaError(ChannelError):
    """Zalo answered with an error."""

    def __init__(self, code: int, table: Mapping[int, ErrorClass] = OA_ERRORS) -> None:
        super().__init__()
        self.code = code
        self.kind = table.get(code, ErrorClass.UNKNOWN)


class OutsideWindow(Invalid):
    """The person has not written for too long, and there is no approved text for this message."""

    reason = DeliveryReason.WINDOW


class NoMoney(OutsideWindow):
    """A message to this person costs more than the month may still cost."""

    reason = DeliveryReason.MONEY


class TemplateRefused(Invalid):
    """Zalo does not take this approved text."""

    reason = DeliveryReason.TEMPLATE


#: What an error means for a message, where that is always the same.
_OUTCOMES: Mapping[ErrorClass, type[ChannelError]] = MappingProxyType({
    ErrorClass.PERSON: Blocked,
    ErrorClass.WINDOW: OutsideWindow,
    ErrorClass.RENDERING: Invalid,
    ErrorClass.CONTENT: Invalid,
    ErrorClass.UPLOAD: Gone,
    ErrorClass.TOKEN: Refused,
    ErrorClass.ENDPOINT: Refused,
    ErrorClass.OWNER: Refused,
    ErrorClass.SETUP: Refused,
    ErrorClass.UNKNOWN: Doubtful,
})  # fmt: skip


def outcome_of(error: OaError, now: datetime) -> ChannelError:
    """Return what an error means for the delivery of a message."""
    match error.kind:
        case ErrorClass.WAIT:
            return RetryLater(RATE_SECONDS)
        case ErrorClass.MONEY:  # this message has to wait, and an answer that costs nothing has not
            return Deferred(_MONEY_SECONDS)
        case ErrorClass.NIGHT:
            return Deferred(seconds_until_morning(now))
    return _OUTCOMES[error.kind]()


#: What only an approved text may lack: the account goes on with everything else.
_OF_TEMPLATE = frozenset({
    ErrorClass.OWNER, ErrorClass.SETUP, ErrorClass.CONTENT,
    ErrorClass.RENDERING, ErrorClass.ENDPOINT, ErrorClass.UPLOAD,
})  # fmt: skip


def template_outcome_of(error: OaError, now: datetime) -> ChannelError:
    """Return what an error means for the delivery of a message with an approved text."""
    return TemplateRefused() if error.kind in _OF_TEMPLATE else outcome_of(error, now)


def seconds_until_morning(now: datetime) -> float:
    """Return the seconds until six o'clock in Viet Nam."""
    here = to_vietnam_time(now)
    morning = here.replace(hour=_MORNING, minute=0, second=0, microsecond=0)
    return ((morning if here < morning else morning + timedelta(days=1)) - here).total_seconds()
