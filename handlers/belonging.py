"""The officer's own unit: taken in, said aloud, and what became of a former one as an answer of the interview."""

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from handlers import interview
from handlers.dates import day
from handlers.office.units import Became, Succession, Unit
from handlers.requests.words import EVENTS
from handlers.screen import Here
from handlers.session import Session
from handlers.wording import cite
from locales import N_, Translator
from rules.facts import Event, Subject
from rules.outcome import Citation
from rules.pack import Pack

#: What became of a body, as the body itself tells it; of one that ceased, no list says what became of it.
_OF_A_BODY = {
    Became.MERGED_INTO_NEW: Event.MERGED_INTO_NEW,
    Became.MERGED_INTO_EXISTING: Event.MERGED_INTO_EXISTING,
    Became.RENAMED: Event.RENAMED,
    Became.SPLIT: Event.SPLIT,
}
_STEP = N_("{former} → <b>{successor}</b>: {what}, since {day} ({source})")
_CEASED = N_("{former} ceased on {day}; in its area there is now <b>{successor}</b> ({source})")
_NOTED = N_("Noted, your unit: <b>{unit}</b>.")
_FILLED = N_("I note what happened: <b>{events}</b>. If that is wrong, send /xemlai to change it.")


def joined(here: Here, unit: Unit, path: tuple[Succession, ...] = ()) -> tuple[Session, tuple[Markup, ...]]:
    """The session of somebody who belongs to this unit, and what is said of it.

    ``path``: how the unit by whose name it was found became this one; it answers what happened, unless that is known or
    being ticked.
    """
    session = here.session.having(unit=unit.code, unit_skipped=False)
    noted = here.say(_NOTED, unit=here.world.units.path_name(unit.code))
    events = _events(session, path, here.world.pack)
    if not events:
        return session, (noted,)
    told = ", ".join(here.say.t(EVENTS[event]) for event in events)
    filled = interview.give(session, "events", [event.value for event in events], here.world.pack)
    return filled, (noted, here.say(_FILLED, events=told))


def _events(session: Session, path: Iterable[Succession], pack: Pack) -> list[Event]:
    """What the steps are called for this kind of subscriber, where the pack's question offers it."""
    asked = interview.question_of(pack, "events")
    if asked is None or "events" in session.answers or session.ticked:
        return []
    offered = {option.value for option in asked.options_for(interview.facts_of(session))}
    subject = session.answers.get("subject")
    events = dict.fromkeys(event for step in path if (event := _event(subject, step.became)) is not None)
    return [event for event in events if event in offered]


def _event(subject: Any, became: Became) -> Event | None:
    happened = _OF_A_BODY.get(became)
    if subject == Subject.ORGANISATION:
        return happened
    return Event.UNIT_REORGANISED if subject == Subject.INDIVIDUAL and happened else None


def steps(here: Here, path: Iterable[Succession]) -> Markup:
    """What became of a former unit, step by step, each with its day and its document."""
    return Markup("\n").join(_told(here, step) for step in path)


def _told(here: Here, step: Succession) -> Markup:
    name, say = here.world.units.name, here.say
    names = {"former": name(step.former), "successor": name(step.successor)}
    source = _source(here.world.pack, step.source, say.t)
    if step.became is Became.ENDED:
        return say(_CEASED, **names, day=day(step.since), source=source)
    what = say.t(EVENTS[_OF_A_BODY[step.became]])
    return say(_STEP, **names, what=what, day=day(step.since), source=source)


def _source(pack: Pack, number: str, t: Translator) -> str:
    """The document as the rule pack cites it, as surely as the pack knows it; else as the list of units names it."""
    document = pack.documents.get(number)
    if document is None:
        return t(N_("{document}, as the imported list of units says"), document=number)
    return cite(Citation(document=number, level=document.level, name=document.cited_as), t)
