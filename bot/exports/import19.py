"""Write the spreadsheet of 19 columns that is said to be imported at the provider.

The layout is reported practice and never official here. Three public tools use it (source S15 of the fact base, level
"reported"); they name 18 fields for its 19 columns, so the number of the row is put first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bot.exports.model import ExportMetadata
from bot.exports.official_lists import Eligibility, eligible_states
from bot.exports.xlsx import close_rows, open_workbook, truncate_text, write_information, write_workbook
from bot.sanitizing import sanitize
from handlers.admin.exports.text import format_remarks
from handlers.folding import fold
from handlers.model.exports import ExportRemarks
from handlers.model.request import RequestContent
from handlers.model.request_list import RequestRow
from handlers.model.unit_directory import UnitDirectory
from locales import N_
from rules.facts import Subject
from rules.outcome import Procedure

#: Headings with widths in characters; in Vietnamese for everybody, because other people's programs read them.
IMPORT19_COLUMNS = (
    ("STT", 6),
    ("Họ tên", 28),
    ("Ngày sinh", 12),
    ("CCCD", 16),
    ("Nơi cấp", 20),
    ("Ngày cấp", 12),
    ("E-mail", 28),
    ("Tổ chức cấp 1", 30),
    ("Tổ chức cấp 2", 30),
    ("Tổ chức cấp 3", 30),
    ("Tổ chức cấp 4", 30),
    ("Tỉnh/TP (1)", 18),
    ("Tỉnh/TP (2)", 18),
    ("Chức vụ", 20),
    ("Điện thoại", 14),
    ("Serial CTS cũ", 20),
    ("Nhà mạng", 12),
    ("Chuyển số", 12),
    ("Loại thiết bị", 14),
)
#: The procedures for which a person needs a row.
PROCEDURES = frozenset({Procedure.ISSUE_NEW, Procedure.CHANGE_INFORMATION})
_LEVELS = 4
#: The beginnings of a province's name, folded.
_PROVINCE_WORDS = ("tinh ", "thanh pho ")
REPORTED = N_(
    "This layout is reported practice, met in three public tools; its official status is unknown. Compare it with what"
    " the receiving office asks for before you send it (to be checked)."
)
EIGHTEEN = N_(
    "The source names 18 fields for its 19 columns; the number of the row is put first. Which level of a body comes"
    " first is this assistant's reading: the highest."
)
BLANK = N_(
    "What is not held stays blank, personal numbers (CCCD) always. Only requests of persons for a new certificate or"
    " for a change of information are here."
)


class Import19Writer:
    """Writes the requests of persons for a new certificate or a change, one row each."""

    def __init__(self, path: Path, about: ExportMetadata) -> None:
        self._about = about
        self._workbook = open_workbook(path)
        self._sheet = self._workbook.add_worksheet("Danh sách")
        self._sieve = Eligibility(eligible_states(about.order.wanted))
        bold = self._workbook.add_format({"bold": True, "border": 1, "text_wrap": True})
        for at, (title, width) in enumerate(IMPORT19_COLUMNS):
            self._sheet.set_column(at, at, width)
            self._sheet.write_string(0, at, title, bold)
        self._sheet.freeze_panes(1, 0)

    @property
    def remarks(self) -> ExportRemarks:
        """Return the remarks; a missing serial number counts only where a certificate is changed."""
        return self._sieve.remarks

    def add(self, batch: Sequence[RequestRow]) -> None:
        """Write a row for each person who needs one."""
        for filed in self._sieve.select_sendable(batch):
            content = filed.request.content
            if content.subject is Subject.INDIVIDUAL and content.procedure in PROCEDURES:
                self._sieve.count_included(blank=not content.serial and content.procedure is not Procedure.ISSUE_NEW)
                self._write(self._sieve.written, filed)
            else:
                self._sieve.count_excluded()

    def _write(self, row: int, filed: RequestRow) -> None:
        self._sheet.write_number(row, 0, row)
        for at, text in _known_cells(filed.request.content, filed.unit, self._about.units):
            self._sheet.write_string(row, at, truncate_text(sanitize(text)))

    def finish(self) -> None:
        """Write the sheet that explains the file."""
        t, about = self._about.t, replace(self._about, count=self._sieve.written)
        notes = (t(REPORTED), t(EIGHTEEN), t(BLANK), *format_remarks(t, self.remarks))
        write_information(self._workbook, about, *notes)
        write_workbook(self._workbook)

    def abandon(self) -> None:
        """Close the temporary files of the rows."""
        close_rows(self._workbook)


def _known_cells(content: RequestContent, unit: str | None, units: UnitDirectory) -> Iterator[tuple[int, str]]:
    """Yield the known columns with their values."""
    yield 1, content.subscriber
    yield 6, content.news.get("new_email") or content.email or ""
    yield from enumerate(_superior_line(content, unit, units), start=7)
    yield 11, _province(content, unit, units)
    yield 15, content.serial or ""


def _province(content: RequestContent, unit: str | None, units: UnitDirectory) -> str:
    """Return the province of the unit in the tree, as it is today; else the one that the certificate names."""
    line = [one.name for one in (units.get(unit), *units.ancestors(unit)) if one is not None]
    found = next((name for name in reversed(line) if fold(name).startswith(_PROVINCE_WORDS)), None)
    return found or content.province or ""


def _superior_line(content: RequestContent, unit: str | None, units: UnitDirectory) -> list[str]:
    """Return the line of superiors, the highest first; only the managing body if the tree does not know it."""
    line: list[str] = []
    at = units.get(unit)
    while at is not None:
        line.insert(0, at.body)
        at = units.get(at.parent)
    return line[-_LEVELS:] or [content.unit]
