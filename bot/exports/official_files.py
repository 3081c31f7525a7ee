"""Write the official lists as Word files, from templates that an office can change."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import as_file, files
from itertools import islice
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from docx.table import _Row
from docxtpl import DocxTemplate

from bot.errors import OutputError
from bot.exports.model import ExportMetadata
from bot.exports.official_lists import Eligibility, ListSorter, OfficialList, eligible_states
from handlers.admin.exports.text import format_remarks
from handlers.folding import fold
from handlers.model.exports import ExportRemarks
from handlers.model.request_list import RequestRow
from locales import N_

#: The most entries of one document; a longer list continues in another, for the sake of Word and memory.
MOST_ENTRIES = 500
#: This line of dots is to be overwritten by hand.
DOTS = "." * 40
#: The index of the template's table of entries, and the number of entries kept with the signature.
_TABLE, _HELD = 1, 2
#: The most letters of a body's name in the name of its file.
_NAME_LETTERS = 60

_SEVERAL = N_("There are {number} lists, one per managing body and form; choose a file name ending in .zip.")
_NONE = N_("None of these requests goes on Mẫu 04, 05 or 06 now, so there is no list to write. {remarks}")


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
                name = f"{number:04}-mau-{one.form}-{_file_name(one.body)}.docx"
                archive.write(draft, name)
                index.append(self._format_entry(name, one, part))
            self._count_joined()
            archive.writestr("index.txt", "\ufeff" + "\r\n".join([*self._format_heading(len(index)), "", *index, ""]))

    def _format_heading(self, number: int) -> list[str]:
        about = replace(self._about, count=self._sieve.written)
        told = [f"{label}: {text}" for label, text in about.lines()]
        return [*told, about.t(N_("Lists: {number}"), number=number), *format_remarks(about.t, self.remarks)]

    def _fill(self, one: OfficialList, part: "DocumentPart", path: Path) -> None:
        fill_template(one, part, path)
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
        self.rows = [{**entry, "number": str(at)} for at, entry in enumerate(entries, start=first)]
        self.count = len(self.rows)


def _split_documents(found: Sequence[OfficialList]) -> Iterator[tuple[OfficialList, DocumentPart]]:
    """Yield each document; its entries are read when it is yielded."""
    for one in found:
        entries, first = one.entries(), 1
        while taken := list(islice(entries, MOST_ENTRIES)):
            long = first > 1 or len(taken) == MOST_ENTRIES
            yield one, DocumentPart((first - 1) // MOST_ENTRIES + 1 if long else 0, first, taken)
            first += len(taken)


def fill_template(one: OfficialList, part: DocumentPart, path: Path) -> None:
    """Write one document; text of strangers is escaped, so that ``<b>`` stays ``<b>``."""
    context = {
        "superior": one.superior.upper(),
        "body": one.body.upper(),
        "recipient": DOTS,
        "rows": part.rows,
        "count": str(part.count),
        "part": f" (phần {part.number})" if part.number else "",
    }
    with as_file(files("bot.exports.templates") / f"mau-{one.form}.docx") as template:
        document = DocxTemplate(str(template))
        document.render(context, autoescape=True)
        _keep_with_signature(document.docx.tables[_TABLE].rows[1:][-_HELD:])
        document.save(str(path))


def _keep_with_signature(rows: Sequence[_Row]) -> None:
    """Keep the last entries on the page of the signature.

    LibreOffice 7.4 ignores this in a table of three pages or more; there the signature stands alone.
    """
    for row in rows:
        for cell in row.cells:
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.keep_with_next = True


def _file_name(body: str) -> str:
    return fold(body).replace(" ", "-")[:_NAME_LETTERS].strip("-") or "-"
