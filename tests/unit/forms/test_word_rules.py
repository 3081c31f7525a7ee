"""Every Word and Excel file that is made keeps the rules by which Office refuses or repairs a file."""

import re
import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from openxml_audit import FileFormat, OpenXmlValidator

from bot.dossier.overview import write_list_template, write_overview
from bot.forms import fill_form, make_forms, make_page
from handlers.core import PrintedPart
from handlers.dossier import DossierContext
from handlers.dossier.next_steps import next_steps
from handlers.dossier.papers import make_papers
from handlers.model import Form, FormContent
from locales import translator
from rules.loading import load_pack
from tests.support.dossiers import everything_at_once
from tests.support.exports import HOSTILE
from tests.support.forms import make_form

VALIDATOR = OpenXmlValidator(file_format=FileFormat.MICROSOFT_365, max_errors=0)
T = translator("vi")


def findings(content: bytes, path: Path) -> list[str]:
    """Return what Word or Excel would find fault with."""
    path.write_bytes(content)
    return [f"{error.part_uri} {error.path}: {error.description}" for error in VALIDATOR.validate(str(path)).errors]


@pytest.mark.parametrize("form", list(Form))
def test_a_form_has_no_fault(tmp_path: Path, form: Form) -> None:
    assert findings(fill_form(make_form(form, 12), templates=None), tmp_path / "a.docx") == []


def test_an_empty_form_and_strange_names_make_no_fault(tmp_path: Path) -> None:
    strange = [make_form(Form.REVOKE, 1, name=name, body=name) for name in HOSTILE]
    rows = tuple(row for one in strange for row in one.rows)
    made = [FormContent(form=Form.CHANGE, rows=()), FormContent(form=Form.CHANGE, rows=({},))]
    made += [strange[1].model_copy(update={"rows": rows})]

    assert [findings(fill_form(one, templates=None), tmp_path / "a.docx") for one in made] == [[]] * len(made)


def test_pages_overview_and_empty_list_have_no_fault(tmp_path: Path) -> None:
    context = DossierContext(load_pack("nhon_trach"), date(2026, 11, 23))
    entries, changes = everything_at_once(context)
    papers = make_papers(context, entries)
    (steps,) = make_forms([], next_steps(context, entries, papers, T, changes), templates=None, t=T, pdf=False)
    parts = [PrintedPart(style=style, text=f"{style} <b>\n{{{{ x }}}}") for style in ("title", "text", "small")]  # type: ignore[arg-type]
    (page,) = make_page("Trang", parts, templates=None, pdf=False)

    assert findings(steps.content, tmp_path / "a.docx") == []
    assert findings(page.content, tmp_path / "b.docx") == []
    assert findings(write_overview(context, entries, papers, T, changes), tmp_path / "a.xlsx") == []
    assert findings(write_list_template(), tmp_path / "b.xlsx") == []


def changed(content: bytes, change: Callable[[str], str]) -> bytes:
    """Return a Word file with another main part."""
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as read, zipfile.ZipFile(packed, "w") as written:
        for entry in read.namelist():
            data = read.read(entry)
            written.writestr(entry, change(data.decode()) if entry == "word/document.xml" else data)
    return packed.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: re.sub(r"(?s)<w:tc>(<w:tcPr>.*?</w:tcPr>)?.*?</w:tc>", r"<w:tc>\1</w:tc>", text, count=1),
        lambda text: text.replace("<w:tblGrid>", "<w:tblGrid><w:p/>", 1),
        lambda text: re.sub(r'r:id="rId\d+"', 'r:id="rId999"', text, count=1),
        lambda text: text.replace("<w:trPr>", "<w:trPr><w:keepNext/>", 1),
    ],
    ids=[
        "a cell without a paragraph",
        "a grid with a paragraph",
        "a relation to nothing",
        "a row with a wrong property",
    ],
)
def test_a_fault_of_each_kind_would_be_found(tmp_path: Path, change: Callable[[str], str]) -> None:
    whole = fill_form(make_form(Form.REVOKE, 2), templates=None)
    broken = changed(whole, change)

    assert broken != whole
    assert findings(broken, tmp_path / "a.docx")
