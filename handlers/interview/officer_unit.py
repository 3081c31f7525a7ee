"""The officer's own unit, and the answer to "what happened" that its succession gives to the unit's own certificate.

Belonging to a unit is not the same as being it: when a commune was merged, its school was not. The succession of a unit
answers "what happened" only for the body that the certificate names as that unit.
"""

from collections.abc import Iterable

from markupsafe import Markup

from handlers.core import interview
from handlers.core.citations import cite
from handlers.core.dates import format_day
from handlers.core.screen import Context
from handlers.core.session import DerivedEvents, Session
from handlers.model.unit import Succession, SuccessionKind, Unit, name_keys
from handlers.requests.text import EVENT_LABELS
from locales import N_, Translator
from rules.facts import Event, Subject
from rules.outcome import Citation
from rules.pack import Pack

#: The event for each kind of succession, from the body's own point of view. There is none for ENDED, because no list
#: says what became of the body's functions.
_EVENT_OF_BODY = {
    SuccessionKind.MERGED_INTO_NEW: Event.MERGED_INTO_NEW,
    SuccessionKind.MERGED_INTO_EXISTING: Event.MERGED_INTO_EXISTING,
    SuccessionKind.RENAMED: Event.RENAMED,
    SuccessionKind.SPLIT: Event.SPLIT,
}
_STEP = N_("{former} → <b>{successor}</b>: {what}, since {day} ({source})")
_CEASED = N_("{former} ceased on {day}; in its area there is now <b>{successor}</b> ({source})")
_NOT_YOUR_BODYS = N_("<i>This is a change of {unit}. It may be otherwise for your body, so I ask.</i>")
_NOT_YOURS = N_("<i>This is a change of {unit}. It may be otherwise for you, so I ask.</i>")
_NOT_THE_DEVICES = N_("<i>This is a change of {unit}. It may be otherwise for the device or service, so I ask.</i>")
_NOT_YOURS_BY_SUBJECT = {Subject.ORGANISATION: _NOT_YOUR_BODYS, Subject.DEVICE: _NOT_THE_DEVICES}
_UNIT_NOTED = N_("Noted, your unit: <b>{unit}</b>.")
_EVENTS_FILLED_IN = N_("I note what happened: <b>{events}</b>. If that is wrong, send /xemlai to change it.")


def with_unit(here: Context, unit: Unit, path: tuple[Succession, ...] = ()) -> tuple[Session, tuple[Markup, ...]]:
    """Store the officer's unit and say so.

    Args:
        here: The context of the turn.
        unit: The present unit.
        path: The successions from the unit by whose name it was found. They answer what happened if the certificate is
            that former unit's own, unless that is answered already or being ticked.

    Returns:
        The new session, and the notes to say.
    """
    session = with_fresh_events(here.session.with_changes(unit=unit.code, unit_skipped=False), path)
    noted = here.say(_UNIT_NOTED, unit=here.world.units.path_name(unit.code))
    certificate, events = session.certificate, _events_of_path(session, _steps_of_own_body(here, path), here.world.pack)
    if certificate is None or not events:
        return session, (noted, *_format_whose_change(here.with_session(session), path))
    told = ", ".join(here.say.t(EVENT_LABELS[event]) for event in events)
    source = DerivedEvents(certificate=certificate.fingerprint, former=path[0].former, unit=unit.code)
    filled = interview.with_derived_events(session, [event.value for event in events], source, here.world.pack)
    return filled, (noted, here.say(_EVENTS_FILLED_IN, events=told))


def with_fresh_events(session: Session, path: tuple[Succession, ...]) -> Session:
    """Drop events that were derived for another unit, or from another former one of the same unit."""
    other = session.derived is not None and bool(path) and path[0].former != session.derived.former
    return interview.without_derived_events(session) if other else interview.without_stale_events(session)


def _steps_of_own_body(here: Context, path: tuple[Succession, ...]) -> tuple[Succession, ...]:
    """Return the successions from the unit to which the certificate was issued.

    Empty unless the name of an organisation matches.
    """
    certificate, units = here.session.certificate, here.world.units
    if certificate is None or here.session.answers.get("subject") != Subject.ORGANISATION:
        return ()
    named = set(name_keys(certificate.name))
    own = (place for place, step in enumerate(path) if named & _name_keys(units.get(step.former)))
    place = next(own, None)
    return () if place is None else path[place:]


def _name_keys(unit: Unit | None) -> set[str]:
    return {key for name in unit.names for key in name_keys(name)} if unit else set()


def _format_whose_change(here: Context, path: tuple[Succession, ...]) -> tuple[Markup, ...]:
    """Tell that the change is the unit's, as long as the question what happened is still to come."""
    if not path or "events" in here.session.answers:
        return ()
    subject = here.session.answers.get("subject")
    said = _NOT_YOURS_BY_SUBJECT.get(Subject(subject), _NOT_YOURS) if subject else _NOT_YOURS
    return (here.say(said, unit=here.world.units.name(path[0].former)),)


def _events_of_path(session: Session, path: Iterable[Succession], pack: Pack) -> list[Event]:
    """Return the events of a path, as far as the pack's question offers them."""
    asked = interview.question_of(pack, "events")
    if asked is None or "events" in session.answers or session.ticked:
        return []
    offered = {option.value for option in asked.options_for(interview.facts_of(session))}
    events = dict.fromkeys(event for step in path if (event := _EVENT_OF_BODY.get(step.became)) is not None)
    return [event for event in events if event in offered]


def format_succession(here: Context, path: Iterable[Succession]) -> Markup:
    """Format the successions from a former unit, each with its day and document."""
    return Markup("\n").join(_format_succession_step(here, step) for step in path)


def _format_succession_step(here: Context, step: Succession) -> Markup:
    name, say = here.world.units.name, here.say
    names = {"former": name(step.former), "successor": name(step.successor)}
    source = _cite_source(here.world.pack, step.source, say.t)
    if step.became is SuccessionKind.ENDED:
        return say(_CEASED, **names, day=format_day(step.since), source=source)
    what = say.t(EVENT_LABELS[_EVENT_OF_BODY[step.became]])
    return say(_STEP, **names, what=what, day=format_day(step.since), source=source)


def _cite_source(pack: Pack, number: str, t: Translator) -> str:
    """Cite the document with the level that the rule pack gives it; else as the imported list of units names it."""
    document = pack.documents.get(number)
    if document is None:
        return t(N_("{document}, as the imported list of units says"), document=number)
    return cite(Citation(document=number, level=document.level, name=document.cited_as), t)
