"""The parts of an official document around its table, made with python-docx."""

from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.shared import Length, Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from bot.exports.templates.ooxml import field, font, line_above

#: Decree 30/2020/NĐ-CP, appendix I: A4, margins 20-25 mm above and below, 30-35 mm left, 15-20 mm right.
_SHORT, _LONG, _TOP, _LEFT, _RIGHT = Mm(210), Mm(297), Mm(20), Mm(30), Mm(20)
_CENTRE = WD_ALIGN_PARAGRAPH.CENTER
_NATION, _MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
_SIGNS = "NGƯỜI ĐỨNG ĐẦU\nCƠ QUAN, TỔ CHỨC QUẢN LÝ TRỰC TIẾP"
_DRAFT = (
    "Mẫu {form} – Dự thảo do Trợ lý Chứng thư lập: đối chiếu bố cục với Phụ lục Nghị định số 68/2024/NĐ-CP"
    " trước khi ký, gửi."
)


def set_page(document: Document, *, landscape: bool) -> int:
    """A4 and the type of official documents; the width to write on."""
    section = document.sections[0]
    if landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = (_LONG, _SHORT) if landscape else (_SHORT, _LONG)
    section.top_margin = section.bottom_margin = _TOP
    section.left_margin, section.right_margin = _LEFT, _RIGHT
    font(document.styles["Normal"], "Times New Roman", Pt(13))
    document.styles["Normal"].paragraph_format.space_after = Pt(0)  # type: ignore[attr-defined]  # of a paragraph style
    return int((_LONG if landscape else _SHORT) - _LEFT - _RIGHT)


def said(
    paragraph: Paragraph, text: str, size: int = 13, *, bold: bool = False, italic: bool = False, centred: bool = True
) -> Paragraph:
    """Text in a paragraph."""
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    if centred:
        paragraph.alignment = _CENTRE
    return paragraph


def side_by_side(document: Document, width: int, share: float) -> tuple[_Cell, _Cell]:
    """Two columns without lines; ``share`` of the width is the left one's."""
    left, right = document.add_table(rows=1, cols=2).rows[0].cells
    left.width, right.width = Length(int(width * share)), Length(int(width * (1 - share)))
    return left, right


def heading(document: Document, width: int) -> None:
    """Who writes, the nation and its motto, number, place and day."""
    left, right = side_by_side(document, width, 0.45)
    said(left.paragraphs[0], "{{ superior }}")
    said(left.add_paragraph(), "{{ body }}", bold=True)
    line_above(left.add_paragraph(), int(width * 0.45), 0.35)
    said(left.add_paragraph(), "Số: ........../..........")
    said(right.paragraphs[0], _NATION, bold=True)
    said(right.add_paragraph(), _MOTTO, 14, bold=True)
    line_above(right.add_paragraph(), int(width * 0.55), 0.48 if width > Mm(200) else 0.68)
    said(right.add_paragraph(), "...................., ngày ..... tháng ..... năm ........", italic=True)


def title(document: Document, asks: str) -> None:
    """What the document is, and to whom it goes."""
    first = said(document.add_paragraph(), "DANH SÁCH", 14, bold=True)
    first.paragraph_format.space_before = Pt(12)
    said(document.add_paragraph(), asks, 14, bold=True).paragraph_format.space_after = Pt(6)
    to = said(document.add_paragraph(), "Kính gửi: {{ recipient }}", 14)
    to.paragraph_format.space_after = Pt(8)


def contact(document: Document, wanted: tuple[str, ...], width: int) -> None:
    """Who can be asked, written by hand: none of it is held."""
    head = said(document.add_paragraph(), "Thông tin người liên hệ:", bold=True, centred=False)
    head.paragraph_format.space_before = Pt(8)
    head.paragraph_format.keep_with_next = True
    for label in wanted:
        row = said(document.add_paragraph(), f"- {label}: \t", centred=False)
        row.paragraph_format.keep_with_next = True
        row.paragraph_format.tab_stops.add_tab_stop(Length(width), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)


def signature(document: Document, width: int) -> None:
    """Where the head signs and the seal goes."""
    document.add_paragraph().paragraph_format.keep_with_next = True
    left, right = side_by_side(document, width, 0.45)
    said(left.paragraphs[0], "Nơi nhận:", 12, bold=True, italic=True, centred=False)
    for receiver in ("- Như trên;", "- Lưu: VT."):
        said(left.add_paragraph(), receiver, 11, centred=False)
    said(right.paragraphs[0], _SIGNS, bold=True)
    said(right.add_paragraph(), "(Ký, ghi rõ họ tên, đóng dấu)", italic=True)
    for _ in range(4):
        said(right.add_paragraph(), "")


def footer(document: Document, form: str, width: int) -> None:
    """That the layout is a draft, and which page this is."""
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.paragraph_format.tab_stops.add_tab_stop(Length(width), WD_TAB_ALIGNMENT.RIGHT)
    said(paragraph, _DRAFT.format(form=form) + "\tTrang ", 9, italic=True, centred=False)
    field(paragraph, "PAGE", Pt(9))
    said(paragraph, "/", 9, italic=True, centred=False)
    field(paragraph, "NUMPAGES", Pt(9))
