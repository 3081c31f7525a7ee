"""The answers given, each of them changeable."""

from datetime import date
from typing import Any

from markupsafe import Markup

from handlers.dates import day
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.screens.expiry import ISSUERS
from handlers.screens.flow import proceed
from handlers.voice import Voice, numbered
from locales import N_
from rules import Question
from rules.facts import Issuer

BACK, UNIT = "back", "unit"
YOUR_UNIT = N_("your unit")
#: Facts in a few words, for lists and buttons.
NAMES = {
    "subject": N_("whose certificate"),
    "events": N_("what happened"),
    "merger_role": N_("place in the merger"),
    "certificate": N_("the certificate"),
    "information_matches": N_("data still match"),
    "token": N_("the token"),
    "key_exposed": N_("key exposed"),
}


class Review(NoText):
    """Changing one answer asks only what depends on it again."""

    async def page(self, here: Here) -> Page:
        """Questions with their answers, in the pack's order."""
        say, given, unit = here.say, _given(here), _unit(here)
        if not given and not unit:
            return Page(say(N_("You have not answered anything yet.")), options=(_back(here),))
        said = numbered((*(_line(say, q, here.session.answers[q.fact]) for q in given), *unit))
        options = [Option(q.fact, _changing(say, NAMES[q.fact])) for q in given]
        change = [Option(UNIT, _changing(say, YOUR_UNIT), ("don vi", "sua don vi", "unit"))] if unit else []
        return Page(say(N_("<b>Your answers so far</b>")), (said,), (*options, *change, _back(here)))

    async def handle_option(self, here: Here, value: str) -> Answered:
        """The question of that answer, which stands until it is answered anew; or back to where we were."""
        if value == BACK:
            return Answered(proceed(here))
        if value == UNIT:
            return Answered(here.session.open_visit("unit"))
        return Answered(here.session.with_screen("question", about=value))


def _given(here: Here) -> list[Question]:
    return [question for question in here.world.pack.questions if question.fact in here.session.answers]


def _unit(here: Here) -> tuple[Markup, ...]:
    """The officer's unit, where units are known and something was answered."""
    units, session = here.world.units, here.session
    if not units or not (session.unit or session.answers):
        return ()
    name = units.path_name(session.unit) if session.unit else here.say.t(N_("not said"))
    return (Markup("{}: <b>{}</b>").format(here.say(YOUR_UNIT), name),)


def _changing(say: Voice, fact: str) -> str:
    return say.t(N_("Change: {fact}"), fact=say.t(fact))


def _line(say: Voice, question: Question, answer: Any) -> Markup:
    return Markup("{}: <b>{}</b>").format(say(NAMES[question.fact]), worded(say, question, answer))


def worded(say: Voice, question: Question, answer: Any) -> str:
    """An answer in the words of its options."""
    if question.fact == "certificate":
        return _certificate(say, answer)
    values = answer if isinstance(answer, list) else [str(answer).lower() if isinstance(answer, bool) else answer]
    labels = dict.fromkeys(say.t(option.label) for option in question.options if option.value in values)
    return ", ".join(labels) or say.t(N_("nothing changed"))


def _certificate(say: Voice, answer: dict[str, Any]) -> str:
    issuer = say.t(ISSUERS[_issuer(answer)][0])
    if not answer.get("not_after"):
        return say.t(N_("expiry not known; {issuer}"), issuer=issuer)
    return say.t(N_("ends on {day}; {issuer}"), day=day(date.fromisoformat(answer["not_after"])), issuer=issuer)


def _issuer(answer: dict[str, Any]) -> Issuer:
    return Issuer(answer["issuer"]) if answer.get("issuer") in set(Issuer) else Issuer.UNKNOWN


def _back(here: Here) -> Option:
    return Option(BACK, here.say.t(N_("All right, go on")), ("tiep tuc", "dung roi", "ok", "continue"))
