"""The form of a list of units: its headings, the rows below that are not units, and faults in it with what to do.

``find_heading`` looks for the row of headings among titles, ``RowFilter`` drops totals, signatures and the like.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import TrolyError
from bot.tables.headings import (
    FOOTER_PHRASES,
    LEFT_OUT,
    ON_BEHALF,
    ROWS_SEARCHED,
    HeadingRow,
    TextCells,
    heading_candidates,
    is_footer_row,
    is_numbering_row,
    look_up_heading,
    matches_any,
)
from bot.tables.legacy_fonts import has_lost_letters
from locales import N_, Translator
from rules.language.spelling import fold

#: The most letters quoted of a cell.
_QUOTED = 120
#: These values do not come from the file.
_OWN_VALUES = {"known"}


@dataclass(frozen=True, slots=True)
class UnitFault:
    """One fault in a row; ``message`` is a message id."""

    line: int
    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    def say(self, t: Translator) -> str:
        """Return ``Line 12: the fault, and what to do``; quoted cells are cut and made visible."""
        quoted = {name: value if name in _OWN_VALUES else quote_cell(value) for name, value in self.values.items()}
        return t(N_("Line {line}: {what}"), line=self.line, what=t(self.message, **quoted))


def quote_cell(value: object) -> str:
    """Return text of the file with signs that could move the cursor or reorder the line shown by their numbers."""
    text = "".join(letter if letter.isprintable() else f"[U+{ord(letter):04X}]" for letter in str(value))
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


class UnitsError(TrolyError):
    """Units cannot be imported."""


class UnitsFileError(UnitsError):
    """The file of units cannot be read."""


class FaultyUnitsError(UnitsError):
    """Rows of the file are wrong."""

    def __init__(self, faults: Sequence[UnitFault]) -> None:
        super().__init__(N_("{count} faults in the file. Nothing was imported."), count=len(faults))
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))


#: Column -> its headings: the first is shown to people, the others are understood too.
COLUMNS: dict[str, tuple[str, ...]] = {
    "code": (
        "mã đơn vị", "mã", "mã số", "mã ĐVHC", "mã đơn vị hành chính", "mã cơ quan", "mã tổ chức", "mã định danh",
        "mã xã", "mã phường xã", "mã xã phường", "mã phường", "mã PX", "mã ĐV", "code", "unit code",
    ),
    "name": (
        "tên", "tên đơn vị", "tên ĐVHC", "tên đơn vị hành chính", "tên cơ quan", "tên tổ chức", "tên cơ quan đơn vị",
        "tên xã", "tên phường xã", "tên xã phường", "tên xã phường thị trấn", "tên xã phường đặc khu", "tên gọi",
        "tên phường", "xã phường", "phường xã", "đơn vị hành chính cấp xã", "tên đơn vị hành chính cấp xã",
        "tên ĐVHC cấp xã",
        "đơn vị", "đơn vị hành chính", "cơ quan", "cơ quan đơn vị", "name", "unit name", "unit",
    ),
    "parent": (
        "mã đơn vị cấp trên", "mã cấp trên", "mã cơ quan cấp trên", "mã đơn vị cha", "mã cha", "mã đơn vị quản lý",
        "mã ĐVHC cấp trên", "parent code", "superior code",
    ),
    "parent_name": (
        "tên đơn vị cấp trên", "tên cấp trên", "tên cơ quan cấp trên", "tên đơn vị cha", "tên đơn vị quản lý",
        "tên cơ quan chủ quản", "tên ĐVHC cấp trên", "parent name", "superior name",
    ),
    "aliases": ("tên gọi khác", "tên khác", "tên viết tắt", "tên tắt", "aliases", "alias", "other names"),
    "former_names": (
        "tên cũ", "tên đơn vị cũ", "tên trước đây", "tên trước sáp nhập", "former names", "former name", "old name",
    ),
    "closed_on": (
        "ngừng từ ngày", "ngày ngừng", "ngày ngừng hoạt động", "ngừng hoạt động từ ngày", "ngày kết thúc",
        "ngày giải thể", "ngày hết hiệu lực", "closed on", "closed from", "end date",
    ),
    "successors": ("trở thành", "mã đơn vị mới", "đơn vị mới", "successors", "successor", "became"),
    "became": ("hình thức", "hình thức sắp xếp", "how", "form"),
    "since": ("từ ngày", "since", "from"),
    "source": ("căn cứ", "căn cứ pháp lý", "văn bản", "source", "document"),
}  # fmt: skip
#: These headings name a superior without saying whether by code or by name.
SUPERIOR = (
    "đơn vị cấp trên", "cấp trên", "cơ quan cấp trên", "trực thuộc", "đơn vị trực thuộc", "thuộc", "thuộc đơn vị",
    "đơn vị cha", "đơn vị quản lý", "cơ quan chủ quản", "đơn vị chủ quản", "ĐVHC cấp trên", "parent", "parent unit",
    "superior",
)  # fmt: skip
#: Usual columns that do not concern the tree; they are ignored, and the plan says so.
IGNORED = (
    "STT", "TT", "số TT", "số thứ tự", "no", "ghi chú", "note", "notes", "remarks", "diện tích", "diện tích tự nhiên",
    "dân số", "quy mô dân số", "mật độ dân số", "cấp", "cấp hành chính", "cấp đơn vị", "loại", "loại hình",
    "loại đơn vị", "phân loại", "khu vực", "vùng", "địa chỉ", "trụ sở", "điện thoại", "số điện thoại", "email",
    "e-mail", "thư điện tử", "website", "tên tiếng Anh", "English name", "level", "type",
)  # fmt: skip
#: A list needs these columns.
REQUIRED = ("code", "name")
#: The meaning of such a heading.
WEAK = "superior"
_BY_HEADING = {fold(heading): column for column, headings in COLUMNS.items() for heading in headings}
_BY_HEADING |= {fold(heading): WEAK for heading in SUPERIOR} | {fold(heading): LEFT_OUT for heading in IGNORED}
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

_SIGNER = (
    "(?:ubnd|hdnd|uy ban|hoi dong|chu tich|pho|bo truong|thu truong|giam doc|truong|chanh|cuc|tong cuc|so|ban|lanh dao"
    "|thuong truc|bi thu|dang uy|thu tuong|chinh phu)"
)
#: The beginnings of such a row if it has cells in the columns of codes and names.
_FOOTER_OF_TWO_CELLS = re.compile(rf"(?:{FOOTER_PHRASES}|{ON_BEHALF} {_SIGNER}\b)")
#: Folded words that are never a code, though they have the letters of one.
_NO_CODE = re.compile(
    r"tong (?:cong|so)|nguoi (?:lap(?: bieu)?|ky|tong hop)|lap bieu|thu truong|noi nhan|ghi chu|ky ten"
)
_TOTAL = re.compile(r"tong|cong|total")
_COUNTED = re.compile(r"\d")
CODE = re.compile(r"[A-Za-z0-9.-]{1,32}")
#: The names of numbered columns have fewer letters.
_SHORT_NAME = 8


def meaning_of(heading: str) -> str | None:
    """Return the meaning of a heading, also in a legacy font: a column, ``WEAK`` or ``LEFT_OUT``."""
    return look_up_heading(heading, _BY_HEADING)


def header_of(column: str) -> str:
    """Return the heading of a column that is shown to people."""
    return COLUMNS[column][0]


def known_headings() -> str:
    """Return the headings that people should write, for an error message."""
    return "; ".join(headings[0] for headings in COLUMNS.values())


def columns_of(heading: HeadingRow) -> tuple[str | None, ...]:
    """Return the column of each place.

    A superior without "code" or "name" counts as whichever of the two the table does not have otherwise.
    """
    weak = "parent_name" if "parent" in heading.meanings else "parent"
    columns = (weak if meaning == WEAK else meaning for meaning in heading.meanings)
    return tuple(column if column in COLUMNS else None for column in columns)


def is_complete(heading: HeadingRow) -> bool:
    """Return whether the headings have all required columns."""
    return set(REQUIRED) <= set(columns_of(heading))


def score_heading(heading: HeadingRow) -> tuple[bool, int, int, int]:
    """Return a score by which the likeliest headings are the largest."""
    return is_complete(heading), *heading.rank


def find_heading(rows: Sequence[TextCells]) -> HeadingRow | None:
    """Return the likeliest headings among the first rows; ``None`` if no cell is a known one."""
    best = max(heading_candidates(rows, meaning_of), key=score_heading, default=None)
    return best if best and any(columns_of(best)) else None


def check_heading(heading: HeadingRow, line: int) -> None:
    """Refuse headings that are unknown, duplicated or missing.

    Raises:
        UnitsFileError: letters of a heading were lost.
        FaultyUnitsError: names every faulty heading.
    """
    if lost := [text for text in heading.texts if has_lost_letters(text)]:
        raise UnitsFileError(_LOST, text=quote_cell(lost[0]))
    columns, known = columns_of(heading), known_headings()
    pairs = zip(heading.texts, heading.meanings, strict=True)
    unknown = [text for text, meaning in pairs if text and not meaning]
    faults = [UnitFault(line, _UNKNOWN, {"headers": "”, “".join(unknown), "known": known})] if unknown else []
    for column in sorted({one for one in columns if one and columns.count(one) > 1}):
        named = [text for text, one in zip(heading.texts, columns, strict=True) if one == column]
        faults.append(UnitFault(line, _TWICE, {"header": header_of(column), "headers": "”, “".join(named)}))
    missing = (column for column in REQUIRED if column not in columns)
    faults += [UnitFault(line, _MISSING, {"header": header_of(column), "known": known}) for column in missing]
    if faults:
        raise FaultyUnitsError(faults)


def to_no_heading_error(rows: Sequence[TextCells]) -> UnitsFileError:
    """Return the error for a table without known headings."""
    first = next((row for row in rows if any(map(str.strip, row))), ())
    lost = next((cell for cell in first if has_lost_letters(cell)), "")
    if lost:
        return UnitsFileError(_LOST, text=quote_cell(lost))
    quoted = quote_cell("; ".join(cell.strip() for cell in first if cell.strip()))
    return UnitsFileError(_NOWHERE, rows=ROWS_SEARCHED, first=quoted, known=known_headings())


class RowFilter:
    """Decides, row after row below the headings, whether a row is a unit."""

    def __init__(self, columns: Sequence[str | None]) -> None:
        self._columns = columns
        self._first = True  # no unit was read yet
        self._foot = False  # a total or a signature was read

    def is_excluded(self, texts: Sequence[str]) -> bool:
        """Return whether a row does not belong to the list."""
        given = [text for text in texts if text]
        read = dict(zip(self._columns, texts, strict=False))
        if not any(read.get(column) for column in self._columns if column):
            return True
        numbers = self._first and len(read.get("name", "")) < _SHORT_NAME and is_numbering_row(given)
        if numbers or _is_heading(read):
            return True
        if self._is_unit(read):
            self._first = False
            return False
        self._foot = self._foot or _is_footer(read, given)
        return self._foot

    def _is_unit(self, read: dict[str | None, str]) -> bool:
        """Return whether a row is a unit or a faulty one.

        A code and a name are enough, whatever the code may abbreviate; only a total is neither.
        """
        code, name = read.get("code", ""), read.get("name", "")
        if not name or not CODE.fullmatch(code) or _NO_CODE.fullmatch(fold(code)):
            return False
        return not (_TOTAL.fullmatch(fold(code)) and _COUNTED.match(name))


def _is_footer(read: dict[str | None, str], given: Sequence[str]) -> bool:
    """Return whether a row is a footer.

    If a cell beside a name may be a code, it counts as a signature only if it continues like one.
    """
    code, name = read.get("code", ""), read.get("name", "")
    if not (code and name):
        return is_footer_row(given)
    return matches_any(_FOOTER_OF_TWO_CELLS, (code, name) if " " in code else (code,))


def _is_heading(read: dict[str | None, str]) -> bool:
    return meaning_of(read.get("code", "")) == "code" and meaning_of(read.get("name", "")) == "name"


def format_row_start(texts: Sequence[str]) -> str:
    """Return the beginning of a row, for naming it to a person."""
    return " | ".join(_texts_with_letters(texts))[:80]


def _texts_with_letters(texts: Sequence[str]) -> Iterator[str]:
    return (text for text in texts if any(letter.isalpha() for letter in text))
