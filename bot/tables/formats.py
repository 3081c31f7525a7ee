"""Detect the format of a file that should be a table, from its bytes."""

import re
from collections.abc import Mapping

from bot.errors import TrolyError
from handlers.model.imports import TABLE_REFUSALS, TableFormat

_ZIP = b"PK\x03\x04"
_CENTRAL_ENTRY = b"PK\x01\x02"
_OLE = b"\xd0\xcf\x11\xe0"
#: First bytes -> format.
_FORMAT_BY_START: Mapping[bytes, TableFormat] = {
    b"%PDF-": TableFormat.PDF,
    b"{\\rtf": TableFormat.WORD,
    b"\xff\xd8\xff": TableFormat.PICTURE,
    b"\x89PNG": TableFormat.PICTURE,
    b"GIF8": TableFormat.PICTURE,
    b"II*\x00": TableFormat.PICTURE,
    b"MM\x00*": TableFormat.PICTURE,
    b"Rar!": TableFormat.ARCHIVE,
    b"7z\xbc\xaf": TableFormat.ARCHIVE,
    b"\x1f\x8b": TableFormat.ARCHIVE,
    b"\x09\x08": TableFormat.XLS,
    b"\x09\x04": TableFormat.XLS,
    b"\x09\x02": TableFormat.XLS,
    b"\x09\x00\x04": TableFormat.XLS,
}
#: Names of entries, which stand uncompressed in a ZIP file, -> format.
_FORMAT_BY_ENTRY: Mapping[bytes, TableFormat] = {
    b"xl/workbook.xml": TableFormat.XLSX,
    b"xl/workbook.bin": TableFormat.XLSB,
    b"xl/worksheets/": TableFormat.XLSX,
    b"word/document.xml": TableFormat.DOCX,
    b"opendocument.spreadsheet": TableFormat.ODS,
    b"opendocument.text": TableFormat.WORD,
}
#: Names of streams in a file of Office 97, in UTF-16, -> format.
_FORMAT_BY_STREAM: Mapping[str, TableFormat] = {
    "EncryptedPackage": TableFormat.LOCKED,
    "WordDocument": TableFormat.WORD,
    "Workbook": TableFormat.XLS,
    "Book": TableFormat.XLS,
}
_HTML = re.compile(rb"<(?:!doctype html|html|head|meta|table|body|style)\b", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\{\s*\"|\[\s*[\{\[])")
#: So many bytes at the beginning are searched for marks; a mail's MIME part may precede a table in HTML.
_START = 4096


class TableError(TrolyError):
    """The file cannot be read as a table."""


def detect_format(data: bytes) -> TableFormat:
    """Return the format of the bytes; text if nothing tells otherwise."""
    start = data[:_START].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(_ZIP):
        other = (
            TableFormat.ARCHIVE if _CENTRAL_ENTRY in data else TableFormat.XLSX
        )  # a truncated ZIP is reported as a broken XLSX
        return next((kind for name, kind in _FORMAT_BY_ENTRY.items() if name in data), other)
    if data.startswith(_OLE):
        return next(
            (kind for name, kind in _FORMAT_BY_STREAM.items() if name.encode("utf-16-le") in data), TableFormat.LOCKED
        )
    found = next((kind for mark, kind in _FORMAT_BY_START.items() if start.startswith(mark)), None)
    if found or not start:
        return found or TableFormat.TEXT
    if start.startswith((b"<", b"MIME-Version")):
        of_xml = start.startswith(b"<?xml") and b"<html" not in data[:_START].lower()
        return TableFormat.HTML if _HTML.search(data[:_START]) and not of_xml else TableFormat.XML
    return TableFormat.JSON if _JSON.match(start) else TableFormat.TEXT


def refuse_format(kind: TableFormat) -> None:
    """Raise ``TableError`` for a format that is never read as a table."""
    if kind in TABLE_REFUSALS:
        raise TableError(TABLE_REFUSALS[kind])
