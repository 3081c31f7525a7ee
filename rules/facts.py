"""The facts that an officer can tell about a subscriber and its certificate, with their allowed values."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from rules.calendar import to_vietnam_day


class Subject(StrEnum):
    """The kind of subscriber (thuê bao): Decree 68/2024/NĐ-CP, Điều 15 and 17."""

    ORGANISATION = "organisation"
    INDIVIDUAL = "individual"
    DEVICE = "device"


class Event(StrEnum):
    """An event that concerned the subscriber or its unit."""

    MERGED_INTO_NEW = "merged_into_new"
    MERGED_INTO_EXISTING = "merged_into_existing"
    SUPERIOR_CHANGED = "superior_changed"
    RENAMED = "renamed"
    ADDRESS_CHANGED = "address_changed"
    DISSOLVED = "dissolved"
    SPLIT = "split"
    UNIT_REORGANISED = "unit_reorganised"
    MOVED_WITHIN_STATE = "moved_within_state"
    LEFT_STATE_SERVICE = "left_state_service"
    DECEASED = "deceased"
    POSITION_CHANGED = "position_changed"
    EMAIL_CHANGED = "email_changed"
    DEVICE_RENAMED = "device_renamed"
    DEVICE_UPGRADED = "device_upgraded"
    DEVICE_RETIRED = "device_retired"
    MANAGING_BODY_REVOKES = "managing_body_revokes"


class MergerRole(StrEnum):
    """The role of an organisation in its merger; the first three are for a new body, the others for an existing one."""

    DESIGNATED = "designated"
    OTHER = "other"
    UNDECIDED = "undecided"
    SURVIVING = "surviving"
    ABSORBED = "absorbed"


#: The roles that are possible in each kind of merger.
ROLES: dict[Event, frozenset[MergerRole]] = {
    Event.MERGED_INTO_NEW: frozenset({MergerRole.DESIGNATED, MergerRole.OTHER, MergerRole.UNDECIDED}),
    Event.MERGED_INTO_EXISTING: frozenset({MergerRole.SURVIVING, MergerRole.ABSORBED}),
}


class Token(StrEnum):
    """The condition of the device that holds the private key."""

    IN_HAND = "in_hand"
    LOCKED = "locked"
    DAMAGED = "damaged"
    LOST = "lost"
    REMOTE = "remote"  #: there is no device: the key is kept by the central signing service


class Issuer(StrEnum):
    """The provider that issued the certificate: the government's, a public one, none (no certificate yet), unknown."""

    GOVERNMENT = "government"
    PUBLIC = "public"
    NONE = "none"
    UNKNOWN = "unknown"


def _day(value: object) -> object:
    """Accept a date or an ISO date-time; a date-time counts as its day in Viet Nam."""
    if isinstance(value, str) and len(value) > len("2026-11-16"):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return value
    try:
        return to_vietnam_day(value)
    except OverflowError:
        raise ValueError("no day of the calendar in Viet Nam") from None


Day = Annotated[date | None, BeforeValidator(_day)]


class CertificateFacts(BaseModel):
    """The facts of a certificate. ``None`` means "asked and not known"; a field that is not set was not asked yet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    not_before: Day = None
    not_after: Day = None
    issuer: Issuer = Issuer.UNKNOWN


class Facts(BaseModel):
    """All facts. ``None`` means "not asked yet"; an empty set of events means "nothing changed"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: Subject | None = None
    events: frozenset[Event] | None = None
    merger_role: MergerRole | None = None
    information_matches: bool | None = None
    token: Token | None = None
    key_exposed: bool | None = None
    certificate: CertificateFacts | None = None
