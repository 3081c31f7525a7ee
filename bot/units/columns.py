"""The columns of a list of units, by their headers in Vietnamese or English."""

from handlers.folding import fold

#: Column -> its header as the list of columns shows it, then what else is understood (folded).
COLUMNS: dict[str, tuple[str, ...]] = {
    "code": ("mã đơn vị", "ma", "code", "unit code"),
    "name": ("tên", "ten don vi", "name", "unit name"),
    "parent": ("mã đơn vị cấp trên", "don vi cap tren", "ma cap tren", "cap tren", "parent", "parent code"),
    "aliases": ("tên gọi khác", "ten khac", "aliases", "other names"),
    "former_names": ("tên cũ", "former names"),
    "closed_on": ("ngừng từ ngày", "ngay ngung", "closed on", "closed from"),
    "successors": ("trở thành", "ma don vi moi", "successors", "became"),
    "became": ("hình thức", "how", "form"),
    "since": ("từ ngày", "since", "from"),
    "source": ("căn cứ", "van ban", "source", "document"),
}
#: Without these there is no list.
REQUIRED = ("code", "name")
_BY_HEADER = {fold(header): column for column, headers in COLUMNS.items() for header in headers}


def column_of(header: str) -> str | None:
    """The column of that header."""
    return _BY_HEADER.get(fold(header))


def header_of(column: str) -> str:
    """How the column is called."""
    return COLUMNS[column][0]
