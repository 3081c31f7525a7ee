"""Filling the fields of a request: which are asked, what the certificate offers, what it contradicts."""

from rapidfuzz import fuzz

from handlers import interview
from handlers.certificate import Certificate
from handlers.decision import decision, registrable
from handlers.folding import fold
from handlers.matching_unit import matches_unit
from handlers.requests.fields import FIELDS, Field
from handlers.requests.managing_body import own
from handlers.screen import Here
from handlers.session import Draft, Session
from rules.facts import Event, Subject
from rules.outcome import Procedure

#: A person's name with a typing slip is still the same name from here on.
SAME_NAME = 85.0
#: Procedures that need the new information.
NEWS_FOR = frozenset({Procedure.CHANGE_INFORMATION, Procedure.ISSUE_NEW})
_BODY = frozenset({Event.MERGED_INTO_NEW, Event.MERGED_INTO_EXISTING, Event.SUPERIOR_CHANGED, Event.RENAMED})
#: After these a body no longer goes by the name on its certificate.
OWN_NAME_ENDED = frozenset(
    {Event.MERGED_INTO_NEW, Event.MERGED_INTO_EXISTING, Event.RENAMED, Event.DISSOLVED, Event.SPLIT}
)
#: After anything else than these, a superior or a unit on the certificate may have ended.
NAMES_STAY = frozenset({Event.EMAIL_CHANGED, Event.POSITION_CHANGED, Event.ADDRESS_CHANGED})
#: What happened -> the new information a change of information is about.
_NEWS: dict[Subject, dict[Event, str]] = {
    Subject.ORGANISATION: {
        Event.MERGED_INTO_NEW: "new_name",
        Event.RENAMED: "new_name",
        Event.ADDRESS_CHANGED: "new_address",
        Event.SUPERIOR_CHANGED: "new_superior",
        Event.EMAIL_CHANGED: "new_email",
    },
    Subject.INDIVIDUAL: {
        **dict.fromkeys(
            (*_BODY, Event.DISSOLVED, Event.SPLIT, Event.UNIT_REORGANISED, Event.MOVED_WITHIN_STATE), "new_unit"
        ),
        Event.EMAIL_CHANGED: "new_email",
    },
    Subject.DEVICE: {Event.DEVICE_RENAMED: "new_name", Event.DEVICE_UPGRADED: "new_name"},
}


def fields_of(here: Here) -> list[Field]:
    """The fields a request of the present decision needs, in order; none where nothing can be registered."""
    facts, decided = interview.facts_of(here.session), decision(here)
    if decided is None or facts.subject is None or not registrable(decided):
        return []
    about = any(action.procedure in NEWS_FOR for action in decided.actions)
    news = _NEWS[facts.subject]
    wanted = {news[event] for event in facts.events or () if event in news} if about else set()
    return [field for name, field in FIELDS.items() if not name.startswith("new_") or name in wanted]


def open_field(here: Here) -> Field | None:
    """The field that is asked now; ``None`` where all are filled."""
    draft = here.session.draft or Draft()
    if draft.editing or draft.code:
        return FIELDS.get(draft.editing or "")
    return next((field for field in fields_of(here) if field.name not in draft.fields), None)


def suggestions(field: Field, here: Here) -> list[str]:
    """Values to take instead of typing: the officer's unit; what the certificate offers, unless another is amended."""
    session, unit = here.session, own(here) if field.name == "unit" else None
    amended = session.draft is not None and session.draft.code is not None
    read = _offers(field.name, session.certificate, session) if session.certificate and not amended else []
    own_body = [unit.body] if unit else []
    return [*own_body, *(value for value in dict.fromkeys(read) if fold(value) not in map(fold, own_body))]


def contradicted(field: Field, value: str, session: Session) -> str | None:
    """What the certificate says instead, where a typed value is not what stands in it."""
    certificate = session.certificate
    if certificate is None or (session.draft and session.draft.code):
        return None
    if field.name == "serial":
        return certificate.serial if value.lstrip("0") != certificate.serial.lstrip("0") else None
    if field.name != "subscriber":
        return None
    return None if _same_subscriber(certificate, value, session) else certificate.name


def _same_subscriber(certificate: Certificate, value: str, session: Session) -> bool:
    if session.answers.get("subject") == Subject.INDIVIDUAL:
        return fuzz.ratio(fold(certificate.name), fold(value)) >= SAME_NAME
    return matches_unit(certificate, value) is not False


def _offers(name: str, certificate: Certificate, session: Session) -> list[str]:
    if name == "subscriber":
        return [certificate.name]
    if name == "serial":
        return [certificate.serial]
    return _bodies(certificate, session) if name == "unit" else []


def _bodies(certificate: Certificate, session: Session) -> list[str]:
    """Bodies named on the certificate that still go by that name."""
    events = set(session.answers.get("events", []))
    is_body = session.answers.get("subject") == Subject.ORGANISATION
    own = [certificate.name] if is_body and not events & OWN_NAME_ENDED else []
    above = [*certificate.units[:2], *([certificate.superior] if certificate.superior else [])]
    return [*own, *(above if not events - NAMES_STAY else [])]
