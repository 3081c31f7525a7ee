"""What stands beside a sealed session, so that whoever writes to many reads only this: its language, its consent."""

from typing import Any, Literal

from pydantic_core import from_json

from locales import LANGUAGES

Language = Literal["vi", "en"]


def spoken(session: str) -> Language | None:
    """The language of a session as JSON; ``None`` where it names none that there is."""
    language: Language | None = _fields(session).get("language")
    return language if language in LANGUAGES else None


def agreed(session: str) -> bool:
    """Whether its person has agreed that data about them are kept."""
    return _fields(session).get("consented_at") is not None


def _fields(session: str) -> dict[str, Any]:
    try:
        stored = from_json(session)
    except ValueError:
        return {}
    return stored if isinstance(stored, dict) else {}
