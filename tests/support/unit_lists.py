"""Lists of units as offices keep them: workbooks with formats, merged cells and fonts, and legacy encodings."""

import csv
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO, StringIO

import openpyxl
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet
from xlsxwriter import Workbook

Cells = Sequence[object]
HEAD: Cells = ("Mã đơn vị", "Tên", "Mã đơn vị cấp trên")
BODY: Sequence[Cells] = (("75", "tỉnh Mẫu", None), ("26001", "phường Một", "75"), ("26002", "xã Hai", "75"))
_VNI = {"\u0300": "ø", "\u0301": "ù", "\u0309": "û", "\u0303": "õ", "\u0323": "ï",
        "\u0302": "â", "\u0302\u0300": "à", "\u0302\u0301": "á", "\u0302\u0309": "å", "\u0302\u0303": "ã",
        "\u0302\u0323": "ä", "\u0306": "ê", "\u0306\u0300": "è", "\u0306\u0301": "é", "\u0306\u0309": "ú",
        "\u0306\u0303": "ü", "\u0306\u0323": "ë"}  # fmt: skip
_VNI_WHOLE = dict(zip("đĐìÌíÍỉỈĩĨịỊỵỴ", "ñÑìÌíÍæÆóÓòÒîÎ", strict=True))
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_TCVN3 = dict(zip(
    "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
    "¡¢£¤¥¦§¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
    strict=True,
))  # fmt: skip
_VPS = dict(zip(
    "Đàáảãạâầấẩẫậăằắẳẵặđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ",
    bytes.fromhex(
        "f1e0e1e4e3e5e2c0c3c4c5c6e6a2a1a3a4a5c7e8e9c8ebcbea8a898bcd8cecedccefcef2f3d5f586f4d2d3b087b6d6a9a7aaabae"
        "f9fafbdbf8dcd8d9babbbfff9a9bcf9c"
    ),
    strict=True,
))  # fmt: skip


def encode_tcvn3(text: str) -> str:
    """Encode a text as in a cell with the font .VnTime."""
    return "".join(_TCVN3.get(letter, letter) for letter in text)


def encode_vps(text: str) -> str:
    """Encode a text as in a cell with the font VPS Times."""
    return "".join(bytes([_VPS[letter]]).decode("cp1252") if letter in _VPS else letter for letter in text)


def encode_vni(text: str) -> str:
    """Encode a text as in a cell with the font VNI-Times."""
    return "".join(map(_vni, text))


def _vni(letter: str) -> str:
    if letter in _VNI_WHOLE:
        return _VNI_WHOLE[letter]
    base, *marks = list(unicodedata.normalize("NFD", letter))
    if "\u031b" in marks:
        base = {"o": "ô", "u": "ö", "O": "Ô", "U": "Ö"}[base]
    shown = _VNI.get("".join(sorted((mark for mark in marks if mark != "\u031b"), key=_TONES.__contains__)), "")
    return base + (shown.upper() if base.isupper() else shown)


def encode_windows_1258(text: str) -> bytes:
    """Encode a text as Excel saves CSV on a Vietnamese Windows."""
    return b"".join(map(_windows_1258, unicodedata.normalize("NFC", text)))


def _windows_1258(letter: str) -> bytes:
    decomposed = unicodedata.normalize("NFD", letter)
    tones = "".join(mark for mark in decomposed if mark in _TONES)
    base = unicodedata.normalize("NFC", "".join(mark for mark in decomposed if mark not in _TONES))
    return (base + tones).encode("cp1258")


def make_workbook(
    *rows: Cells,
    merged: Iterable[str] = (),
    formats: Mapping[str, str] | None = None,
    fonts: Mapping[str, str] | None = None,
    change: Callable[[openpyxl.Workbook], object] | None = None,
) -> bytes:
    """Return a workbook of one sheet; ``merged``, ``formats`` and ``fonts`` name cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(list(row))
    for place, code in (formats or {}).items():
        sheet[place].number_format = code
    for place, name in (fonts or {}).items():
        sheet[place].font = Font(name=name)
    for area in merged:
        sheet.merge_cells(area)
    if change:
        change(book)
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def make_text_file(*rows: Cells, delimiter: str = ";") -> str:
    """Return the rows as CSV."""
    text = StringIO()
    csv.writer(text, delimiter=delimiter).writerows(["" if cell is None else cell for cell in row] for row in rows)
    return text.getvalue()


HEADERS = ("Mã đơn vị", "Tên", "Mã đơn vị cấp trên", "Tên gọi khác", "Tên cũ",
           "Ngừng từ ngày", "Trở thành", "Hình thức", "Từ ngày", "Căn cứ")  # fmt: skip
ENGLISH = ("code", "name", "parent", "aliases", "former names",
           "closed on", "successors", "how", "since", "source")  # fmt: skip
NEW = ("DN-NT", "xã Nhơn Trạch", "DN", "UBND xã Nhơn Trạch", "", "", "", "", "", "")
OLD = ("PHO", "xã Phú Hội", "DN", "UBND xã Phú Hội; Phú Hội cũ", "xã Hội", "01/7/2025", "DN-NT",
       "Sáp nhập thành đơn vị mới", "01/7/2025", "1662/NQ-UBTVQH15")  # fmt: skip
ROWS = (("DN", "tỉnh Đồng Nai"), NEW, OLD)

RowCells = tuple[object, ...]


def write_csv(*rows: RowCells, headers: RowCells = HEADERS, delimiter: str = ";", bom: bool = False) -> bytes:
    """Return the rows as CSV in UTF-8."""
    text = StringIO()
    csv.writer(text, delimiter=delimiter).writerows([headers, *rows])
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8")


def write_xlsx(*rows: RowCells, headers: RowCells = HEADERS) -> bytes:
    """Return the rows as an XLSX workbook; numbers and days keep their types."""
    file = BytesIO()
    with Workbook(file, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate([headers, *rows]):
            sheet.write_row(number, 0, row)
    return file.getvalue()
