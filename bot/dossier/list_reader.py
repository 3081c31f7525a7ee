"""Read a list of certificates as an office keeps it, XLSX or CSV: headings in any order, title rows above them.

A column may tell something of single persons by its heading ("nghỉ hưu", "mất token") and a tick. Run as a program
(``python -m bot.dossier.list_reader``), it answers each list with a ``ListReading`` as JSON.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from bot.certificates.names import guess_subject
from bot.exports import LIST_LIMITS
from bot.process_sandbox import give_way, serve
from bot.tables import TableCell, TableError, TablePage, read_day, unguard_formula
from bot.tables.headings import (
    LEFT_OUT,
    ROWS_SEARCHED,
    HeadingRow,
    compose,
    heading_candidates,
    is_footer_row,
    is_numbering_row,
    look_up_heading,
    read_tables,
    restore_columns,
)
from bot.tables.legacy_fonts import RestoredColumn
from handlers.core import parse_day
from handlers.model import ListedCertificate
from handlers.requests import clean_serial
from locales import N_
from rules.facts import Subject
from rules.language.spelling import fold

#: The most rows of a list.
MOST_ROWS = 2_000
#: Column -> its headings: the first is written into the template, the others are understood too.
COLUMNS: dict[str, tuple[str, ...]] = {
    "name": (
        "tên trên chứng thư", "tên", "họ tên", "họ và tên", "tên chứng thư", "tên thuê bao", "thuê bao", "chủ thể",
        "người được cấp", "người sử dụng", "tên cá nhân", "tên cơ quan", "tên cơ quan tổ chức", "tên tổ chức",
        "cán bộ", "họ tên cán bộ", "họ và tên cán bộ", "họ tên chủ thể", "họ tên người dùng", "tên người dùng", "name",
        "full name", "subscriber", "holder", "common name", "certificate name",
    ),
    "serial": (
        "số hiệu chứng thư", "số hiệu", "số serial", "serial", "số chứng thư", "serial chứng thư", "số hiệu CTS",
        "số serial chứng thư", "serial number", "certificate serial", "serial no", "số hiệu chứng thư số",
    ),
    "not_after": (
        "ngày hết hạn", "hết hạn", "hạn sử dụng", "hiệu lực đến", "có hiệu lực đến", "ngày hết hiệu lực", "đến ngày",
        "hạn", "thời hạn", "hiệu lực đến ngày", "có giá trị đến", "expiry", "expires", "expiry date", "valid to",
        "valid until", "not after", "end date", "expiration date",
    ),
    "email": (
        "e-mail công vụ", "e-mail", "email", "thư điện tử", "thư điện tử công vụ", "hộp thư", "địa chỉ e-mail", "mail",
        "hộp thư công vụ", "email công vụ", "email address",
    ),
    "subject": ("loại", "loại chứng thư", "đối tượng", "loại thuê bao", "kind", "type", "subscriber type"),
    "device_number": (
        "số hiệu thiết bị", "số token", "số thiết bị", "serial token", "số hiệu token", "device number", "token serial",
        "token number", "serial thiết bị",
    ),
    "note": (
        "ghi chú", "tình trạng", "hiện trạng", "trạng thái", "lý do", "biến động", "note", "notes", "remark", "remarks",
        "status",
    ),
}  # fmt: skip
#: Headings that tell something of the person whose row is ticked, as it is said in a sentence.
TICKED: dict[str, tuple[str, ...]] = {
    "đã nghỉ hưu": ("nghỉ hưu", "đã nghỉ hưu", "hưu trí", "nghỉ việc", "thôi việc", "retired", "left"),
    "đã từ trần": ("từ trần", "đã mất", "qua đời", "deceased"),
    "đã chuyển công tác": ("chuyển công tác", "đã chuyển công tác", "chuyển đơn vị", "điều động", "moved"),
    "mất token": ("mất token", "mất thiết bị", "token mất", "thất lạc", "lost token", "token lost", "lost"),
    "hỏng token": ("hỏng token", "hỏng thiết bị", "token hỏng", "damaged", "token damaged"),
    "token bị khóa": ("khóa token", "token khóa", "token bị khóa", "bị khóa", "locked", "token locked"),
    "bị lộ khóa": ("lộ khóa", "bị lộ khóa", "lộ khóa bí mật", "key exposed"),
    "chưa có chứng thư": ("chưa có chứng thư", "chưa được cấp", "no certificate", "no certificate yet"),
}  # fmt: skip
#: Usual columns that say nothing of a certificate.
_LEFT_OUT = ("STT", "TT", "số TT", "số thứ tự", "no", "chức vụ", "phòng", "phòng ban", "bộ phận", "đơn vị", "position")
_BY_HEADING = {fold(heading): column for column, names in COLUMNS.items() for heading in names}
_BY_HEADING |= {fold(heading): f"tick {said}" for said, names in TICKED.items() for heading in names}
_BY_HEADING |= {fold(heading): LEFT_OUT for heading in _LEFT_OUT}
#: Short forms in headings, folded. "SL" is a quantity and "TK" an account: neither is anything of a certificate.
_SHORT_FORMS = {
    "cb": "can bo", "cbcc": "can bo", "cbccvc": "can bo", "cc": "can bo", "cts": "chung thu", "cks": "chung thu",
    "seri": "serial", "sn": "serial", "ht": "ho ten", "dv": "don vi", "cv": "cong vu",
}  # fmt: skip
#: The short forms that mean the same with no other word beside them; "CC" alone may be an identity card.
_CLEAR_ALONE = frozenset({"cb", "cbcc", "cbccvc", "seri", "dv"})
_TICKS = frozenset({"x", "v", "co", "yes", "true", "1", "dung", "roi", "da", "ok"})
_CROSSES = frozenset({"khong", "no", "false", "0", "chua"})
_MARKS = {"✓", "✔", "☑", "√", "●"}
_SUBJECTS = {
    Subject.INDIVIDUAL: ("ca nhan", "can bo", "cong chuc", "vien chuc", "individual", "person"),
    Subject.ORGANISATION: ("to chuc", "co quan", "co quan to chuc", "don vi", "organisation", "organization"),
    Subject.DEVICE: ("thiet bi", "dich vu", "phan mem", "may chu", "device", "service", "software"),
}
_SUBJECT_OF = {word: subject for subject, words in _SUBJECTS.items() for word in words}
#: The most letters kept of a cell.
_LONGEST = 300

NO_LIST = N_("No row among the first {rows} has the headings of a list of certificates. Known headings: {known}.")
TOO_MANY = N_("The list has more than {rows} rows; split it.")
LETTERS_LOST = N_("Letters of “{text}” cannot be read; convert the file to Unicode first, or type it anew.")


class ListReading(BaseModel):
    """The rows of a list, or why there are none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: tuple[ListedCertificate, ...] = ()
    left_out: tuple[str, ...] = ()  #: headings of columns that are not used
    trouble: str = ""  #: message id
    values: dict[str, str | int] = {}


def read_certificate_list(data: bytes) -> ListReading:
    """Read a list; this trusts nothing of the file but belongs into a process with limits all the same."""
    try:
        return _read_pages(read_tables(data, meaning_of))
    except TableError as error:
        return ListReading(trouble=error.message, values=dict(error.values))


def meaning_of(heading: str) -> str | None:
    """Return the column of a heading, ``tick WORDS`` for one that tells something, or ``left out``.

    A heading that is not known as it stands is looked up with its short forms written out.
    """
    return look_up_heading(heading, _BY_HEADING) or look_up_heading(_write_out(heading), _BY_HEADING)


def _write_out(heading: str) -> str:
    words = fold(heading).split()
    if not words or (len(words) == 1 and words[0] not in _CLEAR_ALONE):
        return heading
    written = [_SHORT_FORMS.get(word, word) for word in words]
    code = written[0] == "ma" and "serial" in written  # "mã số sê-ri"; "mã cán bộ" is nobody's name
    return " ".join(written[1:] if code else written)


def known_headings() -> str:
    """Return the headings that people should write."""
    return "; ".join([*(names[0] for names in COLUMNS.values()), *(names[0] for names in TICKED.values())])


def _read_pages(pages: Sequence[TablePage]) -> ListReading:
    rows, left_out, found = list[ListedCertificate](), list[str](), False
    for page in pages:
        heading = None if page.hidden else _find_heading(page)
        if heading is None:
            continue
        found = True
        pairs = zip(heading.texts, heading.meanings, strict=True)
        left_out += [text for text, meaning in pairs if text and meaning in (None, LEFT_OUT)]
        rows += _read_rows(page, heading)
        if len(rows) > MOST_ROWS:
            raise TableError(TOO_MANY, rows=MOST_ROWS)
    if not found:
        raise TableError(NO_LIST, rows=ROWS_SEARCHED, known=known_headings())
    return ListReading(rows=tuple(rows), left_out=tuple(dict.fromkeys(left_out)))


def _find_heading(page: TablePage) -> HeadingRow | None:
    """Return the likeliest headings: name or serial number, and as many known ones as there are."""
    texts = [[" ".join(cell.text.split()) for cell in row] for row in page.rows[:ROWS_SEARCHED]]
    usable = [
        heading
        for heading in heading_candidates(texts, meaning_of)
        if {"name", "serial"} & heading.known and len(heading.known) > 1
    ]
    return max(usable, key=lambda one: one.rank, default=None)


def _read_rows(page: TablePage, heading: HeadingRow) -> Iterator[ListedCertificate]:
    first, ended = heading.at + heading.depth, False
    restored = _restore_texts(page, heading)
    for line, cells in zip(page.lines[first:], page.rows[first:], strict=True):
        shown = [_to_text(cell, restored.get(place)) for place, cell in enumerate(cells)]
        given = [text for text in shown if text]
        row = _to_row(line, heading, cells, shown)
        if row is None or (not row.serial and (ended or is_footer_row(given) or is_numbering_row(given))):
            ended = ended or bool(given and is_footer_row(given))
            continue
        yield row


def _restore_texts(page: TablePage, heading: HeadingRow) -> dict[int, RestoredColumn]:
    """Convert the texts of the columns that are used.

    Raises:
        TableError: letters of one cannot be read.
    """
    places = [place for place, meaning in enumerate(heading.meanings) if meaning in heading.known]
    rows = page.rows[heading.at + heading.depth :]
    restored = restore_columns(rows, places, heading.texts if page.one_byte else (), together=True)
    if bad := sorted({text for one in restored.values() for text in one.unclear | one.unreadable}):
        raise TableError(LETTERS_LOST, text=bad[0][:_LONGEST])
    return restored


def _to_text(cell: TableCell, restored: RestoredColumn | None) -> str:
    text = compose(cell.text)
    return unguard_formula((restored.texts.get(text, text) if restored else text).strip())


def _to_row(
    line: int, heading: HeadingRow, cells: Sequence[TableCell], shown: Sequence[str]
) -> ListedCertificate | None:
    """Return what a row says, or ``None`` if it names no certificate."""
    given: dict[str, tuple[TableCell, str]] = {}
    for meaning, cell, text in zip(heading.meanings, cells, shown, strict=False):
        if meaning and text and meaning not in given:
            given[meaning] = (cell, " ".join(text.split())[:_LONGEST])
    words = {meaning: text for meaning, (_, text) in given.items()}
    unread, sayings = list[str](), [words["note"]] if "note" in words else []
    serial = clean_serial(words.get("serial", "")) or ""
    if not serial and "serial" in words:
        unread.append(words["serial"])
    if not (words.get("name") or "serial" in words):
        return None
    ends = _to_day(*given["not_after"]) if "not_after" in given else None
    if ends is None and "not_after" in given:
        unread.append(words["not_after"])
    for meaning, text in words.items():
        if meaning.startswith("tick "):
            told = _read_tick(meaning.removeprefix("tick "), text)
            sayings += [told] if told else []
            unread += [] if told is not None else [text]
    subject = _SUBJECT_OF.get(fold(words.get("subject", ""))) or guess_subject(words.get("name", ""))
    return ListedCertificate(
        line=line, name=words.get("name", ""), serial=serial, not_after=ends, email=words.get("email", ""),
        device_number=words.get("device_number", ""), subject=subject, note=words.get("note", ""),
        sayings=tuple(sayings), unread=tuple(unread),
    )  # fmt: skip


def _to_day(cell: TableCell, text: str) -> date | None:
    return cell.day or read_day(text) or parse_day(text)


def _read_tick(said: str, text: str) -> str | None:
    """Return what a ticked heading says, an empty text where it is crossed out, ``None`` if the cell is unclear."""
    mark = fold(text)
    if mark in _TICKS or text in _MARKS:
        return said
    return "" if mark in _CROSSES or text in {"-", "–"} else None


def main() -> None:
    """Answer requests until the input ends."""
    give_way()
    serve(
        lambda data: read_certificate_list(data).model_dump_json().encode(),
        memory=LIST_LIMITS.memory + LIST_LIMITS.file,
        seconds=LIST_LIMITS.seconds,
    )


if __name__ == "__main__":
    main()
