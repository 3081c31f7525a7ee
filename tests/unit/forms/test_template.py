"""Templates that an office has changed, for better or worse."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as DocumentType
from structlog.testing import capture_logs

from bot.forms import ALL_TEMPLATES, PAGE, TEMPLATE_NAMES, built_in_bytes, fill_form, find_problems
from tests.support.forms import make_form

NAME = "mau-06.docx"


def changed(change: Callable[[DocumentType], object], name: str = NAME) -> bytes:
    """Return a template as an office has saved it."""
    document = Document(BytesIO(built_in_bytes(name)))
    change(document)
    made = BytesIO()
    document.save(made)
    return made.getvalue()


def replacing(old: str, new: str) -> bytes:
    """Return a template with a word replaced wherever it stands whole."""

    def change(document: DocumentType) -> None:
        cells = [cell for table in document.tables for row in table.rows for cell in row.cells]
        for paragraph in [*document.paragraphs, *(one for cell in cells for one in cell.paragraphs)]:
            for run in paragraph.runs:
                run.text = run.text.replace(old, new)

    return changed(change)


def said(data: bytes, name: str = NAME) -> str:
    return " ".join(str(problem) for problem in find_problems(data, name))


def text_with(folder: Path, name: str = NAME) -> str:
    """Return what a filled form says."""
    form = TEMPLATE_NAMES[name]
    document = Document(BytesIO(fill_form(make_form(form), templates=folder)))
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


@pytest.mark.parametrize("name", ALL_TEMPLATES)
def test_the_templates_of_the_program_are_sound(name: str) -> None:
    assert find_problems(built_in_bytes(name), name) == ()


def test_a_template_of_the_office_wins(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(replacing("Kính gửi:", "Trân trọng kính gửi:"))

    assert "Trân trọng kính gửi: Cục" in text_with(tmp_path)
    assert find_problems((tmp_path / NAME).read_bytes(), NAME) == ()


def test_a_template_that_was_changed_again_is_read_again(tmp_path: Path) -> None:
    for wording in ("Thân gửi:", "Xin kính gửi các đồng chí:"):
        (tmp_path / NAME).write_bytes(replacing("Kính gửi:", wording))
        assert wording in text_with(tmp_path)


def test_words_that_word_cut_into_pieces_are_still_words(tmp_path: Path) -> None:
    def cut(document: DocumentType) -> None:
        paragraph = next(one for one in document.paragraphs if "recipient" in one.text)
        for run in paragraph.runs:
            run.text = ""
        for piece in ("Gửi: {", "{ reci", "pient", " }", "}"):
            paragraph.add_run(piece).bold = piece == "pient"

    (tmp_path / NAME).write_bytes(changed(cut))

    assert "Gửi: Cục Chứng thực số" in text_with(tmp_path)


def test_words_in_a_footer_are_filled_too(tmp_path: Path) -> None:
    template = changed(lambda one: one.sections[0].footer.add_paragraph("Nơi lập: {{ body_name }} <{{ count }}>"))
    (tmp_path / NAME).write_bytes(template)

    filled = Document(BytesIO(fill_form(make_form(TEMPLATE_NAMES[NAME], 3), templates=tmp_path)))
    assert filled.sections[0].footer.paragraphs[-1].text == "Nơi lập: Ủy ban nhân dân xã Mẫu <3>"


def add_words(words: str) -> bytes:
    return changed(lambda document: document.add_paragraph(words))


def make_archive(entries: dict[str, bytes]) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return made.getvalue()


BROKEN = {
    "an empty file": (lambda: b"", "is no Word file"),
    "a text": (lambda: b"Word", "is no Word file"),
    "half a file": (lambda: built_in_bytes(NAME)[:9000], "is no Word file"),
    "an archive without a document": (lambda: make_archive({"a.txt": b"x"}), "is no Word file"),
    "a document that is no XML": (lambda: make_archive({"word/document.xml": b"<w:p>"}), "is no Word file"),
    "entities": (
        lambda: make_archive({"word/document.xml": b'<!DOCTYPE x [<!ENTITY a "{{ body }}">]><x>&a;</x>'}),
        "{{ row.name }} is missing",
    ),
    "a very large one": (lambda: make_archive({"word/document.xml": b" " * 11_000_000}), "too large"),
    "an unknown word": (lambda: add_words("{{ boss }}"), "{{ boss }} is not known"),
    "a field of another form": (lambda: replacing("row.name", "row.birthday"), "{{ row.birthday }} is not known"),
    "a field of no form in the contact": (
        lambda: add_words("{{ contact.salary }}"),
        "{{ contact.salary }} is not known",
    ),
    "a missing column": (lambda: replacing("{{ row.device_number }}", "…"), "{{ row.device_number }} is missing"),
    "a missing recipient": (lambda: replacing("{{ recipient }}", "Cục"), "{{ recipient }} is missing"),
    "no repeated row": (lambda: replacing("{%tr for row in rows %}", ""), "cannot be read"),
    "braces that are not closed": (lambda: add_words("{% if body %}"), "cannot be read"),
    "an unknown filter": (lambda: add_words("{{ body|shout }}"), "cannot be read"),
    "a division by nought": (lambda: add_words("{{ 1 / 0 }}"), "cannot be read"),
    "a look inside the program": (lambda: add_words("{{ body.__class__.__mro__ }}"), "cannot be read"),
    "a loop without end": (lambda: add_words("{% for x in range(10 ** 9) %}x{% endfor %}"), "range"),
}


@pytest.mark.parametrize(("make", "why"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_template_is_named_with_its_fault_and_the_program_s_is_used(
    make: Callable[[], bytes], why: str, tmp_path: Path
) -> None:
    data = make()
    (tmp_path / NAME).write_bytes(data)

    with capture_logs() as logs:
        told = text_with(tmp_path)

    assert why in said(data)
    assert NAME in said(data)
    assert "Kính gửi: Cục Chứng thực số và Bảo mật thông tin" in told
    assert {one["event"] for one in logs} == {"form_template_not_used"}


def test_a_broken_template_is_told_once_until_it_is_changed(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"broken")
    with capture_logs() as logs:
        for _ in range(3):
            text_with(tmp_path)
        (tmp_path / NAME).write_bytes(b"broken again")
        text_with(tmp_path)

    assert len(logs) == 2


def test_without_a_folder_or_with_a_folder_in_place_of_a_file_the_program_s_is_used(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()

    for folder in (tmp_path / "nowhere", tmp_path):
        assert "Kính gửi:" in text_with(folder)


def test_a_page_of_the_office_wins_too(tmp_path: Path) -> None:
    assert find_problems(changed(lambda page: page.add_paragraph("Người lập"), PAGE), PAGE) == ()
    assert "{{ part.text }} is missing" in said(built_in_bytes("mau-01.docx"), PAGE)
