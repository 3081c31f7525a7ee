"""The fate of a unit: what it became, what that means for the answers, and whether a body is it or belongs to it."""

from collections.abc import Iterable

from markupsafe import Markup

from handlers.core import (
    EVENT_LABELS,
    Context,
    DerivedEvents,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    Session,
    cite,
    facts_of,
    format_day,
    question_of,
    with_derived_events,
    without_derived_events,
    without_stale_events,
)
from handlers.interview import to_next_screen
from handlers.interview.screens import UNSURE, unsure_option
from handlers.model import Certificate, Succession, SuccessionKind, Unit, name_keys
from locales import N_, Translator
from rules.facts import Event, Subject
from rules.outcome import Citation
from rules.pack import Pack

IS, BELONGS = "is", "belongs"
ASK = N_("<b>Is your body {body} itself, or does it belong to {unit}?</b>")
ASK_A_PERSON = N_("<b>Do you work at {body} itself, or at a unit that belongs to {unit}?</b>")
IS_BODY = N_("It is {body} itself")
BELONGS_TO_UNIT = N_("It belongs to {unit}: a school, a health station, an office")
WORKS_THERE = N_("I work at {body} itself")
WORKS_BELOW = N_("I work at a unit that belongs to {unit}")
HINT = N_(
    "If it is {body} itself, I note what happened to it. If it only belongs to it, what changed is the superior."
    " Nothing is noted before you choose."
)
#: The way on for people who cannot tell.
UNSURE_HELP = N_(
    "Look at the name on the seal or on the certificate: if it is {body}, it is that body itself; a school, a health"
    " station or an office with a seal of its own belongs to it. If you still cannot tell, I ask what happened instead."
)
_IS_SYNONYMS = ("la", "chinh la", "chinh no", "la ubnd", "la uy ban", "chinh", "toi lam o uy ban", "o uy ban")
_BELONGS_SYNONYMS = (
    "thuoc", "thuoc xa", "truc thuoc", "don vi truc thuoc", "truong", "truong hoc", "tram y te", "phong", "la truong",
    "la tram y te", "la truong hoc", "don vi thuoc xa",
)  # fmt: skip
#: Fates that end in a revocation: there the answer that does not come first.
_REVOKING = frozenset({SuccessionKind.SPLIT})


class BelongingScreen(OptionsOnlyScreen):
    """Asks whose fate it was; what happened is filled in by the answer, and by nothing before it."""

    async def page(self, here: Context) -> Page:
        """Ask in the words of a body or of a person, with the successions of the unit."""
        path = _fate(here)
        if not path:
            return Page(here.say(N_("I know enough.")), (), (Option(UNSURE, here.say.t(N_("Continue"))),))
        say, names = here.say, _names(here, path)
        person = here.session.answers.get("subject") == Subject.INDIVIDUAL
        hint = () if person else (say(HINT, **names),)
        is_it = Option(IS, say.t(WORKS_THERE if person else IS_BODY, **names), _IS_SYNONYMS)
        belongs = Option(BELONGS, say.t(WORKS_BELOW if person else BELONGS_TO_UNIT, **names), _BELONGS_SYNONYMS)
        ordered = (belongs, is_it) if any(step.became in _REVOKING for step in path) else (is_it, belongs)
        return Page(
            say(ASK_A_PERSON if person else ASK, **names),
            (format_succession(here, path), *hint),
            (*ordered, unsure_option(say.t)),
            exact=True,
            help=say(UNSURE_HELP, **names),
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Fill in what the answer says happened; without one, the question what happened is asked."""
        path = _fate(here)
        if value == UNSURE or not path:
            help_note = (here.say(UNSURE_HELP, **_names(here, path)),) if path else ()
            return HandlerResult(_to_next(here), notes=help_note)
        session, notes = with_events_of_fate(here, path, own=value == IS)
        return HandlerResult(_to_next(here.with_session(session)), notes=notes)


def _fate(here: Context) -> tuple[Succession, ...]:
    return fate_of_unit(here, here.session.about)


def _to_next(here: Context) -> Session:
    return here.session.to_previous_screen() if here.session.came_from else to_next_screen(here)


def _names(here: Context, path: tuple[Succession, ...]) -> dict[str, str]:
    former = here.world.units.get(path[0].former)
    return {"body": former.body if former else "", "unit": former.name if former else ""}


#: The event for each kind of succession, from the body's own point of view. There is none for ENDED, because no list
#: says what became of the body's functions.
_EVENT_OF_BODY = {
    SuccessionKind.MERGED_INTO_NEW: Event.MERGED_INTO_NEW,
    SuccessionKind.MERGED_INTO_EXISTING: Event.MERGED_INTO_EXISTING,
    SuccessionKind.RENAMED: Event.RENAMED,
    SuccessionKind.SPLIT: Event.SPLIT,
}


_STEP = N_("{former} → <b>{successor}</b>: {what}, since {day} ({source})")


_UNIT_CEASED = N_("{former} ceased on {day}; in its area there is now <b>{successor}</b> ({source})")


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
        path: The successions from the unit by whose name it was found. They answer nothing yet: whether the body is
            that unit, or belongs to it, is asked first (``is_fate_open``).

    Returns:
        The new session, and the notes to say.
    """
    session = with_fresh_events(here.session.with_changes(unit=unit.code, unit_skipped=False), path)
    noted = here.say(_UNIT_NOTED, unit=here.world.units.path_name(unit.code))
    after = here.with_session(session)
    return session, (noted, *(() if is_fate_open(after, path) else _format_whose_change(after, path)))


def is_fate_open(here: Context, path: tuple[Succession, ...]) -> bool:
    """Return whether the fate of a former unit may still answer what happened, once it is known whose fate it is."""
    session = here.session
    of_people = session.answers.get("subject") in (Subject.ORGANISATION, Subject.INDIVIDUAL)
    return bool(path) and of_people and "events" not in session.answers and not session.ticked


def fate_of_unit(here: Context, former: str | None) -> tuple[Succession, ...]:
    """Return the successions from a former unit to the officer's unit; empty if the list no longer has them."""
    units, own = here.world.units, here.session.unit
    if former is None or units.get(former) is None:
        return ()
    return next((path for unit, path in units.current_units(former, here.today) if unit.code == own), ())


def events_of_fate(here: Context, path: tuple[Succession, ...], *, own: bool) -> list[Event]:
    """Return what happened to a body that is the former unit (``own``), or to one that belongs to it.

    Belonging to a unit is not being it: for a school whose commune was merged, only the superior changed.
    """
    subject = here.session.answers.get("subject")
    if subject == Subject.INDIVIDUAL:
        return _offered_events(here, [Event.UNIT_REORGANISED])
    if not own:
        return _offered_events(here, [Event.SUPERIOR_CHANGED])
    events = dict.fromkeys(
        event for step in _steps_since_certificate(here, path) if (event := _EVENT_OF_BODY.get(step.became)) is not None
    )
    return _offered_events(here, list(events))


def _steps_since_certificate(here: Context, path: tuple[Succession, ...]) -> tuple[Succession, ...]:
    """Return the successions since the unit that the certificate names, or all of them if it names none."""
    certificate = here.session.certificate
    named = (at for at, step in enumerate(path) if certificate and names_former_unit(here, certificate, step.former))
    return path[next(named, 0) :]


def with_events_of_fate(
    here: Context, path: tuple[Succession, ...], *, own: bool
) -> tuple[Session, tuple[Markup, ...]]:
    """Fill in what happened after the officer said whose fate it was, and say so; nothing if it tells of no event."""
    session, events = here.session, events_of_fate(here, path, own=own)
    if not events or session.unit is None:
        return session, ()
    told = ", ".join(here.say.t(EVENT_LABELS[event]) for event in events)
    certificate = session.certificate.fingerprint if session.certificate else None
    source = DerivedEvents(certificate=certificate, former=path[0].former, unit=session.unit)
    filled = with_derived_events(session, [event.value for event in events], source, here.pack)
    return filled, (here.say(_EVENTS_FILLED_IN, events=told),)


def bind_derived_events(here: Context, certificate: Certificate) -> Session:
    """Tie events that were filled in before any file was read to the first certificate, if its name allows it.

    A certificate of another body than the one that was told takes them back.
    """
    session, derived = here.session, here.session.derived
    if derived is None or derived.certificate is not None:
        return session
    told_own = session.answers.get("events") != [Event.SUPERIOR_CHANGED]
    if names_former_unit(here, certificate, derived.former) is not told_own:
        return without_derived_events(session)
    bound = derived.model_copy(update={"certificate": certificate.fingerprint})
    return session.with_changes(derived=bound)


def names_former_unit(here: Context, certificate: Certificate, former: str) -> bool:
    """Return whether the name on a certificate is that of a former unit."""
    return bool(set(name_keys(certificate.name)) & _name_keys(here.world.units.get(former)))


def with_fresh_events(session: Session, path: tuple[Succession, ...]) -> Session:
    """Drop events that were derived for another unit, or from another former one of the same unit."""
    other = session.derived is not None and bool(path) and path[0].former != session.derived.former
    return without_derived_events(session) if other else without_stale_events(session)


def _name_keys(unit: Unit | None) -> set[str]:
    return {key for name in unit.names for key in name_keys(name)} if unit else set()


def _format_whose_change(here: Context, path: tuple[Succession, ...]) -> tuple[Markup, ...]:
    """Tell that the change is the unit's, as long as the question what happened is still to come."""
    if not path or "events" in here.session.answers:
        return ()
    subject = here.session.answers.get("subject")
    said = _NOT_YOURS_BY_SUBJECT.get(Subject(subject), _NOT_YOURS) if subject else _NOT_YOURS
    return (here.say(said, unit=here.world.units.name(path[0].former)),)


def _offered_events(here: Context, events: list[Event]) -> list[Event]:
    """Return the events that the pack's question offers to this subscriber."""
    asked = question_of(here.pack, "events")
    offered = {option.value for option in asked.options_for(facts_of(here.session))} if asked else set()
    return [event for event in events if event in offered]


def format_succession(here: Context, path: Iterable[Succession]) -> Markup:
    """Format the successions from a former unit, each with its day and document."""
    return Markup("\n").join(_format_succession_step(here, step) for step in path)


def _format_succession_step(here: Context, step: Succession) -> Markup:
    name, say = here.world.units.name, here.say
    names = {"former": name(step.former), "successor": name(step.successor)}
    source = _cite_source(here.pack, step.source, say.t)
    if step.became is SuccessionKind.ENDED:
        return say(_UNIT_CEASED, **names, day=format_day(step.since), source=source)
    what = say.t(EVENT_LABELS[_EVENT_OF_BODY[step.became]])
    return say(_STEP, **names, what=what, day=format_day(step.since), source=source)


def _cite_source(pack: Pack, number: str, t: Translator) -> str:
    """Cite the document with the level that the rule pack gives it; else as the imported list of units names it."""
    document = pack.documents.get(number)
    if document is None:
        return t(N_("{document}, as the imported list of units says"), document=number)
    return cite(Citation(document=number, level=document.level, name=document.cited_as), t)
