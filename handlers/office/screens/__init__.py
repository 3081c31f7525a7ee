"""The screens of those with a role, by the name a session and its buttons know them by."""

from handlers.office.screens.invitations import Invitations, OneInvitation
from handlers.office.screens.inviting import Invite, InviteLabel, InviteUnit
from handlers.office.screens.journal import JournalRows
from handlers.office.screens.picture import Picture
from handlers.office.screens.roles import EndRole, OneRole, Roles
from handlers.screen import Screen

__all__ = ["ADMIN_SCREENS"]

ADMIN_SCREENS: dict[str, Screen] = {
    "picture": Picture(),
    "roles": Roles(),
    "role": OneRole(),
    "end_role": EndRole(),
    "invite": Invite(),
    "invite_unit": InviteUnit(),
    "invite_label": InviteLabel(),
    "invitations": Invitations(),
    "invitation": OneInvitation(),
    "journal": JournalRows(),
}
