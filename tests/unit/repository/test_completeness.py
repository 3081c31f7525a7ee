"""Nothing is left out: settings are documented, screens toured, commands described, texts translated."""

import ast
import asyncio
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from gettext import NullTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from markupsafe import Markup

import locales
from bot.cli import COMMANDS as VERBS
from bot.messages import DeliveryState
from bot.preview import Walks, render_walks
from bot.settings import Settings
from handlers.broadcasts.rendering import format_days_left
from handlers.commands import ADMIN_COMMANDS, COMMANDS
from handlers.core import strip_markup
from handlers.model import BroadcastState, RequestState, render_rights_table
from handlers.registry import SCREENS
from locales import translator
from rules.loading import load_pack
from rules.outcome import Procedure
from tests.support.dialogue import EXPIRED, Dialogue, make_certificate
from tests.support.walks import take_walks_anew, take_walks_once

TAX = {**EXPIRED, "superior": "BỘ TÀI CHÍNH", "email": None}
ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")) if "screens" not in path.name)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def catalogue(path: Path) -> dict[str, Message]:
    with path.open("rb") as source:
        return {message.id: message for message in read_po(source) if message.id}


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every message id, as ``make messages`` finds them."""
    template = tmp_path_factory.mktemp("messages") / "messages.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "pyproject.toml"]
    subprocess.run([*command, "-o", str(template), "."], cwd=ROOT, check=True)
    return set(catalogue(template))


@pytest.fixture(scope="module")
def vietnamese() -> dict[str, Message]:
    return catalogue(ROOT / "locales" / "vi" / "LC_MESSAGES" / "messages.po")


@dataclass(frozen=True)
class Shown:
    """The page of screens in Vietnamese."""

    page: str
    walks: Walks
    untranslated: set[str]  #: what it says and stands in no catalogue


@pytest.fixture(scope="module")
def shown() -> Shown:
    asked: set[str] = set()

    known = locales._catalogue("vi")

    class Listening(NullTranslations):
        def gettext(self, message: str) -> str:
            said = known.gettext(message)
            if said is message:
                asked.add(message)
            return said

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locales, "_catalogue", lambda language: Listening() if language == "vi" else NullTranslations())
        translator.cache_clear()
        walks = asyncio.run(take_walks_anew(load_pack(), "vi"))
        page = render_walks(walks, "vi")
    translator.cache_clear()
    return Shown(page, walks, asked)


def marked_in_code() -> Iterator[str]:
    """What stands in ``N_("...")``, ``say("...")`` and ``t("...")``, wherever that stands."""
    for path in (path for room in ("bot", "handlers", "rules") for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "attr", getattr(node.func, "id", None))
                if name in {"N_", "say", "t"} and isinstance(node.args[0].value, str):
                    yield node.args[0].value


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


def test_every_text_that_is_marked_is_extracted(used: set[str]) -> None:
    assert set(marked_in_code()) - used == set(), "a text inside of an f-string is not extracted"


def test_every_text_is_in_the_catalogue_translated_with_the_same_placeholders(
    used: set[str], vietnamese: dict[str, Message]
) -> None:
    assert used == set(vietnamese), "run: make messages"
    for message in vietnamese.values():
        assert message.string, message.id
        assert not message.fuzzy, message.id
        assert fields(message.string) == fields(message.id), message.id
        for text in (message.id, message.string):
            assert text.count("<b>") == text.count("</b>"), message.id


def test_a_sentence_that_was_corrected_counts_before_it_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / "vi" / "LC_MESSAGES" / "messages.po"
    written.parent.mkdir(parents=True)
    monkeypatch.setattr(locales, "_FOLDER", tmp_path)

    def said(message: str) -> str:
        return locales._catalogue.__wrapped__("vi").gettext(message)

    written.write_text('msgid "one\\nof \\"two\\""\nmsgstr "một\\ntrong \\"hai\\""\n', encoding="utf-8")
    written.with_suffix(".mo").write_bytes(locales._compile(written))
    written.with_suffix(".mo").touch()
    assert said('one\nof "two"') == 'một\ntrong "hai"'

    written.write_text('msgid "one"\nmsgstr "mỗi một"\n', encoding="utf-8")
    os.utime(written, (2e9, 2e9))
    assert said("one") == "mỗi một"
    assert said("unknown") == "unknown"


def test_english_says_what_its_message_id_says_and_vietnamese_does_not(vietnamese: dict[str, Message]) -> None:
    english = translator("en")
    assert [message for message in vietnamese if english(message) != message] == []
    same = [
        m.id
        for m in vietnamese.values()
        if m.string == m.id and any(letter.isascii() and letter.isalpha() for letter in m.id)
    ]
    assert set(same) == {"English / Tiếng Việt", "{file}: {reason}"}


@pytest.mark.parametrize(("number", "said"), [(1, "1 day left"), (2, "2 days left"), (-1, "1 day overdue")])
def test_english_tells_one_from_many_without_a_catalogue(number: int, said: str) -> None:
    assert format_days_left("en", number) == said


def test_no_screen_says_a_text_that_has_no_translation(shown: Shown) -> None:
    assert shown.untranslated == set()


def test_the_tour_visits_every_screen(shown: Shown) -> None:
    assert {stop.after for _, stops in shown.walks for stop in stops} == set(SCREENS)


def test_the_screens_page_is_fresh_in_vietnamese(shown: Shown) -> None:
    assert (ROOT / "docs" / "screens.md").read_text(encoding="utf-8") == shown.page, "run: make screens"


async def test_the_screens_page_is_fresh_in_english() -> None:
    written = (ROOT / "docs" / "screens.en.md").read_text(encoding="utf-8")
    assert written == render_walks(await take_walks_once(load_pack(), "en"), "en"), "run: make screens"


def test_telegram_takes_every_command_as_its_menu_wants_it() -> None:
    for command in (*COMMANDS, *ADMIN_COMMANDS):
        assert command.name.isascii()
        assert command.name.islower()
        assert 1 <= len(command.name) <= 32


async def test_the_sample_conversation_of_the_readme_is_what_the_program_says() -> None:
    sample = (ROOT / "README.md").read_text(encoding="utf-8").split("```")[1].splitlines()
    talk = Dialogue()
    await talk.says("/start", "dong y")
    said = _lines(await talk.sends(make_certificate("TỔNG CỤC THUẾ", **TAX)), talk.labels)
    said += _lines(await talk.says("1"), talk.labels)
    said += _lines(await talk.says("doi cap tren", "1"), talk.labels)
    shown = [line for line in sample if line and line != "..." and not line.startswith("> ")]
    assert len(shown) > 10
    assert [line for line in shown if line not in said] == []


def _lines(text: str, labels: list[str]) -> list[str]:
    return [*strip_markup(Markup(text)).splitlines(), *(f"{number}. {label}" for number, label in enumerate(labels, 1))]


def test_the_docs_say_who_may_do_what_as_the_program_does() -> None:
    _, printed, _ = (ROOT / "docs" / "admins.md").read_text(encoding="utf-8").split("<!-- rights -->")
    assert printed.strip() == render_rights_table(translator("vi")).strip(), "paste: troly rights --lang vi"


@pytest.mark.parametrize(
    "states", [RequestState, BroadcastState, DeliveryState, Procedure], ids=lambda states: str(states.__name__)
)
def test_every_state_that_a_person_meets_stands_in_the_glossary(states: type[StrEnum]) -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert [state for state in states if f"`{state}`" not in glossary] == []
