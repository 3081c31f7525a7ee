"""Templates that were opened and saved again by another program, which writes every word anew."""

import subprocess
from pathlib import Path

import pytest
from docx import Document

from bot.forms import ALL_TEMPLATES, built_in_bytes, fill_form, find_problems
from handlers.model import Form
from tests.support.forms import make_form
from tests.support.programs import SECONDS, find_program, needs

pytestmark = needs("soffice")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The templates as LibreOffice saves them, in a folder."""
    folder = tmp_path_factory.mktemp("templates")
    for name in ALL_TEMPLATES:
        (folder / name).write_bytes(built_in_bytes(name))
    options = (
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "docx:MS Word 2007 XML",
    )
    command = [
        find_program("soffice"),
        *options,
        "--outdir",
        str(folder / "saved"),
        *(str(folder / name) for name in ALL_TEMPLATES),
    ]
    subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
    return folder / "saved"


@pytest.mark.parametrize("name", ALL_TEMPLATES)
def test_a_template_that_libreoffice_saved_is_sound(saved: Path, name: str) -> None:
    assert find_problems((saved / name).read_bytes(), name) == ()


@pytest.mark.parametrize("form", list(Form))
def test_a_form_filled_into_it_says_the_same_and_holds_its_last_rows(saved: Path, tmp_path: Path, form: Form) -> None:
    rows = []
    for number, folder in enumerate((None, saved)):
        path = tmp_path / f"{number}.docx"
        path.write_bytes(fill_form(make_form(form, 4), templates=folder))
        table = Document(str(path)).tables[1]
        rows.append([[cell.text for cell in row.cells] for row in table.rows])
        held = [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in table.rows[1:]]
        assert [bool(one) for one in held] == [False, False, True, True]

    assert rows[0] == rows[1]
