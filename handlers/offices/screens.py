"""The screens of receiving offices: what counts for a unit, one office, and taking one back."""

from dataclasses import dataclass

from markupsafe import Markup, escape

from handlers.access import UnitChoiceScreen, format_actor, selectable_units
from handlers.core import (
    BACK,
    NEXT,
    NO,
    NO_SYNONYMS,
    PREVIOUS,
    YES,
    Context,
    HandlerResult,
    OfficeView,
    Option,
    OptionsOnlyScreen,
    Page,
    back_option,
    capitalize_first,
    current_rights,
    format_bold,
    format_moment,
    holder_labels,
    join_lines,
    open_page,
)
from handlers.model import (
    OFFICE_PREFIX,
    Act,
    ChosenOffice,
    OfficeLine,
    OfficeOutcome,
    Rights,
    list_offices,
)
from handlers.offices import (
    OFFICE_FIELDS,
    OFFICE_OUTCOMES,
    format_checked,
    format_filed,
    format_office_scope,
)
from handlers.offices.change import (
    GONE,
    LIST,
    ONE,
    WHICH,
    conclude,
    current_view,
    format_value,
    name_filed,
    open_offices,
    save_confirmed,
    to_field,
    to_start,
)
from locales import N_
from rules.offices import GENERAL, OfficeStatus

UNIT = "office_unit"
ADD, SWITCH, DESCRIBE, CONFIRM, WITHDRAW = "add", "switch", "describe", "confirm", "withdraw"
NO_RIGHT = N_("There are no receiving offices here that you may change.")
NOT_KNOWN = N_("Not known here; officers are told to ask their managing body: {procedures}")
INTRO_FOR_ALL = N_("Officers are told to file there, unless something else was set for their unit or one above it.")
INTRO = N_("Officers of this unit, and of all units below it, are told to file there.")


@dataclass(frozen=True, slots=True)
class _Desk:
    """The unit whose offices are open, and what counts there."""

    rights: Rights
    unit: str | None
    lines: tuple[OfficeLine, ...]
    below: tuple[ChosenOffice, ...]  #: set for other units within reach

    def line(self, about: str | None) -> OfficeLine | None:
        """Return the line of an office that was set (NT-000012), or that of a procedure."""
        one = next((chosen for chosen in self.below if chosen.office.id == about), None)
        if one:
            return OfficeLine(one.office, one.office.procedures, one)
        return next((line for line in self.lines if about in _names(line)), None)


def _names(line: OfficeLine) -> tuple[str, ...]:
    return (*line.procedures, line.chosen.office.id) if line.chosen else line.procedures


async def _open_desk(here: Context) -> _Desk | None:
    """Return what counts for the open unit; ``None`` where the person may change no office at all."""
    rights, units = await current_rights(here), here.world.units
    reach = rights.reach(Act.CHANGE_OFFICES)
    if not reach:
        return None
    view = here.session.receiving or OfficeView()
    allowed = rights.may(Act.CHANGE_OFFICES, view.unit)
    unit = view.unit if allowed else next(iter(selectable_units(rights, Act.CHANGE_OFFICES, here.today)), None)
    line = units.line(unit)
    chosen = await here.world.admin.offices.chosen(rights)
    counting = [one for one in chosen if one.unit is None or one.unit in line]
    shown = list_offices(here.world.offices_of(here.pack_of(unit)), counting, line)
    here_now = {line.chosen.office.id for line in shown if line.chosen}
    below = (one for one in chosen if one.office.id not in here_now and rights.may(Act.CHANGE_OFFICES, one.unit))
    return _Desk(rights, unit, shown, tuple(below))


class OfficeListScreen(OptionsOnlyScreen):
    """Lists what counts for a unit, and what was set for units below it."""

    async def page(self, here: Context) -> Page:
        """Show a line and a button for each office."""
        say, t, desk = here.say, here.say.t, await _open_desk(here)
        if desk is None:
            return Page(say(NO_RIGHT), options=(back_option(t),))
        scope = format_office_scope(t, here.world.units, desk.unit)
        title = say(N_("<b>Receiving offices: {unit}</b>"), unit=scope)
        listed = join_lines(*(Markup("• {}").format(_format_line(here, line)) for line in desk.lines))
        opening = [Option(line.procedures[0], name_filed(here, line.procedures)) for line in desk.lines]
        others = open_page(here.session.about, desk.below)
        named = [Option(one.office.id, _name_other(here, one)) for one in others.page_entries]
        told = (say(N_("Set for other units within your reach: {count}"), count=len(desk.below)),) if named else ()
        ways = (
            Option(ADD, t(N_("Set an office for some procedures only")), ("them", "them noi tiep nhan", "add")),
            Option(SWITCH, t(N_("Another unit")), ("don vi khac", "another unit")),
            *others.turn_options(t),
            back_option(t),
        )
        intro = say(INTRO if desk.unit else INTRO_FOR_ALL)
        return Page(title, (intro, listed, *told), (*opening, *named, *ways), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open an office or another unit, begin a new one, or leave."""
        session, desk = here.session, await _open_desk(here)
        if value == BACK or desk is None:
            return HandlerResult(session.with_screen("home", receiving=None))
        if value in {PREVIOUS, NEXT}:
            return HandlerResult(session.with_screen(LIST, about=open_page(session.about, desk.below).turn(value)))
        if value == SWITCH:
            return HandlerResult(session.with_screen(UNIT))
        view = OfficeView(unit=desk.unit)
        if value == ADD:
            return HandlerResult(session.with_screen(WHICH, receiving=view))
        return HandlerResult(session.with_screen(ONE, about=value, receiving=view))


def _format_line(here: Context, line: OfficeLine) -> Markup:
    filed = name_filed(here, line.procedures)
    if line.office is None:
        return here.say(NOT_KNOWN, procedures=filed)
    checked = format_checked(here.say.t, line.office)
    return Markup("{}: <b>{}</b> ({})").format(filed, line.office.name, checked)


def _name_other(here: Context, one: ChosenOffice) -> str:
    return f"{format_office_scope(here.say.t, here.world.units, one.unit)}: {one.office.name}"


class OfficeScreen(OptionsOnlyScreen):
    """Shows one office with everything that is known of it; ``session.about`` is its id or a procedure."""

    async def page(self, here: Context) -> Page:
        """Show the office, and a button for each field."""
        say, t, desk = here.say, here.say.t, await _open_desk(here)
        line = desk.line(here.session.about) if desk else None
        back = back_option(t, N_("Back to the receiving offices"))
        if desk is None or line is None:
            return Page(say(OFFICE_OUTCOMES[OfficeOutcome.UNKNOWN]), options=(back,))
        if line.office is None:
            begin = Option(DESCRIBE, t(N_("Set the office")), ("ghi", "them", "set"))
            unknown = say(NOT_KNOWN, procedures=name_filed(here, line.procedures))
            return Page(unknown, options=(begin, back), exact=True)
        confirm = Option(CONFIRM, t(N_("Confirmed today")), ("xac nhan", "da xac nhan hom nay", "confirmed"))
        changes = [Option(name, t(N_("Change: {fact}"), fact=t(f.title))) for name, f in OFFICE_FIELDS.items()]
        own = line.chosen is not None and line.chosen.unit == _unit_of(desk, line)
        withdraw = Option(WITHDRAW, t(N_("Take it back")), ("thu hoi", "go bo", "take back"))
        told = await _format_known(here, desk, line)
        options = (confirm, *changes, *([withdraw] if own else []), back)
        return Page(format_bold(line.office.name), told, options, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Ask for a field, confirm the office, or ask before it is taken back."""
        session, desk = here.session, await _open_desk(here)
        line = desk.line(session.about) if desk else None
        if value == BACK or desk is None or line is None:
            return HandlerResult(open_offices(here))
        view = _begin(desk, line, here)
        if value == WITHDRAW:
            return HandlerResult(session.with_screen(GONE, about=session.about, receiving=view))
        if value == DESCRIBE:
            return HandlerResult(to_field(session, view.model_copy(update={"guided": True}), "name"))
        if value != CONFIRM:
            return HandlerResult(to_field(session, view, value))
        return await save_confirmed(here.with_session(session.with_changes(receiving=view)))


def _unit_of(desk: _Desk, line: OfficeLine) -> str | None:
    """Return the unit for which a change of an office counts: its own where it was opened from the list of others."""
    return line.chosen.unit if line.chosen and line.chosen in desk.below else desk.unit


def _begin(desk: _Desk, line: OfficeLine, here: Context) -> OfficeView:
    """Return the office as it is, to be changed; one that was not set for this very unit becomes one of this unit."""
    office, unit = line.office, _unit_of(desk, line)
    values = office.model_dump(include=set(OFFICE_FIELDS), exclude_none=True) if office else {}
    if office and office.id == GENERAL:
        values["source"] = ""
    own = line.chosen if line.chosen and line.chosen.unit == unit else None
    return OfficeView(
        unit=unit,
        fields=values,
        procedures=tuple(own.office.procedures if own else line.procedures),
        assumed_source=office.source if office and office.status is OfficeStatus.ASSUMED else "",
        office=own.office.id if own else None,
        revision=own.revision if own else 0,
        back=here.session.about,
    )


async def _format_known(here: Context, desk: _Desk, line: OfficeLine) -> tuple[Markup, ...]:
    say, t, office = here.say, here.say.t, line.office
    if office is None:
        return ()
    values = [format_value(here, name, getattr(office, name)) for name in OFFICE_FIELDS if name != "name"]
    received = say(N_("Receives: {procedures}"), procedures=format_filed(t, line.procedures))
    told = [join_lines(received, escape(capitalize_first(format_checked(t, office)))), join_lines(*values)]
    unit = _unit_of(desk, line)
    if line.chosen is not None:
        labels = await holder_labels(here, desk.rights)
        who, when = format_actor(t, line.chosen.by, labels), format_moment(line.chosen.changed_at)
        scope = format_office_scope(t, here.world.units, line.chosen.unit)
        told.append(say(N_("Set for {unit} by {who}, {when}."), unit=scope, who=who, when=when))
    if line.chosen is None or line.chosen.unit != unit:
        scope = format_office_scope(t, here.world.units, unit)
        told.append(say(N_("What you change here counts for {unit} only."), unit=scope))
    return tuple(told)


class OfficeWithdrawScreen(OptionsOnlyScreen):
    """Asks before an office is taken back, and shows what counts then."""

    async def page(self, here: Context) -> Page:
        """Ask yes or no."""
        say, t, view, desk = here.say, here.say.t, current_view(here), await _open_desk(here)
        no = Option(NO, t(N_("No, keep it")), NO_SYNONYMS)
        if desk is None or not view.office:
            return Page(say(OFFICE_OUTCOMES[OfficeOutcome.UNKNOWN]), options=(no,))
        then = await _lines_without(here, desk.rights, view)
        listed = join_lines(*(Markup("• {}").format(_format_line(here, line)) for line in then))
        yes = Option(YES, t(N_("Yes, take it back")), ("co", "thu hoi", "yes"))
        ask = say(N_("<b>Take back “{office}”?</b> Then this counts again:"), office=view.fields.get("name", ""))
        return Page(ask, (listed,), (no, yes), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Take it back, or leave it."""
        view = current_view(here)
        if value != YES or not view.office:
            return HandlerResult(to_start(here))
        rights = await current_rights(here)
        return conclude(here, await here.world.admin.offices.withdraw(rights, view.office, view.revision))


async def _lines_without(here: Context, rights: Rights, view: OfficeView) -> tuple[OfficeLine, ...]:
    """Return what counts for the procedures of an office once it is taken back."""
    chosen = await here.world.admin.offices.chosen(rights)
    line = here.world.units.line(view.unit)
    left = [one for one in chosen if one.office.id != view.office and (one.unit is None or one.unit in line)]
    lines = list_offices(here.world.offices_of(here.pack_of(view.unit)), left, line)
    return tuple(one for one in lines if not set(one.procedures).isdisjoint(view.procedures))


async def _switch(here: Context, unit: str | None) -> HandlerResult:
    return HandlerResult(here.session.with_screen(LIST, receiving=OfficeView(unit=unit)))


OFFICE_UNIT_SCREEN = UnitChoiceScreen(
    UNIT, Act.CHANGE_OFFICES, _switch, open_offices, lambda rights: rights.reach(Act.CHANGE_OFFICES).everything
)


async def run_offices(here: Context, code: str) -> HandlerResult:
    """Open the receiving offices; with a code (NT-000012), the one that was set under it."""
    opened = open_offices(here)
    wanted = code.strip().upper()
    if not wanted.startswith(OFFICE_PREFIX):
        return HandlerResult(opened)
    desk = await _open_desk(here.with_session(opened))
    known = desk is not None and desk.line(wanted) is not None
    return HandlerResult(opened.with_screen(ONE, about=wanted, receiving=opened.receiving) if known else opened)
