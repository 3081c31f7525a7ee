"""Fills in official forms: which field is asked next, what stands in the forms, and the steps between the screens."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from handlers.core import Context, Session, units_of
from handlers.forms.case import FormCase, join_values
from handlers.forms.fields import CARD_ISSUERS, FORM_FIELDS, form_field_name
from handlers.model import (
    CONTACT_FIELDS,
    FORM_COLUMNS,
    SITTING,
    Form,
    FormContent,
    FormDraft,
    FormField,
    find_form,
    find_signing_place,
)
from handlers.requests import FIELDS, Field
from handlers.requests.form import find_body, own_unit, suggestions, unit_choices
from rules.facts import Event, Subject
from rules.language.spelling import fold
from rules.offices import OfficeDirectory, OfficeStatus
from rules.outcome import Procedure

#: Days after which a personal number goes, whether its form was made or not.
MOST_IDENTITY_DAYS = 7
_CONTACT = "contact_"
#: Fields of an officer that are the same for them as contact person.
_OF_BOTH = ("position", "mobile", "email", "identity_number", "identity_issued_on", "identity_issued_by")
#: Fields that only a person has, only a body has, and only a change has.
_OF_PERSON = frozenset({FormField.IDENTITY_NUMBER, FormField.IDENTITY_ISSUED_ON, FormField.IDENTITY_ISSUED_BY})
_OF_BODY = frozenset({FormField.TAX_CODE, FormField.BUDGET_CODE})
_OF_CHANGE = frozenset({FormField.OLD_VALUE, FormField.NEW_VALUE})
#: Columns that nobody is asked for.
_NOT_ASKED = frozenset({FormField.EXTEND, FormField.CHANGE, FormField.OLD_SERIAL, FormField.SIM})


def with_values(case: FormCase, draft: FormDraft) -> dict[str, str]:
    """Return all values: known ones, those that follow from others, and typed ones, which prevail."""
    values = {**case.known, **draft.fields}
    values = {**draft.fields_of(values.get("subscriber", "")), **values}
    place = values.get("new_unit") or values.get("unit", "")
    values = {**({"workplace": place, "contact_workplace": values.get("unit", "")} if place else {}), **values}
    if _is_contact_subscriber(case, values):
        own = {f"{_CONTACT}{name}": values[name] for name in _OF_BOTH if name in values}
        as_contact = {name: values[f"{_CONTACT}{name}"] for name in _OF_BOTH if f"{_CONTACT}{name}" in values}
        values = {**own, **as_contact, **values}
    if signed_in := find_signing_place([values.get("unit", ""), *case.above]):
        values = {"place": signed_in, **values}
    return {name: value for name, value in values.items() if name not in draft.later}


def _is_contact_subscriber(case: FormCase, values: Mapping[str, str]) -> bool:
    """Return whether the contact person is the officer: then the same is not asked twice."""
    named = fold(values.get(f"{_CONTACT}name", ""))
    return _is_person(case) and bool(named) and named == fold(values.get("subscriber", ""))


def _person_names(case: FormCase) -> set[str]:
    """Return the fields of a person that columns of the forms ask of the subscriber."""
    return {"email", *(name for name in _column_names(case) if FORM_FIELDS.get(f"{_CONTACT}{name}"))}


def _column_names(case: FormCase) -> Iterator[str]:
    for form in case.forms:
        for column in FORM_COLUMNS[form]:
            if column in _NOT_ASKED or not _applies(case, column):
                continue
            yield from case.news if column is FormField.NEW_VALUE else (form_field_name(column),)


def _applies(case: FormCase, column: FormField) -> bool:
    """Return whether a column of the table is about this case."""
    if column in _OF_PERSON:
        return case.subject is Subject.INDIVIDUAL
    if column in _OF_BODY:
        return case.subject is Subject.ORGANISATION
    if column in _OF_CHANGE:
        return Procedure.CHANGE_INFORMATION in case.procedures
    return column is not FormField.DEVICE_NUMBER or not case.remote


def needed_fields(case: FormCase, draft: FormDraft) -> list[Field]:
    """Return the fields that stand in the forms of a case, in the order of asking."""
    wanted = {"unit", *_column_names(case)}
    contact = {name for form in case.forms for name in CONTACT_FIELDS.get(form, ())}
    same = _is_contact_subscriber(case, {**case.known, **draft.fields})
    shared = _person_names(case) if same else set()
    wanted |= {f"{_CONTACT}{column.value}" for column in contact if column.value not in shared}
    wanted |= {"place"} & ({*with_values(case, draft), *draft.later})  # proposed where the body tells it, never asked
    return [field for name, field in FORM_FIELDS.items() if name in wanted]


def open_field(case: FormCase, draft: FormDraft) -> Field | None:
    """Return the field to ask now; ``None`` if the forms are to be reviewed."""
    if draft.editing:
        return FORM_FIELDS.get(draft.editing)
    if draft.skipped:
        return None
    values = with_values(case, draft)
    asked = (field for field in needed_fields(case, draft) if field.name not in draft.later)
    return next((field for field in asked if field.name not in values), None)


def count_open(case: FormCase, draft: FormDraft) -> int:
    """Return how many fields are still to be asked."""
    values = with_values(case, draft)
    return sum(f.name not in values and f.name not in draft.later for f in needed_fields(case, draft))


def offered_values(here: Context, case: FormCase, field: Field) -> list[str]:
    """Return values to offer for a field."""
    typed = {**case.known, **(here.session.forms or FormDraft()).fields}
    if field.name == "unit" and typed_bodies(here):
        return typed_bodies(here)
    if field.name in FIELDS:
        body = [typed["unit"]] if field.name == "new_unit" and "unit" in typed else []
        return list(dict.fromkeys((*body, *(suggestions(field, here) if case.request is None else []))))
    if field.name.endswith("identity_issued_by"):
        return list(CARD_ISSUERS)
    if field.name == f"{_CONTACT}name":
        gone = case.events & {Event.DECEASED, Event.LEFT_STATE_SERVICE}
        return [case.known["subscriber"]] if _is_person(case) and "subscriber" in case.known and not gone else []
    same = {f"{_CONTACT}email": "email", f"{_CONTACT}address": "address"}.get(field.name, "")
    return [typed[same]] if same in typed else []


def typed_bodies(here: Context) -> list[str]:
    """Return what to choose from for a managing body that is not in the tree as it was typed, the typed name last."""
    doubted = (here.session.forms or FormDraft()).doubted
    return [*(unit.body for unit in unit_choices(here, doubted)), doubted] if doubted else []


def take_body(here: Context, draft: FormDraft, name: str) -> str | None:
    """Return a typed managing body as the tree has it; ``None`` where it is to be chosen among several, or similar."""
    if unit := find_body(here, name):
        return unit.body
    return name if draft.doubted == name or not unit_choices(here, name) else None


def _is_person(case: FormCase) -> bool:
    return case.subject is Subject.INDIVIDUAL


def build_form_contents(here: Context, case: FormCase, draft: FormDraft) -> tuple[FormContent, ...]:
    """Build what stands in each form; absent values are left to be filled in by hand."""
    own = own_unit(here)
    above = next((one.body for one in here.world.units.ancestors(here.session.unit)), "")
    recipients = FormRecipients(here.offices, units_of(here))
    return fill_forms(case, draft, (own.body, above) if own else ("", ""), recipients)


@dataclass(frozen=True, slots=True)
class FormRecipients:
    """The offices that forms are sent to, if somebody has confirmed them; else they are written by hand."""

    offices: OfficeDirectory
    units: tuple[str, ...]  #: codes of the unit that files and of those above it, the nearest first

    def find(self, procedure: Procedure) -> str:
        """Return the name that stands in the form of a procedure."""
        found = self.offices.find(procedure, self.units)
        return found.name if found and found.status is OfficeStatus.CONFIRMED else ""


def fill_forms(
    case: FormCase, draft: FormDraft, filing: tuple[str, str], recipients: FormRecipients
) -> tuple[FormContent, ...]:
    """Fill the forms of a case.

    Args:
        case: The case.
        draft: What was typed for them.
        filing: The body of the tree that files, and the one above it, which stands in the heading of that one alone.
        recipients: The offices.
    """
    values = with_values(case, draft)
    body, superior = filing
    return tuple(
        FormContent(
            form=form,
            body=values.get("unit", ""),
            superior=superior if body and body == values.get("unit") else "",
            recipient=recipients.find(_procedure_of(case, form)),
            place=values.get("place", ""),
            rows=(dict(_cells(case, form, values)),),
            contact={
                column: values[f"{_CONTACT}{column.value}"]
                for column in CONTACT_FIELDS.get(form, ())
                if f"{_CONTACT}{column.value}" in values
            },
        )
        for form in case.forms
    )


def _procedure_of(case: FormCase, form: Form) -> Procedure:
    return next(p for p in sorted(case.procedures) if find_form(p, case.subject) is form)


def _cells(case: FormCase, form: Form, values: Mapping[str, str]) -> Iterator[tuple[FormField, str]]:
    """Yield the cells of the row that have a value, or to which none applies."""
    for column in FORM_COLUMNS[form]:
        cell = _cell(case, form, column, values)
        if cell is not None:
            yield column, cell


def _cell(case: FormCase, form: Form, column: FormField, values: Mapping[str, str]) -> str | None:
    new = form in {Form.PERSON, Form.ORGANISATION, Form.DEVICE}
    if column in {FormField.EXTEND, FormField.CHANGE}:
        ticked = Procedure.EXTEND if column is FormField.EXTEND else Procedure.CHANGE_INFORMATION
        return "x" if ticked in case.procedures else None
    if not _applies(case, column):
        return ""
    if column is FormField.OLD_SERIAL:
        return values.get("serial")
    if column is FormField.NEW_VALUE:
        return values.get("new_value") if case.news == ("new_value",) else join_values(values, case.news) or None
    if new and column in {FormField.NAME, FormField.EMAIL} and (fresh := values.get(f"new_{column.value}")):
        return fresh
    return values.get(form_field_name(column))


def begin_forms(here: Context, case: FormCase) -> Session:
    """Open the forms of a case; what was typed for the same certificate, or of the same person, is there again.

    What was left open in the same sitting, and is still not known, is not asked again; the review offers it.
    """
    before = (here.session.forms or FormDraft()).for_certificate(case.key)
    same_sitting = before.settled_at is not None and here.world.now - before.settled_at < SITTING
    begun = {
        "code": case.request.code if case.request else None,
        "later": (),
        "steps": (),
        "skipped": False,
        "left": (),
        "editing": None,
        "doubted": None,
        "subscriber": case.known.get("subscriber", ""),
        "settled_at": here.world.now,
    }
    draft = before.model_copy(update=begun)
    known = with_values(case, draft)
    left = dict.fromkeys((*before.later, *before.left)) if same_sitting else ()
    draft = draft.model_copy(update={"later": tuple(name for name in left if name not in known)})
    return with_open_field(here.session, case, _with_deadline(here, case, draft))


def _with_deadline(here: Context, case: FormCase, draft: FormDraft) -> FormDraft:
    """Note by when a personal number must be gone, where the forms ask for one; an earlier number sets the day."""
    if draft.has_identity and draft.identity_until:
        return draft
    asks = any("identity" in field.name for field in needed_fields(case, draft))
    until = here.world.now + timedelta(days=MOST_IDENTITY_DAYS)
    return draft.model_copy(update={"identity_until": until}) if asks else draft


def with_open_field(session: Session, case: FormCase, draft: FormDraft) -> Session:
    """Open the next field, or the review."""
    return session.with_screen("papers" if open_field(case, draft) else "papers_review", forms=draft)


def with_value(here: Context, case: FormCase, draft: FormDraft, name: str, value: str) -> Session:
    """Take a value and open what comes next."""
    kept = _without(draft, name)
    changed = {
        "fields": {**kept.fields, name: value},
        "steps": (*kept.steps, name),
        "editing": None,
        "doubted": None,
        "settled_at": here.world.now,
    }
    return with_open_field(here.session, case, _with_deadline(here, case, kept.model_copy(update=changed)))


def without_value(here: Context, case: FormCase, draft: FormDraft, name: str) -> Session:
    """Leave a field to be filled in by hand, and open what comes next."""
    kept = _without(draft, name)
    changed = {
        "later": (*kept.later, name),
        "steps": (*kept.steps, name),
        "editing": None,
        "settled_at": here.world.now,
    }
    return with_open_field(here.session, case, kept.model_copy(update=changed))


def without_rest(here: Context, case: FormCase, draft: FormDraft) -> Session:
    """Leave every open field to be filled in by hand, and open the review."""
    values = with_values(case, draft)
    left = (one.name for one in needed_fields(case, draft) if one.name not in values and one.name not in draft.later)
    changed = {"skipped": True, "left": tuple(left), "editing": None, "settled_at": here.world.now}
    return with_open_field(here.session, case, draft.model_copy(update=changed))


def _without(draft: FormDraft, name: str) -> FormDraft:
    """Return the draft as if a field had not been asked yet."""
    fields = {other: value for other, value in draft.fields.items() if other != name}
    kinds = ("later", "left", "steps")
    rest = {kind: tuple(other for other in getattr(draft, kind) if other != name) for kind in kinds}
    return draft.model_copy(update={"fields": fields, **rest})


def to_left_forms(session: Session) -> Session:
    """Leave the forms for the page from which they were begun."""
    draft = session.forms or FormDraft()
    kept = session.with_changes(forms=draft.model_copy(update={"editing": None}))
    return kept.with_screen("request", about=draft.code) if draft.code else kept.with_screen("answer")


def to_previous_form_field(session: Session) -> Session:
    """Go one step back: from a change to the review, else to the field that was settled last, else out of the forms."""
    draft = session.forms or FormDraft()
    if draft.editing:
        return session.with_screen("papers_review", forms=draft.model_copy(update={"editing": None}))
    if session.screen == "papers_review" and draft.skipped:
        return session.with_screen("papers", forms=draft.model_copy(update={"skipped": False, "left": ()}))
    if not draft.steps:
        return to_left_forms(session)
    return session.with_screen("papers", forms=_without(draft, draft.steps[-1]))


def without_expired_identities(here: Context) -> Context:
    """Drop personal numbers whose time is over."""
    draft = here.session.forms
    if draft is None or draft.identity_until is None or draft.identity_until > here.world.now:
        return here
    return here.with_session(here.session.without_identity_deadline())


def after_making(here: Context) -> Session:
    """Drop the personal numbers once their forms are on their way, or note the day on which they go."""
    draft, days = here.session.forms, here.world.identity_days
    if draft is None:
        return here.session
    if not days:
        return here.session.without_identities()
    until = here.world.now + timedelta(days=min(days, MOST_IDENTITY_DAYS))
    until = min(until, draft.identity_until or until)
    return here.session.with_changes(forms=draft.model_copy(update={"identity_until": until}))
