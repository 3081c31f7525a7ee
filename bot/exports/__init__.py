"""Define an export's order, columns and result, and the port of its writers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path
from typing import Any

from bot.certificates import MEBIBYTE, Limits
from bot.streams import sanitize
from handlers.admin import format_filter
from handlers.core import EVENT_LABELS, format_moment
from handlers.model import (
    CHANNEL_LABELS,
    MACHINE,
    NO_REMARKS,
    ROLES,
    ExportForm,
    ExportRemarks,
    Filter,
    Grant,
    RequestRow,
    Rights,
    UnitDirectory,
)
from handlers.requests import FIELDS, PROCEDURE_LABELS, STATE_LABELS, SUBJECT_LABELS
from locales import N_, Translator
from rules.calendar import to_vietnam_time

#: What a list that is sent back may weigh: an export of 100,000 full requests needs 168 MiB unpacked,
#: half a gigabyte of memory and 5 s on an idle machine.
LIST_LIMITS = Limits(entries=200, unpacked=176 * MEBIBYTE, seconds=20.0, memory=640 * MEBIBYTE)


@dataclass(frozen=True, slots=True)
class ExportJob:
    """The order of an export: who asked, for which requests, in which form and language, and when."""

    rights: Rights
    wanted: Filter
    form: ExportForm
    t: Translator
    now: datetime
    chat: str = ""  #: id of the chat that asked; empty on the command line
    channel: str = "machine"
    templates: Path | None = None  #: the folder of the office's own forms


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The files that an export wrote, and its remarks."""

    count: int  #: requests in the files
    files: tuple[Path, ...]
    remarks: ExportRemarks = NO_REMARKS


@dataclass(frozen=True, slots=True)
class ExportMetadata:
    """An order, and the number of requests it reads."""

    order: ExportJob
    count: int

    @property
    def t(self) -> Translator:
        """Return the translator of the order's language."""
        return self.order.t

    @property
    def units(self) -> UnitDirectory:
        """Return the units as they were when the export was ordered."""
        return self.order.rights.units

    def _format_holder(self, grant: Grant) -> str:
        """Format a role with its code, which the journal also has; the operator has no code."""
        role = self.t(ROLES[grant.role])
        return role if grant.id == MACHINE else f"{role} {grant.id}"

    def lines(self) -> list[tuple[str, str]]:
        """Return labels and values that describe the file."""
        t, order = self.t, self.order
        return [
            (t(N_("Filter")), format_filter(order.wanted, self.units, t)),
            (t(N_("Exported at")), format_moment(order.now)),
            (t(N_("Requests in this file")), str(self.count)),
            (t(N_("Exported by")), ", ".join(self._format_holder(grant) for grant in order.rights.grants)),
            (t(N_("Program")), f"troly {version('troly-chung-thu')}"),
        ]


#: The value of a column for programs; several words are a tuple, times are aware.
ColumnValue = str | int | date | datetime | tuple[str, ...] | None
GetValue = Callable[[RequestRow], ColumnValue]
#: Returns the getter of a column for the given units.
BindUnits = Callable[[UnitDirectory], GetValue]


class ColumnKind(StrEnum):
    """The kind of a column's values."""

    TEXT = "text"
    DAY = "day"
    MOMENT = "moment"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of the exported list: its names, its value, and its look."""

    key: str  #: its name for programs
    title: str  #: message id of its heading
    width: int  #: in characters of a spreadsheet
    get: BindUnits
    kind: ColumnKind = ColumnKind.TEXT
    words: Mapping[Any, str] = field(default_factory=dict)  #: message ids of the words it may hold; empty: any text
    wraps: bool = False  #: cells grow taller instead of being cut
    personal: bool = False  #: masked for people who may not see it
    printed: bool = False  #: also printed on paper


def _attribute_getter(path: str) -> BindUnits:
    """Return a getter of an attribute of the ``RequestRow``."""
    at = attrgetter(path)
    return lambda _units: at


def _news_getter(name: str) -> BindUnits:
    return lambda _units: lambda filed: filed.request.content.news.get(name)


def _old_getter(name: str) -> BindUnits:
    return lambda _units: lambda filed: filed.request.content.old.get(name)


def _unit_name_getter(units: UnitDirectory) -> GetValue:
    return lambda filed: units.name(filed.unit) or None


#: The new values that a request can contain.
NEWS_FIELDS = tuple(name for name in FIELDS if name.startswith("new_"))

#: The values that the certificate has in their place; an address it does not name.
OLD_TITLES = {
    "new_name": N_("Name before"),
    "new_superior": N_("Superior body before"),
    "new_unit": N_("Working body before"),
    "new_email": N_("E-mail before"),
}

#: Printed columns come first, as many as fit on paper.
COLUMNS = (
    ExportColumn("code", N_("Request code"), 16, _attribute_getter("request.code"), printed=True),
    ExportColumn("state", N_("State"), 14, _attribute_getter("request.state"), words=STATE_LABELS, printed=True),
    ExportColumn("note", N_("Note"), 36, _attribute_getter("note"), wraps=True, personal=True, printed=True),
    ExportColumn("managing_body", FIELDS["unit"].title, 32, _attribute_getter("request.content.unit"), printed=True),
    ExportColumn(
        "subscriber",
        FIELDS["subscriber"].title,
        32,
        _attribute_getter("request.content.subscriber"),
        personal=True,
        printed=True,
    ),
    ExportColumn(
        "procedure",
        N_("Procedure"),
        36,
        _attribute_getter("request.content.procedure"),
        words=PROCEDURE_LABELS,
        printed=True,
    ),
    ExportColumn(
        "serial", FIELDS["serial"].title, 20, _attribute_getter("request.content.serial"), personal=True, printed=True
    ),
    ExportColumn(
        "not_after", N_("Valid until"), 16, _attribute_getter("request.content.not_after"), ColumnKind.DAY, printed=True
    ),
    ExportColumn("unit_code", N_("Unit code"), 14, _attribute_getter("unit")),
    ExportColumn("unit_name", N_("Unit"), 32, _unit_name_getter),
    ExportColumn(
        "subject", N_("Kind of subscriber"), 20, _attribute_getter("request.content.subject"), words=SUBJECT_LABELS
    ),
    ExportColumn("form", N_("Form"), 8, _attribute_getter("request.content.form")),
    ExportColumn(
        "certificate_name",
        N_("Name on the certificate"),
        32,
        _attribute_getter("request.content.certificate_name"),
        personal=True,
    ),
    ExportColumn("events", N_("What happened"), 32, _attribute_getter("request.content.events"), words=EVENT_LABELS),
    *(ExportColumn(name, FIELDS[name].title, 30, _news_getter(name), personal=True) for name in NEWS_FIELDS),
    *(
        ExportColumn(f"old_{name.removeprefix('new_')}", title, 30, _old_getter(name), personal=True)
        for name, title in OLD_TITLES.items()
    ),
    ExportColumn(
        "email", N_("E-mail on the certificate"), 28, _attribute_getter("request.content.email"), personal=True
    ),
    ExportColumn("province", N_("Province on the certificate"), 22, _attribute_getter("request.content.province")),
    ExportColumn("registered_at", N_("Registered at"), 17, _attribute_getter("registered_at"), ColumnKind.MOMENT),
    ExportColumn("changed_at", N_("Changed at"), 17, _attribute_getter("changed_at"), ColumnKind.MOMENT),
    ExportColumn("revision", N_("Revision"), 9, _attribute_getter("revision"), ColumnKind.NUMBER),
    ExportColumn("channel", N_("Channel"), 18, _attribute_getter("request.content.channel"), words=CHANNEL_LABELS),
    ExportColumn("pack", N_("Rule pack"), 24, _attribute_getter("request.content.pack")),
)

#: A cell for people: times are naive, in Viet Nam's time zone; a missing value is an empty text.
CellValue = str | int | date | datetime
_FormatCell = Callable[[RequestRow], CellValue]


class RowFormatter:
    """Formats requests as rows of cells."""

    def __init__(self, t: Translator, units: UnitDirectory, columns: Sequence[ExportColumn] = COLUMNS) -> None:
        self.columns = tuple(columns)
        self.titles = [t(column.title) for column in columns]
        self._cells = [_cell_formatter(column, t, units) for column in columns]

    def row(self, filed: RequestRow) -> list[CellValue]:
        return [cell(filed) for cell in self._cells]


def _cell_formatter(column: ExportColumn, t: Translator, units: UnitDirectory) -> _FormatCell:
    """Return the formatter of a column; the words of the language are looked up once."""
    said = column.get(units)
    if column.words:
        words = {machine: t(message) for machine, message in column.words.items()}
        return lambda filed: _format_word(said(filed), words)
    in_kind = _FORMAT_BY_KIND[column.kind]
    return lambda filed: in_kind(said(filed))


def _format_word(value: ColumnValue, words: dict[ColumnValue, str]) -> str:
    """Return the label of a machine word, or the word itself if it has none."""
    if isinstance(value, tuple):
        return ", ".join(words.get(one, one) for one in value)
    return (words.get(value) or str(value)) if value else ""


def _to_local_time(value: ColumnValue) -> CellValue:
    return to_vietnam_time(value).replace(tzinfo=None) if isinstance(value, datetime) else ""


def _sanitize_text(value: ColumnValue) -> CellValue:
    return sanitize(value) if isinstance(value, str) else ""


def _keep_value(value: ColumnValue) -> CellValue:
    return value if isinstance(value, int | date) else ""


_FORMAT_BY_KIND = {
    ColumnKind.TEXT: _sanitize_text,
    ColumnKind.MOMENT: _to_local_time,
    ColumnKind.DAY: _keep_value,
    ColumnKind.NUMBER: _keep_value,
}
