"""Write an answer as a Word file, for print."""

from collections.abc import Iterable
from io import BytesIO

import docx.document
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from handlers.core import PrintedPart

#: The typeface of official papers (Nghị định 30/2020/NĐ-CP, Phụ lục I).
_FONT = "Times New Roman"
_SIZES = {"title": 14, "heading": 13, "lead": 12, "text": 12, "small": 11}
_BOLD = frozenset({"title", "heading", "lead"})


def write_answer(parts: Iterable[PrintedPart]) -> bytes:
    """Return the document's bytes; texts are written as they are, never as markup."""
    document = Document()
    _set_page(document)
    for part in parts:
        paragraph = document.add_paragraph()
        run = paragraph.add_run(part.text)
        run.font.size = Pt(_SIZES[part.style])
        run.bold = part.style in _BOLD
        run.italic = part.style == "small"
        paragraph.paragraph_format.space_after = Pt(4)
        paragraph.paragraph_format.keep_with_next = part.style in _BOLD
        if part.style == "title":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _set_page(document: docx.document.Document) -> None:
    """Set A4 with the margins of official papers, and the typeface for Latin and Vietnamese letters alike."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(3), Cm(2)
    section.top_margin = section.bottom_margin = Cm(2)
    style = document.styles["Normal"]
    style.font.name = _FONT
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
