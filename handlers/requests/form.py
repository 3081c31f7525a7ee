"""Filling the fields of a request: which are asked, what the certificate offers, what it contradicts."""

from rapidfuzz import fuzz

from handlers.core import interview
from handlers.core.decision import current_decision, format_decision_plain, registrable_actions
from handlers.core.screen import Context
from handlers.core.session import RequestDraft, Session
from handlers.folding import fold
from handlers.model.certificate import Certificate
from handlers.model.request import AMENDABLE_STATES, Request, RequestContent
from handlers.model.unit import Unit
from handlers.model.unit_search import matches_unit
from handlers.requests.fields import FIELDS, Field
from rules.facts import Event, Subject
from rules.outcome import Action, Procedure

#: More units of one name than this are not told apart by a button.
MAX_BODIES = 8


def find_body(here: Context, name: str) -> Unit | None:
    """The one unit of today that goes by exactly this name; the officer's own where several do."""
    present = [
        one.unit for one in here.world.units.find(name, MAX_BODIES, today=here.today) if one.sure and not one.path
    ]
    open_ = [unit for unit in present if unit.is_open(here.today)]
    own = [unit for unit in open_ if unit.code == here.session.unit]
    candidates = own or open_
    return candidates[0] if len(candidates) == 1 else None


def body_choices(here: Context, name: str) -> list[Unit]:
    """Units of today to choose from, where the name is a former one's or several units'; none where it is settled."""
    if find_body(here, name):
        return []
    found = [one.unit for one in here.world.units.find(name, MAX_BODIES, today=here.today) if one.sure]
    return [unit for unit in dict.fromkeys(found) if unit.is_open(here.today)]


def own_unit(here: Context) -> Unit | None:
    """The officer's unit, while it is open."""
    unit = here.world.units.get(here.session.unit)
    return unit if unit and unit.is_open(here.today) else None


def with_managing_body(draft: RequestDraft, name: str, unit: Unit | None) -> RequestDraft:
    """The draft with this managing body: as the tree names it, else as it was typed and without a code."""
    fields = {**draft.fields, "unit": unit.body if unit else name}
    return draft.model_copy(update={"fields": fields, "unit_code": unit.code if unit else None})


def with_ended_body_reopened(here: Context, draft: RequestDraft) -> RequestDraft | None:
    """The draft with the managing body open, where that has ended since it was taken; ``None`` while it stands."""
    unit = here.world.units.get(draft.unit_code)
    if unit is None or unit.is_open(here.today):
        return None
    name = draft.fields["unit"]
    doubted = name if body_choices(here, name) else None
    return draft.model_copy(update={"editing": "unit", "doubted": doubted, "unit_code": None})


#: A person's name with a typing slip is still the same name from here on.
SAME_NAME_SIMILARITY = 85.0
#: Procedures that need the new information.
PROCEDURES_WITH_NEWS = frozenset({Procedure.CHANGE_INFORMATION, Procedure.ISSUE_NEW})
_BODY_EVENTS = frozenset({Event.MERGED_INTO_NEW, Event.MERGED_INTO_EXISTING, Event.SUPERIOR_CHANGED, Event.RENAMED})
#: After these a body no longer goes by the name on its certificate.
EVENTS_ENDING_NAME = frozenset(
    {Event.MERGED_INTO_NEW, Event.MERGED_INTO_EXISTING, Event.RENAMED, Event.DISSOLVED, Event.SPLIT}
)
#: After anything else than these, a superior or a unit on the certificate may have ended.
EVENTS_KEEPING_NAMES = frozenset({Event.EMAIL_CHANGED, Event.POSITION_CHANGED, Event.ADDRESS_CHANGED})
#: What happened -> the new information a change of information is about.
_NEWS_FIELD_OF_EVENT: dict[Subject, dict[Event, str]] = {
    Subject.ORGANISATION: {
        Event.MERGED_INTO_NEW: "new_name",
        Event.RENAMED: "new_name",
        Event.ADDRESS_CHANGED: "new_address",
        Event.SUPERIOR_CHANGED: "new_superior",
        Event.EMAIL_CHANGED: "new_email",
    },
    Subject.INDIVIDUAL: {
        **dict.fromkeys(
            (*_BODY_EVENTS, Event.DISSOLVED, Event.SPLIT, Event.UNIT_REORGANISED, Event.MOVED_WITHIN_STATE), "new_unit"
        ),
        Event.EMAIL_CHANGED: "new_email",
    },
    Subject.DEVICE: {Event.DEVICE_RENAMED: "new_name", Event.DEVICE_UPGRADED: "new_name"},
}


def fields_to_fill(here: Context) -> list[Field]:
    """The fields a request of the present decision needs, in order; none where nothing can be registered."""
    facts, decided = interview.facts_of(here.session), current_decision(here)
    if decided is None or facts.subject is None or not registrable_actions(decided):
        return []
    about = any(action.procedure in PROCEDURES_WITH_NEWS for action in decided.actions)
    news = _NEWS_FIELD_OF_EVENT[facts.subject]
    wanted = {news[event] for event in facts.events or () if event in news} if about else set()
    return [field for name, field in FIELDS.items() if not name.startswith("new_") or name in wanted]


def current_field(here: Context) -> Field | None:
    """The field that is asked now; ``None`` where all are filled."""
    draft = here.session.draft or RequestDraft()
    if draft.editing or draft.code:
        return FIELDS.get(draft.editing or "")
    return next((field for field in fields_to_fill(here) if field.name not in draft.fields), None)


def suggestions(field: Field, here: Context) -> list[str]:
    """Values to take instead of typing: the officer's unit; what the certificate offers, unless another is amended."""
    session, unit = here.session, own_unit(here) if field.name == "unit" else None
    amended = session.draft is not None and session.draft.code is not None
    read = _certificate_values(field.name, session.certificate, session) if session.certificate and not amended else []
    own_body = [unit.body] if unit else []
    return [*own_body, *(value for value in dict.fromkeys(read) if fold(value) not in map(fold, own_body))]


def certificate_contradiction(field: Field, value: str, session: Session) -> str | None:
    """What the certificate says instead, where a typed value is not what stands in it."""
    certificate = session.certificate
    if certificate is None or (session.draft and session.draft.code):
        return None
    if field.name == "serial":
        return certificate.serial if value.lstrip("0") != certificate.serial.lstrip("0") else None
    if field.name != "subscriber":
        return None
    return None if _is_same_subscriber(certificate, value, session) else certificate.name


def _is_same_subscriber(certificate: Certificate, value: str, session: Session) -> bool:
    if session.answers.get("subject") == Subject.INDIVIDUAL:
        return fuzz.ratio(fold(certificate.name), fold(value)) >= SAME_NAME_SIMILARITY
    return matches_unit(certificate, value) is not False


def _certificate_values(name: str, certificate: Certificate, session: Session) -> list[str]:
    if name == "subscriber":
        return [certificate.name]
    if name == "serial":
        return [certificate.serial]
    return _bodies_on_certificate(certificate, session) if name == "unit" else []


def _bodies_on_certificate(certificate: Certificate, session: Session) -> list[str]:
    """Bodies named on the certificate that still go by that name."""
    events = set(session.answers.get("events", []))
    is_body = session.answers.get("subject") == Subject.ORGANISATION
    own = [certificate.name] if is_body and not events & EVENTS_ENDING_NAME else []
    above = [*certificate.units[:2], *([certificate.superior] if certificate.superior else [])]
    return [*own, *(above if not events - EVENTS_KEEPING_NAMES else [])]


def build_contents(here: Context) -> list[RequestContent]:
    """One content for each procedure of the decision that can be registered; none while the draft lacks a field."""
    draft, decided = here.session.draft or RequestDraft(), current_decision(here)
    if decided is None or not {"subscriber", "unit"} <= set(draft.fields):
        return []
    return [_build_content(here, draft, action) for action in registrable_actions(decided)]


def is_outdated(here: Context) -> bool:
    """Whether the answer is no longer the one this draft was begun with: a certificate may expire over night."""
    draft, decided = here.session.draft or RequestDraft(), current_decision(here)
    return decided is None or format_decision_plain(here, decided) != draft.answer


def _build_content(here: Context, draft: RequestDraft, action: Action) -> RequestContent:
    facts, certificate, fields = interview.facts_of(here.session), here.session.certificate, draft.fields
    return RequestContent(
        subject=facts.subject or Subject.ORGANISATION,
        subscriber=fields["subscriber"],
        unit=fields["unit"],
        unit_code=draft.unit_code,
        certificate_name=certificate.name if certificate else None,
        serial=fields.get("serial") or None,
        signed_serial=certificate.signed_serial if certificate and fields.get("serial") == certificate.serial else None,
        not_after=facts.certificate.not_after if facts.certificate else None,
        procedure=action.procedure,
        form=action.form,
        events=tuple(sorted(facts.events or ())),
        news=_new_information(fields) if action.procedure in PROCEDURES_WITH_NEWS else {},
        decision=draft.answer,
        pack=here.world.pack.label,
        channel=here.world.channel,
    )


def _new_information(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name.startswith("new_")}


def amend_content(content: RequestContent, draft: RequestDraft) -> RequestContent:
    """A content with the draft's fields; another serial number is not the one that was read."""
    fields = draft.fields
    serial = fields.get("serial") or None
    body = {"unit": fields["unit"], "unit_code": draft.unit_code}
    changes = {"subscriber": fields["subscriber"], **body, "serial": serial, "news": _new_information(fields)}
    was_read = content.certificate_name is not None
    other = (
        {"certificate_name": None, "not_after": None, "signed_serial": None}
        if was_read and serial != content.serial
        else {}
    )
    return content.model_copy(update={**changes, **other})


def to_amendment_draft(request: Request) -> RequestDraft | None:
    """A draft to amend a request with; ``None`` where its state no longer allows it."""
    if request.state not in AMENDABLE_STATES or request.content.unreadable:
        return None
    content = request.content
    fields = {"subscriber": content.subscriber, "unit": content.unit, "serial": content.serial or "", **content.news}
    return RequestDraft(fields=fields, unit_code=content.unit_code, code=request.code)
