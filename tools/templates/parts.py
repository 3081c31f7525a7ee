"""Make the parts of an official document around its table with python-docx."""

from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.shared import Length, Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from tools.templates.ooxml import add_field, add_line_above, keep_row_whole, set_font

#: A4 with the usual margins of administrative documents.
_SHORT, _LONG, _TOP, _LEFT, _RIGHT = Mm(210), Mm(297), Mm(20), Mm(30), Mm(15)
#: A page wider than this is a landscape page.
_WIDE = Mm(200)
_LEFT_SHARE = 0.41
_CENTRE = WD_ALIGN_PARAGRAPH.CENTER
_NATION, _MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
_SIGNS = "NGƯỜI ĐỨNG ĐẦU\nCƠ QUAN, TỔ CHỨC QUẢN LÝ TRỰC TIẾP"
_DRAFT = (
    "Mẫu {form} – Dự thảo do Trợ lý Chứng thư lập: đối chiếu bố cục với Phụ lục Nghị định số 68/2024/NĐ-CP"
    " trước khi ký, gửi."
)


def set_page(document: Document, *, landscape: bool) -> int:
    """Set A4 and the type of official documents; return the width of the text."""
    section = document.sections[0]
    if landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = (_LONG, _SHORT) if landscape else (_SHORT, _LONG)
    section.top_margin = section.bottom_margin = _TOP
    section.left_margin, section.right_margin = _LEFT, _RIGHT
    set_font(document.styles["Normal"], "Times New Roman", Pt(13))
    document.styles["Normal"].paragraph_format.space_after = Pt(0)
    return int((_LONG if landscape else _SHORT) - _LEFT - _RIGHT)


def add_text(paragraph: Paragraph, text: str, size: int = 13, look: str = "", *, centred: bool = True) -> Paragraph:
    """Add a run of text to a paragraph and return the paragraph.

    Args:
        paragraph: The paragraph.
        text: The text; placeholders in braces are for docxtpl.
        size: Points.
        look: Contains "bold", "italic" or both.
        centred: Whether to centre the paragraph.
    """
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), "bold" in look, "italic" in look
    if centred:
        paragraph.alignment = _CENTRE
    return paragraph


def add_two_columns(document: Document, width: int, share: float) -> tuple[_Cell, _Cell]:
    """Add two columns without lines; the left one takes ``share`` of the width."""
    table = document.add_table(rows=1, cols=2)
    table.autofit = False
    for at, part in enumerate((share, 1 - share)):
        table.columns[at].width = table.cell(0, at).width = Length(int(width * part))
    keep_row_whole(table.rows[0])
    return table.cell(0, 0), table.cell(0, 1)


def add_heading(document: Document, width: int) -> None:
    """Add the sender, the nation and its motto, number, place and day."""
    size = 13 if width > _WIDE else 12
    left, right = add_two_columns(document, width, _LEFT_SHARE)
    left.paragraphs[0].add_run("{%p if superior %}")
    add_text(left.add_paragraph(), "{{ superior }}", size)
    left.add_paragraph("{%p endif %}")
    add_text(left.add_paragraph(), "{{ body }}", size, look="bold")
    add_line_above(left.add_paragraph(), int(width * _LEFT_SHARE), 0.35)
    add_text(left.add_paragraph(), "Số: ........../..........", size)
    add_text(right.paragraphs[0], _NATION, size, look="bold")
    add_text(right.add_paragraph(), _MOTTO, size + 1, look="bold")
    add_line_above(right.add_paragraph(), int(width * (1 - _LEFT_SHARE)), 0.42 if width > _WIDE else 0.6)
    add_text(right.add_paragraph(), "................., ngày ..... tháng ..... năm .......", size, look="italic")


def add_title(document: Document, asks: str, width: int) -> None:
    """Add the subject of the document and its recipient."""
    first = add_text(document.add_paragraph(), "DANH SÁCH", 14, look="bold")
    first.paragraph_format.space_before = Pt(6)
    add_text(document.add_paragraph(), asks, 14, look="bold")
    add_line_above(document.add_paragraph(), width, 0.3)
    to = add_text(document.add_paragraph(), "Kính gửi: {{ recipient }}", 14)
    to.paragraph_format.space_after = Pt(6)


def add_contact(document: Document, wanted: tuple[str, ...], width: int) -> None:
    """Add lines for a contact person to fill in by hand, as many labels a line as fit: none of it is stored."""
    head = add_text(document.add_paragraph(), "Thông tin người liên hệ:", 12, "bold", centred=False)
    head.paragraph_format.space_before = Pt(4)
    head.paragraph_format.keep_with_next = True
    most = 3 if width > _WIDE else 2
    for labels in (wanted[at : at + most] for at in range(0, len(wanted), most)):
        row = add_text(document.add_paragraph(), " ".join(f"- {label}: \t" for label in labels), 12, centred=False)
        row.paragraph_format.keep_with_next = True
        for number in range(1, len(labels) + 1):
            stop = Length(int(width * number / len(labels)))
            side = WD_TAB_ALIGNMENT.RIGHT if number == len(labels) else WD_TAB_ALIGNMENT.LEFT
            row.paragraph_format.tab_stops.add_tab_stop(stop, side, WD_TAB_LEADER.DOTS)


def add_signature(document: Document, width: int) -> None:
    """Add the place for the head's signature and the seal."""
    add_text(document.add_paragraph(), "", 2).paragraph_format.keep_with_next = True
    left, right = add_two_columns(document, width, _LEFT_SHARE)
    add_text(left.paragraphs[0], "Nơi nhận:", 12, look="bold italic", centred=False)
    for receiver in ("- Như trên;", "- Lưu: VT."):
        add_text(left.add_paragraph(), receiver, 11, centred=False)
    add_text(right.paragraphs[0], _SIGNS, 13 if width > _WIDE else 12, "bold")
    add_text(right.add_paragraph(), "(Ký, ghi rõ họ tên, đóng dấu)", look="italic")
    for _ in range(2 if width > _WIDE else 3):  # a page that lies has little height: three entries and this fit on one
        add_text(right.add_paragraph(), "")
    behind = add_text(document.add_paragraph(), "", 1)  # Word wants a paragraph after a table; a tiny one adds no page
    behind.paragraph_format.line_spacing = Pt(1)


def add_footer(document: Document, form: str) -> None:
    """Add a footer that says that the layout is a draft, with the number of the page."""
    below = document.sections[0].footer
    add_text(below.paragraphs[0], _DRAFT.format(form=form), 9, look="italic", centred=False)
    pages = add_text(below.add_paragraph(), "Trang ", 9, centred=False)
    pages.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    add_field(pages, "PAGE", Pt(9))
    add_text(pages, "/", 9, centred=False)
    add_field(pages, "NUMPAGES", Pt(9))
