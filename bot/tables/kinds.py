"""What kind of file somebody sent where a table is wanted, and what to do about the kinds that are not read."""

import re
from collections.abc import Mapping
from enum import StrEnum

from bot.tables.errors import TableError
from locales import N_


class Kind(StrEnum):
    """A kind of file, by its bytes."""

    XLSX = "xlsx"
    TEXT = "text"  #: CSV and the like
    XLS = "xls"
    XLSB = "xlsb"
    ODS = "ods"
    LOCKED = "locked"
    WORD = "word"
    DOCX = "docx"
    PDF = "pdf"
    HTML = "html"
    XML = "xml"
    JSON = "json"
    PICTURE = "picture"
    ARCHIVE = "archive"


_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: First bytes -> kind.
_BEGINNINGS: Mapping[bytes, Kind] = {
    b"%PDF-": Kind.PDF,
    b"{\\rtf": Kind.WORD,
    b"\xff\xd8\xff": Kind.PICTURE,
    b"\x89PNG": Kind.PICTURE,
    b"GIF8": Kind.PICTURE,
    b"II*\x00": Kind.PICTURE,
    b"MM\x00*": Kind.PICTURE,
    b"Rar!": Kind.ARCHIVE,
    b"7z\xbc\xaf": Kind.ARCHIVE,
    b"\x1f\x8b": Kind.ARCHIVE,
    b"\x09\x08": Kind.XLS,
    b"\x09\x04": Kind.XLS,
    b"\x09\x02": Kind.XLS,
    b"\x09\x00\x04": Kind.XLS,
}
#: Names of entries, which stand uncompressed in a ZIP file.
_ENTRIES: Mapping[bytes, Kind] = {
    b"xl/workbook.xml": Kind.XLSX,
    b"xl/workbook.bin": Kind.XLSB,
    b"xl/worksheets/": Kind.XLSX,
    b"word/document.xml": Kind.DOCX,
    b"opendocument.spreadsheet": Kind.ODS,
    b"opendocument.text": Kind.WORD,
}
#: Names of streams in a file of Office 97, in UTF-16.
_STREAMS: Mapping[str, Kind] = {
    "EncryptedPackage": Kind.LOCKED,
    "WordDocument": Kind.WORD,
    "Workbook": Kind.XLS,
    "Book": Kind.XLS,
}
_HTML = re.compile(rb"<(?:!doctype html|html|head|meta|table|body|style)\b", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\{\s*\"|\[\s*[\{\[])")
#: Bytes at the beginning that are searched for marks; a mail's MIME part may stand before a table in HTML.
_START = 4096


def kind_of(data: bytes) -> Kind:
    """What the bytes are; text where nothing tells."""
    start = data[:_START].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(_ZIP):
        return next((kind for name, kind in _ENTRIES.items() if name in data), Kind.ARCHIVE)
    if data.startswith(_OLE):
        return next((kind for name, kind in _STREAMS.items() if name.encode("utf-16-le") in data), Kind.XLS)
    found = next((kind for mark, kind in _BEGINNINGS.items() if start.startswith(mark)), None)
    if found or not start:
        return found or Kind.TEXT
    if start.startswith((b"<", b"MIME-Version")):
        return Kind.HTML if _HTML.search(data[:_START]) else Kind.XML
    return Kind.JSON if _JSON.match(start) else Kind.TEXT


def refuse(kind: Kind) -> None:
    """Raise ``TableError`` for a kind that is never read as a table."""
    if kind in REFUSALS:
        raise TableError(REFUSALS[kind])


#: What is said of a kind that is not read.
REFUSALS: Mapping[Kind, str] = {
    Kind.XLS: N_("This is an old Excel file (.xls). Open it in Excel, choose Save as, Excel Workbook (.xlsx), and send that."),
    Kind.XLSB: N_("This is a binary Excel file (.xlsb). Open it in Excel, choose Save as, Excel Workbook (.xlsx), and send that."),
    Kind.ODS: N_("This is an OpenDocument table (.ods). Save it as Excel Workbook (.xlsx) and send that."),
    Kind.LOCKED: N_("This file is locked with a password. Open it in Excel, take the password away, save it and send it again."),
    Kind.WORD: N_("This is a Word or text document, not a table. Copy its table into Excel, save it as .xlsx and send that."),
    Kind.DOCX: N_("This is a Word document, not a table. Copy its table into Excel, save it as .xlsx and send that."),
    Kind.PDF: N_("This is a PDF, not a table. Please send the Excel file (.xlsx) that it was made from."),
    Kind.HTML: N_("This is a web page, although it may be called .xls. Open it in Excel, choose Save as, Excel Workbook (.xlsx), and send that."),
    Kind.XML: N_("This is an XML file, not a table that can be read. Open it in Excel, choose Save as, Excel Workbook (.xlsx), and send that."),
    Kind.JSON: N_("This is a file for programs (JSON), not a table. Please send the list as Excel (.xlsx) or CSV."),
    Kind.PICTURE: N_("This is a picture, not a table. Please send the Excel file (.xlsx) that it shows."),
    Kind.ARCHIVE: N_("This is an archive or a damaged Excel file. Unpack it first and send the Excel file (.xlsx) or CSV in it."),
}  # fmt: skip
