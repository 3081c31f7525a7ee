"""The fields of a request."""

from collections.abc import Callable
from dataclasses import dataclass

from handlers.requests.cleaning import clean_email, clean_line, clean_serial
from locales import N_


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to type or to confirm. ``clean`` gives the value to keep, or ``None`` where the text will not do."""

    name: str
    title: str
    ask: str
    clean: Callable[[str], str | None]
    wrong: str
    help: str  #: what it is and where it stands, for somebody who does not know


LINE = N_("Please type the name in one line, without any personal number (CCCD).")
IN_THE_DECISION = N_(
    "It stands in the decision or resolution about the change; the office or the registry of your body has it."
)
FIELDS = {
    field.name: field
    for field in (
        Field(
            "subscriber",
            N_("Subscriber"),
            N_("Name of the subscriber (thuê bao) on the request?"),
            clean_line,
            LINE,
            N_("The subscriber is the body, person or device that the certificate was issued to; it bears the name."),
        ),
        Field(
            "unit",
            N_("Managing body"),
            N_("Which managing body (cơ quan, tổ chức quản lý trực tiếp) files it now? Its present name, please."),
            clean_line,
            LINE,
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
            LINE,
            IN_THE_DECISION,
        ),
        Field("new_address", N_("New address"), N_("The new operating address?"), clean_line, LINE, IN_THE_DECISION),
        Field(
            "new_superior",
            N_("New superior body"),
            N_("The new superior body (cơ quan quản lý cấp trên)?"),
            clean_line,
            LINE,
            IN_THE_DECISION,
        ),
        Field(
            "new_unit",
            N_("New working body"),
            N_("The body you work for now, exactly as in the decision?"),
            clean_line,
            LINE,
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
