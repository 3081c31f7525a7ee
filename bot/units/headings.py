"""Where the table of a list of units begins: its row of headings among titles, and what each column means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.tables.legacy import is_lost
from bot.units.columns import COLUMNS, LEFT_OUT, REQUIRED, WEAK, header_of, known_headings, meaning_of
from bot.units.errors import FaultyUnitsError, UnitsFileError
from bot.units.faults import Fault, shown
from locales import N_

#: Filled rows among which the headings are looked for.
LOOKED_AT = 40
#: Rows that headings may take up, one above the other.
_DEEPEST = 3

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Heading:
    """The headings of a table."""

    at: int  #: index of their first row
    depth: int  #: rows that they take up
    texts: tuple[str, ...]
    meanings: tuple[str | None, ...]

    @property
    def columns(self) -> tuple[str | None, ...]:
        """The column of each place; a superior without "code" or "name" is what is not there otherwise."""
        weak = "parent_name" if "parent" in self.meanings else "parent"
        columns = (weak if meaning == WEAK else meaning for meaning in self.meanings)
        return tuple(column if column in COLUMNS else None for column in columns)

    @property
    def is_complete(self) -> bool:
        """Whether it has what a list needs."""
        return set(REQUIRED) <= set(self.columns)

    @property
    def score(self) -> tuple[bool, int, int, int]:
        """The larger the likelier."""
        known = {meaning for meaning in self.meanings if meaning}
        return self.is_complete, len(known - {LEFT_OUT}), -self.depth, -self.at

    @property
    def ignored_headings(self) -> tuple[str, ...]:
        """Headings of columns that are known and not read."""
        pairs = zip(self.texts, self.meanings, strict=True)
        return tuple(text for text, meaning in pairs if meaning == LEFT_OUT)


def find_heading(rows: Sequence[Cells]) -> Heading | None:
    """The likeliest heading among the first rows; ``None`` where no cell is a known one."""
    found = [heading for at in range(min(len(rows), LOOKED_AT)) for heading in _headings(rows, at)]
    best = max(found, key=lambda heading: heading.score, default=None)
    return best if best and any(best.columns) else None


def _headings(rows: Sequence[Cells], at: int) -> Iterator[Heading]:
    """The row alone, and with the rows below it where they say more."""
    first = _heading(rows, at, 1)
    yield first
    if any(first.meanings) or sum(map(bool, first.texts)) > 1:
        for depth in range(2, min(_DEEPEST, len(rows) - at) + 1):
            yield _heading(rows, at, depth)


def _heading(rows: Sequence[Cells], at: int, depth: int) -> Heading:
    block = rows[at : at + depth]
    width = max(map(len, block))
    stacks = [_stack(block, place) for place in range(width)]
    meant = [_meant(stack) for stack in stacks]
    return Heading(at, depth, tuple(text for text, _ in meant), tuple(meaning for _, meaning in meant))


def _stack(block: Sequence[Cells], place: int) -> list[str]:
    """What stands above one another in a column; a heading over several columns counts for each that has one below."""
    stack: list[str] = []
    for depth, row in enumerate(block):
        text = _cell(row, place)
        if not text and any(_cell(below, place) for below in block[depth + 1 :]):
            text = next((left for at in range(place - 1, -1, -1) if (left := _cell(row, at))), "")
        if text and text not in stack:
            stack.append(text)
    return stack


def _meant(stack: Sequence[str]) -> tuple[str, str | None]:
    """The text of a heading and its meaning: "Cấp trên" over "Mã" is "Mã cấp trên"."""
    ways = (" ".join(reversed(stack)), " ".join(stack), *stack[::-1])
    meaning = next((meaning for way in ways if (meaning := meaning_of(way))), None)
    return " ".join(stack), meaning


def _cell(row: Cells, place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def check_heading(heading: Heading, line: int) -> None:
    """Refuse headings that are unknown, double or missing.

    Raises:
        UnitsFileError: their letters were lost.
        FaultyUnitsError: every one of them is named.
    """
    if lost := [text for text in heading.texts if is_lost(text)]:
        raise UnitsFileError(_LOST, text=shown(lost[0]))
    columns, known = heading.columns, known_headings()
    pairs = zip(heading.texts, heading.meanings, strict=True)
    unknown = [text for text, meaning in pairs if text and not meaning]
    faults = [Fault(line, _UNKNOWN, {"headers": "”, “".join(unknown), "known": known})] if unknown else []
    for column in sorted({one for one in columns if one and columns.count(one) > 1}):
        named = [text for text, one in zip(heading.texts, columns, strict=True) if one == column]
        faults.append(Fault(line, _TWICE, {"header": header_of(column), "headers": "”, “".join(named)}))
    missing = (column for column in REQUIRED if column not in columns)
    faults += [Fault(line, _MISSING, {"header": header_of(column), "known": known}) for column in missing]
    if faults:
        raise FaultyUnitsError(faults)


def no_heading(rows: Sequence[Cells]) -> UnitsFileError:
    """What to say where no row has a known heading."""
    first = next((row for row in rows if any(map(str.strip, row))), ())
    lost = next((cell for cell in first if is_lost(cell)), "")
    if lost:
        return UnitsFileError(_LOST, text=shown(lost))
    quoted = shown("; ".join(cell.strip() for cell in first if cell.strip()))
    return UnitsFileError(_NOWHERE, rows=LOOKED_AT, first=quoted, known=known_headings())


_UNKNOWN = N_(
    "the columns “{headers}” are not known; take them out or correct their headings. Known headings: {known}."
    " Example: “mã đơn vị; tên; mã đơn vị cấp trên”."
)
_LOST = N_(
    "Letters were lost when the file was saved (“{text}”). In Excel choose: Save as, CSV UTF-8, or Excel Workbook."
)
_TWICE = N_("there are two columns “{header}” (“{headers}”); take one out.")
_MISSING = N_("the column “{header}” is missing; add it. Known headings: {known}.")
_NOWHERE = N_(
    "No row among the first {rows} has the headings of a list of units. The first row says: “{first}”. Known headings:"
    " {known}. Example: “mã đơn vị; tên; mã đơn vị cấp trên”."
)
