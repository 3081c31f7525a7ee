"""Make the template of pages that are no form: the answer in print, and the next steps."""

from pathlib import Path

from docx import Document
from docx.shared import Mm, Pt

from tools.templates.parts import add_page_number, add_text, set_page

#: Style -> size in points, look; the first one is centred.
_STYLES = {
    "title": (14, "bold"),
    "heading": (13, "bold"),
    "lead": (12, "bold"),
    "small": (11, "italic"),
    "text": (12, ""),
}


def write_page(path: Path) -> None:
    """Write a template with one paragraph for each part, in the look of its style."""
    document = Document()
    set_page(document, landscape=False)
    document.sections[0].right_margin = Mm(20)
    document.add_paragraph("{%p for part in parts %}")
    for style, (size, look) in _STYLES.items():
        document.add_paragraph(f'{{%p if part.style == "{style}" %}}')
        made = add_text(document.add_paragraph(), "{{ part.text }}", size, look, centred=style == "title")
        made.paragraph_format.space_after = Pt(4)
        made.paragraph_format.keep_with_next = "bold" in look
        document.add_paragraph("{%p endif %}")
    document.add_paragraph("{%p endfor %}")
    add_page_number(document.sections[0].footer.paragraphs[0])
    document.save(str(path))
