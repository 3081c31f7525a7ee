"""Reads free sentences of a conversation, by the language data of ``rules.language``."""

from handlers.core import Context
from rules.language import Language, Reading, load_language, read

#: Screens on which a sentence may tell anything about the case.
TELLING_SCREENS = frozenset(
    {
        *("welcome", "question", "condition", "certificate", "understood", "answer"),
        *("review", "next", "requests", "request", "stopped"),
    }
)
#: Screens that take names and values: there only a question about the procedure is heard.
ASKING_SCREENS = frozenset(
    {"unit", "former_unit", "belonging", "form", "confirm", "retraction", "papers", "papers_review"}
)
#: Screens that ask for a yes or no, or a choice that is no fact: there only a command in words is heard.
COMMANDED_SCREENS = frozenset({"withdraw", "erase", "language", "leave_form", "stop_reminders", "no_reminders"})
_NOTHING = Reading()


def known_language() -> Language:
    """Return the language that people type; it is loaded once."""
    return load_language("vi")


def read_sentence(here: Context, text: str) -> Reading:
    """Read a typed line as far as the open screen lets sentences through; a line it keeps for itself says nothing."""
    screen = here.session.screen
    if screen in TELLING_SCREENS:
        return read(text, known_language())
    if screen in ASKING_SCREENS:
        reading = read(text, known_language())
        if reading.intent.startswith("command:"):  # "xóa hết thông tin của tôi" is no name of a subscriber
            return Reading(intent=reading.intent)
        return Reading(intent="question", asks=reading.asks) if reading.intent == "question" else _NOTHING
    if screen in COMMANDED_SCREENS:
        intent = read(text, known_language()).intent
        return Reading(intent=intent) if intent.startswith("command:") else _NOTHING
    return _NOTHING
