"""Every screen of the conversation, by the name a session and its buttons know it by."""

from handlers.office.screens import ADMIN_SCREENS
from handlers.screen import Screen
from handlers.screens.after import After
from handlers.screens.answer import Answer
from handlers.screens.certificate import ConfirmCertificate
from handlers.screens.confirm import Confirm
from handlers.screens.form import Form
from handlers.screens.former_unit import FormerUnit
from handlers.screens.question import Ask
from handlers.screens.reminders import NoReminders, StopReminders
from handlers.screens.requests import OneRequest, Requests, Withdraw
from handlers.screens.review import Review
from handlers.screens.small import Erase, Language, Stopped
from handlers.screens.unit import AskUnit
from handlers.screens.welcome import Welcome

__all__ = ["QUESTIONS", "SCREENS", "WITHOUT_CONSENT"]

SCREENS: dict[str, Screen] = {
    "welcome": Welcome(),
    "question": Ask(),
    "unit": AskUnit(),
    "former_unit": FormerUnit(),
    "certificate": ConfirmCertificate(),
    "answer": Answer(),
    "review": Review(),
    "form": Form(),
    "confirm": Confirm(),
    "next": After(),
    "requests": Requests(),
    "request": OneRequest(),
    "withdraw": Withdraw(),
    "language": Language(),
    "stopped": Stopped(),
    "erase": Erase(),
    "stop_reminders": StopReminders(),
    "no_reminders": NoReminders(),
    **ADMIN_SCREENS,
}

#: What can be seen before consent, and after it was taken back: nothing personal is taken in there.
WITHOUT_CONSENT = frozenset(
    {"welcome", "language", "erase", "requests", "request", "withdraw", "stop_reminders", "no_reminders"}
)

#: Screens that ask and tell nothing: once answered, their message may be put short to the question and the answer. Of
#: no other screen is a message ever changed, for people show it to others and forward it.
QUESTIONS = frozenset({"question", "unit", "former_unit", "form", "language"})
