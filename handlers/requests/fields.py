"""The fields of a request, and the cleaning of what is typed into them."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from handlers.folding import fold
from handlers.model.personal_number import has_personal_number
from handlers.understanding.doubts import is_doubt
from handlers.understanding.typed_numbers import parse_numbers
from locales import N_

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
#: Domains of private mailboxes: an official address is issued by a state body (practice note on the forms, 09/2024).
_PRIVATE_MAIL = ("@gmail.com", "@yahoo.com", "@yahoo.com.vn", "@hotmail.com", "@outlook.com", "@icloud.com")
_REFUSALS = frozenset({"quay lai", "thoi", "bo qua", "huy", "tiep", "tiep tuc", "xong", "skip", "back", "cancel"})
#: A serial number: a shorter text, or one without digits, is a slip or a word ("da", "đá bạc"); certificates of the
#: state have sixteen digits.
_SERIAL = re.compile(r"(?=.*[0-9])[0-9A-F]{4,40}")
#: Matches one run of digits, or groups of equal even length with at least eight digits ("75 58 09 55", "7558:0955").
_SERIAL_GROUPS = re.compile(
    r"[0-9A-F]+|[0-9A-F]{2}(?:[\s:.-]+[0-9A-F]{2}){3,}|[0-9A-F]{4}(?:[\s:.-]+[0-9A-F]{4})+"
    r"|[0-9A-F]{8}(?:[\s:.-]+[0-9A-F]{8})+"
)


def clean_line(text: str) -> str | None:
    """Clean a typed text to one line; return ``None`` for no letters, a doubt, a menu number or a personal number.

    Invisible characters are removed.
    """
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    joined = " ".join(visible.split())
    named = 2 <= len(joined) <= 300 and joined.isprintable() and sum(map(str.isalpha, joined)) > 1
    told = named and fold(joined) not in _REFUSALS and not is_doubt(joined) and not parse_numbers(joined)
    return joined if told and not has_personal_number(joined) else None


def clean_email(text: str) -> str | None:
    bare = text.strip().lower()
    official = _EMAIL.fullmatch(bare) and not bare.endswith(_PRIVATE_MAIL)
    return bare if len(bare) <= 254 and official else None


def clean_serial(text: str) -> str | None:
    written = text.strip().upper().removeprefix("0X")
    if not _SERIAL_GROUPS.fullmatch(written):
        return None
    bare = re.sub(r"[\s:.-]", "", written)
    return bare if _SERIAL.fullmatch(bare) else None


@dataclass(frozen=True, slots=True)
class Field:
    """A field to type or confirm. ``clean`` returns the value to store, or ``None`` if the text cannot be used."""

    name: str
    title: str
    ask: str
    clean: Callable[[str], str | None]
    wrong: str
    help: str  #: explains the field and where to find its value


LINE_HINT = N_("Please type the name in one line, without any personal number (CCCD).")
IN_THE_DECISION = N_(
    "It stands in the decision or resolution about the change; the office or the registry of your body has it."
)
FIELDS = {
    field.name: field
    for field in (
        Field(
            "subscriber",
            N_("Subscriber"),
            N_("Whose name is on the certificate?"),
            clean_line,
            LINE_HINT,
            N_("The subscriber is the body, person or device that the certificate was issued to; it bears the name."),
        ),
        Field(
            "unit",
            N_("Managing body"),
            N_("Which managing body (cơ quan, tổ chức quản lý trực tiếp) files it now? Its present name, please."),
            clean_line,
            LINE_HINT,
            N_(
                "The managing body is the one that looks after the certificate and files the dossier, such as UBND xã."
                " If you are not sure, ask your office or the registry clerk."
            ),
        ),
        Field(
            "serial",
            N_("Serial number"),
            N_("Serial number of the certificate (số hiệu chứng thư)? It stands in the certificate's details."),
            clean_serial,
            N_("A serial number has only the digits 0-9 and the letters A-F, such as 75580955FC81D6A7."),
            N_(
                "The serial number stands in the certificate's details; from the file (.cer) I read it myself."
                " If you do not have it, choose “I do not know it”."
            ),
        ),
        Field(
            "new_name",
            N_("New name"),
            N_("The new name, exactly as in the decision?"),
            clean_line,
            LINE_HINT,
            IN_THE_DECISION,
        ),
        Field(
            "new_address", N_("New address"), N_("The new operating address?"), clean_line, LINE_HINT, IN_THE_DECISION
        ),
        Field(
            "new_superior",
            N_("New superior body"),
            N_("The new superior body (cơ quan quản lý cấp trên)?"),
            clean_line,
            LINE_HINT,
            IN_THE_DECISION,
        ),
        Field(
            "new_unit",
            N_("New working body"),
            N_("The body you work for now, exactly as in the decision?"),
            clean_line,
            LINE_HINT,
            IN_THE_DECISION,
        ),
        Field(
            "new_email",
            N_("New official e-mail"),
            N_("The new official e-mail address (issued by a state body)?"),
            clean_email,
            N_(
                "Please type an official address issued by a state body,"
                " such as ten@donvi.gov.vn (no gmail, yahoo, hotmail)."
            ),
            N_("It is the mailbox that a state body issued, not a private one; the office of your body knows it."),
        ),
    )
}
