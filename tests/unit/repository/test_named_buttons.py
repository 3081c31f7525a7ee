"""A button that a text names can be tapped where the text stands: otherwise its reader looks for it in vain."""

import re
from functools import cache
from importlib import resources

import pytest
from babel.messages.pofile import read_po
from markupsafe import Markup

from bot.preview.office_walks import make_office_walks
from bot.preview.walks import WalkStop, make_reminder_walks, make_walks
from handlers.core import strip_markup
from locales import translator
from rules import load_pack

#: What stands in quotes in a text.
QUOTED = re.compile("“([^”]+)”")
#: Words before a quotation that tell its reader to tap it.
TAPPED = re.compile("(?:bấm|chọn|nút|tap|choose|button)[^“”.;:]{0,12}“([^”]+)”", re.IGNORECASE)


@cache
def messages() -> tuple[str, ...]:
    """Return the ids of all texts of the catalogue."""
    with resources.files("locales").joinpath("vi/LC_MESSAGES/messages.po").open("rb") as source:
        return tuple(message.id for message in read_po(source) if isinstance(message.id, str) and message.id)


async def all_stops(language: str) -> list[tuple[str, WalkStop]]:
    pack = load_pack()
    walks = [
        *await make_walks(pack, language),
        *await make_reminder_walks(pack, language),
        *await make_office_walks(pack, language),
    ]
    return [(heading, stop) for heading, stops in walks for stop in stops]


def text_of(stop: WalkStop) -> str:
    return "\n".join(strip_markup(Markup(part)) for reply in stop.replies for part in reply.paragraphs)


def labels_of(stop: WalkStop) -> set[str]:
    return {choice.label.removeprefix("✓ ") for reply in stop.replies for choice in reply.choices}


def names_of_buttons(text: str, known: set[str]) -> set[str]:
    return {*TAPPED.findall(text), *(known & set(QUOTED.findall(text)))}


def is_there(named: str, stop: WalkStop, done: str) -> bool:
    """Whether a button bears the name or begins with it; the one that ends ticking comes with the first tick."""
    ticks = any("|+" in choice.tap for reply in stop.replies for choice in reply.choices)
    return any(label.startswith(named) for label in labels_of(stop)) or (named == done and ticks)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_button_that_a_text_names_stands_under_it(language: str) -> None:
    stops = await all_stops(language)
    t = translator(language)
    said = {t(message) for message in messages()}
    known = {label for _, stop in stops for label in labels_of(stop)} & said
    missing = {
        (heading, stop.after, named)
        for heading, stop in stops
        if not stop.after.startswith("broadcast")  # there the text is that of a message with buttons of its own
        for named in names_of_buttons(text_of(stop), known)
        if not is_there(named, stop, t("Done"))
    }
    assert missing == set()


def test_every_button_that_a_text_names_exists_at_all() -> None:
    t = translator("vi")
    texts = {t(message) for message in messages()}
    named = {(button, text) for text in texts for button in TAPPED.findall(text) if "{" not in button}
    assert {(button, text) for button, text in named if button not in texts} == set()
    assert named
