"""Lists in files of strangers, whatever is listed: sheets, the row of headings among titles, and what ends a list.

What a heading means is for the reader of each list to say.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from bot.tables import EMPTY_CELL, TableCell, TablePage, csv_lines, decode, detect_format, refuse_format
from bot.tables.legacy_fonts import FontCell, RestoredColumn, restore_column, spellings
from handlers.model import TableFormat
from rules.language.spelling import fold

#: The meaning of a usual heading whose column is not used.
LEFT_OUT = "left out"
#: The headings are searched among so many filled rows.
ROWS_SEARCHED = 40
#: The most rows of headings above each other.
_DEEPEST_HEADING = 3
#: A longer cell, in letters, is no heading.
_LONGEST = 100
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_EITHER = re.compile(r"[/|()\[\]]")

#: The folded beginnings of a row with a total, a signature or a note.
FOOTER_PHRASES = (
    r"tong (?:cong|so)\b|(?:tong|cong|total)(?: \d.*)?$|tong .{0,20}don vi|nguoi (?:lap|ky|tong hop)|lap bieu"
    r"|thu truong|chu tich\b|pho chu tich\b|giam doc\b|truong phong\b|noi nhan\b|ghi chu\b|luu y\b|xac nhan\b"
    r"|dai dien\b|ky ten\b|ky ghi ro\b|ngay thang nam\b"
    r"|.{0,40}\bngay .{0,8}\bthang .{0,8}\bnam\b"
    r"|notes?\b|prepared by\b|danh sach nay\b|danh sach gom\b"
)
#: "Thay mặt", "ký thay", "thừa lệnh": so short that they may also be codes, or begin them.
ON_BEHALF = "(?:t m|k t|t l|tm|kt|tl)"
_FOOTER = re.compile(rf"(?:{FOOTER_PHRASES}|{ON_BEHALF}\b)")
_NUMBERED = re.compile(r"\(?(\d{1,2}|[a-z])\)?(?: ?= ?.*)?", re.IGNORECASE)

TextCells = Sequence[str]
#: Returns the meaning of a heading; ``None`` if it is not known.
MeaningOf = Callable[[str], str | None]


def read_tables(data: bytes, meaning: MeaningOf) -> list[TablePage]:
    """Return the sheets of an XLSX file, or the one table of a CSV file.

    Args:
        data: The bytes of the file.
        meaning: Returns what a heading means; the separator of CSV that gives most known headings is chosen.

    Raises:
        TableError: the file has another format, is broken, or is too large.
    """
    kind = detect_format(data)
    refuse_format(kind)
    if kind is TableFormat.XLSX:
        from bot.tables.workbook import read_pages  # noqa: PLC0415 - a service starts without what reads workbooks

        return list(read_pages(data))
    decoded = decode(data)
    lines = list(csv_lines(decoded.text, lambda cell: meaning(cell) is not None))
    rows = [[TableCell(text) if text else EMPTY_CELL for text in cells] for _, cells in lines]
    return [TablePage(rows, [line for line, _ in lines], one_byte=decoded.one_byte, is_text=True)]


@dataclass(frozen=True, slots=True)
class HeadingRow:
    """The headings of a table."""

    at: int  #: the index of their first row
    depth: int  #: the number of their rows
    texts: tuple[str, ...]
    meanings: tuple[str | None, ...]

    @property
    def known(self) -> frozenset[str]:
        """Return the meanings that the list uses."""
        return frozenset(meaning for meaning in self.meanings if meaning and meaning != LEFT_OUT)

    @property
    def rank(self) -> tuple[int, int, int]:
        """Return a rank by which the likeliest headings are the largest: many known ones, few rows, far up."""
        return len(self.known), -self.depth, -self.at


def look_up_heading(heading: str, known: Mapping[str, str]) -> str | None:
    """Return what a heading means by a table of folded headings; brackets in it and a second name do not matter."""
    if len(heading) > _LONGEST:
        return None
    for text in spellings(heading):
        if found := known.get(fold(text)) or known.get(fold(_BRACKETED.sub(" ", text))):
            return found
    parts = {known.get(fold(part)) for part in _EITHER.split(heading) if fold(part)}
    return parts.pop() if len(parts) == 1 else None


def heading_candidates(rows: Sequence[TextCells], meaning: MeaningOf) -> Iterator[HeadingRow]:
    """Yield each of the first rows as headings, alone and together with the rows below it."""
    meaning = cache(meaning)  # a cell stands in several of them
    for at in range(min(len(rows), ROWS_SEARCHED)):
        yield from _candidates_at(rows, at, meaning)


def _candidates_at(rows: Sequence[TextCells], at: int, meaning: MeaningOf) -> Iterator[HeadingRow]:
    first = _to_heading(rows, at, 1, meaning)
    yield first
    if any(first.meanings) or sum(map(bool, first.texts)) > 1:
        for depth in range(2, min(_DEEPEST_HEADING, len(rows) - at) + 1):
            yield _to_heading(rows, at, depth, meaning)


def _to_heading(rows: Sequence[TextCells], at: int, depth: int, meaning: MeaningOf) -> HeadingRow:
    block = rows[at : at + depth]
    width = max(map(len, block))
    stacks = [_stacked_headings(block, place) for place in range(width)]
    columns = [_read_stack(stack, meaning) for stack in stacks]
    return HeadingRow(at, depth, tuple(text for text, _ in columns), tuple(meaning for _, meaning in columns))


def _stacked_headings(block: Sequence[TextCells], place: int) -> list[str]:
    """Return the headings above one another in a column.

    A heading over several columns counts for each column that has a heading below it.
    """
    stack: list[str] = []
    for depth, row in enumerate(block):
        text = _cell_at(row, place)
        if not text and any(_cell_at(below, place) for below in block[depth + 1 :]):
            text = next((left for at in range(place - 1, -1, -1) if (left := _cell_at(row, at))), "")
        if text and text not in stack:
            stack.append(text)
    return stack


def _read_stack(stack: Sequence[str], meaning: MeaningOf) -> tuple[str, str | None]:
    """Return the text of stacked headings and their meaning: "Cấp trên" over "Mã" is "Mã cấp trên"."""
    ways = (" ".join(reversed(stack)), " ".join(stack), *stack[::-1])
    return " ".join(stack), next((found for way in ways if (found := meaning(way))), None)


def _cell_at(row: TextCells, place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def is_footer_row(given: Sequence[str]) -> bool:
    """Return whether the filled cells of a row are a total, a signature or a note below a list."""
    return matches_any(_FOOTER, given)


def matches_any(pattern: re.Pattern[str], texts: Iterable[str]) -> bool:
    """Return whether one of the texts begins as a pattern of folded texts says, also in a legacy encoding."""
    return any(pattern.match(fold(way)) for text in texts for way in spellings(text))


def is_numbering_row(given: Sequence[str]) -> bool:
    """Return whether the filled cells number the columns below the headings: ``(1) (2) (3)`` or ``A B 1 2``."""
    return len(given) > 1 and all(_NUMBERED.fullmatch(text) for text in given) and _is_ascending(given)


def _is_ascending(given: Sequence[str]) -> bool:
    numbers = [int(found[1]) for text in given if (found := _NUMBERED.fullmatch(text)) and found[1].isdigit()]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True


def compose(text: str) -> str:
    """Return a text with each letter and its accents as one sign (NFC), as texts are restored."""
    return unicodedata.normalize("NFC", text)


def restore_columns(
    rows: Sequence[Sequence[TableCell]], places: Sequence[int], headings: Sequence[str], *, together: bool = False
) -> dict[int, RestoredColumn]:
    """Convert the texts of columns that stand in a legacy encoding.

    Args:
        rows: The rows below the headings.
        places: The indexes of the columns.
        headings: In a file with one byte per letter its headings, which help to find its one encoding; else none.
        together: The columns have one encoding in any file, so that each helps to find it.

    Returns:
        The conversions of each column, by ``compose`` of a text.
    """
    if headings or together:
        cells = [(text, None) for text in headings]
        whole = restore_column(
            [*cells, *(cell for place in places for cell in _texts_with_fonts(rows, place))],
            one_byte=bool(headings),
        )
        return dict.fromkeys(places, whole)
    return {place: restore_column(_texts_with_fonts(rows, place)) for place in places}


def _texts_with_fonts(rows: Sequence[Sequence[TableCell]], place: int) -> Iterator[FontCell]:
    return ((compose(row[place].text), row[place].font) for row in rows if place < len(row))
