"""What is said to messages that are not understood: more help each time in a row, and never the same words twice."""

from markupsafe import Markup

from handlers.citations import format_office
from handlers.core import Context, units_of
from locales import N_
from rules.offices import FILED, OfficeStatus
from rules.outcome import Procedure

ASK_OFFICE = N_("The receiving office is {office}.")
ASK_LIKELY_OFFICE = N_("The receiving office is most likely {office}; this is not confirmed.")
STILL_KEPT = N_("Your earlier answers are kept.")
NOT_UNDERSTOOD = N_("I did not understand that. Please choose one of these:")
TRY_LIKE_THIS = N_(
    "I cannot make that out yet. Tap a button or send its number; or write one short sentence, such as “{example}”."
)
#: A sentence that is read right, as officers write it.
EXAMPLE = N_("our commune was merged into a new one, the token is lost")
ASK_A_PERSON = N_("I am not getting it; a person helps you faster. Ask your managing body first.")
TAP_INSTEAD = N_("That I do not understand either. The buttons below take you on.")
#: The end of the row says how long it is, so that it is never the same twice.
WAYS_OUT = N_(
    "That makes {number} messages in a row that I do not understand. Please ask a person, or begin anew with /start;"
    " /trogiup shows what I can do."
)
_MOST_COUNTED = 99


def count_miss(misses: int) -> int:
    """Return the count after one more message in a row that was not understood."""
    return min(misses + 1, _MOST_COUNTED)


def say_not_understood(here: Context, first: str = NOT_UNDERSTOOD, second: str = TRY_LIKE_THIS) -> tuple[Markup, ...]:
    """Say that a message was not understood.

    Args:
        here: The session and services of the turn; ``Session.misses`` counts the messages before this one.
        first: The message id of what is said to the first one.
        second: The message id of what is said to the second one, with an example if it has a place for it.

    Returns:
        The notes: to the third message in a row, and from the fifth on, a person to ask, with name and telephone as
        far as known; at the end the ways out as well.
    """
    misses = here.session.misses
    if misses == 0:
        return (here.say(first),)
    if misses == 1:
        return (here.say(second, example=here.say.t(EXAMPLE)),)
    if misses == 2:
        return (here.say(ASK_A_PERSON), *say_whom_to_ask(here))
    if misses == 3:
        return (here.say(TAP_INSTEAD),)
    kept = (here.say(STILL_KEPT),) if here.session.answers else ()
    return (here.say(WAYS_OUT, number=misses + 1), *say_whom_to_ask(here), *kept)


def say_whom_to_ask(here: Context) -> tuple[Markup, ...]:
    """Name the offices that were set for the officer's unit, else those of the pack that have a telephone."""
    units, offices = units_of(here), here.offices
    known = dict.fromkeys(office for one in Procedure if one in FILED and (office := offices.find(one, units)))
    named = tuple(offices.set_for(units)) or tuple(office for office in known if office.telephone)
    if not named:
        return ()
    confirmed = all(office.status is OfficeStatus.CONFIRMED for office in named)
    lines = dict.fromkeys(format_office(office, here.say.t) for office in named)
    return (here.say(ASK_OFFICE if confirmed else ASK_LIKELY_OFFICE, office="; ".join(lines)),)
