"""List all screens, by the name that sessions store."""

from handlers.admin.desk import DeskScreen, JournalScreen, show_announced_request, show_desk
from handlers.admin.exports import ExportScreen
from handlers.admin.imports import ImportScreen
from handlers.admin.people import (
    EndRoleScreen,
    InvitationListScreen,
    InvitationScreen,
    InviteLabelScreen,
    InviteRoleScreen,
    InviteUnitScreen,
    RoleListScreen,
    RoleScreen,
)
from handlers.admin.requests import MoveReasonScreen, RequestDetailScreen, RequestListScreen
from handlers.admin.requests.filters import (
    EXPIRY_PART,
    LIST_UNIT_SCREEN,
    PERIOD_PART,
    PROCEDURE_PART,
    STATE_PART,
    RequestFilterScreen,
)
from handlers.admin.requests.moves import BulkMoveConfirmScreen, BulkMoveScreen, FinalMoveScreen
from handlers.admin.statistics import StatisticsScreen
from handlers.broadcasts.reminders import (
    NoRemindersScreen,
    StopRemindersScreen,
)
from handlers.broadcasts.screens import BroadcastListScreen
from handlers.broadcasts.screens.audience import (
    AUDIENCE_CONDITION_SCREENS,
    AUDIENCE_UNIT_SCREEN,
    BroadcastAudienceScreen,
)
from handlers.broadcasts.screens.compose import (
    BroadcastEditScreen,
    BroadcastKindScreen,
    BroadcastRenameScreen,
    BroadcastTitleScreen,
)
from handlers.broadcasts.screens.confirm import BroadcastConfirmScreen
from handlers.broadcasts.screens.detail import BroadcastResultsScreen, BroadcastScreen
from handlers.broadcasts.screens.message import ENGLISH, VIETNAMESE, BroadcastButtonsScreen, BroadcastPreviewScreen
from handlers.broadcasts.screens.schedule import (
    BroadcastDeadlineScreen,
    BroadcastStartScreen,
    LateStepsScreen,
    PlanHourScreen,
    PlanStepsScreen,
)
from handlers.broadcasts.screens.schedule import CampaignStepsScreen as Reminders
from handlers.channels.screens import ChannelsScreen, PartChannelScreen
from handlers.core import (
    Screen,
    ShowMore,
)
from handlers.dossier.notices import take_lasting_tap as take_dossier_tap
from handlers.dossier.question_screens import (
    DossierEventScreen,
    DossierHandScreen,
    DossierQuestionScreen,
    DossierRegisterScreen,
    DossierUnitScreen,
)
from handlers.dossier.screens import DossierListScreen, DossierScreen
from handlers.email import EmailScreen
from handlers.forms.screens import FormFieldScreen, FormReviewScreen
from handlers.interview.screens.answer import AnswerScreen, NextStepScreen, show_more_of_answer
from handlers.interview.screens.certificate import CertificateScreen
from handlers.interview.screens.condition import ConditionScreen
from handlers.interview.screens.fate import BelongingScreen
from handlers.interview.screens.question import QuestionScreen, ReviewScreen
from handlers.interview.screens.requests import (
    ConfirmRequestScreen,
    LeaveFormScreen,
    OwnRequestScreen,
    OwnRequestsScreen,
    RequestFormScreen,
    WithdrawScreen,
)
from handlers.interview.screens.retraction import RetractionScreen
from handlers.interview.screens.understood import UnderstoodScreen
from handlers.interview.screens.unit import FormerUnitScreen, OwnUnitScreen
from handlers.interview.screens.welcome import (
    EraseScreen,
    LanguageScreen,
    PauseScreen,
    RestartScreen,
    WelcomeScreen,
    show_more_of_notice,
)
from handlers.offices.change import OfficeFieldScreen, OfficeProceduresScreen, OfficeReviewScreen
from handlers.offices.screens import OFFICE_UNIT_SCREEN, OfficeListScreen, OfficeScreen, OfficeWithdrawScreen

ADMIN_SCREENS: dict[str, Screen] = {
    "home": DeskScreen(),
    "picture": StatisticsScreen(),
    "roles": RoleListScreen(),
    "role": RoleScreen(),
    "end_role": EndRoleScreen(),
    "invite": InviteRoleScreen(),
    "invite_unit": InviteUnitScreen(),
    "invite_label": InviteLabelScreen(),
    "invitations": InvitationListScreen(),
    "invitation": InvitationScreen(),
    "journal": JournalScreen(),
    "desk": RequestListScreen(),
    "desk_filter": RequestFilterScreen(),
    "desk_state": STATE_PART,
    "desk_procedure": PROCEDURE_PART,
    "desk_unit": LIST_UNIT_SCREEN,
    "desk_period": PERIOD_PART,
    "desk_expiry": EXPIRY_PART,
    "desk_request": RequestDetailScreen(),
    "desk_reason": MoveReasonScreen(),
    "desk_final": FinalMoveScreen(),
    "desk_all": BulkMoveScreen(),
    "desk_yes": BulkMoveConfirmScreen(),
    "export": ExportScreen(),
    "import": ImportScreen(),
    "dossiers": DossierListScreen(),
    "dossier": DossierScreen(),
    "dossier_what": DossierEventScreen(),
    "dossier_ask": DossierQuestionScreen(),
    "dossier_register": DossierRegisterScreen(),
    "dossier_unit": DossierUnitScreen(),
    "dossier_hand": DossierHandScreen(),
    "offices": OfficeListScreen(),
    "office": OfficeScreen(),
    "office_unit": OFFICE_UNIT_SCREEN,
    "office_what": OfficeProceduresScreen(),
    "office_field": OfficeFieldScreen(),
    "office_yes": OfficeReviewScreen(),
    "office_back": OfficeWithdrawScreen(),
    "broadcasts": BroadcastListScreen(),
    "broadcast": BroadcastScreen(),
    "broadcast_kind": BroadcastKindScreen(),
    "broadcast_deadline": BroadcastDeadlineScreen(),
    "broadcast_title": BroadcastTitleScreen(),
    "broadcast_vi": VIETNAMESE,
    "broadcast_en": ENGLISH,
    "broadcast_whom": BroadcastAudienceScreen(),
    "broadcast_unit": AUDIENCE_UNIT_SCREEN,
    **AUDIENCE_CONDITION_SCREENS,
    "broadcast_buttons": BroadcastButtonsScreen(),
    "broadcast_plan": PlanStepsScreen(),
    "broadcast_hour": PlanHourScreen(),
    "broadcast_late": LateStepsScreen(),
    "broadcast_start": BroadcastStartScreen(),
    "broadcast_edit": BroadcastEditScreen(),
    "broadcast_name": BroadcastRenameScreen(),
    "broadcast_preview": BroadcastPreviewScreen(),
    "broadcast_yes": BroadcastConfirmScreen(),
    "broadcast_results": BroadcastResultsScreen(),
    "broadcast_steps": Reminders(),
}

__all__ = ["LASTING", "QUESTIONS", "SCREENS", "WITHOUT_CONSENT"]

SCREENS: dict[str, Screen] = {
    "welcome": WelcomeScreen(),
    "question": QuestionScreen(),
    "condition": ConditionScreen(),
    "unit": OwnUnitScreen(),
    "former_unit": FormerUnitScreen(),
    "belonging": BelongingScreen(),
    "certificate": CertificateScreen(),
    "understood": UnderstoodScreen(),
    "retraction": RetractionScreen(),
    "restart": RestartScreen(),
    "answer": AnswerScreen(),
    "review": ReviewScreen(),
    "form": RequestFormScreen(),
    "leave_form": LeaveFormScreen(),
    "confirm": ConfirmRequestScreen(),
    "papers": FormFieldScreen(),
    "papers_review": FormReviewScreen(),
    "next": NextStepScreen(),
    "requests": OwnRequestsScreen(),
    "request": OwnRequestScreen(),
    "withdraw": WithdrawScreen(),
    "language": LanguageScreen(),
    "email": EmailScreen(),
    "channels": ChannelsScreen(),
    "channel_part": PartChannelScreen(),
    "stopped": PauseScreen(),
    "erase": EraseScreen(),
    "stop_reminders": StopRemindersScreen(),
    "no_reminders": NoRemindersScreen(),
    **ADMIN_SCREENS,
}

#: Screens open before consent and after it was withdrawn; they take in nothing personal.
WITHOUT_CONSENT = frozenset(
    {"welcome", "language", "erase", "requests", "request", "withdraw", "stop_reminders", "no_reminders"}
)

#: Screens that ask: once answered, what was chosen is written under their message, below every word that stands there.
QUESTIONS = frozenset(
    {
        *(
            "question",
            "understood",
            "retraction",
            "restart",
            "condition",
            "unit",
            "former_unit",
            "belonging",
            "certificate",
            "form",
            "confirm",
        ),
        *("language", "withdraw", "erase", "leave_form", "papers"),
    }
)
#: Screens with lasting buttons, by what shows more about their subject.
LASTING: dict[str, ShowMore] = {
    "welcome": show_more_of_notice,
    "answer": show_more_of_answer,
    "home": show_desk,
    "desk_request": show_announced_request,
    "dossier": take_dossier_tap,
}
