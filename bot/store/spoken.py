"""The language of a conversation, which stands beside its sealed session: whoever writes to many reads only this."""

from typing import Literal

from pydantic_core import from_json

from locales import LANGUAGES

Language = Literal["vi", "en"]


def spoken(session: str) -> Language | None:
    """The language of a session as JSON; ``None`` where it names none that there is."""
    try:
        stored = from_json(session)
    except ValueError:
        return None
    language: Language | None = stored.get("language") if isinstance(stored, dict) else None
    return language if language in LANGUAGES else None
