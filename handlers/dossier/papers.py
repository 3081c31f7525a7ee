"""The forms of a dossier: one of each kind, with a row for every certificate that it is due for."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from handlers.core import EVENT_LABELS
from handlers.dossier import DossierContext, Entry, Status
from handlers.model import FORM_COLUMNS, Form, FormContent, FormField, UnitToday
from handlers.requests import clean_email
from locales import N_, translator
from rules.facts import Event, Subject, Token
from rules.offices import OfficeStatus
from rules.outcome import Action, Procedure
from rules.pack import Pack

#: The forms in the order of the dossier: what changes, what ends, the devices, what is new.
ORDER = (
    Form.CHANGE, Form.REVOKE, Form.RESTORE, Form.HANDOVER, Form.LOSS, Form.PERSON, Form.ORGANISATION, Form.DEVICE,
)  # fmt: skip
#: An official paper is in Vietnamese, whatever the language of the person who makes it.
_VIETNAMESE = translator("vi")
TICK = "x"
#: Stands for a value that is to be written by hand beside others that are known.
DOTS = "…………"
#: The variants of a procedure that the pack gives where another body files, and where the subscriber is not named yet.
_RECEIVING_BODY, _NEW_BODIES = "receiving_body", "new_bodies"
#: What can be the reason for a revocation, by the kind of subscriber; the rules decide whether there is one.
_ENDING = {
    Subject.INDIVIDUAL: (
        Event.DECEASED, Event.LEFT_STATE_SERVICE, Event.POSITION_CHANGED, Event.MANAGING_BODY_REVOKES,
    ),
    Subject.ORGANISATION: (
        Event.MERGED_INTO_NEW, Event.MERGED_INTO_EXISTING, Event.DISSOLVED, Event.SPLIT, Event.MANAGING_BODY_REVOKES,
    ),
    Subject.DEVICE: (Event.DEVICE_RETIRED, Event.MANAGING_BODY_REVOKES),
}  # fmt: skip
#: What is wrong with the key, the device or the term, in the words of the Decree (Điều 17.1).
_EXPOSED = N_("the private key is exposed or suspected to be")
_CONDITIONS = {
    Token.LOST: N_("the device that holds the private key is lost"),
    Token.DAMAGED: N_("the device that holds the private key is damaged"),
}
_EXPIRED = N_("the certificate has expired")
#: What happened, in the words of the Decree where it has some (Điều 17.2).
_HAPPENED = {**EVENT_LABELS, Event.LEFT_STATE_SERVICE: N_("retired or resigned")}


@dataclass(frozen=True, slots=True)
class Paper:
    """A form and the certificates of its rows, in the order of the rows."""

    content: FormContent
    entries: tuple[Entry, ...]
    by_receiving_body: bool = False  #: the body where these officers work now files it


def make_papers(context: DossierContext, entries: Iterable[Entry]) -> list[Paper]:
    """Return the forms that are due, each once; what another body files stands in a form of its own.

    Args:
        context: The rules, the day, the unit that files (without it the body is written by hand), and the office.
        entries: All certificates; only the decided ones stand in forms.
    """
    rows: dict[tuple[Form, bool], dict[int, tuple[Entry, list[Action]]]] = {}
    for number, entry in enumerate(entries):
        for form, action in _forms_of(entry):
            elsewhere = _RECEIVING_BODY in _variants(context.pack, action)
            due = rows.setdefault((form, elsewhere), {})
            due.setdefault(number, (entry, []))[1].append(action)
    wanted = ((form, elsewhere) for form in ORDER for elsewhere in (False, True))
    return [_to_paper(context, *one, list(rows[one].values())) for one in wanted if one in rows]


def _to_paper(context: DossierContext, form: Form, elsewhere: bool, due: Sequence[tuple[Entry, list[Action]]]) -> Paper:
    files = replace(context, unit=None) if elsewhere else context
    content = FormContent(
        form=form,
        body=files.unit.unit.body if files.unit else "",
        superior=files.unit.superior if files.unit else "",
        recipient=_recipient(context, due[0][1][0].procedure),
        place=files.unit.signing_place if files.unit else "",
        rows=tuple(_row(files, form, entry, actions) for entry, actions in due),
    )
    return Paper(content, tuple(entry for entry, _ in due), elsewhere)


def _forms_of(entry: Entry) -> Iterator[tuple[Form, Action]]:
    if entry.status is not Status.DECIDED or entry.decided is None:
        return
    for action in entry.decided.actions:
        if action.form in set(Form):
            yield Form(action.form), action


def _variants(pack: Pack, action: Action) -> set[str]:
    """Return the variants of a procedure that the rows behind an action ask for."""
    return {
        variant
        for row in action.rows
        for asked in pack.rows[row].actions
        if asked.procedure is action.procedure
        for variant in asked.variants
    }


def _recipient(context: DossierContext, procedure: Procedure) -> str:
    """Return the office that receives it; one that nobody has confirmed is left to be written by hand."""
    found = context.offices.find(procedure, context.unit.line if context.unit else ())
    return found.name if found and found.status is OfficeStatus.CONFIRMED else ""


def _row(context: DossierContext, form: Form, entry: Entry, actions: Sequence[Action]) -> dict[FormField, str]:
    """Return what stands in a row; a field that is not known is left out, to be written by hand."""
    fields: dict[FormField, str | None] = {
        FormField.NAME: entry.name,
        FormField.SERIAL: entry.serial,
        FormField.EMAIL: _email(entry),
        FormField.DEVICE_NUMBER: _device_number(entry),
        **_OF_FORM[form](entry, actions, context),
    }
    if any(_NEW_BODIES in _variants(context.pack, action) for action in actions) and form is Form.ORGANISATION:
        fields |= {FormField.NAME: None, FormField.EMAIL: None}
    return {
        name: value
        for name in FORM_COLUMNS[form]
        if (value := fields.get(name)) is not None and not _is_blank(name, value)
    }


def _is_blank(name: FormField, value: str) -> bool:
    return not value and name in {FormField.NAME, FormField.SERIAL}


def _email(entry: Entry) -> str | None:
    certificate, listed = entry.certificate, entry.source.listed
    return (certificate.email if certificate else None) or (listed.email if listed else None) or None


def _device_number(entry: Entry) -> str | None:
    """Return the number of the device; empty for a certificate that has none."""
    if entry.facts.token is Token.REMOTE:
        return ""
    return (entry.source.listed.device_number if entry.source.listed else None) or None


_Fields = dict[FormField, str | None]


def _change_fields(entry: Entry, actions: Sequence[Action], context: DossierContext) -> _Fields:
    asked = {action.procedure for action in actions}
    changes = list(_changes(entry, context.unit)) if Procedure.CHANGE_INFORMATION in asked else []
    new = [f"{label}: {value or DOTS}" if len(changes) > 1 else value for label, _, value in changes]
    known = any(value for _, _, value in changes)
    return {
        FormField.OLD_VALUE: "\n".join(f"{label}: {old}" if old else label for label, old, _ in changes),
        FormField.NEW_VALUE: "\n".join(new) if known or not changes else None,
        FormField.EXTEND: TICK if Procedure.EXTEND in asked else "",
        FormField.CHANGE: TICK if changes else "",
    }


def _changes(entry: Entry, unit: UnitToday | None) -> Iterator[tuple[str, str, str]]:
    """Yield what is to be changed, with the value in the certificate and the new one, as far as they are known."""
    events, certificate = entry.facts.events or frozenset(), entry.certificate
    own = bool(unit and certificate and unit.is_the_unit(certificate))
    body, above = (unit.unit.body, unit.superior) if unit else ("", "")
    superior = (certificate.superior if certificate else "") or ""
    if entry.subject is Subject.INDIVIDUAL:
        if events - {Event.EMAIL_CHANGED, Event.POSITION_CHANGED, Event.ADDRESS_CHANGED}:
            old = next(iter(certificate.units), superior) if certificate else ""
            yield "Cơ quan, tổ chức công tác", old, body
    else:
        if events & {Event.MERGED_INTO_NEW, Event.RENAMED, Event.DEVICE_RENAMED, Event.DEVICE_UPGRADED}:
            yield "Tên", entry.name, body if own and entry.subject is Subject.ORGANISATION else ""
        if Event.SUPERIOR_CHANGED in events:
            yield "Cơ quan quản lý cấp trên", superior, above if own else body
        if Event.ADDRESS_CHANGED in events:
            yield "Địa chỉ", "", ""
    if Event.EMAIL_CHANGED in events:
        yield "Thư điện tử công vụ", _email(entry) or "", ""


def _revoke_fields(entry: Entry, _actions: Sequence[Action], context: DossierContext) -> _Fields:
    """Leave what is of a person empty for a body, and the other way round."""
    of_person = (FormField.IDENTITY_NUMBER, FormField.IDENTITY_ISSUED_ON, FormField.IDENTITY_ISSUED_BY)
    of_body = (FormField.TAX_CODE, FormField.BUDGET_CODE)
    none = {
        Subject.INDIVIDUAL: of_body, Subject.ORGANISATION: of_person, Subject.DEVICE: (*of_person, *of_body),
    }  # fmt: skip
    empty: _Fields = dict.fromkeys(none[entry.subject] if entry.subject else (), "")
    return {**empty, FormField.REASON: format_reason(entry, context.today)}


def format_reason(entry: Entry, today: date) -> str | None:
    """Return the reason why a certificate ends, in the words of a form; ``None`` where it is to be written by hand."""
    facts = entry.facts
    reasons = [_EXPOSED] if facts.key_exposed else []
    if facts.token in (Token.LOST, Token.DAMAGED):
        reasons.append(_CONDITIONS[facts.token])
    if entry.not_after is not None and entry.not_after < today:
        reasons.append(_EXPIRED)
    ending = _ENDING.get(facts.subject or Subject.DEVICE, ())
    reasons += [_HAPPENED[event] for event in ending if facts.events and event in facts.events]
    return "; ".join(map(_VIETNAMESE, reasons)) or None


def _restore_fields(entry: Entry, _actions: Sequence[Action], context: DossierContext) -> _Fields:
    return {FormField.WORKPLACE: _workplace(entry, context.unit)}


def _workplace(entry: Entry, unit: UnitToday | None) -> str | None:
    if unit:
        return unit.unit.body
    certificate = entry.certificate
    named = next(iter(certificate.units), certificate.superior) if certificate and not entry.facts.events else None
    return named or None


def _device_fields(entry: Entry, _actions: Sequence[Action], context: DossierContext) -> _Fields:
    return {FormField.REASON: format_reason(entry, context.today)}


def _loss_fields(_entry: Entry, _actions: Sequence[Action], _context: DossierContext) -> _Fields:
    """Leave the circumstances of the loss to be written by hand: only whoever lost it knows them."""
    return {}


def _issue_fields(entry: Entry, _actions: Sequence[Action], context: DossierContext) -> _Fields:
    certificate = entry.certificate
    return {
        FormField.EMAIL: clean_email(_email(entry) or ""),  # a new certificate needs an address of a state body
        FormField.WORKPLACE: _workplace(entry, context.unit),
        FormField.PROVINCE: (certificate.locality if certificate else None) or None,
        FormField.OLD_SERIAL: entry.serial,
        FormField.SIM: "",
    }


_OF_FORM: dict[Form, Callable[[Entry, Sequence[Action], DossierContext], _Fields]] = {
    Form.CHANGE: _change_fields,
    Form.REVOKE: _revoke_fields,
    Form.RESTORE: _restore_fields,
    Form.HANDOVER: _device_fields,
    Form.LOSS: _loss_fields,
    Form.PERSON: _issue_fields,
    Form.ORGANISATION: _issue_fields,
    Form.DEVICE: _issue_fields,
}
