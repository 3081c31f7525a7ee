"""What an XLSX file says of its cells beside their values: how numbers are shown, in which font, how far a sheet goes.

The library that reads the values tells none of it. Bytes come unpacked and counted; XML is read as it streams by.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from posixpath import join, normpath
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException
from defusedxml.sax import parseString

from bot.certificates.errors import UnreadableError
from bot.tables.legacy import Font, font_of
from handlers.certificate import Trouble

Place = tuple[int, int]  #: row and column, from 0
_PLACE = re.compile(r"([A-Za-z]{0,4})(\d{0,8})")
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
#: Beyond these, looks are of no list and are not kept.
_MOST_LOOKS = 1_000_000


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell is shown, where that says something."""

    digits: int = 0  #: of a number, zeros in front included; 0: as many as it has
    font: Font | None = None


@dataclass(slots=True)
class Sheet:
    """What the XML of a sheet says."""

    height: int = 0  #: rows up to the last that holds something
    width: int = 0
    looks: dict[Place, Look] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """Of a whole workbook; sheets in their order."""

    sheets: tuple[Sheet, ...] = ()
    since_1904: bool = False  #: days are counted from 1904 on


def digits_of(code: str) -> int:
    """The least digits that a number format shows: 5 for ``00000``; 0 for one that is not made for codes."""
    first = _LITERAL.sub("", code.split(";", maxsplit=1)[0]).strip()
    return len(first) if first and set(first) == {"0"} and len(first) > 1 else 0


def read_layout(parts: Mapping[str, bytes], rows: int, columns: int) -> Layout:
    """The layout of a workbook from the parts of its archive.

    Raises:
        UnreadableError: a part is no XML, or a sheet goes beyond so many rows and columns.
    """
    looks = _looks(parts.get("xl/styles.xml", b""))
    sheets = {name: _sheet(data, looks, rows, columns) for name, data in parts.items() if b"sheetData" in data}
    book = _Book()
    _parse(parts.get("xl/workbook.xml", b""), book)
    targets = _Targets()
    _parse(parts.get("xl/_rels/workbook.xml.rels", b""), targets)
    names = [targets.found.get(key, "") for key in book.sheets]
    return Layout(tuple(sheets.get(name, Sheet()) for name in names), book.since_1904)


def _parse(data: bytes, handler: ContentHandler) -> None:
    if not data:
        return
    try:
        parseString(data, handler, forbid_dtd=True)
    except (SAXException, DefusedXmlException, ValueError, LookupError):
        raise UnreadableError(Trouble.BROKEN) from None


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _Book(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[str] = []
        self.since_1904 = False

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - the name is the library's
        if _local(name) == "sheet":
            self.sheets.append(next((attrs[key] for key in attrs.getNames() if key.endswith(":id")), ""))
        elif _local(name) == "workbookPr":
            self.since_1904 = attrs.get("date1904", "").lower() in {"1", "true"}


class _Targets(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - the name is the library's
        if _local(name) == "Relationship":
            target = attrs.get("Target", "")
            self.found[attrs.get("Id", "")] = target[1:] if target.startswith("/") else normpath(join("xl", target))


def _looks(styles: bytes) -> dict[str, Look]:
    """Number of a cell's style -> its look, where it says something."""
    handler = _Styles()
    _parse(styles, handler)
    found = {}
    for number, (format_, font) in enumerate(handler.styles):
        name = handler.fonts[int(font)] if font.isdigit() and len(font) < 6 and int(font) < len(handler.fonts) else ""
        look = Look(digits_of(handler.formats.get(format_, "")), font_of(name))
        if look != Look():
            found[str(number)] = look
    return found


class _Styles(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.formats: dict[str, str] = {}
        self.fonts: list[str] = []
        self.styles: list[tuple[str, str]] = []
        self._within: list[str] = []

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - the name is the library's
        name = _local(name)
        above = self._within[-1] if self._within else ""
        self._within.append(name)
        if name == "numFmt" and above == "numFmts":
            self.formats[attrs.get("numFmtId", "")] = attrs.get("formatCode", "")
        elif name == "font" and above == "fonts":
            self.fonts.append("")
        elif name == "name" and above == "font" and self.fonts:
            self.fonts[-1] = attrs.get("val", "")
        elif name == "xf" and above == "cellXfs":
            self.styles.append((attrs.get("numFmtId", ""), attrs.get("fontId", "")))

    def endElement(self, _name: str) -> None:  # noqa: N802 - the name is the library's
        self._within.pop()


def _sheet(data: bytes, looks: Mapping[str, Look], rows: int, columns: int) -> Sheet:
    handler = _Cells(looks, rows, columns)
    _parse(data, handler)
    return handler.sheet


class _Cells(ContentHandler):
    """Only cells that hold something count: a format without a value takes no room."""

    def __init__(self, looks: Mapping[str, Look], rows: int, columns: int) -> None:
        super().__init__()
        self.sheet = Sheet()
        self._looks, self._rows, self._columns = looks, rows, columns
        self._row, self._column = -1, -1
        self._look: Look | None = None
        self._on: Mapping[str, Callable[[Any], None]] = {
            "row": self._start_row, "c": self._start_cell, "v": self._hold, "is": self._hold, "f": self._hold,
        }  # fmt: skip

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - the name is the library's
        if do := self._on.get(_local(name)):
            do(attrs)

    def _start_row(self, attrs: Any) -> None:
        given = attrs.get("r", "")
        self._row = _number(given) - 1 if given else self._row + 1
        self._column = -1

    def _start_cell(self, attrs: Any) -> None:
        if given := attrs.get("r", ""):
            found = _PLACE.fullmatch(given.strip())
            if found is None:
                raise UnreadableError(Trouble.TOO_MUCH_UNPACKED)
            self._column = _column(found[1]) - 1 if found[1] else self._column + 1
            self._row = _number(found[2]) - 1 if found[2] else self._row
        else:
            self._column += 1
        self._look = self._looks.get(attrs.get("s", ""))

    def _hold(self, _attrs: Any) -> None:
        if self._row >= self._rows or self._column >= self._columns:
            raise UnreadableError(Trouble.TOO_MUCH_UNPACKED)
        sheet = self.sheet
        sheet.height, sheet.width = max(sheet.height, self._row + 1), max(sheet.width, self._column + 1)
        if self._look and len(sheet.looks) < _MOST_LOOKS:
            sheet.looks[self._row, self._column] = self._look


def _number(text: str) -> int:
    """A number that is too long for any sheet is the first beyond all."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 10**9


def _column(letters: str) -> int:
    """``A`` is 1, ``AA`` 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
