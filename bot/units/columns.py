"""The columns of a list of units, by their headings in Vietnamese or English."""

import re

from bot.tables.legacy import spellings
from handlers.folding import fold

#: Column -> its heading as the list of columns shows it, then what else is understood.
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
#: Headings that say a superior without saying whether by code or by name.
SUPERIOR = (
    "đơn vị cấp trên", "cấp trên", "cơ quan cấp trên", "trực thuộc", "đơn vị trực thuộc", "thuộc", "thuộc đơn vị",
    "đơn vị cha", "đơn vị quản lý", "cơ quan chủ quản", "đơn vị chủ quản", "ĐVHC cấp trên", "parent", "parent unit",
    "superior",
)  # fmt: skip
#: Columns of usual lists that say nothing of the tree: they are left out, and the plan says so.
IGNORED = (
    "STT", "TT", "số TT", "số thứ tự", "no", "ghi chú", "note", "notes", "remarks", "diện tích", "diện tích tự nhiên",
    "dân số", "quy mô dân số", "mật độ dân số", "cấp", "cấp hành chính", "cấp đơn vị", "loại", "loại hình",
    "loại đơn vị", "phân loại", "khu vực", "vùng", "địa chỉ", "trụ sở", "điện thoại", "số điện thoại", "email",
    "e-mail", "thư điện tử", "website", "tên tiếng Anh", "English name", "level", "type",
)  # fmt: skip
#: Without these there is no list.
REQUIRED = ("code", "name")
#: What a heading means beside the columns.
WEAK, LEFT_OUT = "superior", "left out"
_BY_HEADING = {fold(heading): column for column, headings in COLUMNS.items() for heading in headings}
_BY_HEADING |= {fold(heading): WEAK for heading in SUPERIOR} | {fold(heading): LEFT_OUT for heading in IGNORED}
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_EITHER = re.compile(r"[/|()\[\]]")
#: Longer cells are no headings.
_LONGEST = 100


def meaning_of(heading: str) -> str | None:
    """What a heading means: a column, ``WEAK`` or ``LEFT_OUT``; written in a legacy font, too."""
    if len(heading) > _LONGEST:
        return None
    for text in spellings(heading):
        if found := _BY_HEADING.get(fold(text)) or _BY_HEADING.get(fold(_ASIDE.sub(" ", text))):
            return found
    parts = {_BY_HEADING.get(fold(part)) for part in _EITHER.split(heading) if fold(part)}
    return parts.pop() if len(parts) == 1 else None


def column_of(heading: str) -> str | None:
    """The column of that heading."""
    found = meaning_of(heading)
    return "parent" if found == WEAK else found if found in COLUMNS else None


def header_of(column: str) -> str:
    """How the column is called."""
    return COLUMNS[column][0]


def known_headings() -> str:
    """The headings as somebody should write them, for an error message."""
    return "; ".join(headings[0] for headings in COLUMNS.values())
