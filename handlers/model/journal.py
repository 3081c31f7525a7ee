"""The acts that the journal names."""

from enum import StrEnum


class AuditAction(StrEnum):
    """An act concerning roles, or the journal itself; other rows carry the name of their own act."""

    INVITE = "invite"
    REDEEM = "redeem"
    END_ROLE = "end_role"
    LEAVE_ROLE = "leave_role"  #: a person who has their data deleted
    END_INVITATION = "end_invitation"
    UNREADABLE = "unreadable"  #: a row that was damaged
    SEAL_POWERS = "seal_powers"  #: of a database from before they were sealed
    ACCEPT_POWERS = "accept_powers"  #: by the operator, who answers for the journal as it stands
    END_WITH_ROLE = "end_with_role"  #: an invitation that its maker could no longer make; the subject names their role
