"""How values are written in the database: contents of requests, moments, and what is known of a session."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import structlog
from pydantic import ConfigDict, Field
from pydantic_core import from_json

from bot.store.drivers import Driver, Query
from bot.store.errors import SealError
from bot.store.sealing import Keyring, read_or_none, sealed_columns
from handlers.model import RequestContent
from locales import LANGUAGES, N_, translator
from rules.facts import Subject
from rules.outcome import Procedure


def unseal_content(keyring: Keyring, code: str, sealed: bytes) -> RequestContent:
    """Open the content of a request.

    Raises:
        SealError: it does not open.
        pydantic.ValidationError: it is no content.
    """
    return RequestContent.model_validate_json(keyring.unseal_bytes(sealed, sealed_columns.content(code)))


def unseal_without_decision(keyring: Keyring, code: str, sealed: bytes) -> RequestContent:
    """Open a content with an empty decision: it is kilobytes that no list shows, and most of the time of reading."""
    return _ContentWithoutDecision.model_validate_json(
        cut_decision(keyring.unseal_bytes(sealed, sealed_columns.content(code)))
    )


def content_for_display(  # noqa: PLR0913 - a row, and how it is shown
    keyring: Keyring, code: str, sealed: bytes, procedure: str, *, language: str = LANGUAGES[0], whole: bool = True
) -> RequestContent:
    """Open a content for a list: one that cannot be read is shown as such, in a language, and noted."""
    opened = unseal_content if whole else unseal_without_decision
    found = read_or_none(keyring, sealed_columns.content(code), lambda: opened(keyring, code, sealed))
    if found is not None:
        return found
    name = translator(language)(N_("⚠ cannot be read any more"))
    known = {"subject": Subject.ORGANISATION, "subscriber": name, "unit": name, "procedure": Procedure(procedure)}
    return RequestContent(**known, decision="", pack="", channel="", unreadable=True)


def cut_decision(content: bytes) -> bytes:
    """Cut the decision out of the JSON of a content, where the fields stand in the order of the model.

    Within a JSON string every quote has a backslash before it (RFC 8259, 7): no text can look like the name of a field.
    """
    begin, end = content.find(b',"decision":"'), content.rfind(b'","pack":"')
    return content[:begin] + content[end + 1 :] if 0 < begin < end else content


class _ContentWithoutDecision(RequestContent):
    """The parser passes over what no field asks for: the decision is looked for under a name that nothing has."""

    model_config = ConfigDict(extra="ignore")

    decision: str = Field(default="", validation_alias="")


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Return an aware moment as a number; a naive one is a TypeError."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(number: int) -> datetime:
    """Return the number as an aware moment in UTC."""
    return _EPOCH + number * _MICROSECOND


Language = Literal["vi", "en"]


def session_language(session: str) -> Language | None:
    """Return the language of a session in JSON; ``None`` where it names none that there is."""
    language: Language | None = _session_fields(session).get("language")
    return language if language in LANGUAGES else None


def has_consent(session: str) -> bool:
    """Tell whether the person of a session has agreed that data about them are kept."""
    return _session_fields(session).get("consented_at") is not None


def identity_deadline(session: str) -> int | None:
    """Return by when the personal numbers in a session must be gone; ``None`` where it never had any."""
    forms = _session_fields(session).get("forms")
    until = forms.get("identity_until") if isinstance(forms, dict) else None
    return to_micros(datetime.fromisoformat(until)) if until else None


def _session_fields(session: str) -> dict[str, Any]:
    try:
        stored = from_json(session)
    except ValueError:
        return {}
    return stored if isinstance(stored, dict) else {}


#: Sessions a transaction: others may write in between.
CONSENT_BATCH = 500

_log = structlog.get_logger(__name__)


async def backfill_consents(driver: Driver, keyring: Keyring) -> int:
    """Note beside each session whether it holds a consent, and drop those without; how many were looked into.

    What cannot be unsealed counts as no consent and stays as it is, with a line in the log.
    """
    read, after = 0, ""
    while True:
        async with driver.transaction() as transaction:
            (rows,) = await transaction.run(Query("consents_unread", {"after": after, "limit": CONSENT_BATCH}))
            if not rows:
                return read
            calls = [call for chat, sealed in rows if (call := _consent_query(keyring, chat, sealed))]
            await transaction.run(*calls, commit=True)
        read, after = read + len(calls), rows[-1][0]


def _consent_query(keyring: Keyring, chat: str, sealed: bytes) -> Query | None:
    try:
        session = keyring.unseal(sealed, sealed_columns.session(chat))
    except SealError as error:
        _log.error("consent_unreadable", chat_id=chat, kind=type(error).__name__)
        return None
    return Query("note_consent", {"chat": chat}) if has_consent(session) else Query("note_no_consent", {"chat": chat})
