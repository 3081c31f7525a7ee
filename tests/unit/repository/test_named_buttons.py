"""A button that a text names can be tapped where the text stands: otherwise its reader looks for it in vain."""

import re

import pytest
from markupsafe import Markup

from bot.preview.office_walks import make_office_walks
from bot.preview.walks import WalkStop, make_reminder_walks, make_walks
from handlers.core.text import strip_markup
from rules import load_pack

#: What stands in quotes in a text.
QUOTED = re.compile("“([^”]+)”")
#: Words before a quotation that tell its reader to tap it.
TAPPED = re.compile("(?:bấm|chọn|nút|tap|choose|button)[^“”.;:]{0,12}“([^”]+)”", re.IGNORECASE)


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


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_button_that_a_text_names_stands_under_it(language: str) -> None:
    stops = await all_stops(language)
    known = {label for _, stop in stops for label in labels_of(stop)}
    missing = {
        (heading, stop.after, named)
        for heading, stop in stops
        for named in {*TAPPED.findall(text_of(stop)), *(known & set(QUOTED.findall(text_of(stop))))}
        if named not in labels_of(stop)
    }
    assert missing == set()
