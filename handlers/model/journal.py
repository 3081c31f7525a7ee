"""The audit journal as data: its rows, the acts of its own, and conditions on rows."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class AuditAction(StrEnum):
    """An act concerning roles, or the journal itself; other rows carry the name of their own act."""

    INVITE = "invite"
    REDEEM = "redeem"
    END_ROLE = "end_role"
    LEAVE_ROLE = "leave_role"  #: a person who has their data deleted
    END_INVITATION = "end_invitation"
    SET_OFFICE = "set_office"  #: a receiving office
    CONFIRM_OFFICE = "confirm_office"  #: nothing of it is new but the day of the check
    WITHDRAW_OFFICE = "withdraw_office"
    SIGN_IN_LINK = "sign_in_link"  #: for a browser
    SIGN_IN = "sign_in"
    LINK_CHANNEL = "link_channel"  #: the person of a role has another channel; the subject names role and channel
    EMAIL_IMPORT = "email_import"  #: addresses of the staff of a unit
    UNREADABLE = "unreadable"  #: a row that was damaged
    SEAL_POWERS = "seal_powers"  #: of a database from before they were sealed
    ACCEPT_POWERS = "accept_powers"  #: by the operator, who answers for the journal as it stands
    END_WITH_ROLE = "end_with_role"  #: an invitation that its maker could no longer make; the subject names their role


class JournalEntry(BaseModel):
    """A row of the audit chain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    at: datetime
    actor: str
    act: str
    subject: str
    unit: str | None
    count: int
    channel: str


class JournalFilter(BaseModel):
    """Conditions on rows of the journal, all of those that are set; days are days in Viet Nam, both included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    act: str = ""
    actor: str = ""  #: id of a role, or the machine
    unit: str | None = None  #: the row is of this unit, or of one below it
    about: str = ""  #: a code, or a part of one, in the subject
    since: date | None = None
    until: date | None = None
