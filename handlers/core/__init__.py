"""The vocabulary of a conversation: events, replies, the session, screens, ports, and text."""

from handlers.core.admin_ports import AdminServices, Journal, People
from handlers.core.broadcast_ports import Reminders
from handlers.core.decision import (
    REGISTRABLE,
    cited_documents,
    current_decision,
    format_decision,
    format_decision_plain,
    format_documents,
    format_headline,
    registrable_actions,
)
from handlers.core.messages import (
    EVENT_ADAPTER,
    Attachment,
    ButtonTapped,
    ChartDrawn,
    Choice,
    DrawChart,
    Event,
    FileRead,
    FileSent,
    MakeReport,
    MessageEdited,
    Reply,
    ReportMade,
    SheetRead,
    TextReceived,
    Throttled,
    UnreadableReceived,
)
from handlers.core.ports import InterviewRegister, OwnData, OwnRequests, Services
from handlers.core.screen import (
    BACK,
    DONE,
    NEXT,
    NO,
    NO_SYNONYMS,
    PREVIOUS,
    YES,
    YES_SYNONYMS,
    Command,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    Screen,
    ScreenCallback,
    back_option,
    current_rights,
    holder_labels,
    open_page,
)
from handlers.core.session import (
    BroadcastView,
    DerivedEvents,
    RequestDraft,
    RequestListView,
    ScreenPosition,
    Session,
    certificate_facts,
    count_remaining,
    current_question,
    facts_of,
    latest_fact,
    question_of,
    with_answer,
    with_derived_events,
    without_answer,
    without_derived_events,
    without_stale_events,
)

# fmt: off
__all__ = [
    "BACK", "DONE", "EVENT_ADAPTER", "NEXT", "NO", "NO_SYNONYMS", "PREVIOUS", "REGISTRABLE", "YES", "YES_SYNONYMS",
    "AdminServices", "Attachment", "BroadcastView", "ButtonTapped", "ChartDrawn", "Choice", "Command", "Context",
    "DerivedEvents", "DrawChart", "Event", "FileRead", "FileSent", "HandlerResult", "InterviewRegister", "Journal",
    "MakeReport", "MessageEdited", "Option", "OptionsOnlyScreen", "OwnData", "OwnRequests", "Page", "People",
    "Reminders", "Reply", "ReportMade", "RequestDraft", "RequestListView", "Screen", "ScreenCallback",
    "ScreenPosition", "Services", "Session", "SheetRead", "TextReceived", "Throttled", "UnreadableReceived",
    "back_option", "certificate_facts", "cited_documents", "count_remaining", "current_decision",
    "current_question", "current_rights", "facts_of", "format_decision", "format_decision_plain",
    "format_documents", "format_headline", "holder_labels", "latest_fact", "open_page", "question_of",
    "registrable_actions", "with_answer", "with_derived_events", "without_answer", "without_derived_events",
    "without_stale_events",
]
# fmt: on
