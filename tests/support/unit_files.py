"""Lists of units as files."""

import csv
from io import BytesIO, StringIO

from xlsxwriter import Workbook

HEADERS = ("Mã đơn vị", "Tên", "Mã đơn vị cấp trên", "Tên gọi khác", "Tên cũ",
           "Ngừng từ ngày", "Trở thành", "Hình thức", "Từ ngày", "Căn cứ")  # fmt: skip
ENGLISH = ("code", "name", "parent", "aliases", "former names",
           "closed on", "successors", "how", "since", "source")  # fmt: skip
NEW = ("DN-NT", "xã Nhơn Trạch", "DN", "UBND xã Nhơn Trạch", "", "", "", "", "", "")
OLD = ("PHO", "xã Phú Hội", "DN", "UBND xã Phú Hội; Phú Hội cũ", "xã Hội", "01/7/2025", "DN-NT",
       "Sáp nhập thành đơn vị mới", "01/7/2025", "1662/NQ-UBTVQH15")  # fmt: skip
ROWS = (("DN", "tỉnh Đồng Nai"), NEW, OLD)

Cells = tuple[object, ...]


def as_csv(*rows: Cells, headers: Cells = HEADERS, delimiter: str = ";", bom: bool = False) -> bytes:
    """Return the rows as CSV in UTF-8."""
    text = StringIO()
    csv.writer(text, delimiter=delimiter).writerows([headers, *rows])
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8")


def as_xlsx(*rows: Cells, headers: Cells = HEADERS) -> bytes:
    """Return the rows as an XLSX workbook; numbers and days keep their types."""
    file = BytesIO()
    with Workbook(file, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate([headers, *rows]):
            sheet.write_row(number, 0, row)
    return file.getvalue()
