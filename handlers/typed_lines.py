"""Handles typed lines that name options of the open page."""

from dataclasses import replace

from handlers.core.screen import DONE, Context, HandlerResult, Page
from handlers.screens import SCREENS
from handlers.understanding.matching import Match, to_guess_page
from locales import N_

UNDERSTOOD_AS = N_("I understood: <b>{answer}</b>. If that is wrong, send /quaylai.")
CONTRADICTION = N_("“{answer}” and something else cannot both be right. Which is it?")
OUT_OF_RANGE = N_("There is no {number} here: please choose a number from 1 to {last}.")
NOT_THE_ONE = N_("There is no {number} here: the only number to choose is 1.")
ONLY_ONE = N_("Only one answer is possible here. Which one: please choose a number from 1 to {last}.")
NO_NUMBER = N_("A text is to be typed here; a number by itself does nothing.")
MORE = N_("I noted: <b>{answer}</b>. As for the rest, do you mean:")


async def answer_typed_options(here: Context, page: Page, heard: Match) -> HandlerResult:
    """Take the options; if they were recognised by similarity only, say what was understood."""
    ticks = [value for value in heard.sure if _is_tick(page, value)]
    if page.many and ticks:
        return await _tick_typed_options(here, page, heard, ticks)
    answered = await SCREENS[here.session.screen].handle_option(here, heard.sure[0])
    return _with_understood_note(here, page, heard, answered) if heard.likely else answered


async def _tick_typed_options(here: Context, page: Page, heard: Match, ticks: list[str]) -> HandlerResult:
    """Tick the options and end ticking, unless a guess was being settled or part of the line was not understood."""
    if len(ticks) < len(heard.sure) and DONE not in heard.sure:
        alone = [value for value in heard.sure if value not in ticks]
        return HandlerResult(here.session, notes=(here.say(CONTRADICTION, answer=_format_labels(page, alone)),))
    session = here.session.with_changes(ticked=tuple(dict.fromkeys((*here.session.ticked, *ticks))))
    if heard.maybe:
        note = here.say(MORE, answer=_format_labels(page, ticks))
        return HandlerResult(session, notes=(note,), guesses=heard.maybe)
    if here.session.guesses:
        return HandlerResult(session)
    answered = await SCREENS[session.screen].handle_option(here.with_session(session), DONE)
    return _with_understood_note(here, page, heard, answered) if heard.likely else answered


def reject_number(here: Context, page: Page, numbers: tuple[int, ...]) -> HandlerResult:
    """Refuse a number that the page does not have, or several where only one is allowed."""
    say, guesses = here.say, here.session.guesses
    shown = to_guess_page(page, guesses, say) if guesses else page
    last = len(shown.numbered_options)
    beyond = next((number for number in numbers if not 1 <= number <= last), None)
    if not last:
        wanted = shown.help if page.numbers == "values" and shown.help else say(NO_NUMBER)
        return HandlerResult(here.session, notes=(wanted,), guesses=guesses)
    if beyond is None:
        return HandlerResult(here.session, notes=(say(ONLY_ONE, last=last),), guesses=guesses)
    note = say(OUT_OF_RANGE, number=beyond, last=last) if last > 1 else say(NOT_THE_ONE, number=beyond)
    return HandlerResult(here.session, notes=(note,), guesses=guesses)


def _with_understood_note(here: Context, page: Page, heard: Match, answered: HandlerResult) -> HandlerResult:
    note = here.say(UNDERSTOOD_AS, answer=_format_labels(page, heard.sure))
    return replace(answered, notes=(note, *answered.notes))


def _format_labels(page: Page, values: list[str] | tuple[str, ...]) -> str:
    return ", ".join(option.label for value in values if (option := page.option(value)))


def _is_tick(page: Page, value: str) -> bool:
    option = page.option(value)
    return option is not None and option.ticks
