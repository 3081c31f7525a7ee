"""Reads free sentences of a conversation, by the language data of ``rules.language``."""

from collections.abc import Mapping
from typing import Any

from handlers.core import Context
from handlers.model import has_personal_number
from rules.language import Language, Reading, load_language, read

#: Screens on which a sentence may tell anything about the case.
TELLING_SCREENS = frozenset(
    {
        *("welcome", "question", "condition", "certificate", "understood", "answer"),
        *("review", "next", "requests", "request", "stopped"),
    }
)
#: Screens that take names and values: there a question about the procedure, thanks and what concerns safety are heard.
ASKING_SCREENS = frozenset(
    {"unit", "former_unit", "belonging", "form", "confirm", "retraction", "papers", "papers_review"}
)
#: What is heard even where a name is awaited; no name reads like this, and it must not be lost or stand on a form.
_SAFETY: Mapping[str, frozenset[Any]] = {
    "token": frozenset({"lost", "damaged"}),
    "key_exposed": frozenset({True}),
    "events": frozenset({"deceased"}),
}
#: Screens that ask for a yes or no, or a choice that is no fact: there only a command in words is heard.
COMMANDED_SCREENS = frozenset(
    {"withdraw", "erase", "language", "leave_form", "stop_reminders", "no_reminders", "restart"}
)
_NOTHING = Reading()


def known_language() -> Language:
    """Return the language that people type; it is loaded once."""
    return load_language("vi")


def read_sentence(here: Context, text: str, *, prose: bool = False) -> Reading:
    """Read a typed line as far as the open screen lets sentences through; a line it keeps for itself says nothing.

    Args:
        here: The session and services of the turn.
        text: The line.
        prose: Whether the screen awaits words that may tell of a loss, such as the reason for a revocation.
    """
    screen = here.session.screen
    if screen in TELLING_SCREENS:
        return read(text, known_language())
    if screen in ASKING_SCREENS:
        heard = _hear_beside_names(read(text, known_language()))
        held = prose or screen == "retraction" or has_personal_number(text)  # the screen deletes such a message
        return _NOTHING if heard.facts and held else heard
    if screen in COMMANDED_SCREENS:
        intent = read(text, known_language()).intent
        return Reading(intent=intent) if intent.startswith("command:") else _NOTHING
    return _NOTHING


def _hear_beside_names(reading: Reading) -> Reading:
    """Return what no name says: a command ("xóa hết thông tin của tôi"), a question, thanks, or a grave fact."""
    if reading.intent.startswith("command:") or reading.intent == "thanks":
        return Reading(intent=reading.intent)
    if reading.intent == "question":
        return Reading(intent="question", asks=reading.asks)
    grave = _find_grave_facts(reading.facts)
    return Reading(facts=grave, intent="statement") if grave else _NOTHING


def _find_grave_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a loss, an exposed key or a death; none if a line tells of nothing of the kind."""
    return {fact: value for fact, value in facts.items() if _is_among(value, _SAFETY.get(fact, frozenset()))}


def _is_among(value: Any, grave: frozenset[Any]) -> bool:
    return grave.issuperset(value) if isinstance(value, list) else value in grave
