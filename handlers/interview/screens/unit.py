"""The question for the officer's unit, and the confirmation of the present unit if a former one was named."""

from collections.abc import Iterable
from datetime import timedelta

from markupsafe import Markup

from handlers.citations import cite
from handlers.core import (
    EVENT_LABELS,
    NO,
    Context,
    DerivedEvents,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    ScreenPosition,
    Session,
    facts_of,
    format_day,
    join_lines,
    question_of,
    with_derived_events,
    without_derived_events,
    without_stale_events,
)
from handlers.interview import to_next_screen
from handlers.interview.not_understood import say_not_understood
from handlers.interview.screens import UNSURE, UNSURE_LABEL, unsure_option
from handlers.model import MAX_QUERY_LENGTH, Certificate, Succession, SuccessionKind, Unit, UnitMatch, name_keys
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


LEAVE, NONE = "leave", "none"
#: Prefix of the option value of a unit: codes of units contain no colon.
_CODE_PREFIX = "unit:"
#: Units offered at once.
SHOWN = 8
HELP = N_(
    "It is the body you work for or look after; any name of it will do, such as “Phước An”. If you are not sure,"
    " choose “{leave}”: the questions go on without it, and /xemlai adds it later."
)
TITLE = N_("<b>What is your body or unit called?</b>")
HINT = N_("Type its old name or its new one; accents are not needed.")
WHY = N_("<i>By it I know what became of a former unit, and a request reaches the right place.</i>")
NOT_FOUND = N_("I know no unit of that name. Try its bare name, such as “Phước An”, or skip this question.")
NOT_FOUND_AGAIN = N_(
    "I do not find that either. The name of the commune or ward alone is enough. If it is not there, skip this"
    " question; nothing is lost by it."
)
ENDED = N_("{unit} ended on {day}; what took its place is not in my list. Please type the unit you belong to now.")
LATER = N_("That is a unit; I keep its name and come back to it right after this question.")
LEAVING = ("khong thay", "bo qua", "khong co", "khong biet", "thoi", "skip")


class OwnUnitScreen:
    """Takes any name of a unit; a former unit is confirmed by ``FormerUnitScreen``."""

    async def page(self, here: Context) -> Page:
        """Ask for the name, or show the units that the typed name may mean."""
        say, found = here.say, _find_namesakes(here, here.session.about or _unit_named_before(here))
        offers = tuple(
            Option(f"{_CODE_PREFIX}{one.matched_code}", _format_unit_option(here, one)) for one in found[:SHOWN]
        )
        ask = say(N_("<b>Which of these is your unit?</b>")) if offers else say(TITLE)
        more = (
            (say(N_("There are more; add the name of the superior, such as the province.")),)
            if len(found) > SHOWN
            else ()
        )
        ways = (*_exit_options(here), Option(UNSURE, say.t(UNSURE_LABEL)))
        told = (*_format_known_unit(here), say(HINT), *more)
        return Page(ask, told, (*offers, *ways), exact=True, help=join_lines(say(HELP, leave=ways[0].label), say(WHY)))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Take a unit, remove the known one, or skip the question."""
        if value == UNSURE:
            page = await self.page(here)
            return HandlerResult(here.session, notes=(page.help,) if page.help else ())
        if value == LEAVE:
            skipped = here.session.with_changes(unit_skipped=here.session.unit is None)
            return HandlerResult(
                to_previous_question(here.with_session(here.session if here.session.came_from else skipped))
            )
        if value == NONE:
            return HandlerResult(
                to_previous_question(here.with_session(here.session.with_changes(unit=None, unit_skipped=True)))
            )
        return handle_unit_code(here, value.removeprefix(_CODE_PREFIX), shown=True)

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Look up a typed name; it is taken at once if it is the full name of exactly one unit."""
        if found := handle_unit_name(here, text):
            return found
        return HandlerResult(here.session, notes=say_not_understood(here, NOT_FOUND, NOT_FOUND_AGAIN), missed=True)


def handle_unit_name(here: Context, text: str) -> HandlerResult | None:
    """Handle the typed name of a unit; return ``None`` if it matches none."""
    found = _find_namesakes(here, text)
    if len(found) == 1 and found[0].sure:
        return handle_unit_code(here, found[0].matched_code)
    return HandlerResult(_to_unit_screen(here.session, "unit", text[:MAX_QUERY_LENGTH])) if found else None


def take_unit_beside(here: Context, text: str) -> HandlerResult | None:
    """Take the full name of a unit told during another question; ``None`` if it is none or already known."""
    session = here.session
    news = [one for one in _find_namesakes(here, text) if one.sure and (one.path or one.unit.code != session.unit)]
    if not news:
        return None
    if "subject" not in session.answers:
        if session.unit or session.unit_skipped:
            return None
        kept = session.with_changes(named_unit=text[:MAX_QUERY_LENGTH])
        return HandlerResult(kept, notes=(here.say(LATER),))
    beside = session.open_visit("unit")
    if len(news) == 1 and session.unit is None:
        return handle_unit_code(here.with_session(beside), news[0].matched_code)
    return HandlerResult(_to_unit_screen(beside, "unit", text[:MAX_QUERY_LENGTH]))


def handle_unit_code(here: Context, code: str, *, shown: bool = False) -> HandlerResult:
    """Handle the code of a unit: take a present unit, or ask what a former one is today.

    Args:
        here: The session and services of the turn.
        code: The code of the unit.
        shown: Whether the button that was tapped showed what a former unit is today, so that it is confirmed.
    """
    units = here.world.units
    unit = units.get(code)
    if unit is None:
        return HandlerResult(here.session)
    if unit.is_open(here.today):
        session, notes = with_unit(here, unit)
        return HandlerResult(to_previous_question(here.with_session(session)), notes=notes)
    if (now := _current_units(here, code)) and shown and len(now) == 1 and not _has_ceased(now):
        return _take_former_unit(here, *now[0])
    if now:
        return HandlerResult(_to_unit_screen(here.session, "former_unit", code))
    ended = here.say(ENDED, unit=unit.name, day=format_day(unit.closed_on) if unit.closed_on else "")
    return HandlerResult(_to_unit_screen(here.session, "unit"), notes=(ended,))


def take_named_unit(here: Context) -> tuple[Session, tuple[Markup, ...]]:
    """Take the present unit that a confirmed sentence named, if it is the full name of exactly one, and say so."""
    session = here.session
    matches = _find_namesakes(here, session.named_unit or "") if session.unit is None else []
    open_now = [one.unit for one in matches if one.sure and not one.path and one.unit.is_open(here.today)]
    return with_unit(here, open_now[0]) if len(open_now) == 1 else (session, ())


def to_previous_question(here: Context) -> Session:
    """Return to the screen during which the unit was named, else to the next question."""
    return without_stale_events(here.session).to_previous_screen() if here.session.came_from else to_next_screen(here)


def _to_fate_or_on(here: Context, path: tuple[Succession, ...]) -> Session:
    """Ask whether the body is the former unit or belongs to it, if that answers what happened; else go on."""
    after = to_previous_question(here)
    if not is_fate_open(here.with_session(after), path):
        return after
    visited = here.session.came_from is not None and after.screen not in {"question", "condition"}
    way_back = ScreenPosition(screen=after.screen, about=after.about) if visited else None
    return after.with_screen("belonging", about=path[0].former, came_from=way_back)


def _to_unit_screen(session: Session, screen: str, about: str | None = None) -> Session:
    """Open a screen about the unit and keep the way back, with the options ticked there."""
    return session.with_screen(screen, about, came_from=session.came_from, ticked=session.ticked)


def _find_namesakes(here: Context, text: str) -> list[UnitMatch]:
    """Return one match per unit of that name; which of its successors is meant is asked later."""
    found = here.world.units.find(text, SHOWN + 1, today=here.today) if text else ()
    distinct: dict[str, UnitMatch] = {}
    for one in found:
        distinct.setdefault(one.matched_code, one)
    return list(distinct.values())


def _format_unit_option(here: Context, one: UnitMatch) -> str:
    units = here.world.units
    if not one.path:
        name = units.path_name(one.unit.code)
        return name if one.unit.is_open(here.today) else _format_ended(here, one.unit.code)
    today = units.current_units(one.matched_code, here.today)
    became = ", ".join(units.path_name(unit.code) if len(today) == 1 else unit.name for unit, _ in today)
    return f"{_format_ended(here, one.matched_code)} → {became}"


def _unit_named_before(here: Context) -> str:
    """Return the name of the present unit that a sentence told before the question came; empty if none is open."""
    session = here.session
    return (session.named_unit or "") if session.unit is None else ""


def _format_ended(here: Context, code: str) -> str:
    """Name a former unit so that it is told apart from a present one of the same name: where it was, and until when."""
    units, t, unit = here.world.units, here.say.t, here.world.units.get(code)
    name = units.path_name(code)
    ends = [step.since for step in units.successors(code)]
    closed = unit.closed_on if unit and unit.closed_on else min(ends, default=None)
    if closed is None:
        return t(N_("the former {unit}"), unit=name)
    return t(N_("the former {unit}, until {day}"), unit=name, day=format_day(closed - timedelta(days=1)))


def _format_known_unit(here: Context) -> tuple[Markup, ...]:
    code = here.session.unit
    return (here.say(N_("Noted so far: <b>{unit}</b>"), unit=here.world.units.path_name(code)),) if code else ()


def _exit_options(here: Context) -> tuple[Option, ...]:
    t, session = here.say.t, here.session
    if session.unit is not None:
        return (
            Option(LEAVE, t(N_("Leave it as it is")), LEAVING),
            Option(NONE, t(N_("Take my unit out")), gives_up=True),
        )
    if session.came_from:
        return (Option(LEAVE, t(N_("None of these; go back")), LEAVING),)
    return (Option(LEAVE, t(N_("My unit is not here; skip")), LEAVING),)


#: Prefix of the option value of a unit: codes contain no colon, and no other value begins like this.
_MARK = "unit:"
_BECAME = N_("<b>{former} is {unit} today. Is that your unit?</b>")
_BECAME_SEVERAL = N_("<b>{former} became several units. Which one is yours today?</b>")
_CEASED = N_("<b>{former} has ceased. Is {unit} your unit today?</b>")
_CEASED_INTO_SEVERAL = N_("<b>{former} has ceased. Which of these is your unit today?</b>")
#: The way on for people who do not know which unit of today is theirs.
UNSURE_SUCCESSOR = N_(
    "Look at the address of your office, or at a letter you received lately: it names the commune or ward of today. The"
    " registry clerk knows. If you cannot tell, choose no and skip the question; /xemlai adds the unit later."
)
_YES = ("dung", "dung roi", "co", "phai", "vang", "ok", "yes")


class FormerUnitScreen(OptionsOnlyScreen):
    """Asks which present unit a former one is, with the day and document of each succession."""

    async def page(self, here: Context) -> Page:
        """Show a yes for each present unit, and a no."""
        say, now = here.say, _present_units(here)
        former = here.world.units.path_name(here.session.about)
        no = Option(NO, say.t(N_("No, another unit")), ("khong", "khong phai", "no", "sai"))
        ceased = _has_ceased(now)
        if len(now) == 1:
            ask = say(_CEASED if ceased else _BECAME, former=former, unit=here.world.units.path_name(now[0][0].code))
            yes = say.t(N_("Yes, {unit}"), unit=here.world.units.path_name(now[0][0].code))
            return Page(
                ask,
                (format_succession(here, now[0][1]),),
                (Option(f"{_MARK}{now[0][0].code}", yes, _YES), no, unsure_option(say.t)),
                exact=True,
                help=say(UNSURE_SUCCESSOR),
            )
        ask = say(_CEASED_INTO_SEVERAL if ceased else _BECAME_SEVERAL, former=former)
        options = (Option(f"{_MARK}{unit.code}", here.world.units.path_name(unit.code)) for unit, _ in now)
        return Page(
            ask,
            tuple(format_succession(here, path) for _, path in now),
            (*options, no, unsure_option(say.t)),
            exact=True,
            help=say(UNSURE_SUCCESSOR),
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Take the present unit with the successions that lead to it, or ask for another name."""
        if value == UNSURE:
            return HandlerResult(here.session, notes=(here.say(UNSURE_SUCCESSOR),))
        for unit, path in _present_units(here):
            if value == f"{_MARK}{unit.code}":
                return _take_former_unit(here, unit, path)
        session = here.session
        return HandlerResult(session.with_screen("unit", came_from=session.came_from, ticked=session.ticked))


def _take_former_unit(here: Context, unit: Unit, path: tuple[Succession, ...]) -> HandlerResult:
    session, notes = with_unit(here, unit, path)
    return HandlerResult(_to_fate_or_on(here.with_session(session), path), notes=notes)


def _has_ceased(now: list[tuple[Unit, tuple[Succession, ...]]]) -> bool:
    """Return whether a former unit only ceased, so that the one in its area may be another body."""
    return any(path[0].became is SuccessionKind.ENDED for _, path in now)


def _present_units(here: Context) -> list[tuple[Unit, tuple[Succession, ...]]]:
    """Return each present unit that came of the former one, once; none if the list no longer knows it."""
    return _current_units(here, here.session.about)


def _current_units(here: Context, former: str | None) -> list[tuple[Unit, tuple[Succession, ...]]]:
    units = here.world.units
    distinct: dict[str, tuple[Unit, tuple[Succession, ...]]] = {}
    for unit, path in units.current_units(former, here.today) if former and units.get(former) else ():
        if path:
            distinct.setdefault(unit.code, (unit, path))
    return list(distinct.values())
