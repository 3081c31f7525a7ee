"""The case that official forms are made for: which forms are due, and what is known of the certificate."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from handlers.core import Context, RequestDraft, Session, current_decision, facts_of
from handlers.forms.fields import FORM_FIELDS
from handlers.model import OPEN_STATES, Form, Request, RequestContent, UnitDirectory, find_form
from handlers.requests import FIELDS
from handlers.requests.form import news_fields, own_unit, values_on_certificate
from locales import N_, translator
from rules.facts import Event, Facts, Subject, Token
from rules.outcome import Decided, Procedure

#: The reason in the form, by what is known of the case; the first that holds stands there.
_STATE_REASONS: tuple[tuple[str, Callable[[Facts], bool]], ...] = (
    (N_("The private key is exposed or suspected to be"), lambda facts: facts.key_exposed is True),
    (N_("The device that holds the private key is lost"), lambda facts: facts.token is Token.LOST),
    (N_("The device that holds the private key is damaged"), lambda facts: facts.token is Token.DAMAGED),
)
_EVENT_REASONS = {
    Event.DECEASED: N_("The subscriber has died"),
    Event.LEFT_STATE_SERVICE: N_("The subscriber has retired or left the state service"),
    Event.POSITION_CHANGED: N_("The subscriber has another position"),
    Event.MERGED_INTO_NEW: N_("The body was merged into a new one"),
    Event.MERGED_INTO_EXISTING: N_("The body was merged into another one"),
    Event.DISSOLVED: N_("The body was dissolved"),
    Event.SPLIT: N_("The body was split"),
    Event.DEVICE_RETIRED: N_("The device, service or software no longer operates"),
    Event.MANAGING_BODY_REVOKES: N_("The managing body asks for it"),
}
EXPIRED = N_("The certificate has expired")


@dataclass(frozen=True)
class FormCase:
    """The certificate that forms are made for, with all that is known of it."""

    subject: Subject
    procedures: frozenset[Procedure]
    forms: tuple[Form, ...]
    events: frozenset[Event]
    key: str  #: identifies the certificate in this chat
    known: Mapping[str, str]  #: by the names of fields; never a personal number
    remote: bool = False  #: there is no device
    decided: Decided | None = None  #: the answer that it belongs to, if that is the one of the interview
    above: tuple[str, ...] = ()  #: names of the bodies above the managing one, the nearest first, as far as known
    request: Request | None = None  #: the registered request, unless the forms are for the answer itself

    @cached_property
    def news(self) -> tuple[str, ...]:
        """Return the names of the new information that the change is about."""
        if Procedure.CHANGE_INFORMATION not in self.procedures:
            return ()
        wanted = news_fields(self.subject, self.events)
        return tuple(name for name in FIELDS if name in wanted) or ("new_value",)


def due_forms(procedures: frozenset[Procedure], subject: Subject) -> tuple[Form, ...]:
    """Return the forms of these procedures by their numbers, each once."""
    found = {find_form(procedure, subject) for procedure in procedures}
    return tuple(form for form in Form if form in found)


def case_of_answer(here: Context) -> FormCase | None:
    """Return the case of the interview's answer; ``None`` without one, and where no form is due."""
    decided, facts = current_decision(here), facts_of(here.session)
    if decided is None or facts.subject is None:
        return None
    procedures = frozenset(action.procedure for action in decided.actions)
    forms = due_forms(procedures, facts.subject)
    if not forms:
        return None
    return FormCase(
        subject=facts.subject,
        procedures=procedures,
        forms=forms,
        events=frozenset(facts.events or ()),
        key=_certificate_key(here.session),
        known=_known_in_interview(here, facts),
        remote=facts.token is Token.REMOTE,
        decided=decided,
        above=_names_above(here, here.session.unit),
    )


async def case_of_request(here: Context, code: str) -> FormCase | None:
    """Return the case of a request of this chat; ``None`` if there is none, or no form is due.

    An extension and a change of information that are both open for the certificate share their form.
    """
    request = await here.world.requests.get(code)
    if request is None or request.content.unreadable:
        return None
    content = request.content
    same = here.session.registered_key == content.certificate_key
    facts = facts_of(here.session) if same else Facts()
    case = _case_of(await _find_together(here, content), facts, here.today, _names_above(here, content.unit_code))
    return replace(case, decided=current_decision(here) if same else None, request=request)


def case_of_filed_request(request: Request, units: UnitDirectory, today: date) -> FormCase:
    """Return the case of a request as whoever looks after it has it: of what its officer said, the request alone."""
    content = request.content
    above = tuple(one.name for one in units.ancestors(content.unit_code))
    return replace(_case_of([content], Facts(), today, above), request=request)


def _case_of(together: Sequence[RequestContent], facts: Facts, today: date, above: tuple[str, ...]) -> FormCase:
    """Return the case of contents that share a form; the last one is the request itself."""
    content = together[-1]
    procedures, events = frozenset(one.procedure for one in together), frozenset(content.events)
    expired = content.not_after is not None and content.not_after < today
    news = {name: value for one in together for name, value in one.news.items()}
    old = {name: value for one in together for name, value in one.old.items()}
    known = {
        **news,
        "subscriber": content.subscriber,
        "unit": content.unit,
        "serial": content.serial or "",
        "email": content.email or "",
        "province": content.province or "",
        "old_value": join_values(old, news),
        "reason": _find_reason(events, facts, expired=expired),
    }
    return FormCase(
        subject=content.subject,
        procedures=procedures,
        forms=due_forms(procedures, content.subject),
        events=events,
        key=content.certificate_key,
        known=_without_empty(known),
        remote=facts.token is Token.REMOTE,
        above=above,
    )


def _names_above(here: Context, unit: str | None) -> tuple[str, ...]:
    return tuple(one.name for one in here.world.units.ancestors(unit))


async def _find_together(here: Context, content: RequestContent) -> list[RequestContent]:
    """Return the contents that share a form, the given one last: an open extension and an open change."""
    both = {Procedure.CHANGE_INFORMATION, Procedure.EXTEND}
    if content.procedure not in both:
        return [content]
    opened = [one.content for one in await here.world.requests.mine() if one.state in OPEN_STATES]
    beside = [one for one in opened if one.procedure in both and one.certificate_key == content.certificate_key]
    return [*(one for one in beside if not one.unreadable and one.procedure is not content.procedure), content]


async def current_case(here: Context) -> FormCase | None:
    """Return the case of the forms that are open in this session."""
    draft = here.session.forms
    if draft is None:
        return None
    return await case_of_request(here, draft.code) if draft.code else case_of_answer(here)


def _certificate_key(session: Session) -> str:
    certificate = session.certificate
    return certificate.certificate_key if certificate else f"interview {session.interview}"


def _known_in_interview(here: Context, facts: Facts) -> dict[str, str]:
    """Return what certificate, unit and request form tell; what was typed there prevails."""
    session, certificate, unit = here.session, here.session.certificate, own_unit(here)
    typed = (_new_request(session.draft) or session.set_aside or RequestDraft()).fields
    above = [one.name for one in here.world.units.ancestors(session.unit)]
    said = values_on_certificate(certificate, facts.subject or Subject.ORGANISATION)
    changed = news_fields(facts.subject, facts.events or ()) if facts.subject else ()
    expired = facts.certificate and facts.certificate.not_after and facts.certificate.not_after < here.today
    read = {
        "subscriber": certificate.name,
        "serial": certificate.serial,
        "email": certificate.email or "",
        "province": certificate.locality or "",
    } if certificate else {}  # fmt: skip
    known = {
        "unit": unit.body if unit else "",
        "province": above[-1] if above else "",
        **_without_empty(read),
        **_without_empty(typed),
        "old_value": join_values({name: said[name] for name in changed if name in said}, changed),
        "reason": _find_reason(frozenset(facts.events or ()), facts, expired=bool(expired)),
    }
    return _without_empty(known)


def _new_request(draft: RequestDraft | None) -> RequestDraft | None:
    return draft if draft and not draft.code else None


def _without_empty(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _find_reason(events: frozenset[Event], facts: Facts, *, expired: bool = False) -> str:
    """Return the reason as it stands in a form, in Vietnamese; empty if what is known gives none."""
    t = translator("vi")
    state = next((text for text, holds in _STATE_REASONS if holds(facts)), None)
    happened = next((text for event, text in _EVENT_REASONS.items() if event in events), None)
    reason = state or happened or (EXPIRED if expired else None)
    return t(reason) if reason else ""


def join_values(values: Mapping[str, str], names: Iterable[str]) -> str:
    """Join the values of a change for one cell, each with its name; empty unless all are known."""
    named = set(names)
    wanted = [name for name in FORM_FIELDS if name in named]
    if not wanted or any(not values.get(name) for name in wanted):
        return ""
    return "; ".join(f"{_cell_label(name)}: {values[name]}" for name in wanted)


#: What stands before a value in the cells of a change, old and new alike.
_CELL_LABELS = {
    "new_name": N_("Name"),
    "new_address": N_("Address"),
    "new_superior": N_("Superior body"),
    "new_unit": N_("Working body"),
    "new_email": N_("E-mail"),
}


def _cell_label(name: str) -> str:
    return translator("vi")(_CELL_LABELS[name])
