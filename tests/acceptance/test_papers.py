"""From a certificate to the filled form and the page on the next steps: in the terminal, and over the Bot API."""

import json
from io import BytesIO
from pathlib import Path

from docx import Document

from tests.acceptance.officer import Officer
from tests.acceptance.test_terminal import chat, words
from tests.support.pki import make_personal

IDENTITY, MASKED = "000123456789", "000•••••••89"
FORM, PAGE = "mau-05-thu-hoi-ubnd-xa-phuoc-an", "viec-tiep-theo"
#: What is typed once the papers are asked for: managing body, token, card; the rest is left open.
VALUES = ("UBND xã Phước An", "0123AB4567", "000 123 456 789", "01/02/2021", "Bộ Công an")


def read_document(content: bytes) -> str:
    """Return all words of a Word file."""
    document = Document(BytesIO(content))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n".join((*(paragraph.text for paragraph in document.paragraphs), *cells))


def check_form(content: bytes) -> None:
    text = read_document(content)
    for told in ("Nguyễn Thị Mẫu", IDENTITY, "01/02/2021", "Bộ Công an", "0123AB4567", "mau.nt@dongnai.gov.vn"):
        assert told in text, told


def check_page(content: bytes) -> None:
    text = read_document(content)
    for told in ("Mẫu 05", "Mẫu 08", "Ký:", "Nơi nộp", words("What is not certain")):
        assert told in text, told
    assert IDENTITY not in text


def test_a_certificate_becomes_a_filled_form_in_the_folder_of_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "mau.cer").write_bytes(make_personal())
    (tmp_path / f"{FORM}.docx").write_bytes(b"mine")
    retired = words.option("events", "left_state_service")
    begin = ("dong y", f"/tep {tmp_path / 'mau.cer'}", "1", retired, "1", "lap giay to")
    out = chat(tmp_path, *begin, *VALUES, "bo qua het", "lap giay to", "/dulieu", name="lan")

    assert MASKED in out
    assert IDENTITY not in out.replace(" ", "")
    assert (tmp_path / f"{FORM}.docx").read_bytes() == b"mine"
    made = tmp_path / f"{FORM} (2).docx"
    assert str(made) in out
    assert made.stat().st_mode & 0o777 == 0o600
    check_form(made.read_bytes())
    check_page((tmp_path / f"{PAGE}.docx").read_bytes())
    held = (tmp_path / "du-lieu-cua-toi.json").read_text(encoding="utf-8")
    assert IDENTITY not in held  # it went with the papers
    kept = json.loads(held)["session"]["forms"]["fields"]
    assert [name for name in kept if "identity" in name] == []


async def test_a_certificate_becomes_a_filled_form_over_the_bot_api(lan: Officer) -> None:
    await lan.consents()
    await lan.user.sends_file(make_personal(), "chứng thư.cer")
    await lan.hears()
    question = await lan.taps("Yes – the certificate of a person")
    await lan.answers(question, {"events": ["left_state_service"], "token": "in_hand", "key_exposed": "false"})
    await lan.taps("Make the papers")
    for value in VALUES:
        await lan.says(value)
    review = await lan.taps("Skip all the rest")
    assert MASKED in review.text
    assert not [message for message in lan.user.sees() if IDENTITY in message.text.replace(" ", "")]

    await lan.user.taps(lan.words("Make the papers"))
    files: dict[str, bytes] = {}
    while f"{PAGE}.docx" not in files:
        shown = await lan.user.hears_until(lambda one: one.document is not None, lan.patience)
        assert shown.document is not None
        files[shown.document.name] = shown.document.content
    check_form(files[f"{FORM}.docx"])
    check_page(files[f"{PAGE}.docx"])
    said = [message.text for message in lan.user.sees() if "Mẫu 05, Mẫu 08" in message.text]
    assert len(said) == 1
