"""Turn a row of the file into a unit, and collect its faults; write the tree as such a file.

``RowReader`` reads the cells, ``UnitLookup`` finds the units they name. A list of ``write_list`` changes nothing.
"""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from typing import Any

from bot.tables import guard_formula, has_short_year, read_day
from bot.units import CODE, UnitFault, header_of
from bot.units.list_reader import UnitRow
from handlers.core import format_day
from handlers.model import MAX_QUERY_LENGTH, Succession, SuccessionKind, Unit, UnitDirectory, name_keys
from locales import N_
from rules.language.spelling import fold

#: A number with a fraction or in scientific notation: a spreadsheet changed a code into it.
_SPOILT_NUMBER = re.compile(r"-?\d+[.,]\d+|-?\d+(?:[.,]\d+)?E[+-]?\d+|-\d+", re.IGNORECASE)
#: These folded words say that a unit has no former names; an empty cell leaves them unchanged.
_NONE = {"khong", "khong co", "none"}
#: The ways in which a unit ends, in the words of a file.
SUCCESSION_LABELS = {
    SuccessionKind.MERGED_INTO_NEW: "sáp nhập thành đơn vị mới",
    SuccessionKind.MERGED_INTO_EXISTING: "sáp nhập vào đơn vị có sẵn",
    SuccessionKind.RENAMED: "đổi tên",
    SuccessionKind.SPLIT: "chia tách",
    SuccessionKind.ENDED: "kết thúc hoạt động",
}
_SUCCESSION_WORDS = {
    fold(word): became for became, vietnamese in SUCCESSION_LABELS.items() for word in (vietnamese, became.value)
}
_SUCCESSION_WORDS["ceased"] = SuccessionKind.ENDED


@dataclass(frozen=True, slots=True)
class ResolvedUnit:
    """The text of a cell, and the code of the unit it was resolved to."""

    said: str
    code: str


class UnitLookup:
    """Finds the units of the file and of the store by code, name and number."""

    def __init__(self, rows: Sequence[UnitRow], stored: UnitDirectory) -> None:
        self._codes = set(stored.units) | {row.cells["code"] for row in rows}
        listed = [(row.cells["code"], row.cells["name"]) for row in rows if CODE.fullmatch(row.cells["code"])]
        inside = {code for code, _ in listed}
        self._listed = _codes_by_name_key(listed)
        self._stored = _codes_by_name_key(
            (code, unit.name) for code, unit in stored.units.items() if code not in inside
        )
        self._numbers = _group_codes((row.numbers["code"], row.cells["code"]) for row in rows if "code" in row.numbers)

    def find(self, said: str, number: float | None = None) -> tuple[str, ...]:
        """Return the codes of the units that a cell names; several if units share the name.

        Args:
            said: The text of the cell as shown.
            number: The number in the cell. If no unit has the code 01, a number shown as 01 means the unit whose code
                is that number, such as 00001.
        """
        if said in self._codes:
            return (said,)
        if number is not None:
            return tuple(self._numbers.get(number, ()))
        keys = [key for key in name_keys(said) if key]
        for names in (self._listed, self._stored):
            if found := {code: None for key in keys for code in names.get(key, ())}:
                return tuple(found)
        return ()


def _codes_by_name_key(pairs: Iterable[tuple[str, str]]) -> dict[object, list[str]]:
    return _group_codes((key, code) for code, name in pairs for key in name_keys(name) if key)


def _group_codes(pairs: Iterable[tuple[object, str]]) -> dict[object, list[str]]:
    found: defaultdict[object, list[str]] = defaultdict(list)
    for key, code in pairs:
        if code not in found[key]:
            found[key].append(code)
    return dict(found)


@dataclass(frozen=True, slots=True)
class ListedUnit:
    """The unit of a row; columns that the file lacks have their stored values."""

    line: int
    unit: Unit
    successions: tuple[Succession, ...]
    days: tuple[tuple[str, date], ...] = ()  #: each day as written in the file, and as understood
    resolved: tuple[ResolvedUnit, ...] = ()  #: units that are named otherwise than by code


@dataclass(slots=True)
class RowReader:
    """Reads one row and collects all its faults."""

    row: UnitRow
    stored: UnitDirectory
    naming: UnitLookup
    faults: list[UnitFault] = field(default_factory=list)
    days: list[tuple[str, date]] = field(default_factory=list)
    resolved: list[ResolvedUnit] = field(default_factory=list)

    def read(self) -> ListedUnit:
        """Return the unit of the row.

        A faulty row gives as much as is readable, so that rows that name it are checked all the same.
        """
        unit, names_successors = Unit(**self._fields()), "successors" in self.row.cells
        successions = self._successions(unit) if names_successors else self.stored.successors(unit.code)
        return ListedUnit(self.row.line, unit, successions, tuple(self.days), tuple(self.resolved))

    def _fields(self) -> dict[str, Any]:
        before = self.stored.get(self.row.cells["code"])
        readers = {
            "aliases": self._names, "former_names": self._former_names, "closed_on": self._day, "parent": self._parent,
        }  # fmt: skip
        given = {column: read(column) for column, read in readers.items() if self._has_column(column)}
        unchanged = {column: getattr(before, column) for column in readers if before and not self._has_column(column)}
        return _without_present_name({"code": self._code(), "name": self._name(), **unchanged, **given})

    def _has_column(self, column: str) -> bool:
        return column in self.row.cells or (column == "parent" and "parent_name" in self.row.cells)

    def _code(self) -> str:
        code = self.row.cells["code"]
        if not code:
            self._add_fault(_NO_CODE)
        elif not CODE.fullmatch(code):
            self._add_fault(_BAD_CODE, code=code)
        elif _SPOILT_NUMBER.fullmatch(code):
            self._add_fault(_SPOILT_CODE, code=code)
        return code

    def _name(self) -> str:
        return self._clean_name(self.row.cells["name"], "name")

    def _parent(self, column: str) -> str | None:
        """Return the superior's code, found by code or else by name."""
        said = self.row.cells.get(column, "") or self.row.cells.get("parent_name", "")
        return self._resolve_unit(said, column) if said else None

    def _resolve_unit(self, said: str, column: str) -> str:
        """Return the code of the unit that a cell names; an unknown text is returned itself, and reported later."""
        found = self.naming.find(said, self.row.numbers.get(column))
        if len(found) > 1:
            self._add_fault(_SEVERAL, header=header_of(column), text=said, codes=", ".join(found))
        if not found:
            return said
        if found[0] != said:
            self.resolved.append(ResolvedUnit(said, found[0]))
        return found[0]

    def _former_names(self, column: str) -> tuple[str, ...]:
        """Return the former names; only an explicit "none" removes those that are stored."""
        if fold(self.row.cells[column]) in _NONE:
            return ()
        before = self.stored.get(self.row.cells["code"])
        return tuple(sorted({*self._names(column), *(before.former_names if before else ())}))

    def _names(self, column: str) -> tuple[str, ...]:
        parts = (part.strip() for part in self.row.cells[column].split(";"))
        return tuple(sorted({self._clean_name(part, column) for part in parts if part}))

    def _clean_name(self, text: str, column: str) -> str:
        """Return a name on one line, without invisible characters."""
        visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
        joined = " ".join(visible.split())
        if not fold(joined):
            self._add_fault(_NO_NAME, header=header_of(column))
        elif len(joined) > MAX_QUERY_LENGTH or not joined.isprintable():
            self._add_fault(_BAD_NAME, header=header_of(column), limit=MAX_QUERY_LENGTH)
        return joined

    def _day(self, column: str) -> date | None:
        text = self.row.cells.get(column, "")
        day = self.row.days.get(column) or read_day(text)
        if text and day is None:
            short = has_short_year(text)
            self._add_fault(_SHORT_YEAR if short else _BAD_DAY, header=header_of(column), text=text)
        elif text and day:
            self.days.append((text, day))
        return day if text else None

    def _successions(self, unit: Unit) -> tuple[Succession, ...]:
        parts = dict.fromkeys(part.strip() for part in self.row.cells["successors"].split(";") if part.strip())
        if not parts:
            return ()
        codes = list(dict.fromkeys(self._resolve_unit(part, "successors") for part in parts))
        became, since, source = (
            self._succession_kind(),
            self._day("since") or unit.closed_on,
            self.row.cells.get("source", ""),
        )
        if unit.closed_on is None and not self.row.cells.get("closed_on"):
            self._add_fault(_NOT_CLOSED, header=header_of("closed_on"))
        if not source:
            self._add_fault(_NO_SOURCE, header=header_of("source"))
        document = self._clean_name(source, "source") if source else ""
        how, day = became or SuccessionKind.SPLIT, since or date.min  # only for a faulty row, which is never stored
        return tuple(Succession(unit.code, code, how, day, document) for code in codes)

    def _succession_kind(self) -> SuccessionKind | None:
        text = self.row.cells.get("became", "")
        if fold(text) not in _SUCCESSION_WORDS:
            self._add_fault(
                _BAD_FORM, header=header_of("became"), text=text, known=", ".join(SUCCESSION_LABELS.values())
            )
        return _SUCCESSION_WORDS.get(fold(text))

    def _add_fault(self, message: str, **values: object) -> None:
        self.faults.append(UnitFault(self.row.line, message, values))


def _without_present_name(fields: dict[str, Any]) -> dict[str, Any]:
    """Remove present names from the former names."""
    present = {fields["name"], *fields.get("aliases", ())}
    former = tuple(name for name in fields.get("former_names", ()) if name not in present)
    return {**fields, "former_names": former}


_NO_CODE = N_("this row has no unit code yet. If it is the heading of a group, delete the row or give it a code.")
_BAD_CODE = N_("the code “{code}” cannot be used; take 1 to 32 letters without accents, digits, “-” and “.”.")
_SPOILT_CODE = N_(
    "the code “{code}” is a number that a spreadsheet has changed; format the column as text and type it anew."
)
_SEVERAL = N_("the column “{header}” says “{text}”, a name of several units ({codes}); write the code.")
_SHORT_YEAR = N_("the column “{header}” says “{text}”; write the year with four digits, such as 01/7/2025.")
_NO_NAME = N_("the column “{header}” holds no name; write one with letters or digits.")
_BAD_NAME = N_("a name in the column “{header}” is longer than {limit} characters or not in one line; shorten it.")
_BAD_DAY = N_("the column “{header}” says “{text}”; write a day such as 01/7/2025.")
_NOT_CLOSED = N_("a unit that became another one has ended; fill in the column “{header}”.")
_NO_SOURCE = N_("the document that says so is missing; fill in the column “{header}”.")
_BAD_FORM = N_("the column “{header}” says “{text}”; write one of: {known}.")


_WRITTEN_COLUMNS = (
    "code", "name", "parent", "aliases", "former_names", "closed_on", "successors", "became", "since", "source",
)  # fmt: skip


def write_list(units: UnitDirectory) -> bytes:
    """Return the list as CSV in UTF-8 with a mark, as Excel opens it; each unit stands after its superior."""
    text = StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow(header_of(column) for column in _WRITTEN_COLUMNS)
    lines.writerows([guard_formula(cell) for cell in row] for row in _rows_of(units))
    return text.getvalue().encode("utf-8-sig")


def _rows_of(units: UnitDirectory) -> Iterator[list[str]]:
    waiting = [unit.code for unit in reversed(units.children(None))]
    while waiting:
        unit = units.units[waiting.pop()]
        waiting.extend(below.code for below in reversed(units.children(unit.code)))
        yield _row_of(units, unit)


def _row_of(units: UnitDirectory, unit: Unit) -> list[str]:
    became = units.successors(unit.code)
    first = became[0] if became else None
    return [
        unit.code,
        unit.name,
        unit.parent or "",
        "; ".join(unit.aliases),
        "; ".join(unit.former_names),
        format_day(unit.closed_on) if unit.closed_on else "",
        "; ".join(one.successor for one in became),
        SUCCESSION_LABELS[first.became] if first else "",
        format_day(first.since) if first else "",
        first.source if first else "",
    ]
