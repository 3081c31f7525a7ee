"""Make the parts of an official document around its table with python-docx."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from tools.templates.ooxml import add_field, add_line_above, keep_row_whole, set_cell_margins, set_font

#: A4 with the usual margins of administrative documents.
_SHORT, _LONG, _TOP, _LEFT, _RIGHT = Mm(210), Mm(297), Mm(20), Mm(30), Mm(15)
#: The kinds of parts of python-docx's own template that nothing uses; Word would compare the first with ours.
_UNUSED = frozenset({"stylesWithEffects", "thumbnail", "customXml", "numbering"})
#: Elements that name a style in a text, and in another style.
_USING = ("w:pStyle", "w:rStyle", "w:tblStyle")
_POINTING = ("w:basedOn", "w:link", "w:next")
#: A page wider than this is a landscape page.
_WIDE = Mm(200)
_LEFT_SHARE = 0.41
#: A subject of so many letters takes the whole width of its column for two lines.
_LONG_SUBJECT = 75
_CENTRE = WD_ALIGN_PARAGRAPH.CENTER
_NATION, _MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
_DRAFT = (
    "Mẫu {form} – Dự thảo do Trợ lý Chứng thư lập{source}: đối chiếu bố cục với Phụ lục Nghị định số 68/2024/NĐ-CP"
    " trước khi ký, gửi."
)
#: Of these forms no column was read anywhere.
_NOT_READ, _OWN_COLUMNS = frozenset({"03", "08", "09"}), ", các cột do Trợ lý tự đặt vì chưa đọc được mẫu gốc"


@dataclass(frozen=True, slots=True)
class Signer:
    """A person who signs: in which capacity, and how."""

    title: str
    how: str = "(Ký, ghi rõ họ tên)"


def save_document(document: Document, path: Path) -> None:
    """Write a document without what python-docx brings along and nothing uses.

    Its styles for Word 2010 differ from ours, which Word takes for a damaged file.
    """
    for owner in (document.part, document.part.package):
        for key, relation in list(owner.rels.items()):
            if relation.reltype.rpartition("/")[2] in _UNUSED:
                owner.rels.pop(key)
    styles = document.styles.element
    known = {style.get(qn("w:styleId")): style for style in styles.findall(qn("w:style"))}
    wanted, waiting = set[str](), [*_default_styles(known), *_styles_used(document)]
    while waiting:
        name = waiting.pop()
        if name in known and name not in wanted:
            wanted.add(name)
            waiting += [one.get(qn("w:val")) for tag in _POINTING for one in known[name].findall(qn(tag))]
    for name, style in known.items():
        if name not in wanted:
            styles.remove(style)
    document.save(str(path))


def _default_styles(known: Mapping[str, Any]) -> list[str]:
    return [name for name, style in known.items() if style.get(qn("w:default")) == "1"]


def _styles_used(document: Document) -> list[str]:
    roots = (document.element, document.sections[0].footer._element)  # noqa: SLF001 - python-docx gives it by no other name
    return [one.get(qn("w:val")) for root in roots for tag in _USING for one in root.iter(qn(tag))]


def set_page(document: Document, *, landscape: bool) -> int:
    """Set A4 and the type of official documents; return the width of the text."""
    section = document.sections[0]
    if landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = (_LONG, _SHORT) if landscape else (_SHORT, _LONG)
    section.top_margin = section.bottom_margin = _TOP
    section.left_margin, section.right_margin = _LEFT, _RIGHT
    section.footer_distance = Mm(8)
    set_font(document.styles["Normal"], "Times New Roman", Pt(13))
    document.styles["Normal"].paragraph_format.space_after = Pt(0)
    about = document.core_properties
    about.author, about.title, about.comments = "Trợ lý Chứng thư", "", ""
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


def add_columns(document: Document, width: int, shares: Sequence[float]) -> list[_Cell]:
    """Add columns without lines, each with its share of the width."""
    table = document.add_table(rows=1, cols=len(shares))
    table.autofit = False
    for at, part in enumerate(shares):
        table.columns[at].width = table.cell(0, at).width = Length(int(width * part))
    keep_row_whole(table.rows[0])
    return list(table.rows[0].cells)


def add_heading(document: Document, width: int, subject: str) -> None:
    """Add the sender, the nation and its motto, number, subject, place and day."""
    size = 13 if width > _WIDE else 12
    left, right = add_columns(document, width, (_LEFT_SHARE, 1 - _LEFT_SHARE))
    left.paragraphs[0].add_run("{%p if superior %}")
    add_text(left.add_paragraph(), "{{ superior }}", size)
    left.add_paragraph("{%p endif %}")
    add_text(left.add_paragraph(), "{{ body }}", size, look="bold")
    add_line_above(left.add_paragraph(), int(width * _LEFT_SHARE), 0.35)
    add_text(left.add_paragraph(), "Số: ........../..........", 13)
    if subject:
        about = add_text(left.add_paragraph(), subject, 12).paragraph_format
        if width > _WIDE and len(subject) < _LONG_SUBJECT:  # two lines of one length
            about.left_indent = about.right_indent = Mm(11)
    add_text(right.paragraphs[0], _NATION, size, look="bold")
    add_text(right.add_paragraph(), _MOTTO, size + 1, look="bold")
    add_line_above(right.add_paragraph(), int(width * (1 - _LEFT_SHARE)), 0.42 if width > _WIDE else 0.6)
    add_text(right.add_paragraph(), "{{ place }}, {{ day }}", 13, look="italic")


def add_subject(document: Document, asks: str) -> None:
    """Add the recipient, and the sentence that asks."""
    to = add_text(document.add_paragraph(), "Kính gửi: {{ recipient }}", 14)
    to.paragraph_format.space_before = to.paragraph_format.space_after = Pt(4)
    _indent(add_text(document.add_paragraph(), asks, centred=False))


def add_record_opening(document: Document, about: str, parties: Sequence[str], finds: str, width: int) -> None:
    """Add the title of a record (biên bản), who takes part, and the sentence before its table."""
    title = add_text(document.add_paragraph(), "BIÊN BẢN", 14, look="bold")
    title.paragraph_format.space_before = Pt(12)
    add_text(document.add_paragraph(), about, 14, look="bold")
    add_line_above(document.add_paragraph(), width, 0.3)
    _indent(add_text(document.add_paragraph(), "Hôm nay, {{ day }}, tại {{ place }}, chúng tôi gồm:", centred=False))
    for party in parties:
        line = add_text(document.add_paragraph(), party, centred=False)
        line.paragraph_format.space_after = Pt(3)
        stops = party.count("\t")
        for number in range(1, stops + 1):
            _lead_with_dots(line, width * number // stops, width)
    _indent(add_text(document.add_paragraph(), finds, centred=False))


def _indent(paragraph: Paragraph) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    paragraph.paragraph_format.first_line_indent = Mm(10)
    paragraph.paragraph_format.space_after = Pt(4)
    paragraph.paragraph_format.keep_with_next = True


def _lead_with_dots(paragraph: Paragraph, at: int, end: int) -> None:
    side = WD_TAB_ALIGNMENT.RIGHT if at >= end else WD_TAB_ALIGNMENT.LEFT
    paragraph.paragraph_format.tab_stops.add_tab_stop(Length(at), side, WD_TAB_LEADER.DOTS)


def add_contact(document: Document, title: str, wanted: Sequence[tuple[str, str]], width: int) -> None:
    """Add whom the provider can reach, as many a line as fit; what is not known is a line of dots."""
    head = add_text(document.add_paragraph(), title, 12, "bold", centred=False)
    head.paragraph_format.space_before = Pt(2)
    head.paragraph_format.keep_with_next = True
    most = 3 if width > _WIDE else 2
    lines = [wanted[at : at + most] for at in range(0, len(wanted), most)]
    table = document.add_table(rows=len(lines), cols=most)
    table.autofit = False
    set_cell_margins(table, Mm(1))
    for row, line in zip(table.rows, lines, strict=True):
        keep_row_whole(row)
        cells = (*row.cells[: len(line) - 1], row.cells[len(line) - 1].merge(row.cells[-1]))
        for cell, (label, field) in zip(cells, line, strict=True):
            across = most - len(line) + 1 if cell is cells[-1] else 1
            cell.width = Length(width * across // most)
            paragraph = add_text(cell.paragraphs[0], f"- {label}: {{{{ contact.{field} }}}}", 11, centred=False)
            paragraph.paragraph_format.keep_with_next = True


def add_signatures(document: Document, signers: Sequence[Signer], width: int) -> None:
    """Add the places for the signatures and the receivers of copies, which stand beside a single one, else below."""
    add_text(document.add_paragraph(), "", 2).paragraph_format.keep_with_next = True
    shares = (_LEFT_SHARE, 1 - _LEFT_SHARE) if len(signers) == 1 else (0.45, 0.55)
    cells = add_columns(document, width, shares)
    if len(signers) == 1:
        _add_receivers(cells[0].paragraphs[0], cells[0].add_paragraph, "- Như trên;", "- Lưu: VT.")
    for cell, signer in zip(cells[-len(signers) :], signers, strict=True):
        add_text(cell.paragraphs[0], signer.title.replace("\n", " ") if width > _WIDE else signer.title, 12, "bold")
        add_text(cell.add_paragraph(), signer.how, look="italic")
        for _ in range(2 if width > _WIDE else 3):  # a page that lies has little height: three rows and this fit on one
            add_text(cell.add_paragraph(), "")
    if len(signers) > 1:  # in the same row, which is never cut
        _add_receivers(cells[0].add_paragraph(), cells[0].add_paragraph, "- {{ recipient }};", "- Lưu: VT.")
    behind = add_text(document.add_paragraph(), "", 1)  # Word wants a paragraph after a table; a tiny one adds no page
    behind.paragraph_format.line_spacing = Pt(1)


def _add_receivers(first: Paragraph, add: Callable[[], Paragraph], *receivers: str) -> None:
    add_text(first, "Nơi nhận:", 12, look="bold italic", centred=False)
    for receiver in receivers:
        add_text(add(), receiver, 11, centred=False)


def add_footer(document: Document, form: str) -> None:
    """Add a footer that says that the layout is a draft, with the number of the page."""
    below = document.sections[0].footer
    draft = _DRAFT.format(form=form, source=_OWN_COLUMNS if form in _NOT_READ else "")
    add_text(below.paragraphs[0], draft, 9, look="italic", centred=False)
    add_page_number(below.add_paragraph())


def add_page_number(paragraph: Paragraph) -> None:
    """Add the number of the page and of all pages."""
    add_text(paragraph, "Trang ", 9, centred=False)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    add_field(paragraph, "PAGE", Pt(9))
    add_text(paragraph, "/", 9, centred=False)
    add_field(paragraph, "NUMPAGES", Pt(9))
