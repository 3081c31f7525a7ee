"""A typed line that means options of the open page."""

from dataclasses import replace

from handlers.matching import Match
from handlers.page import DONE, Answered, Page
from handlers.screen import Here
from handlers.screens import SCREENS
from locales import N_

UNDERSTOOD = N_("I understood: <b>{answer}</b>. If that is wrong, send /quaylai.")
CONTRADICTION = N_("“Nothing has changed” and something else cannot both be right. Which is it?")
MORE = N_("I noted: <b>{answer}</b>. As for the rest, do you mean:")


async def answered_by_words(here: Here, page: Page, heard: Match) -> Answered:
    """Take the options; what was understood by likeness only is said, so that it can be put right."""
    ticks = [value for value in heard.sure if _ticks(page, value)]
    if page.many and ticks:
        return await _several(here, page, heard, ticks)
    answered = await SCREENS[here.session.screen].chosen(here, heard.sure[0])
    return _echoed(here, page, heard, answered) if heard.likely else answered


async def _several(here: Here, page: Page, heard: Match, ticks: list[str]) -> Answered:
    """Ticked and closed; left open where a guess was being settled, or part of the line was not understood."""
    if len(ticks) < len(heard.sure) and DONE not in heard.sure:
        return Answered(here.session, notes=(here.say(CONTRADICTION),))
    session = here.session.having(ticked=tuple(dict.fromkeys((*here.session.ticked, *ticks))))
    if heard.maybe:
        note = here.say(MORE, answer=_labels(page, ticks))
        return Answered(session, notes=(note,), guesses=heard.maybe)
    if here.session.guesses:
        return Answered(session)
    answered = await SCREENS[session.screen].chosen(here.then(session), DONE)
    return _echoed(here, page, heard, answered) if heard.likely else answered


def _echoed(here: Here, page: Page, heard: Match, answered: Answered) -> Answered:
    note = here.say(UNDERSTOOD, answer=_labels(page, heard.sure))
    return replace(answered, notes=(note, *answered.notes))


def _labels(page: Page, values: list[str] | tuple[str, ...]) -> str:
    return ", ".join(option.label for value in values if (option := page.option(value)))


def _ticks(page: Page, value: str) -> bool:
    option = page.option(value)
    return option is not None and option.ticks
