"""Write the official lists as forms (``bot.forms``), and as a sheet of 19 columns."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from bot.errors import OutputError
from bot.exports import ExportMetadata
from bot.exports.official_lists import Eligibility, ListSorter, OfficialList, eligible_states, find_province
from bot.exports.xlsx import close_rows, open_workbook, truncate_text, write_information, write_workbook
from bot.forms import fill_form, to_file_name
from bot.streams import sanitize
from handlers.admin.exports import format_remarks
from handlers.model import (
    ExportRemarks,
    FormContent,
    FormField,
    RequestContent,
    RequestRow,
    UnitDirectory,
)
from locales import N_
from rules.facts import Subject
from rules.outcome import Procedure

#: The most entries of one document; a longer list continues in another, for the sake of Word and memory.
MOST_ENTRIES = 500
_SEVERAL = N_("There are {number} lists, one per managing body and form; choose a file name ending in .zip.")
_NONE = N_("None of these requests goes on a form now, so there is no list to write. {remarks}")


class DocxWriter:
    """Writes one list as .docx, or any number of lists as a .zip with an index."""

    def __init__(self, path: Path, about: ExportMetadata) -> None:
        self._path = path
        self._about = about
        self._rows = 0  #: written
        self._sieve = Eligibility(eligible_states(about.order.wanted))
        self._sorting = ListSorter(path.with_name("lists"), about.units, self._sieve)

    @property
    def remarks(self) -> ExportRemarks:
        """Return which requests are not ready to be sent, or have another form."""
        return self._sieve.remarks

    def add(self, batch: Sequence[RequestRow]) -> None:
        """Sort the requests into their lists."""
        self._sorting.add(batch)

    def finish(self) -> None:
        """Fill the templates.

        Raises:
            OutputError: there is no list, or there are several documents and the file is not a .zip.
        """
        found = list(self._sorting.lists.values())
        if not found:
            raise OutputError(_NONE, remarks=" ".join(format_remarks(self._about.t, self.remarks)))
        if self._path.suffix.lower() == ".zip":
            self._write_all(found)
            return
        documents = list(islice(_split_documents(found), 2))
        if len(documents) > 1:
            raise OutputError(_SEVERAL, number=sum(1 for _ in _split_documents(found)))
        self._fill(*documents[0], self._path)
        self._count_joined()

    def abandon(self) -> None:
        """Do nothing: no file is open."""

    def _write_all(self, found: Sequence[OfficialList]) -> None:
        draft = self._path.with_name("list.docx")
        index = []
        with ZipFile(self._path, "w", ZIP_STORED) as archive:
            for number, (one, part) in enumerate(_split_documents(found), start=1):
                self._fill(one, part, draft)
                name = f"{number:04}-mau-{one.form}-{to_file_name(one.body) or '-'}.docx"
                archive.write(draft, name)
                index.append(self._format_entry(name, one, part))
            self._count_joined()
            archive.writestr("index.txt", "\ufeff" + "\r\n".join([*self._format_heading(len(index)), "", *index, ""]))

    def _format_heading(self, number: int) -> list[str]:
        about = replace(self._about, count=self._sieve.written)
        told = [f"{label}: {text}" for label, text in about.lines()]
        return [*told, about.t(N_("Lists: {number}"), number=number), *format_remarks(about.t, self.remarks)]

    def _fill(self, one: OfficialList, part: "DocumentPart", path: Path) -> None:
        content = FormContent(form=one.form, body=one.body, superior=one.superior, rows=part.rows)
        path.write_bytes(fill_form(content, templates=self._about.order.templates, first=part.first, part=part.number))
        self._rows += part.count

    def _count_joined(self) -> None:
        self._sieve.joined = self._sieve.written - self._rows

    def _format_entry(self, name: str, one: OfficialList, part: "DocumentPart") -> str:
        return self._about.t(
            N_("{name}: Mẫu {form}, {body}, entries: {count}"),
            name=name,
            form=one.form,
            body=one.body,
            count=part.count,
        )


class DocumentPart:
    """The entries of a list that stand in one document."""

    def __init__(self, number: int, first: int, entries: Sequence[dict[str, str]]) -> None:
        self.number = number  #: 1, 2, ... of a list that needs several documents; 0 of any other
        self.first = first  #: the running number of the first entry
        self.rows = tuple(
            {FormField(name): text for name, text in entry.items() if name != "certificate"} for entry in entries
        )
        self.count = len(self.rows)


def _split_documents(found: Sequence[OfficialList]) -> Iterator[tuple[OfficialList, DocumentPart]]:
    """Yield each document; its entries are read when it is yielded."""
    for one in found:
        entries, first = one.entries(), 1
        while taken := list(islice(entries, MOST_ENTRIES)):
            long = first > 1 or len(taken) == MOST_ENTRIES
            yield one, DocumentPart((first - 1) // MOST_ENTRIES + 1 if long else 0, first, taken)
            first += len(taken)


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
    yield 11, find_province(content, unit, units)
    yield 15, content.serial or ""


def _superior_line(content: RequestContent, unit: str | None, units: UnitDirectory) -> list[str]:
    """Return the line of superiors, the highest first; only the managing body if the tree does not know it."""
    line: list[str] = []
    at = units.get(unit)
    while at is not None:
        line.insert(0, at.body)
        at = units.get(at.parent)
    return line[-_LEVELS:] or [content.unit]
