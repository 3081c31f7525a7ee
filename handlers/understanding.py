"""What a typed line means on the open page: an option, one of the guesses offered before, or nothing sure."""

from dataclasses import replace

from handlers.matching import Match, match
from handlers.page import Option, Page
from handlers.typed_numbers import typed_numbers
from handlers.voice import Voice
from locales import N_

#: Says no to every guess; the whole page comes back.
NEITHER = "neither"
_YES = ("dung", "co", "phai", "u", "uh", "vang", "da", "ok", "yes", "dung roi", "dung vay")


def understand(text: str, page: Page, guesses: tuple[str, ...]) -> Match:
    """The options meant; after "did you mean", numbers speak of the guesses, and a yes of a single one."""
    if not guesses:
        return _on_the_page(text, page)
    if len(guesses) == 1 and match(text, [Option(guesses[0], "", _YES)], exact=True, numbered=False).sure:
        return Match(sure=guesses)
    offered = [option for value in guesses if (option := page.option(value))]
    neither = Option(NEITHER, "", ("khong", "khong phai", "no", "khac"))
    narrow = match(text, [*offered, neither], many=page.many and bool(typed_numbers(text)))
    return narrow if narrow.sure or narrow.numbers else _on_the_page(text, page)


def _on_the_page(text: str, page: Page) -> Match:
    return match(text, page.options, many=page.many, exact=page.exact, numbered=page.numbers != "values")


def narrowed(page: Page, guesses: tuple[str, ...], say: Voice) -> Page:
    """The page with the guesses only, and a no that brings the others back."""
    options = tuple(option for value in guesses if (option := page.option(value)))
    neither = Option(NEITHER, say.t(N_("None of these, show all")), ticks=False)
    return replace(page, options=(*options, neither), paragraphs=())
