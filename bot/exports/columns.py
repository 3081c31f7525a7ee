"""What stands in an exported list: declared once, for the spreadsheet, CSV, JSON Lines, and the way back in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any

from handlers.office.model import Filed
from handlers.office.units import UnitDirectory
from handlers.requests.fields import FIELDS
from handlers.requests.words import EVENTS, PROCEDURES, STATES, SUBJECTS
from locales import N_

#: As a program reads it; several words are a tuple. Moments are aware.
Value = str | int | date | datetime | tuple[str, ...] | None
Said = Callable[[Filed], Value]
#: What gives a column, once it is known how units are called.
Get = Callable[[UnitDirectory], Said]


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    DAY = "day"
    MOMENT = "moment"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    key: str  #: its name for programs
    title: str  #: message id of its heading
    width: int  #: in characters of a spreadsheet
    get: Get
    kind: Kind = Kind.TEXT
    words: Mapping[Any, str] = field(default_factory=dict)  #: message ids of the words it may hold; empty: any text
    wraps: bool = False  #: its cells grow taller, not cut
    personal: bool = False  #: masked for those who may not see it
    printed: bool = False  #: on paper too


def _of(path: str) -> Get:
    """What stands at an attribute of the ``Filed``."""
    at = attrgetter(path)
    return lambda _units: at


def _news(name: str) -> Get:
    return lambda _units: lambda filed: filed.request.content.news.get(name)


def _unit_name(units: UnitDirectory) -> Said:
    return lambda filed: units.name(filed.unit) or None


#: Over which channel a request came; names of products are the same in every language.
CHANNELS = {"telegram": "Telegram", "zalo": "Zalo", "terminal": N_("the office's own machine")}
#: The new information that a request can be about.
NEWS = ("new_name", "new_address", "new_superior", "new_unit", "new_email")

#: Those that are printed come first, as many as can be read on paper.
COLUMNS = (
    Column("code", N_("Request code"), 16, _of("request.code"), printed=True),
    Column("state", N_("State"), 14, _of("request.state"), words=STATES, printed=True),
    Column("note", N_("Note"), 36, _of("note"), wraps=True, personal=True, printed=True),
    Column("managing_body", FIELDS["unit"].title, 32, _of("request.content.unit"), printed=True),
    Column(
        "subscriber", FIELDS["subscriber"].title, 32, _of("request.content.subscriber"), personal=True, printed=True
    ),
    Column("procedure", N_("Procedure"), 36, _of("request.content.procedure"), words=PROCEDURES, printed=True),
    Column("serial", FIELDS["serial"].title, 20, _of("request.content.serial"), personal=True, printed=True),
    Column("not_after", N_("Valid until"), 16, _of("request.content.not_after"), Kind.DAY, printed=True),
    Column("unit_code", N_("Unit code"), 14, _of("unit")),
    Column("unit_name", N_("Unit"), 32, _unit_name),
    Column("subject", N_("Kind of subscriber"), 20, _of("request.content.subject"), words=SUBJECTS),
    Column("form", N_("Form"), 8, _of("request.content.form")),
    Column(
        "certificate_name", N_("Name on the certificate"), 32, _of("request.content.certificate_name"), personal=True
    ),
    Column("events", N_("What happened"), 32, _of("request.content.events"), words=EVENTS),
    *(Column(name, FIELDS[name].title, 30, _news(name), personal=True) for name in NEWS),
    Column("registered_at", N_("Registered at"), 17, _of("registered_at"), Kind.MOMENT),
    Column("changed_at", N_("Changed at"), 17, _of("changed_at"), Kind.MOMENT),
    Column("revision", N_("Revision"), 9, _of("revision"), Kind.NUMBER),
    Column("channel", N_("Channel"), 18, _of("request.content.channel"), words=CHANNELS),
    Column("pack", N_("Rule pack"), 24, _of("request.content.pack")),
)
