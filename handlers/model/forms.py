"""Official forms (Mẫu 01 to 09 of Nghị định 68/2024/NĐ-CP): their columns, what stands in them, and what is missing.

The columns of 01, 02 and 04 to 06 are those of a note made from the forms (docs/rules.md), not of the Decree's own
appendix. Of 03, 08 and 09 no column was read: theirs are this assistant's, of facts that the Decree names.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from rules.facts import Subject
from rules.language.spelling import fold
from rules.outcome import Procedure

#: The media types of the files that are made.
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Form(StrEnum):
    """The forms that can be filled, by their numbers."""

    PERSON = "01"
    ORGANISATION = "02"
    DEVICE = "03"
    CHANGE = "04"  #: extension, change of information, or both
    REVOKE = "05"
    RESTORE = "06"
    HANDOVER = "08"  #: record of the return of a device
    LOSS = "09"  #: record of a lost device


class FormField(StrEnum):
    """One value in a form. Days are written 31/12/2026."""

    NAME = "name"  #: the person, body or device in the certificate
    BIRTHDAY = "birthday"
    IDENTITY_NUMBER = "identity_number"  #: 12 digits; sensitive, masked wherever it is shown
    IDENTITY_ISSUED_ON = "identity_issued_on"
    IDENTITY_ISSUED_BY = "identity_issued_by"
    EMAIL = "email"  #: an address of a state body
    WORKPLACE = "workplace"
    PROVINCE = "province"
    POSITION = "position"
    MOBILE = "mobile"
    OLD_SERIAL = "old_serial"
    SIM = "sim"
    ADDRESS = "address"
    TAX_CODE = "tax_code"
    BUDGET_CODE = "budget_code"
    SERIAL = "serial"
    DEVICE_NUMBER = "device_number"
    OLD_VALUE = "old_value"
    NEW_VALUE = "new_value"
    EXTEND = "extend"  #: "x" where the box is ticked
    CHANGE = "change"  #: "x" where the box is ticked
    REASON = "reason"


_FORM_OF_PROCEDURE = {
    Procedure.CHANGE_INFORMATION: Form.CHANGE,
    Procedure.EXTEND: Form.CHANGE,
    Procedure.REVOKE: Form.REVOKE,
    Procedure.RESTORE_DEVICE: Form.RESTORE,
    Procedure.RETURN_DEVICE: Form.HANDOVER,
    Procedure.REPORT_LOSS: Form.LOSS,
}

_FORM_OF_NEW = {
    Subject.INDIVIDUAL: Form.PERSON,
    Subject.ORGANISATION: Form.ORGANISATION,
    Subject.DEVICE: Form.DEVICE,
}


def find_form(procedure: Procedure, subject: Subject) -> Form | None:
    """Return the form of a procedure for a kind of subscriber; ``None`` if nothing is filed."""
    return _FORM_OF_NEW[subject] if procedure is Procedure.ISSUE_NEW else _FORM_OF_PROCEDURE.get(procedure)


_PERSON = (FormField.IDENTITY_NUMBER, FormField.IDENTITY_ISSUED_ON, FormField.IDENTITY_ISSUED_BY)
_BODY = (FormField.TAX_CODE, FormField.BUDGET_CODE)

#: The columns of each form's table, after the running number.
FORM_COLUMNS: dict[Form, tuple[FormField, ...]] = {
    Form.PERSON: (
        FormField.NAME, FormField.BIRTHDAY, *_PERSON, FormField.EMAIL, FormField.WORKPLACE, FormField.PROVINCE,
        FormField.POSITION, FormField.MOBILE, FormField.OLD_SERIAL, FormField.SIM,
    ),
    Form.ORGANISATION: (FormField.NAME, FormField.ADDRESS, *_BODY, FormField.PROVINCE, FormField.EMAIL),
    # the body that owns or manages it (Điều 10)
    Form.DEVICE: (FormField.NAME, FormField.WORKPLACE, FormField.PROVINCE, FormField.EMAIL),
    Form.CHANGE: (
        FormField.NAME, FormField.SERIAL, FormField.EMAIL, FormField.OLD_VALUE, FormField.NEW_VALUE, FormField.EXTEND,
        FormField.CHANGE,
    ),
    Form.REVOKE: (
        FormField.NAME, *_PERSON, *_BODY, FormField.EMAIL, FormField.SERIAL, FormField.DEVICE_NUMBER, FormField.REASON,
    ),
    Form.RESTORE: (FormField.DEVICE_NUMBER, FormField.NAME, FormField.WORKPLACE, FormField.EMAIL),
    Form.HANDOVER: (FormField.NAME, FormField.SERIAL, FormField.DEVICE_NUMBER, FormField.REASON),
    Form.LOSS: (FormField.NAME, FormField.SERIAL, FormField.DEVICE_NUMBER, FormField.REASON),
}  # fmt: skip

_CONTACT = (FormField.NAME, *_PERSON, FormField.POSITION, FormField.MOBILE)

#: The fields of the block that names whom the provider can reach; none where a form has no such block.
CONTACT_FIELDS: dict[Form, tuple[FormField, ...]] = {
    **dict.fromkeys(
        (Form.PERSON, Form.ORGANISATION, Form.CHANGE, Form.REVOKE), (*_CONTACT, FormField.EMAIL, FormField.ADDRESS)
    ),
    Form.RESTORE: (*_CONTACT, FormField.WORKPLACE),
}


#: Fields that may be absent: a box that is not ticked, an old certificate or SIM that there never was.
OPTIONAL_FIELDS = frozenset({FormField.EXTEND, FormField.CHANGE, FormField.OLD_SERIAL, FormField.SIM})


class FormContent(BaseModel):
    """The content of one form. An absent field becomes a dotted line to fill by hand; an empty one does not apply."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Form
    body: str = ""  #: the managing body that files it
    superior: str = ""  #: the body above it, in the heading
    recipient: str = ""  #: the office that it is sent to
    place: str = ""  #: where it is signed, in the line of place and date
    day: date | None = None  #: the day in that line; ``None`` leaves it to be written by hand
    rows: tuple[dict[FormField, str], ...]
    contact: dict[FormField, str] = {}

    def missing(self) -> Iterator[tuple[int | None, FormField]]:
        """Yield what is to be filled by hand: the row (from 0; ``None`` for the contact block) and the field."""
        for number, row in enumerate(self.rows):
            yield from (
                (number, field) for field in FORM_COLUMNS[self.form] if field not in row.keys() | OPTIONAL_FIELDS
            )
        yield from ((None, field) for field in CONTACT_FIELDS.get(self.form, ()) if field not in self.contact)


#: Twelve digits, also written in groups; longer numbers and serial numbers with letters are something else.
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])\d(?:[ .-]?\d){11}(?![0-9A-Za-z])")


#: A personal number begins with the code of a province, 001 to 096.
_CARD = re.compile(r"(?<![0-9A-Za-z])0[ .-]?(?:0[ .-]?[1-9]|[1-8][ .-]?\d|9[ .-]?[0-6])(?:[ .-]?\d){9}(?![0-9A-Za-z])")


def has_card_number(text: str) -> bool:
    """Return whether a number that can only be of an identity card stands in a text."""
    return _CARD.search(text) is not None


def mask_identity(number: str) -> str:
    """Return a personal number with its first three and last two digits only."""
    return f"{number[:3]}{'•' * max(0, len(number) - 5)}{number[-2:]}"


def mask_identities(value: Any) -> Any:
    """Return JSON data with every personal number masked, wherever it stands."""
    if isinstance(value, dict):
        return {name: mask_identities(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [mask_identities(inner) for inner in value]
    if isinstance(value, str):
        return _IDENTITY.sub(lambda found: mask_identity(re.sub(r"\D", "", found.group())), value)
    return value


def mask_session(session: Any) -> Any:
    """Return the JSON of a session with the personal numbers of its forms masked; serial numbers stay as they are."""
    if not isinstance(session, dict) or "forms" not in session:
        return session
    return {**session, "forms": mask_identities(session["forms"])}


#: Fields of a draft with the personal numbers of the subscriber and of the contact person, and what stands on the card.
IDENTITY_FIELDS = frozenset(
    f"{whose}identity_{part}" for whose in ("", "contact_") for part in ("number", "issued_on", "issued_by")
)


_CONTACT_PREFIX = "contact_"
#: Fields that are of a subscriber, whichever certificate of theirs a form is about.
_OF_SUBSCRIBER = frozenset({
    "unit", "place", "address", "tax_code", "budget_code", "workplace", "province", "email", "birthday", "position",
    "mobile", "identity_number", "identity_issued_on", "identity_issued_by",
})  # fmt: skip
#: Subscribers whose values are kept for their next form.
_MOST_SUBSCRIBERS = 5
#: Time without a word about forms after which a field that was left open is asked again.
SITTING = timedelta(hours=3)


class FormSubscriber(BaseModel):
    """A subscriber whom a form was filled in for, with what was typed of them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    fields: dict[str, str] = {}


class FormDraft(BaseModel):
    """The typed values for official forms; they stay for the next form of the same person, but for personal numbers."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: Name of a field (``handlers.forms``) -> value; an empty value does not apply.
    fields: dict[str, str] = {}
    later: tuple[str, ...] = ()  #: fields left to be filled in by hand
    steps: tuple[str, ...] = ()  #: fields settled since the forms were opened, in their order
    skipped: bool = False  #: no further field is asked
    left: tuple[str, ...] = ()  #: fields that were open when no further one was to be asked
    editing: str | None = None  #: the field that is asked again
    doubted: str | None = None  #: a typed managing body that is not in the tree
    code: str | None = None  #: the registered request that the forms are for; ``None`` for the answer of the interview
    certificate: str = ""  #: identifies what the values belong to, but for those of the contact person
    subscriber: str = ""  #: the name on that certificate, as far as it was known without being typed
    earlier: tuple[FormSubscriber, ...] = ()  #: those of the forms before, the latest last
    settled_at: datetime | None = None  #: when forms were opened, or a field was settled, last
    #: When a personal number, and whatever it came in, must be gone at the latest.
    identity_until: datetime | None = None

    @property
    def has_identity(self) -> bool:
        """Return whether a personal number is among the values."""
        return any(not IDENTITY_FIELDS.isdisjoint(one) for one in (self.fields, *(one.fields for one in self.earlier)))

    def without_identities(self) -> "FormDraft":
        """Return the draft without personal numbers."""
        earlier = (one.model_copy(update={"fields": _without_identities(one.fields)}) for one in self.earlier)
        kept = tuple(one for one in earlier if one.fields)
        return self.model_copy(update={"fields": _without_identities(self.fields), "earlier": kept})

    def for_certificate(self, key: str) -> "FormDraft":
        """Return the draft for a certificate; of another one those values stay that are of a person, not of it."""
        if key == self.certificate:
            return self
        kept = {name: value for name, value in self.fields.items() if name.startswith(_CONTACT_PREFIX)}
        later = tuple(name for name in (*self.later, *self.left) if name.startswith(_CONTACT_PREFIX))
        return FormDraft(
            fields=kept, later=later, certificate=key, identity_until=self.identity_until,
            earlier=self._with_subscriber(), settled_at=self.settled_at,
        )  # fmt: skip

    def _with_subscriber(self) -> tuple[FormSubscriber, ...]:
        """Return the earlier subscribers with the present one, where anything was typed of them."""
        name = self.fields.get("subscriber") or self.subscriber
        typed = {one: value for one, value in self.fields.items() if one in _OF_SUBSCRIBER}
        if not (name and typed):
            return self.earlier
        fields = {**self.fields_of(name), **typed}
        others = [one for one in self.earlier if fold(one.name) != fold(name)]
        return (*others, FormSubscriber(name=name, fields=fields))[-_MOST_SUBSCRIBERS:]

    def fields_of(self, name: str) -> dict[str, str]:
        """Return what earlier forms have of a subscriber of this name."""
        return next((one.fields for one in self.earlier if fold(one.name) == fold(name)), {}) if fold(name) else {}


def _without_identities(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name not in IDENTITY_FIELDS}
