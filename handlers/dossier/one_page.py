"""Fit the paragraphs of a printed page onto one page: lines are estimated, and long texts are cut where words end."""

import re
from collections.abc import Collection, Iterable
from math import ceil

from handlers.core import PrintedPart
from locales import N_, Translator

#: Lines on the page, and letters in a line of the template at 11 points; a capital takes the room of so many letters.
PAGE_LINES, LINE_LETTERS, _CAPITAL = 56, 97, 1.6
_ELSEWHERE = N_("Where “…” stands, this page had no room: the summary in the overview file has all of it.")
_CUT, _WORD_END = " …", re.compile(r"[;.,]? +\S*$")


def _width(text: str) -> float:
    return len(text) + sum(map(str.isupper, text)) * (_CAPITAL - 1)


def _count_lines(text: str) -> int:
    return max(1, ceil(_width(text) / LINE_LETTERS))


def lines_of(parts: Iterable[PrintedPart]) -> int:
    """Return the lines that paragraphs take, rather too many than too few."""
    return sum(_count_lines(part.text) for part in parts)


def fit(parts: Iterable[PrintedPart], kept: Collection[PrintedPart], t: Translator) -> list[PrintedPart]:
    """Cut the longest texts, a line at a time, until all is one page, and say so at its end.

    Args:
        parts: The paragraphs of the page.
        kept: Those that are never cut.
        t: The translator of the reader.
    """
    found, whole = list(parts), {id(part) for part in kept}
    if lines_of(found) <= PAGE_LINES:
        return found
    mark = PrintedPart(style="small", text=t(_ELSEWHERE))
    most = PAGE_LINES - lines_of((mark,))
    while lines_of(found) > most:
        at = max(range(len(found)), key=lambda place: _can_lose(found[place], whole))
        if not _can_lose(found[at], whole):
            break
        found[at] = _shortened(found[at])
    return [*found, mark]


def _can_lose(part: PrintedPart, whole: Collection[int]) -> int:
    """Return how many lines a paragraph could lose."""
    return _count_lines(part.text) - 1 if part.style == "text" and id(part) not in whole else 0


def _shortened(part: PrintedPart) -> PrintedPart:
    """Take one line from a paragraph."""
    text, most = part.text.removesuffix(_CUT), (_count_lines(part.text) - 1) * LINE_LETTERS - len(_CUT)
    while _width(text) > most:
        text = text[:-1]
    return part.model_copy(update={"text": f"{_WORD_END.sub('', text)}{_CUT}"})
