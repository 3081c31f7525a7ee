"""Fill the official forms and printed pages: the one place where a Word file is made from a template."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace

from jinja2 import TemplateError

from bot.forms.template import NEXT_STEPS_PAGE, PAGE, FormError, WordTemplate, open_template, read_built_in
from bot.pdf import convert_to_pdf
from bot.streams import sanitize
from handlers.core import PrintedPart
from handlers.model import CONTACT_FIELDS, DOCX, FORM_COLUMNS, OPTIONAL_FIELDS, PDF, Form, FormContent, FormField
from locales import N_, Translator
from rules.language.spelling import fold

#: Dots to be overwritten by hand: across a line, behind a label, and in a cell of a table.
LINE_DOTS, LABEL_DOTS, CELL_DOTS = "." * 40, "." * 30, "." * 10
_NO_DAY = "ngày ..... tháng ..... năm ......."
_WRITTEN_OUT = {"UBND": "Ủy ban nhân dân", "HĐND": "Hội đồng nhân dân"}
_SHORT = re.compile(rf"\b(?:{'|'.join(_WRITTEN_OUT)})\b", re.IGNORECASE)
#: So many entries stay on the page of the signature.
_HELD = 2
#: The most letters of a body's name in the name of its file.
_NAME_LETTERS = 60
_NOT_SAFE = re.compile(r"[^a-z0-9]+")

#: The names of files; the form's number stands before them.
_FILE_WORDS = {
    Form.PERSON: "cap-moi-ca-nhan",
    Form.ORGANISATION: "cap-moi-to-chuc",
    Form.DEVICE: "cap-moi-thiet-bi",
    Form.REVOKE: "thu-hoi",
    Form.RESTORE: "khoi-phuc",
    Form.HANDOVER: "ban-giao-thiet-bi",
    Form.LOSS: "mat-thiet-bi",
}
_TICKED_WORDS = {FormField.EXTEND: "gia-han", FormField.CHANGE: "thay-doi-thong-tin"}

_NOT_FILLED = N_("The form could not be filled. Please ask whoever runs this assistant to look at its templates.")


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file that was made."""

    name: str  #: safe for any disk, such as "mau-05-thu-hoi-ubnd-xa-nhon-trach.docx"
    media_type: str
    content: bytes
    form: Form | None  #: the form in it; ``None`` for a page that is no form


#: Is told how many files are made; what it raises ends the making.
Told = Callable[[int], object]


def make_forms(  # noqa: PLR0913 - what is made, how, and who is told
    contents: Sequence[FormContent],
    next_steps: Sequence[PrintedPart],
    *,
    templates: Path | None,
    t: Translator,
    pdf: bool,
    told: Told | None = None,
) -> list[FormFile]:
    """Make the files of a dossier. This blocks: call it in a thread or in a process of its own.

    Args:
        contents: What stands in each form; the forms themselves are in Vietnamese.
        next_steps: The page that goes with them; no file is made for an empty one.
        templates: The folder ``forms`` of the data folder; templates in it win.
        t: The language of the names of files that are no form.
        pdf: Whether each file is wanted as PDF too. Where LibreOffice is not installed, or fails, there is none.
        told: Is told how many Word files are made; what it raises ends the making.

    Returns:
        The files in the order of the contents, the page at the end; a PDF follows the file it was made of.

    Raises:
        FormError: a form cannot be filled.
    """
    made = []
    for content in contents:
        filled = fill_form(content, templates=templates)
        made.append(FormFile(f"{name_form(content)}.docx", DOCX, filled, content.form))
        if told:
            told(len(made))
    if next_steps:
        made.append(_make_page(t(N_("Next steps")), next_steps, templates, NEXT_STEPS_PAGE))
    named = _number_names(made)
    return with_pdf(named, templates) if pdf else named


def make_page(name: str, parts: Sequence[PrintedPart], *, templates: Path | None, pdf: bool) -> list[FormFile]:
    """Make a page for print, as ``make_forms`` makes its last one; ``name`` is a few words without a suffix."""
    made = [_make_page(name, parts, templates)]
    return with_pdf(made, templates) if pdf else made


def _make_page(name: str, parts: Sequence[PrintedPart], templates: Path | None, template: str = PAGE) -> FormFile:
    shown = [SimpleNamespace(style=part.style, text=sanitize(part.text)) for part in parts]
    return FormFile(f"{to_file_name(name) or 'trang'}.docx", DOCX, _fill(template, {"parts": shown}, templates), None)


def with_pdf(made: Sequence[FormFile], templates: Path | None, told: Told | None = None) -> list[FormFile]:
    """Return Word files, each followed by its PDF where one can be made; ``told`` is told how many are."""
    pages = convert_to_pdf({file.name: file.content for file in made}, templates, told)
    found: list[FormFile] = []
    for file in made:
        name = f"{file.name.removesuffix('.docx')}.pdf"
        found += [file, *([FormFile(name, PDF, pages[name], file.form)] if name in pages else [])]
    return found


def fill_form(content: FormContent, *, templates: Path | None, first: int = 1, part: int = 0) -> bytes:
    """Return a filled form as a Word file.

    Args:
        content: What stands in it.
        templates: The folder of the office's templates.
        first: The running number of the first row.
        part: The number of this file where a list needs several; 0 for the only one.

    Raises:
        FormError: it cannot be filled.
    """
    columns = FORM_COLUMNS[content.form]
    held = len(content.rows) - _HELD
    rows = [
        SimpleNamespace(number=number + first, held=number >= held, **_cells(row, columns, CELL_DOTS))
        for number, row in enumerate(content.rows)
    ]
    contact = _cells(content.contact, CONTACT_FIELDS.get(content.form, ()), LABEL_DOTS)
    body = sanitize(content.body)
    values = {
        "superior": sanitize(content.superior).upper(),
        "body": _write_out(body).upper() or LINE_DOTS,
        "body_name": body or LINE_DOTS,
        "recipient": sanitize(content.recipient) or LINE_DOTS,
        "place": sanitize(content.place) or "." * 17,
        "day": _format_day(content.day),
        "rows": rows,
        "count": len(rows),
        "part": f" (phần {part})" if part else "",
        "contact": SimpleNamespace(**contact),
    }
    return _fill(f"mau-{content.form}.docx", values, templates)


def _write_out(body: str) -> str:
    """Write a body's name out for the heading, where only the body above it may be abbreviated."""
    return _SHORT.sub(lambda found: _WRITTEN_OUT[found[0].upper()], body)


def _cells(known: Mapping[FormField, str], fields: Iterable[FormField], dots: str) -> dict[str, str]:
    """Return the text of every field; an absent one is dots."""
    return {
        field.value: sanitize(known[field]) if field in known else "" if field in OPTIONAL_FIELDS else dots
        for field in fields
    }


def _format_day(day: date | None) -> str:
    """Format a day as official papers have it: days below 10, and the first two months, begin with a nought."""
    if day is None:
        return _NO_DAY
    month = f"{day.month:02}" if day.month < 3 else f"{day.month}"
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def _fill(name: str, values: Mapping[str, object], templates: Path | None) -> bytes:
    try:
        return open_template(name, templates).render(values)
    except TemplateError:  # an office's template that the check of it did not see through
        return _fill_built_in(read_built_in(name), values)


def _fill_built_in(template: WordTemplate, values: Mapping[str, object]) -> bytes:
    try:
        return template.render(values)
    except TemplateError:
        raise FormError(_NOT_FILLED) from None


def name_form(content: FormContent) -> str:
    """Return the name of a form's file without its suffix: number, procedure and body, never a person."""
    words = _FILE_WORDS.get(content.form) or "-".join(
        word for field, word in _TICKED_WORDS.items() if any(row.get(field) for row in content.rows)
    )
    return "-".join(filter(None, (f"mau-{content.form}", words, to_file_name(content.body))))


def to_file_name(text: str) -> str:
    """Return a text as a name for any disk: small letters, digits and hyphens; may be empty."""
    return _NOT_SAFE.sub("-", fold(text))[:_NAME_LETTERS].strip("-")


def _number_names(files: Sequence[FormFile]) -> list[FormFile]:
    """Give files of one name numbers: the second is "...-2.docx"."""
    seen: dict[str, int] = {}
    found = []
    for file in files:
        seen[file.name] = number = seen.get(file.name, 0) + 1
        name = f"{file.name.removesuffix('.docx')}-{number}.docx" if number > 1 else file.name
        found.append(FormFile(name, file.media_type, file.content, file.form))
    return found
