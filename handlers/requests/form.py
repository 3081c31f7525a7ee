"""The form of a request: the fields to fill, suggestions and contradictions of the certificate, and the contents."""

from collections.abc import Iterable
from typing import Any, Literal

from markupsafe import Markup
from rapidfuzz import fuzz

from handlers.core import (
    Context,
    Option,
    Page,
    RequestDraft,
    Session,
    current_decision,
    facts_of,
    format_bold,
    format_decision_plain,
    registrable_actions,
)
from handlers.folding import fold
from handlers.model import AMENDABLE_STATES, Certificate, Request, RequestContent, Unit, UnitToday, matches_unit
from handlers.requests import FIELDS, Field
from locales import N_
from rules.facts import Event, Facts, Issuer, Subject
from rules.outcome import Action, Procedure

#: Units of one name that are offered as buttons.
MAX_BODIES = 8


def find_body(here: Context, name: str) -> Unit | None:
    """Return the one present unit of exactly this name.

    If several have it, the officer's own unit, if it is among them.
    """
    present = [
        one.unit for one in here.world.units.find(name, MAX_BODIES, today=here.today) if one.sure and not one.path
    ]
    open_ = [unit for unit in present if unit.is_open(here.today)]
    own = [unit for unit in open_ if unit.code == here.session.unit]
    candidates = own or open_
    return candidates[0] if len(candidates) == 1 else None


def body_choices(here: Context, name: str) -> list[Unit]:
    """Return the present units to choose from for a former or ambiguous name; none if ``find_body`` finds the unit."""
    if find_body(here, name):
        return []
    found = [one.unit for one in here.world.units.find(name, MAX_BODIES, today=here.today) if one.sure]
    return [unit for unit in dict.fromkeys(found) if unit.is_open(here.today)]


def unit_choices(here: Context, name: str) -> list[Unit]:
    """Return the present units to offer for a typed name: those that bear it, else similar ones and the officer's."""
    if named := body_choices(here, name):
        return named
    similar = [one.unit for one in here.world.units.find(name, MAX_BODIES, today=here.today)]
    own = own_unit(here)
    offered = dict.fromkeys((*([own] if own else []), *similar))
    return [unit for unit in offered if unit.is_open(here.today)][:MAX_BODIES]


def own_unit(here: Context) -> Unit | None:
    """Return the officer's unit if it is open."""
    unit = here.world.units.get(here.session.unit)
    return unit if unit and unit.is_open(here.today) else None


def with_managing_body(draft: RequestDraft, name: str, unit: Unit | None) -> RequestDraft:
    """Return the draft with a managing body: with the name in the tree, else as typed and without a code."""
    fields = {**draft.fields, "unit": unit.body if unit else name}
    return draft.model_copy(update={"fields": fields, "unit_code": unit.code if unit else None})


def with_ended_body_reopened(here: Context, draft: RequestDraft) -> RequestDraft | None:
    """Return the draft with the managing body to be asked again if it has ended; ``None`` if it still exists."""
    unit = here.world.units.get(draft.unit_code)
    if unit is None or unit.is_open(here.today):
        return None
    name = draft.fields["unit"]
    doubted = name if body_choices(here, name) else None
    return draft.model_copy(update={"editing": "unit", "doubted": doubted, "unit_code": None})


#: Similarity, in percent, from which a person's name with a typing slip counts as the same.
SAME_NAME_SIMILARITY = 85.0
#: Procedures that need the new information.
PROCEDURES_WITH_NEWS = frozenset({Procedure.CHANGE_INFORMATION, Procedure.ISSUE_NEW})
_BODY_EVENTS = frozenset({Event.MERGED_INTO_NEW, Event.MERGED_INTO_EXISTING, Event.SUPERIOR_CHANGED, Event.RENAMED})
#: Events after which a body no longer has the name on its certificate.
EVENTS_ENDING_NAME = frozenset(
    {Event.MERGED_INTO_NEW, Event.MERGED_INTO_EXISTING, Event.RENAMED, Event.DISSOLVED, Event.SPLIT}
)
#: Events after which the superior and units on the certificate surely keep their names.
EVENTS_KEEPING_NAMES = frozenset(
    {Event.EMAIL_CHANGED, Event.POSITION_CHANGED, Event.ADDRESS_CHANGED, Event.MANAGING_BODY_REVOKES}
)
#: Event -> the new information that a change of information is about.
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
    """Return the fields that the requests of the present decision need, in order; none if nothing can be registered."""
    facts, decided = facts_of(here.session), current_decision(here)
    if decided is None or facts.subject is None or not registrable_actions(decided):
        return []
    about = any(action.procedure in PROCEDURES_WITH_NEWS for action in decided.actions)
    wanted = news_fields(facts.subject, facts.events or ()) if about else set()
    wanted |= {"subscriber", "unit"} if _has_no_certificate(facts) else {"subscriber", "unit", "serial"}
    return [field for name, field in FIELDS.items() if name in wanted]


def news_fields(subject: Subject, events: Iterable[Event]) -> set[str]:
    """Return the names of the new information that a change after these events is about."""
    news = _NEWS_FIELD_OF_EVENT[subject]
    return {news[event] for event in events if event in news}


def _has_no_certificate(facts: Facts) -> bool:
    return facts.certificate is not None and facts.certificate.issuer is Issuer.NONE


def render_field(
    here: Context, field: Field, offers: Iterable[str], beside: Iterable[Option], help_: Markup, *told: Markup
) -> Page:
    """Render the page that asks for a field.

    Args:
        here: The session and services of the turn.
        field: The field.
        offers: Values to offer; the value of their options is their number.
        beside: The other options.
        help_: What to say to somebody who does not know the value.
        told: Paragraphs before the hint, which stands only where there is something to choose.
    """
    offered = [Option(str(index), value) for index, value in enumerate(offers)]
    hint = (here.say(N_("Choose, or type it.")),) if offered else ()
    title = format_bold(here.say(field.ask))
    numbers: Literal["codes", "options"] = "codes" if field.digits else "options"
    return Page(title, (*told, *hint), (*offered, *beside), exact=True, numbers=numbers, help=help_, prose=field.prose)


def current_field(here: Context) -> Field | None:
    """Return the field to ask now, or ``None`` if all are filled."""
    draft = here.session.draft or RequestDraft()
    if draft.editing or draft.code:
        return FIELDS.get(draft.editing or "")
    return next((field for field in fields_to_fill(here) if field.name not in draft.fields), None)


def suggestions(field: Field, here: Context) -> list[str]:
    """Return values to offer: the officer's unit and values of the certificate; the latter not for an amendment."""
    session, unit = here.session, own_unit(here) if field.name == "unit" else None
    amended = session.draft is not None and session.draft.code is not None
    read = _certificate_values(field.name, session.certificate, session) if session.certificate and not amended else []
    own_body = [unit.body] if unit else []
    named = [session.named_unit] if session.named_unit and field.name in {"new_name", "new_unit"} else []
    return [*own_body, *named, *(value for value in dict.fromkeys(read) if fold(value) not in map(fold, own_body))]


def certificate_contradiction(field: Field, value: str, session: Session) -> str | None:
    """Return the certificate's value if it contradicts a typed one, else ``None``."""
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


def other_holder(here: Context, draft: RequestDraft) -> str | None:
    """Return the bodies on the certificate where they are surely not of the managing body of the draft, else ``None``.

    After an officer moved, another body is what is expected.
    """
    certificate, code = here.session.certificate, draft.unit_code
    moved = Event.MOVED_WITHIN_STATE in here.session.answers.get("events", ())
    if certificate is None or draft.code or moved or not code or here.world.units.get(code) is None:
        return None
    if not UnitToday(here.world.units, code, here.today).is_of_other_unit(certificate):
        return None
    own = [certificate.name] if here.session.answers.get("subject") != Subject.INDIVIDUAL else []
    return " – ".join(dict.fromkeys(filter(None, (*own, *certificate.units[:2], certificate.superior))))


def _certificate_values(name: str, certificate: Certificate, session: Session) -> list[str]:
    if name == "subscriber":
        return [certificate.name]
    if name == "serial":
        return [certificate.serial]
    return _bodies_on_certificate(certificate, session) if name == "unit" else []


def _bodies_on_certificate(certificate: Certificate, session: Session) -> list[str]:
    """Return the bodies named on the certificate that still have that name."""
    events = set(session.answers.get("events", []))
    is_body = session.answers.get("subject") == Subject.ORGANISATION
    own = [certificate.name] if is_body and not events & EVENTS_ENDING_NAME else []
    above = [*certificate.units[:2], *([certificate.superior] if certificate.superior else [])]
    return [*own, *(above if not events - EVENTS_KEEPING_NAMES else [])]


def build_contents(here: Context) -> list[RequestContent]:
    """Build one content for each procedure to register; none while the draft lacks a field."""
    draft, decided = here.session.draft or RequestDraft(), current_decision(here)
    if decided is None or not {"subscriber", "unit"} <= set(draft.fields):
        return []
    return [_build_content(here, draft, action) for action in registrable_actions(decided)]


def is_outdated(here: Context) -> bool:
    """Return whether the decision has changed since the draft was begun; a certificate may expire overnight."""
    draft, decided = here.session.draft or RequestDraft(), current_decision(here)
    return decided is None or format_decision_plain(here, decided) != draft.answer


def _build_content(here: Context, draft: RequestDraft, action: Action) -> RequestContent:
    facts, certificate, fields = facts_of(here.session), here.session.certificate, draft.fields
    subject = facts.subject or Subject.ORGANISATION
    news = _new_information(fields) if action.procedure in PROCEDURES_WITH_NEWS else {}
    said = values_on_certificate(certificate, subject)
    return RequestContent(
        subject=subject,
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
        news=news,
        old={name: said[name] for name in news if name in said},
        email=certificate.email if certificate else None,
        province=certificate.locality if certificate else None,
        decision=draft.answer,
        pack=here.world.pack.label,
        channel=here.world.channel,
    )


def values_on_certificate(certificate: Certificate | None, subject: Subject) -> dict[str, str]:
    """Return what the certificate says, by the names of the new information; what it does not say is left out."""
    if certificate is None:
        return {}
    body = next((one for one in certificate.units), certificate.superior)
    said = {
        "new_name": certificate.name,
        "new_superior": certificate.superior,
        "new_unit": body if subject is Subject.INDIVIDUAL else None,
        "new_email": certificate.email,
    }
    return {name: value for name, value in said.items() if value}


def _new_information(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name.startswith("new_")}


def amend_content(content: RequestContent, draft: RequestDraft) -> RequestContent:
    """Return a content with the draft's fields.

    After a change of the serial number, data read from the file is dropped.
    """
    fields = draft.fields
    serial = fields.get("serial") or None
    body = {"unit": fields["unit"], "unit_code": draft.unit_code}
    changes = {"subscriber": fields["subscriber"], **body, "serial": serial, "news": _new_information(fields)}
    was_read = content.certificate_name is not None
    other: dict[str, Any] = (
        {**dict.fromkeys(("certificate_name", "not_after", "signed_serial", "email", "province")), "old": {}}
        if was_read and serial != content.serial
        else {}
    )
    return content.model_copy(update={**changes, **other})


def to_amendment_draft(request: Request) -> RequestDraft | None:
    """Return a draft to amend a request, or ``None`` if its state no longer allows it."""
    if request.state not in AMENDABLE_STATES or request.content.unreadable:
        return None
    content = request.content
    fields = {"subscriber": content.subscriber, "unit": content.unit, "serial": content.serial or "", **content.news}
    return RequestDraft(fields=fields, unit_code=content.unit_code, code=request.code)
