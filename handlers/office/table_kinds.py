"""Kinds of files that are sent where a table is wanted, and what to do about those that are not read."""

from collections.abc import Mapping
from enum import StrEnum

from locales import N_


class TableKind(StrEnum):
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


#: What is said of a kind that is not read.
REFUSALS: Mapping[TableKind, str] = {
    TableKind.XLS: N_(
        "This is an old Excel file (.xls). Open it in Excel, choose Save as, Excel Workbook (.xlsx), and send that."
    ),
    TableKind.XLSB: N_(
        "This is a binary Excel file (.xlsb). Open it in Excel, choose Save as, Excel Workbook (.xlsx), and send that."
    ),
    TableKind.ODS: N_("This is an OpenDocument table (.ods). Save it as Excel Workbook (.xlsx) and send that."),
    TableKind.LOCKED: N_(
        "This file is locked with a password. Open it in Excel, take the password away, save it and send it again."
    ),
    TableKind.WORD: N_(
        "This is a Word or text document, not a table. Copy its table into Excel and send that (.xlsx)."
    ),
    TableKind.DOCX: N_("This is a Word document, not a table. Copy its table into Excel and send that (.xlsx)."),
    TableKind.PDF: N_("This is a PDF, not a table. Please send the Excel file (.xlsx) that it was made from."),
    TableKind.HTML: N_(
        "This is a web page, although it may be called .xls. Open it in Excel, choose Save as, Excel Workbook (.xlsx),"
        " and send that."
    ),
    TableKind.XML: N_(
        "This is an XML file, not a table that can be read. Open it in Excel, choose Save as, Excel Workbook (.xlsx),"
        " and send that."
    ),
    TableKind.JSON: N_("This is a JSON file for programs. Please send the list as Excel (.xlsx) or CSV."),
    TableKind.PICTURE: N_("This is a picture, not a table. Please send the Excel file (.xlsx) that it shows."),
    TableKind.ARCHIVE: N_(
        "This is an archive or a damaged Excel file. Unpack it, and send the Excel file (.xlsx) or CSV in it."
    ),
}
