"""A row of the file as a unit: what each cell means, and what is wrong with it."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.units.columns import header_of
from bot.units.days import has_short_year, read_day
from bot.units.faults import Fault
from bot.units.leaving_out import CODE
from bot.units.naming import Naming, Resolved
from bot.units.reading import Row
from handlers.folding import fold
from handlers.office.unit_search import LONGEST
from handlers.office.units import Became, Succession, Unit, UnitDirectory
from locales import N_

#: A number with a fraction, or one in scientific form: a spreadsheet made it of a code.
_SPOILT = re.compile(r"-?\d+[.,]\d+|-?\d+(?:[.,]\d+)?E[+-]?\d+|-\d+", re.IGNORECASE)
#: What says that a unit has no former names, folded; an empty cell leaves them as they are.
_NONE = {"khong", "khong co", "none"}
#: How a unit ended, in the words of a file (folded), and by machine name.
BECAME = {
    Became.MERGED_INTO_NEW: "sáp nhập thành đơn vị mới",
    Became.MERGED_INTO_EXISTING: "sáp nhập vào đơn vị có sẵn",
    Became.RENAMED: "đổi tên",
    Became.SPLIT: "chia tách",
    Became.ENDED: "kết thúc hoạt động",
}
_WORDS = {fold(word): became for became, vietnamese in BECAME.items() for word in (vietnamese, became.value)}
_WORDS["ceased"] = Became.ENDED


@dataclass(frozen=True, slots=True)
class Listed:
    """A unit as its row has it; what the file has no column for is as it was stored."""

    line: int
    unit: Unit
    successions: tuple[Succession, ...]
    days: tuple[tuple[str, date], ...] = ()  #: each day as it stands in the file, and as it was understood
    resolved: tuple[Resolved, ...] = ()  #: units that are not named by their codes


@dataclass(slots=True)
class RowReader:
    """Reads one row; every fault met is kept."""

    row: Row
    stored: UnitDirectory
    naming: Naming
    faults: list[Fault] = field(default_factory=list)
    days: list[tuple[str, date]] = field(default_factory=list)
    resolved: list[Resolved] = field(default_factory=list)

    def read(self) -> Listed:
        """The unit; of a faulty row as much as can be read, so that rows that name it are checked all the same."""
        unit, told = Unit(**self._fields()), "successors" in self.row.cells
        successions = self._successions(unit) if told else self.stored.successors(unit.code)
        return Listed(self.row.line, unit, successions, tuple(self.days), tuple(self.resolved))

    def _fields(self) -> dict[str, Any]:
        before = self.stored.get(self.row.cells["code"])
        readers = {
            "aliases": self._names, "former_names": self._former_names, "closed_on": self._day, "parent": self._parent,
        }  # fmt: skip
        given = {column: read(column) for column, read in readers.items() if self._has_column(column)}
        kept = {column: getattr(before, column) for column in readers if before and not self._has_column(column)}
        return _named_once({"code": self._code(), "name": self._name(), **kept, **given})

    def _has_column(self, column: str) -> bool:
        return column in self.row.cells or (column == "parent" and "parent_name" in self.row.cells)

    def _code(self) -> str:
        code = self.row.cells["code"]
        if not code:
            self._add_fault(_NO_CODE)
        elif not CODE.fullmatch(code):
            self._add_fault(_BAD_CODE, code=code)
        elif _SPOILT.fullmatch(code):
            self._add_fault(_SPOILT_CODE, code=code)
        return code

    def _name(self) -> str:
        return self._clean_name(self.row.cells["name"], "name")

    def _parent(self, column: str) -> str | None:
        """By its code, else by its name."""
        said = self.row.cells.get(column, "") or self.row.cells.get("parent_name", "")
        return self._resolve_unit(said, column) if said else None

    def _resolve_unit(self, said: str, column: str) -> str:
        """The code of a unit that a cell means; the cell itself where it means none, which is a fault of its own."""
        found = self.naming.find(said, self.row.numbers.get(column))
        if len(found) > 1:
            self._add_fault(_SEVERAL, header=header_of(column), text=said, codes=", ".join(found))
        if not found:
            return said
        if found[0] != said:
            self.resolved.append(Resolved(said, found[0]))
        return found[0]

    def _former_names(self, column: str) -> tuple[str, ...]:
        """Names are never forgotten by a list that does not have them; only by one that says there are none."""
        if fold(self.row.cells[column]) in _NONE:
            return ()
        before = self.stored.get(self.row.cells["code"])
        return tuple(sorted({*self._names(column), *(before.former_names if before else ())}))

    def _names(self, column: str) -> tuple[str, ...]:
        parts = (part.strip() for part in self.row.cells[column].split(";"))
        return tuple(sorted({self._clean_name(part, column) for part in parts if part}))

    def _clean_name(self, text: str, column: str) -> str:
        """A name in one line; what cannot be seen is left out."""
        visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
        joined = " ".join(visible.split())
        if not fold(joined):
            self._add_fault(_NO_NAME, header=header_of(column))
        elif len(joined) > LONGEST or not joined.isprintable():
            self._add_fault(_BAD_NAME, header=header_of(column), limit=LONGEST)
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
        how, day = became or Became.SPLIT, since or date.min  # of a faulty row, which is never stored
        return tuple(Succession(unit.code, code, how, day, document) for code in codes)

    def _succession_kind(self) -> Became | None:
        text = self.row.cells.get("became", "")
        if fold(text) not in _WORDS:
            self._add_fault(_BAD_FORM, header=header_of("became"), text=text, known=", ".join(BECAME.values()))
        return _WORDS.get(fold(text))

    def _add_fault(self, message: str, **values: object) -> None:
        self.faults.append(Fault(self.row.line, message, values))


def _named_once(fields: dict[str, Any]) -> dict[str, Any]:
    """A present name is no former one."""
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
