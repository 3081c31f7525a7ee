"""The official lists as Word files, filled into templates that an office can change."""

from collections.abc import Iterator, Sequence
from importlib.resources import as_file, files
from itertools import islice
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from docxtpl import DocxTemplate

from bot.errors import OutputError
from bot.exports.about import About
from bot.exports.lists import OfficialList, Sorting
from handlers.folding import fold
from handlers.office.model import Filed
from locales import N_

#: Entries of one document; a longer list goes on in another, for Word and memory alike.
MOST_ENTRIES = 500
#: To be written over by hand.
DOTS = "." * 40
#: Letters of a body's name in the name of its file.
_NAME_LETTERS = 60

_SEVERAL = N_("There are {number} lists, one per managing body and form; choose a file name ending in .zip.")
_NONE = N_(
    "None of these requests goes on Mẫu 04, 05 or 06, so there is no list to write; requests left out: {left_out}."
)


class DocxWriter:
    """Implements ``bot.exports.model.Writer``: one list as .docx; several, or any number, in a .zip with an index."""

    def __init__(self, path: Path, about: About) -> None:
        self._path = path
        self._about = about
        self._sorting = Sorting(path.with_name("lists"), about.units)

    @property
    def left_out(self) -> int:
        """Requests that these forms do not ask for."""
        return self._sorting.left_out

    def add(self, batch: Sequence[Filed]) -> None:
        """Sort them."""
        self._sorting.add(batch)

    def finish(self) -> None:
        """Fill the templates.

        Raises:
            OutputError: there is no list; or there are several documents and the name is not one of a .zip.
        """
        found = list(self._sorting.lists.values())
        if not found:
            raise OutputError(_NONE, left_out=self.left_out)
        if self._path.suffix.lower() == ".zip":
            self._write_all(found)
            return
        documents = list(islice(_documents(found), 2))
        if len(documents) > 1:
            raise OutputError(_SEVERAL, number=sum(1 for _ in _documents(found)))
        fill(*documents[0], self._path)

    def abandon(self) -> None:
        """Nothing is open."""

    def _write_all(self, found: Sequence[OfficialList]) -> None:
        draft = self._path.with_name("list.docx")
        index = []
        with ZipFile(self._path, "w", ZIP_STORED) as archive:
            for number, (one, part) in enumerate(_documents(found), start=1):
                fill(one, part, draft)
                name = f"{number:04}-mau-{one.form}-{_file_name(one.body)}.docx"
                archive.write(draft, name)
                index.append(self._line(name, one, part))
            archive.writestr("index.txt", "\ufeff" + "\r\n".join([*self._head(len(index)), "", *index, ""]))

    def _head(self, number: int) -> list[str]:
        told = [f"{label}: {text}" for label, text in self._about.lines()]
        t = self._about.t
        left_out = t(N_("Requests that are in none of these lists (Mẫu 01, 02, 03): {number}"), number=self.left_out)
        return [*told, t(N_("Lists: {number}"), number=number), left_out]

    def _line(self, name: str, one: OfficialList, part: "Part") -> str:
        return self._about.t(
            N_("{name}: Mẫu {form}, {body}, entries: {count}"),
            name=name,
            form=one.form,
            body=one.body,
            count=part.count,
        )


class Part:
    """Entries of a list that stand in one document."""

    def __init__(self, number: int, first: int, entries: Sequence[dict[str, str]]) -> None:
        self.number = number  #: 1, 2, ... of a list that is too long for one document; 0 of one that is not
        self.rows = [{**entry, "number": str(at)} for at, entry in enumerate(entries, start=first)]
        self.count = len(self.rows)


def _documents(found: Sequence[OfficialList]) -> Iterator[tuple[OfficialList, Part]]:
    """Each document, its entries read when it comes."""
    for one in found:
        entries, first = one.entries(), 1
        while taken := list(islice(entries, MOST_ENTRIES)):
            long = first > 1 or len(taken) == MOST_ENTRIES
            yield one, Part((first - 1) // MOST_ENTRIES + 1 if long else 0, first, taken)
            first += len(taken)


def fill(one: OfficialList, part: Part, path: Path) -> None:
    """Write one document; text of strangers is escaped, so that ``<b>`` stays what somebody typed."""
    context = {
        "superior": one.superior.upper() or DOTS,
        "body": one.body.upper(),
        "recipient": DOTS,
        "rows": part.rows,
        "count": str(part.count),
        "part": f" (phần {part.number})" if part.number else "",
    }
    with as_file(files("bot.exports.templates") / f"mau-{one.form}.docx") as template:
        document = DocxTemplate(str(template))
        document.render(context, autoescape=True)
        document.save(str(path))


def _file_name(body: str) -> str:
    return fold(body).replace(" ", "-")[:_NAME_LETTERS].strip("-") or "-"
