"""The screens of those with a role, by the name a session and its buttons know them by."""

from handlers.office.screens.desk import Desk
from handlers.office.screens.desk_all import DeskAll, DeskYes
from handlers.office.screens.desk_filters import EXPIRY_PART, PERIOD_PART, PROCEDURE_PART, STATE_PART, FilterMenu
from handlers.office.screens.desk_final import DeskFinal
from handlers.office.screens.desk_request import DeskReason, DeskRequest
from handlers.office.screens.desk_unit import DeskUnit
from handlers.office.screens.export import Export
from handlers.office.screens.imported import Imported
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
    "desk": Desk(),
    "desk_filter": FilterMenu(),
    "desk_state": STATE_PART,
    "desk_procedure": PROCEDURE_PART,
    "desk_unit": DeskUnit(),
    "desk_period": PERIOD_PART,
    "desk_expiry": EXPIRY_PART,
    "desk_request": DeskRequest(),
    "desk_reason": DeskReason(),
    "desk_final": DeskFinal(),
    "desk_all": DeskAll(),
    "desk_yes": DeskYes(),
    "export": Export(),
    "import": Imported(),
}
