"""What the screens of the interview share: the answer "I am not sure" of every question, which records nothing."""

from collections.abc import Iterable, Iterator

from markupsafe import Markup

from handlers.core import Context, Option, Session, format_bullets, join_lines, session
from locales import N_, Translator
from rules.outcome import Decided
from rules.questions import Question

UNSURE = "unsure"
UNSURE_LABEL = N_("I am not sure")
STAYS_OPEN = N_("Nothing was noted. The question stays open, and your answers are kept: come back whenever you know.")
EITHER_WAY = N_("In either case, if certificate and token are in order:")
#: What people type for it; longer doubts are recognised by ``handlers.understanding.doubts``.
_SYNONYMS = (
    "chua ro", "toi chua ro", "em chua ro", "chua biet", "khong biet", "khong ro", "toi khong ro", "em khong ro",
    "toi khong biet", "em khong biet", "chua chac", "khong chac", "chiu", "not sure",
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
    for option in asked.options_for(session.facts_of(here.session)) if asked.fact in _CLOSED_FACTS else ():
        value = _TRUTH_VALUES.get(option.value, option.value)
        supposed = session.with_answer(_in_order(here), asked.fact, value, here.pack)
        outcome = session.decide_answers(supposed, here.pack, here.today)
        if not isinstance(outcome, Decided):
            yield None
            continue
        steps = "; ".join(say.t(action.title) for action in outcome.actions)
        yield Markup("<i>{}</i> → {}").format(say(option.label), steps)


#: Facts whose every answer can be tried in turn.
_CLOSED_FACTS = frozenset({"merger_role", "information_matches", "token", "key_exposed"})


def _in_order(here: Context) -> Session:
    return here.session.with_changes(answers={**_IN_ORDER, **here.session.answers})
