"""Make the template of pages that are no form: the answer in print, and the next steps."""

from pathlib import Path

from docx import Document
from docx.shared import Mm, Pt

from tools.templates.parts import add_page_number, add_text, save_document, set_page

#: Style -> size in points, look; the first one is centred.
_STYLES = {
    "title": (14, "bold"),
    "heading": (13, "bold"),
    "lead": (12, "bold"),
    "small": (11, "italic"),
    "text": (12, ""),
}
#: The same where all is to fit on one page: nothing is smaller than 11 points.
_SMALL_STYLES = {
    "title": (13, "bold"),
    "heading": (11, "bold"),
    "lead": (11, "bold"),
    "small": (11, "italic"),
    "text": (11, ""),
}


def write_page(path: Path, *, dense: bool = False) -> None:
    """Write a template with one paragraph for each part, in the look of its style; a dense one for much text."""
    document = Document()
    set_page(document, landscape=False)
    section = document.sections[0]
    section.right_margin = Mm(15 if dense else 20)
    if dense:
        section.top_margin, section.bottom_margin, section.left_margin = Mm(13), Mm(13), Mm(20)
    document.add_paragraph("{%p for part in parts %}")
    for style, (size, look) in (_SMALL_STYLES if dense else _STYLES).items():
        document.add_paragraph(f'{{%p if part.style == "{style}" %}}')
        made = add_text(document.add_paragraph(), "{{ part.text }}", size, look, centred=style == "title")
        made.paragraph_format.space_after = Pt(1 if dense else 4)
        if dense:
            made.paragraph_format.line_spacing = 1.0
        made.paragraph_format.keep_with_next = "bold" in look
        document.add_paragraph("{%p endif %}")
    document.add_paragraph("{%p endfor %}")
    add_page_number(document.sections[0].footer.paragraphs[0])
    save_document(document, path)
