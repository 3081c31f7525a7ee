"""Share among the screens of the interview the answer "I am not sure", which records nothing."""

from collections.abc import Iterable, Iterator

from markupsafe import Markup

from handlers.core import (
    Context,
    Option,
    Session,
    decide_answers,
    facts_of,
    format_bullets,
    format_office,
    join_lines,
    units_of,
    with_answer,
)
from locales import N_, Translator
from rules.offices import FILED, OfficeStatus
from rules.outcome import Decided, Procedure
from rules.questions import Question

UNSURE = "unsure"
UNSURE_LABEL = N_("I am not sure")
STAYS_OPEN = N_("Nothing was noted. The question stays open, and your answers are kept: come back whenever you know.")
EITHER_WAY = N_("In either case, if certificate and token are in order:")
#: What people type for it; longer doubts are recognised by ``handlers.understanding.doubts``.
_SYNONYMS = (
    "chua ro", "toi chua ro", "em chua ro", "chua biet", "khong biet", "khong ro", "toi khong ro", "em khong ro",
    "toi khong biet", "em khong biet", "chua chac", "khong chac", "chiu", "not sure", "khong hieu", "em khong hieu",
    "toi khong hieu", "khong hieu gi", "khong hieu cau hoi", "khong hieu cau nay",
)  # fmt: skip
#: What the condition is taken to be in the answers for each case, where it is not known yet; it is never recorded.
_IN_ORDER = {
    "certificate": {"not_before": None, "not_after": None, "issuer": "government"},
    "token": "in_hand",
    "key_exposed": False,
}
_TRUTH_VALUES = {"true": True, "false": False}


def unsure_option(t: Translator) -> Option:
    """Return the option for people who do not know; it is no tick and no value."""
    return Option(UNSURE, t(UNSURE_LABEL), _SYNONYMS, ticks=False)


def format_unsure(here: Context, questions: Iterable[Question]) -> Markup:
    """Say for each question what to look for and whom to ask; for a single one also the answer in each case."""
    asked = list(questions)
    cases = _format_cases(here, asked[0]) if len(asked) == 1 else ()
    return format_ways_on(here, asked, *cases)


def format_ways_on(here: Context, asked: Iterable[Question], *cases: Markup) -> Markup:
    """Say for each question what to look for and whom to ask, and that it stays open."""
    ways = [here.say(question.unsure) for question in asked if question.unsure]
    return join_lines(*(ways if len(ways) == 1 else [format_bullets(ways)]), *cases, here.say(STAYS_OPEN))


def _format_cases(here: Context, asked: Question) -> tuple[Markup, ...]:
    """Say what each answer leads to, if that is known by now; nothing of it is recorded."""
    lines = list(_iter_cases(here, asked))
    if asked.many or not lines or any(line is None for line in lines):
        return ()
    return (here.say(EITHER_WAY), format_bullets(line for line in lines if line is not None))


def _iter_cases(here: Context, asked: Question) -> Iterator[Markup | None]:
    say = here.say
    for option in asked.options_for(facts_of(here.session)) if asked.fact in _CLOSED_FACTS else ():
        value = _TRUTH_VALUES.get(option.value, option.value)
        supposed = with_answer(_in_order(here), asked.fact, value, here.pack)
        outcome = decide_answers(supposed, here.pack, here.today)
        if not isinstance(outcome, Decided):
            yield None
            continue
        steps = "; ".join(say.t(action.title) for action in outcome.actions)
        yield Markup("<i>{}</i> → {}").format(say(option.label), steps)


#: Facts whose every answer can be tried in turn.
_CLOSED_FACTS = frozenset({"merger_role", "information_matches", "token", "key_exposed"})


def _in_order(here: Context) -> Session:
    return here.session.with_changes(answers={**_IN_ORDER, **here.session.answers})


#: Ways to say that the file is of somebody else or was the wrong one; short forms are written out before.
NOT_THIS = (
    "khong", "khong phai", "no", "sai", "khong dung", "khong phai cai nay",
    *(f"{not_}cua {me}" for not_ in ("khong phai ", "cai nay khong phai ") for me in ("em", "e", "toi", "minh", "tui")),
    "cua nguoi khac", "cai nay cua nguoi khac", "em gui nham", "toi gui nham", "gui nham tep", "gui nham file",
    "em gui nham tep", "em gui nham file", "gui nham roi",
)  # fmt: skip

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
    "That makes {number} messages in a row that I do not understand. Please ask a person, or begin anew with /lamlai;"
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
