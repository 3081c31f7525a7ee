"""Nothing is left out: settings are documented, screens toured, commands described, texts translated."""

import re
import string
from enum import StrEnum
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from markupsafe import Markup

from bot.cli import COMMANDS as VERBS
from bot.office_tour import office_tours
from bot.reminder_tour import reminder_tours
from bot.screens_page import page
from bot.settings import Settings
from bot.store.api import Delivery
from bot.tour import tours
from handlers.broadcasts.model import Life
from handlers.commands import COMMANDS
from handlers.office.commands import ADMIN_COMMANDS
from handlers.office.rights_words import markdown
from handlers.requests.model import State
from handlers.screens import SCREENS
from handlers.voice import plain
from locales import LANGUAGES, extract, translator
from rules import load_pack
from rules.outcome import Procedure
from tests.support.certificates import EXPIRED, certificate
from tests.support.dialogue import Dialogue

TAX = {**EXPIRED, "superior": "BỘ TÀI CHÍNH", "email": None}
ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")) if "screens" not in path.name)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.fixture(scope="module")
def used() -> Catalog:
    return extract.template()


def test_every_setting_stands_in_the_example_and_in_the_docs() -> None:
    example, page = ((ROOT / name).read_text(encoding="utf-8") for name in (".env.example", "docs/settings.md"))
    for name in Settings.model_fields:
        assert f"TROLY_{name.upper()}=" in example
        assert f"`TROLY_{name.upper()}`" in page


def test_the_docs_name_no_setting_that_there_is_not() -> None:
    named = {name for path in PAGES for name in re.findall(r"`TROLY_([A-Z_]+)`", path.read_text(encoding="utf-8"))}
    assert named - {name.upper() for name in Settings.model_fields} == set()


def test_every_verb_of_the_command_line_stands_in_the_docs() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert [verb for verb in VERBS if f"troly {verb}" not in page] == []


def test_the_docs_name_no_verb_that_there_is_not() -> None:
    named = {verb for path in PAGES for verb in re.findall(r"`troly ([a-z]+)", path.read_text(encoding="utf-8"))}
    assert named - set(VERBS) == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_the_docs_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith(("http:", "https:"))]
    assert [link for link in links if not _leads_somewhere(path, link)] == []


def _leads_somewhere(path: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = path.parent / name if name else path
    if not target.exists():
        return False
    return not anchor or anchor in {_anchor(line) for line in target.read_text(encoding="utf-8").splitlines()}


def _anchor(line: str) -> str:
    """The anchor that a heading gets where pages are shown."""
    return re.sub(r"[^\w\- ]", "", line.lstrip("# ")).strip().lower().replace(" ", "-") if line[:1] == "#" else ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_the_catalogue_translated_with_the_same_placeholders(language: str, used: Catalog) -> None:
    catalogue = extract.read(extract.catalogue_path(language), language)
    known = {message.id: message for message in catalogue if message.id}
    assert {message.id for message in used if message.id} == set(known)
    for message in known.values():
        assert message.string, message.id
        assert not message.fuzzy, message.id
        assert fields(message.string) == fields(message.id), message.id
        assert message.string.count("<b>") == message.string.count("</b>"), message.id


def test_english_says_what_its_message_id_says_and_vietnamese_does_not() -> None:
    english = extract.read(extract.catalogue_path("en"), "en")
    vietnamese = extract.read(extract.catalogue_path("vi"), "vi")
    assert [m.id for m in english if m.id and m.string != m.id] == []
    same = [
        m.id
        for m in vietnamese
        if m.id and m.string == m.id and any(letter.isascii() and letter.isalpha() for letter in m.id)
    ]
    assert set(same) == {"English / Tiếng Việt", "{file}: {reason}"}


async def test_the_tour_visits_every_screen() -> None:
    pack = load_pack()
    walks = [*await tours(pack, "vi"), *await reminder_tours(pack, "vi"), *await office_tours(pack, "vi")]
    assert {stop.after for _, stops in walks for stop in stops} == set(SCREENS)


@pytest.mark.parametrize(("language", "name"), [("vi", "screens.md"), ("en", "screens.en.md")])
async def test_the_screens_page_is_fresh(language: str, name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == await page(load_pack(), language), "run: make screens"


def test_telegram_takes_every_command_as_its_menu_wants_it() -> None:
    for command in (*COMMANDS, *ADMIN_COMMANDS):
        assert command.name.isascii()
        assert command.name.islower()
        assert 1 <= len(command.name) <= 32


async def test_the_sample_conversation_of_the_readme_is_what_the_program_says() -> None:
    sample = (ROOT / "README.md").read_text(encoding="utf-8").split("```")[1].splitlines()
    talk = Dialogue()
    await talk.says("/start", "dong y")
    said = _lines(await talk.sends(certificate("TỔNG CỤC THUẾ", **TAX)), talk.labels)
    said += _lines(await talk.says("1"), talk.labels)
    said += _lines(await talk.says("doi cap tren", "1", "2"), talk.labels)
    shown = [line for line in sample if line and line != "..." and not line.startswith("> ")]
    assert len(shown) > 10
    assert [line for line in shown if line not in said] == []


def _lines(text: str, labels: list[str]) -> list[str]:
    return [*plain(Markup(text)).splitlines(), *(f"{number}. {label}" for number, label in enumerate(labels, 1))]


def test_the_docs_say_who_may_do_what_as_the_program_does() -> None:
    _, printed, _ = (ROOT / "docs" / "admins.md").read_text(encoding="utf-8").split("<!-- rights -->")
    assert printed.strip() == markdown(translator("vi")).strip(), "paste: troly rights --lang vi"


@pytest.mark.parametrize("states", [State, Life, Delivery, Procedure], ids=lambda states: str(states.__name__))
def test_every_state_that_a_person_meets_stands_in_the_glossary(states: type[StrEnum]) -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert [state for state in states if f"`{state}`" not in glossary] == []
