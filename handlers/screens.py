"""The screens of those with a role, by the name a session and its buttons know them by."""

from handlers.office.screens.broadcast_buttons import Buttons
from handlers.office.screens.broadcast_conditions import CHANNEL, EXPIRY, OWED, ROLE, SILENT, STATE
from handlers.office.screens.broadcast_edit import Edit, NewTitle
from handlers.office.screens.broadcast_list import Broadcasts
from handlers.office.screens.broadcast_new import Kind, Title
from handlers.office.screens.broadcast_page import OneBroadcast
from handlers.office.screens.broadcast_plan import Hour, Late, Steps
from handlers.office.screens.broadcast_preview import Preview
from handlers.office.screens.broadcast_results import Results
from handlers.office.screens.broadcast_steps import Steps as Reminders
from handlers.office.screens.broadcast_text import ENGLISH, VIETNAMESE
from handlers.office.screens.broadcast_times import Deadline, Start
from handlers.office.screens.broadcast_whom import WHOM_UNIT, Whom
from handlers.office.screens.broadcast_yes import Yes
from handlers.office.screens.desk import Desk
from handlers.office.screens.desk_all import DeskAll, DeskYes
from handlers.office.screens.desk_filters import EXPIRY_PART, PERIOD_PART, PROCEDURE_PART, STATE_PART, FilterMenu
from handlers.office.screens.desk_final import DeskFinal
from handlers.office.screens.desk_request import DeskReason, DeskRequest
from handlers.office.screens.desk_unit import DESK_UNIT
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
    "desk_unit": DESK_UNIT,
    "desk_period": PERIOD_PART,
    "desk_expiry": EXPIRY_PART,
    "desk_request": DeskRequest(),
    "desk_reason": DeskReason(),
    "desk_final": DeskFinal(),
    "desk_all": DeskAll(),
    "desk_yes": DeskYes(),
    "export": Export(),
    "import": Imported(),
    "broadcasts": Broadcasts(),
    "broadcast": OneBroadcast(),
    "broadcast_kind": Kind(),
    "broadcast_deadline": Deadline(),
    "broadcast_title": Title(),
    "broadcast_vi": VIETNAMESE,
    "broadcast_en": ENGLISH,
    "broadcast_whom": Whom(),
    "broadcast_unit": WHOM_UNIT,
    "broadcast_role": ROLE,
    "broadcast_owed": OWED,
    "broadcast_state": STATE,
    "broadcast_expiry": EXPIRY,
    "broadcast_silent": SILENT,
    "broadcast_channel": CHANNEL,
    "broadcast_buttons": Buttons(),
    "broadcast_plan": Steps(),
    "broadcast_hour": Hour(),
    "broadcast_late": Late(),
    "broadcast_start": Start(),
    "broadcast_edit": Edit(),
    "broadcast_name": NewTitle(),
    "broadcast_preview": Preview(),
    "broadcast_yes": Yes(),
    "broadcast_results": Results(),
    "broadcast_steps": Reminders(),
}
