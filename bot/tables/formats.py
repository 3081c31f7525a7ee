"""What kind of file somebody sent where a table is wanted, by its bytes."""

import re
from collections.abc import Mapping

from bot.tables.errors import TableError
from handlers.office.table_kinds import REFUSALS, TableKind

_ZIP = b"PK\x03\x04"
_CENTRAL_ENTRY = b"PK\x01\x02"
_OLE = b"\xd0\xcf\x11\xe0"
#: First bytes -> kind.
_BEGINNINGS: Mapping[bytes, TableKind] = {
    b"%PDF-": TableKind.PDF,
    b"{\\rtf": TableKind.WORD,
    b"\xff\xd8\xff": TableKind.PICTURE,
    b"\x89PNG": TableKind.PICTURE,
    b"GIF8": TableKind.PICTURE,
    b"II*\x00": TableKind.PICTURE,
    b"MM\x00*": TableKind.PICTURE,
    b"Rar!": TableKind.ARCHIVE,
    b"7z\xbc\xaf": TableKind.ARCHIVE,
    b"\x1f\x8b": TableKind.ARCHIVE,
    b"\x09\x08": TableKind.XLS,
    b"\x09\x04": TableKind.XLS,
    b"\x09\x02": TableKind.XLS,
    b"\x09\x00\x04": TableKind.XLS,
}
#: Names of entries, which stand uncompressed in a ZIP file.
_ENTRIES: Mapping[bytes, TableKind] = {
    b"xl/workbook.xml": TableKind.XLSX,
    b"xl/workbook.bin": TableKind.XLSB,
    b"xl/worksheets/": TableKind.XLSX,
    b"word/document.xml": TableKind.DOCX,
    b"opendocument.spreadsheet": TableKind.ODS,
    b"opendocument.text": TableKind.WORD,
}
#: Names of streams in a file of Office 97, in UTF-16.
_STREAMS: Mapping[str, TableKind] = {
    "EncryptedPackage": TableKind.LOCKED,
    "WordDocument": TableKind.WORD,
    "Workbook": TableKind.XLS,
    "Book": TableKind.XLS,
}
_HTML = re.compile(rb"<(?:!doctype html|html|head|meta|table|body|style)\b", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\{\s*\"|\[\s*[\{\[])")
#: Bytes at the beginning that are searched for marks; a mail's MIME part may stand before a table in HTML.
_START = 4096


def kind_of(data: bytes) -> TableKind:
    """What the bytes are; text where nothing tells."""
    start = data[:_START].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(_ZIP):
        other = TableKind.ARCHIVE if _CENTRAL_ENTRY in data else TableKind.XLSX  # cut off: it is told as broken
        return next((kind for name, kind in _ENTRIES.items() if name in data), other)
    if data.startswith(_OLE):
        return next((kind for name, kind in _STREAMS.items() if name.encode("utf-16-le") in data), TableKind.LOCKED)
    found = next((kind for mark, kind in _BEGINNINGS.items() if start.startswith(mark)), None)
    if found or not start:
        return found or TableKind.TEXT
    if start.startswith((b"<", b"MIME-Version")):
        of_xml = start.startswith(b"<?xml") and b"<html" not in data[:_START].lower()
        return TableKind.HTML if _HTML.search(data[:_START]) and not of_xml else TableKind.XML
    return TableKind.JSON if _JSON.match(start) else TableKind.TEXT


def refuse(kind: TableKind) -> None:
    """Raise ``TableError`` for a kind that is never read as a table."""
    if kind in REFUSALS:
        raise TableError(REFUSALS[kind])
