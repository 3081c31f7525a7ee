"""Make elements of WordprocessingML that python-docx lacks."""

from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Pt
from docx.table import Table, _Row
from docx.text.paragraph import Paragraph


def make_element(name: str, **attributes: str) -> Any:
    """Make a WordprocessingML element such as ``w:tblHeader``."""
    made = OxmlElement(name)
    for attribute, value in attributes.items():
        made.set(qn(f"w:{attribute}"), value)
    return made


def set_font(style: Any, name: str, size: Length) -> None:
    """Set the typeface of a style for Vietnamese letters too, and Vietnamese as the language that Word spells by."""
    style.font.name, style.font.size = name, size
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), name)
    style.element.rPr.append(make_element("w:lang", val="vi-VN"))


def add_line_above(paragraph: Paragraph, width: int, share: float) -> None:
    """Draw a centred line over a share of the width, as below a name or the motto."""
    margin = Length(int(width * (1 - share) / 2))
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = margin
    paragraph.paragraph_format.line_spacing, paragraph.paragraph_format.space_before = 0.5, Pt(3)
    borders = make_element("w:pBdr")
    borders.append(make_element("w:top", val="single", sz="6", space="1", color="auto"))
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")  # noqa: SLF001 - python-docx gives the element by no other name


def set_cell_margins(table: Table, margin: Length) -> None:
    """Set the room at the left and right of the text in every cell of a table."""
    room = make_element("w:tblCellMar")
    for side in ("left", "right"):
        room.append(make_element(f"w:{side}", w=str(int(margin.twips)), type="dxa"))
    table._tbl.tblPr.insert_element_before(room, "w:tblLook", "w:tblCaption", "w:tblDescription")  # noqa: SLF001 - as above


def keep_row_whole(row: _Row) -> None:
    """Keep a row from being cut by a page break."""
    row._tr.get_or_add_trPr().insert(0, make_element("w:cantSplit"))  # noqa: SLF001 - as above


def repeat_row(row: _Row) -> None:
    """Repeat a row at the top of every page."""
    row._tr.get_or_add_trPr().append(make_element("w:tblHeader"))  # noqa: SLF001 - as above


def add_field(paragraph: Paragraph, instruction: str, size: Length) -> None:
    """Add a field that Word computes, such as PAGE."""
    asked = make_element("w:instrText")
    asked.text = instruction
    for part in (make_element("w:fldChar", fldCharType="begin"), asked, make_element("w:fldChar", fldCharType="end")):
        run = paragraph.add_run()
        run.font.size = size
        run._r.append(part)  # noqa: SLF001 - as above
