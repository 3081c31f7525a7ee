"""Receiving offices as admins set them: the fields that are typed, their checks, and the words for an office."""

import re
from collections.abc import Iterable

from markupsafe import escape

from handlers.core import MarkupTranslator, Reply, capitalize_first, format_day, format_office, join_lines
from handlers.forms.fields import clean_words, has_link
from handlers.model import OfficeDraft, OfficeOutcome, UnitDirectory
from handlers.requests import FIELDS, Field, clean_email, clean_line
from locales import N_, Translator
from rules.language.spelling import fold
from rules.offices import GENERAL, Office, OfficeStatus
from rules.outcome import Procedure

#: What is filed, in short words.
FILED_LABELS = {
    Procedure.CHANGE_INFORMATION: N_("change of certificate information"),
    Procedure.REVOKE: N_("revocation of the certificate"),
    Procedure.EXTEND: N_("extension of the certificate"),
    Procedure.ISSUE_NEW: N_("issue of a new certificate"),
    Procedure.RESTORE_DEVICE: N_("restoring the token"),
    Procedure.REPORT_LOSS: N_("record of a lost token"),
}
#: What is said of a change, in the chat and on the pages.
OFFICE_OUTCOMES = {
    OfficeOutcome.SAVED: N_("Saved. From now on answers name it so."),
    OfficeOutcome.WITHDRAWN: N_("Taken back. What counted before counts again."),
    OfficeOutcome.NOT_YOURS: N_("You have no right to change the receiving offices of this unit."),
    OfficeOutcome.UNKNOWN: N_("This receiving office, or its unit, is not there any more. Here is what counts now."),
    OfficeOutcome.OVERTAKEN: N_(
        "Somebody else has changed it meanwhile, so nothing was saved. Here is what counts now."
    ),
    OfficeOutcome.INVALID: N_("One of the values cannot be used, so nothing was saved. Please look through them."),
    OfficeOutcome.NO_SOURCE: N_("Until now this was only assumed. Please say how the office has confirmed it."),
    OfficeOutcome.TAKEN: N_(
        "Another office was set for this unit that receives one of these procedures. Please change that one instead."
    ),
}
#: Matches one number: of a landline or a mobile telephone, of the state's own network (080), or of a hotline.
_NUMBER = re.compile(r"(?:\+84|0)\d{9,10}|080\d{5}|1[89]00\d{4,6}")
_EXTENSION = re.compile(r"\s*[,(]?\s*(?:máy lẻ|số lẻ|nhánh|may le|so le|ext\.?)\s*:?\s*(\d{1,6})\s*\)?$", re.IGNORECASE)
_SEPARATORS = re.compile(r"\s*(?:[;/]|,(?=\s*[+0-9])|\bhoặc\b|\bor\b)\s*", re.IGNORECASE)
#: Numbers in one field, and letters of one number as it is typed.
_MOST_NUMBERS, _MOST_LETTERS = 3, 40
_TIME = re.compile(r"\d{1,2}\s*(?:[:hg]|giờ|gio)|\d{1,2}\s*[-–]\s*\d{1,2}", re.IGNORECASE)
#: Digits that are no time of day, such as those of a personal number.
_NO_TIME = re.compile(r"\d{5}|\d[ .]?\d[ .]?\d[ .]\d[ .]?\d[ .]?\d")
_OFFICE_HOURS = "gio hanh chinh"
_MOST_HOURS = 120


def clean_telephone(text: str) -> str | None:
    """Clean up to three telephone numbers, each in the groups in which it was typed, with its extension."""
    line = " ".join(text.split())  # many spaces in a row would be tried one against the other by both patterns
    numbers = [_clean_number(part) for part in _SEPARATORS.split(line) if part]
    known = [number for number in numbers if number]
    return "; ".join(known) if 0 < len(known) == len(numbers) <= _MOST_NUMBERS else None


def _clean_number(text: str) -> str | None:
    extension = _EXTENSION.search(text)
    typed = text[: extension.start()].rstrip() if extension else text
    bare = re.sub(r"[\s.()-]", "", typed)
    if len(typed) > _MOST_LETTERS or not bare.isascii() or not _NUMBER.fullmatch(bare):
        return None
    return f"{typed} máy lẻ {extension.group(1)}" if extension else typed


def clean_hours(text: str) -> str | None:
    """Clean working hours: a line that names a time of day, or "giờ hành chính"."""
    line = " ".join(text.split())
    timed = bool(_TIME.search(line)) or _OFFICE_HOURS in fold(line)
    fits = (
        timed and not has_link(line) and line.isprintable() and len(line) <= _MOST_HOURS and not _NO_TIME.search(line)
    )
    return line if fits else None


def clean_source(text: str) -> str | None:
    """Clean a line that says how an office is known; the address of a page is a source, that of a person is none."""
    return None if "@" in text else clean_line(text)


_FIELDS = (
    Field(
        "name", N_("Name of the office"), N_("What is the office called, as officers should read it?"), clean_words,
        N_("Please type the name in one line, such as “Sở Khoa học và Công nghệ tỉnh Đồng Nai”."),
        N_("The office to which the dossier is sent, not a person who works there."),
    ),
    Field(
        "telephone", N_("Telephone"), N_("On which telephone number does it answer?"), clean_telephone,
        N_("A telephone number begins with 0 and has 10 or 11 digits, such as 0251 3822 501; with an extension:"
           " 0251 3822 501 máy lẻ 12. Several are separated by “;”."),
        N_("The number of the office, not a private one: officers are told to call it."), digits=True,
    ),
    Field(
        "address", N_("Address"), N_("Where is it?"), clean_words,
        N_("Please type the address in one line, such as “Số 1 Nguyễn Ái Quốc, phường Trấn Biên, tỉnh Đồng Nai”."),
        N_("Where a dossier on paper can be handed in, or where it is posted to."),
    ),
    Field(
        "email", N_("E-mail"), N_("What is its official e-mail address?"), clean_email, FIELDS["new_email"].wrong,
        N_("The mailbox of the office, not of a person."),
    ),
    Field(
        "hours", N_("Working hours"), N_("When is it open?"), clean_hours,
        N_("Please type the hours in one line, such as “7:30–11:30, 13:30–17:00, thứ Hai đến thứ Sáu”."),
        N_("“giờ hành chính” will do, too."), digits=True,
    ),
    Field(
        "source", N_("Source"), N_("How do you know? Who said so, or where does it stand?"), clean_source,
        N_("Please type in one line where it stands or how you asked, such as “Quyết định 16/2025/QĐ-UBND” or “hỏi qua"
           " điện thoại ngày 29/11/2026”."),
        N_("Whoever checks it later begins here. No names of people are needed."), prose=True,
    ),
)  # fmt: skip
#: The fields of an office in the order in which they are asked.
OFFICE_FIELDS = {field.name: field for field in _FIELDS}
#: Fields that every office needs; the others may stay empty.
NEEDED_FIELDS = frozenset({"name", "source"})


def find_wrong_field(draft: OfficeDraft) -> str | None:
    """Return the name of the first field that cannot be used; every caller checks before it stores."""
    for name, field in OFFICE_FIELDS.items():
        value = getattr(draft, name)
        if (value is None and name in NEEDED_FIELDS) or (value is not None and field.clean(value) != value):
            return name
    return None


def find_fault(draft: OfficeDraft, known: Iterable[Office] = ()) -> OfficeOutcome | None:
    """Return why a draft is not stored, ``None`` if it can be; ``known`` are offices of which it was begun."""
    if find_wrong_field(draft):
        return OfficeOutcome.INVALID
    return OfficeOutcome.NO_SOURCE if draft.confirms_by_assumption(known) else None


def format_filed(t: Translator, procedures: Iterable[Procedure]) -> str:
    """Format procedures in one line."""
    return ", ".join(t(FILED_LABELS[procedure]) for procedure in procedures)


def format_checked(t: Translator, office: Office) -> str:
    """Format how far an office is confirmed, with the day on which somebody last looked."""
    if office.id == GENERAL:
        return t(N_("set by the operator"))
    status = N_("confirmed on {day}") if office.status is OfficeStatus.CONFIRMED else N_("not confirmed, seen on {day}")
    return t(status, day=format_day(office.last_checked))


def format_office_scope(t: Translator, units: UnitDirectory, unit: str | None) -> str:
    """Format for whom an office counts."""
    return units.name(unit) if unit else t(N_("everybody"))


def format_office_changed(language: str, unit: str, office: Office, by: str, *, withdrawn: bool = False) -> Reply:
    """Format the notice to those in whose scope a receiving office was changed.

    Args:
        language: Of the person who is told.
        unit: For whom it counts, in words.
        office: As it is now, or as it was until it was withdrawn.
        by: The office that changed it, in words, beginning with a capital letter.
        withdrawn: Whether it was taken back.
    """
    say = MarkupTranslator(language)
    head = N_("{by} has taken back the receiving office for {unit}.") if withdrawn else _CHANGED
    status = "" if withdrawn else capitalize_first(format_checked(say.t, office))
    filed = f"{capitalize_first(format_filed(say.t, office.procedures))}: {format_office(office, say.t)}"
    more = say(_NOW if withdrawn else N_("All receiving offices: /noinhan"))
    return Reply(paragraphs=(str(say(head, by=by, unit=unit)), str(join_lines(escape(filed), status)), str(more)))


_NOW = N_("What counted before it counts again. The receiving offices that count now: /noinhan")


_CHANGED = N_("{by} has changed the receiving office for {unit}.")
