"""The screens of receiving offices: what counts for a unit, one office, and the way of a change to its confirmation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from handlers.access import UnitChoiceScreen, format_actor, selectable_units
from handlers.core import (
    BACK,
    DONE,
    NO,
    NO_SYNONYMS,
    YES,
    Context,
    HandlerResult,
    OfficeView,
    Option,
    OptionsOnlyScreen,
    Page,
    Session,
    back_option,
    capitalize_first,
    current_rights,
    format_bold,
    format_moment,
    holder_labels,
    join_lines,
    open_page,
)
from handlers.core.screen import NEXT, PREVIOUS
from handlers.model import (
    FILED_PROCEDURES,
    OFFICE_PREFIX,
    Act,
    ChosenOffice,
    OfficeDraft,
    OfficeLine,
    OfficeOutcome,
    OfficeResult,
    Rights,
    list_offices,
)
from handlers.offices import (
    FILED_LABELS,
    NEEDED_FIELDS,
    OFFICE_FIELDS,
    format_checked,
    format_filed,
    format_office_scope,
)
from handlers.requests.form import render_field
from locales import N_
from rules.offices import GENERAL, OfficeStatus
from rules.outcome import Procedure

LIST, ONE, WHICH, FIELD, REVIEW, GONE = "offices", "office", "office_what", "office_field", "office_yes", "office_back"
UNIT = "office_unit"
ADD, SWITCH, DESCRIBE, CONFIRM, WITHDRAW, EMPTY, LATER = (
    "add",
    "switch",
    "describe",
    "confirm",
    "withdraw",
    "empty",
    "later",
)
OFFICE_OUTCOMES = {
    OfficeOutcome.SAVED: N_("Saved. From now on answers for this unit name it so."),
    OfficeOutcome.WITHDRAWN: N_("Taken back. What counted before counts again."),
    OfficeOutcome.NOT_YOURS: N_("You have no right to change the receiving offices of this unit."),
    OfficeOutcome.UNKNOWN: N_("This receiving office, or its unit, is not there any more. Here is what counts now."),
    OfficeOutcome.OVERTAKEN: N_(
        "Somebody else has changed it meanwhile, so nothing was saved. Here is what counts now."
    ),
    OfficeOutcome.INVALID: N_("One of the values cannot be used, so nothing was saved. Please look through them."),
    OfficeOutcome.TAKEN: N_(
        "Another office was set for this unit that receives one of these procedures. Please change that one instead."
    ),
}
NO_RIGHT = N_("There are no receiving offices here that you may change.")
NOT_KNOWN = N_("Not known here; officers are told to ask their managing body: {procedures}")
HOW_CONFIRMED = N_("Until now this was only assumed. Please say how the office has confirmed it.")
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
    line = (unit, *(above.code for above in units.ancestors(unit))) if unit else ()
    chosen = await here.world.admin.offices.chosen(rights)
    counting = [one for one in chosen if one.unit is None or one.unit in line]
    shown = list_offices(here.world.offices, counting, line)
    here_now = {line.chosen.office.id for line in shown if line.chosen}
    below = (one for one in chosen if one.office.id not in here_now and rights.may(Act.CHANGE_OFFICES, one.unit))
    return _Desk(rights, unit, shown, tuple(below))


def open_offices(here: Context, unit: str | None = None) -> Session:
    """Open the receiving offices of a unit; without one, of the unit that was open last, or of one's own."""
    view = here.session.receiving or OfficeView()
    return here.session.with_screen(LIST, receiving=OfficeView(unit=unit or view.unit))


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
        opening = [Option(line.procedures[0], _name_filed(here, line.procedures)) for line in desk.lines]
        others = open_page(here.session.about, desk.below)
        named = [Option(one.office.id, _name_other(here, one)) for one in others.page_entries]
        told = (say(N_("Set for other units within your reach: {count}"), count=len(desk.below)),) if named else ()
        ways = (
            Option(ADD, t(N_("Set an office for some procedures only")), ("them", "them noi tiep nhan", "add")),
            Option(SWITCH, t(N_("Another unit")), ("don vi khac", "another unit")),
            *others.turn_options(t),
            back_option(t),
        )
        return Page(title, (say(INTRO), listed, *told), (*opening, *named, *ways), exact=True)

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
    filed = _name_filed(here, line.procedures)
    if line.office is None:
        return here.say(NOT_KNOWN, procedures=filed)
    checked = format_checked(here.say.t, line.office)
    return Markup("{}: <b>{}</b> ({})").format(filed, line.office.name, checked)


def _name_filed(here: Context, procedures: Iterable[Procedure]) -> str:
    return capitalize_first(format_filed(here.say.t, procedures))


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
            unknown = say(NOT_KNOWN, procedures=_name_filed(here, line.procedures))
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
            return HandlerResult(_ask(session, view.model_copy(update={"guided": True}), "name"))
        if value != CONFIRM:
            return HandlerResult(_ask(session, view, value))
        return await _confirm(here.with_session(session.with_changes(receiving=view)))


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
    values = [_format_value(here, name, getattr(office, name)) for name in OFFICE_FIELDS if name != "name"]
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


def _format_value(here: Context, name: str, value: str | None) -> Markup:
    shown = escape(value) if value else here.say(N_("not set yet"))
    return Markup("{}: {}").format(here.say(OFFICE_FIELDS[name].title), shown)


def _ask(session: Session, view: OfficeView, name: str) -> Session:
    return session.with_screen(FIELD, about=name, receiving=view)


def _view(here: Context) -> OfficeView:
    return here.session.receiving or OfficeView()


def _draft(here: Context, *, confirmed: bool) -> OfficeDraft | None:
    """Return what was described as a draft of today; ``None`` while something is missing."""
    view, today = _view(here), here.today
    values: Mapping[str, str] = {name: value for name, value in view.fields.items() if value}
    if not values.keys() >= NEEDED_FIELDS or not view.procedures:
        return None
    procedures = tuple(Procedure(value) for value in view.procedures)
    draft = OfficeDraft(**values, procedures=procedures, last_checked=today)
    return draft.confirmed(today) if confirmed else draft


async def _confirm(here: Context) -> HandlerResult:
    """Save an office as confirmed; what it was assumed by is no source for that, so another one is asked first."""
    view = _view(here)
    if view.fields.get("source", "") in {"", view.assumed_source}:
        without = view.model_copy(update={"fields": {**view.fields, "source": ""}})
        return HandlerResult(_ask(here.session, without, "source"), notes=(here.say(HOW_CONFIRMED),))
    return await _save(here, confirmed=True)


async def _save(here: Context, *, confirmed: bool) -> HandlerResult:
    """Store what was described, and show what counts now."""
    view, draft, offices = _view(here), _draft(here, confirmed=confirmed), here.world.admin.offices
    if draft is None:
        return HandlerResult(here.session.with_screen(REVIEW))
    rights = await current_rights(here)
    if view.office:
        result = await offices.change(rights, view.office, view.revision, draft)
    else:
        result = await offices.add(rights, view.unit, draft)
    return _conclude(here, result)


def _conclude(here: Context, result: OfficeResult) -> HandlerResult:
    note = here.say(OFFICE_OUTCOMES[result.outcome])
    if result.outcome is OfficeOutcome.INVALID:
        return HandlerResult(here.session.with_screen(REVIEW), notes=(note,))
    return HandlerResult(open_offices(here), notes=(note,))


class OfficeProceduresScreen(OptionsOnlyScreen):
    """Asks which procedures a new office receives."""

    async def page(self, here: Context) -> Page:
        """Show all procedures to be ticked."""
        say, ticked = here.say, here.session.ticked
        kinds = [
            Option(procedure, _name_filed(here, [procedure]), ticked=procedure in ticked) for procedure in FILED_LABELS
        ]
        done = Option(DONE, say.t(N_("Done")), ("xong", "done"), ticks=False)
        back = Option(BACK, say.t(N_("Back")), ("quay lai", "back"), ticks=False)
        scope = format_office_scope(say.t, here.world.units, _view(here).unit)
        title = say(N_("<b>What does the new office receive for {unit}?</b>"), unit=scope)
        hint = say(N_("Tick everything that is filed there, then “{done}”."), done=say.t(N_("Done")))
        return Page(title, (hint,), (*kinds, done, back), many=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Tick a procedure, or go on to the name of the office."""
        session, ticked = here.session, here.session.ticked
        if value == BACK:
            return HandlerResult(open_offices(here))
        if value != DONE:
            kept = tuple(one for one in ticked if one != value) if value in ticked else (*ticked, value)
            return HandlerResult(session.with_changes(ticked=kept))
        if not ticked:
            return HandlerResult(session, notes=(here.say(N_("Please tick at least one procedure.")),))
        received = tuple(procedure.value for procedure in FILED_PROCEDURES if procedure in ticked)
        view = _view(here).model_copy(update={"procedures": received, "guided": True})
        return HandlerResult(_ask(session, view, "name"))


class OfficeFieldScreen:
    """Asks for one field of an office; ``session.about`` is its name."""

    async def page(self, here: Context) -> Page:
        """Show the question, and the present value."""
        say, t, view = here.say, here.say.t, _view(here)
        field = OFFICE_FIELDS.get(here.session.about or "", OFFICE_FIELDS["name"])
        present = view.fields.get(field.name)
        told = (say(N_("Now: {value}"), value=present),) if present else ()
        empty = Option(EMPTY, t(N_("Leave it empty")), ("de trong", "bo trong", "bo qua", "skip"), numbered=False)
        keep = Option(LATER, t(N_("Leave this as it is")), ("giu nguyen",), numbered=False)
        back = Option(BACK, t(N_("Save nothing")), ("thoi", "huy", "khong luu", "quay lai"), numbered=False)
        spare = [] if field.name in NEEDED_FIELDS else [empty]
        options = (*spare, *([keep] if present else []), back)
        return render_field(here, field, (), options, say(field.help), *told, say(field.help))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Leave the field empty or as it is, or leave without saving."""
        if value == BACK:
            return HandlerResult(_to_start(here))
        if value == EMPTY:
            return HandlerResult(_take(here, ""))
        return HandlerResult(_take(here, _view(here).fields.get(here.session.about or "", "")))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Check a typed value."""
        field = OFFICE_FIELDS.get(here.session.about or "")
        value = field.clean(text) if field else None
        if field is None or value is None:
            return HandlerResult(here.session, notes=(here.say(field.wrong),)) if field else None
        return HandlerResult(_take(here, value))


def _take(here: Context, value: str) -> Session:
    """Keep a value, and ask for the next field, or show all of them."""
    session, view, name = here.session, _view(here), here.session.about or ""
    names = list(OFFICE_FIELDS)
    kept = view.model_copy(update={"fields": {**view.fields, name: value}})
    following = names[names.index(name) + 1 :] if name in names else []
    if view.guided and following:
        return _ask(session, kept, following[0])
    lacking = next((one for one in names if one in NEEDED_FIELDS and not kept.fields.get(one)), None)
    if lacking:
        return _ask(session, kept, lacking)
    return session.with_screen(REVIEW, receiving=kept.model_copy(update={"guided": False}))


def _to_start(here: Context) -> Session:
    """Return to where the change began; nothing of it is kept."""
    view = _view(here)
    fresh = OfficeView(unit=view.unit)
    screen = ONE if view.back else LIST
    return here.session.with_screen(screen, about=view.back, receiving=fresh)


class OfficeReviewScreen(OptionsOnlyScreen):
    """Shows an office as it will be; nothing counts before it is saved here."""

    async def page(self, here: Context) -> Page:
        """Show all values with a button for each, and two ways to save."""
        say, t, view = here.say, here.say.t, _view(here)
        scope = format_office_scope(t, here.world.units, view.unit)
        title = say(N_("<b>Is this right? It counts for {unit} and all units below it.</b>"), unit=scope)
        procedures = [Procedure(value) for value in view.procedures]
        received = say(N_("Receives: {procedures}"), procedures=format_filed(t, procedures))
        values = [_format_value(here, name, view.fields.get(name)) for name in OFFICE_FIELDS]
        sure = Option(YES, t(N_("Save, the office has confirmed it")), ("luu", "da xac nhan", "dung", "ok", "save"))
        unsure = Option(LATER, t(N_("Save, not confirmed yet")), ("luu chua xac nhan", "chua xac nhan"))
        changes = [Option(name, t(N_("Change: {fact}"), fact=t(f.title))) for name, f in OFFICE_FIELDS.items()]
        back = back_option(t, N_("Save nothing"), ("thoi", "huy", "khong luu"))
        told = (join_lines(received, *values), say(N_("Until it is confirmed, answers say that it is not.")))
        return Page(title, told, (sure, unsure, *changes, back), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Save, open a field, or leave."""
        if value in {YES, LATER}:
            return await (_confirm(here) if value == YES else _save(here, confirmed=False))
        if value == BACK:
            return HandlerResult(_to_start(here))
        return HandlerResult(_ask(here.session, _view(here), value))


class OfficeWithdrawScreen(OptionsOnlyScreen):
    """Asks before an office is taken back, and shows what counts then."""

    async def page(self, here: Context) -> Page:
        """Ask yes or no."""
        say, t, view, desk = here.say, here.say.t, _view(here), await _open_desk(here)
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
        view = _view(here)
        if value != YES or not view.office:
            return HandlerResult(_to_start(here))
        rights = await current_rights(here)
        return _conclude(here, await here.world.admin.offices.withdraw(rights, view.office, view.revision))


async def _lines_without(here: Context, rights: Rights, view: OfficeView) -> tuple[OfficeLine, ...]:
    """Return what counts for the procedures of an office once it is taken back."""
    chosen = await here.world.admin.offices.chosen(rights)
    above = here.world.units.ancestors(view.unit) if view.unit else ()
    line = (view.unit, *(unit.code for unit in above)) if view.unit else ()
    left = [one for one in chosen if one.office.id != view.office and (one.unit is None or one.unit in line)]
    lines = list_offices(here.world.offices, left, line)
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
