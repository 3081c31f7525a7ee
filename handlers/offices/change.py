"""The way of a change to a receiving office: what it receives, its fields one by one, the review before it counts."""

from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

from handlers.core import (
    BACK,
    DONE,
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
    join_lines,
)
from handlers.model import FILED_PROCEDURES, OfficeDraft, OfficeOutcome, OfficeResult
from handlers.offices import (
    FILED_LABELS,
    NEEDED_FIELDS,
    OFFICE_FIELDS,
    OFFICE_OUTCOMES,
    format_filed,
    format_office_scope,
)
from handlers.requests.form import render_field
from locales import N_
from rules.outcome import Procedure

LIST, ONE, WHICH, FIELD, REVIEW, GONE = "offices", "office", "office_what", "office_field", "office_yes", "office_back"
EMPTY, LATER = "empty", "later"
FOR_UNIT = N_("<b>Is this right? It counts for {unit} and all units below it.</b>")
FOR_ALL = N_("<b>Is this right? It counts for every unit that has nothing else set.</b>")


def open_offices(here: Context, unit: str | None = None) -> Session:
    """Open the receiving offices of a unit; without one, of the unit that was open last, or of one's own."""
    view = here.session.receiving or OfficeView()
    return here.session.with_screen(LIST, receiving=OfficeView(unit=unit or view.unit))


def name_filed(here: Context, procedures: Iterable[Procedure]) -> str:
    """Name procedures in one line that begins with a capital letter."""
    return capitalize_first(format_filed(here.say.t, procedures))


def format_value(here: Context, name: str, value: str | None) -> Markup:
    """Format a field with its title."""
    shown = escape(value) if value else here.say(N_("not set yet"))
    return Markup("{}: {}").format(here.say(OFFICE_FIELDS[name].title), shown)


def to_field(session: Session, view: OfficeView, name: str) -> Session:
    """Ask for a field of the office that is being described."""
    return session.with_screen(FIELD, about=name, receiving=view)


def current_view(here: Context) -> OfficeView:
    """Return the state of these screens."""
    return here.session.receiving or OfficeView()


def _draft(here: Context, *, confirmed: bool) -> OfficeDraft | None:
    """Return what was described as a draft of today; ``None`` while something is missing."""
    view, today = current_view(here), here.today
    values: Mapping[str, str] = {name: value for name, value in view.fields.items() if value}
    if not values.keys() >= NEEDED_FIELDS or not view.procedures:
        return None
    procedures = tuple(Procedure(value) for value in view.procedures)
    draft = OfficeDraft(**values, procedures=procedures, last_checked=today)
    return draft.confirmed(today) if confirmed else draft


async def save_confirmed(here: Context) -> HandlerResult:
    """Save an office as confirmed; what it was assumed by is no source for that, so another one is asked first."""
    view = current_view(here)
    if view.fields.get("source", "") in {"", view.assumed_source}:
        return _ask_how(here)
    return await _save(here, confirmed=True)


def _ask_how(here: Context) -> HandlerResult:
    view, note = current_view(here), here.say(OFFICE_OUTCOMES[OfficeOutcome.NO_SOURCE])
    without = view.model_copy(update={"fields": {**view.fields, "source": ""}})
    return HandlerResult(to_field(here.session, without, "source"), notes=(note,))


async def _save(here: Context, *, confirmed: bool) -> HandlerResult:
    """Store what was described, and show what counts now."""
    view, offices = current_view(here), here.world.admin.offices
    if wrong := _wrong_field(view):
        return HandlerResult(to_field(here.session, view, wrong), notes=(here.say(OFFICE_FIELDS[wrong].wrong),))
    draft = _draft(here, confirmed=confirmed)
    if draft is None:
        return HandlerResult(here.session.with_screen(REVIEW))
    rights = await current_rights(here)
    if view.office:
        result = await offices.change(rights, view.office, view.revision, draft)
    else:
        result = await offices.add(rights, view.unit, draft)
    return conclude(here, result)


def _wrong_field(view: OfficeView) -> str | None:
    """Return the name of a field that would be taken no more as it was kept; a draft cannot be made of it."""
    kept = ((name, field, view.fields.get(name)) for name, field in OFFICE_FIELDS.items())
    return next((name for name, field, value in kept if value and field.clean(value) != value), None)


def conclude(here: Context, result: OfficeResult) -> HandlerResult:
    """Say what became of a change, and show what counts now."""
    if result.outcome is OfficeOutcome.NO_SOURCE:
        return _ask_how(here)
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
            Option(procedure, name_filed(here, [procedure]), ticked=procedure in ticked) for procedure in FILED_LABELS
        ]
        done = Option(DONE, say.t(N_("Done")), ("xong", "done"), ticks=False)
        back = Option(BACK, say.t(N_("Back")), ("quay lai", "back"), ticks=False)
        scope = format_office_scope(say.t, here.world.units, current_view(here).unit)
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
        view = current_view(here).model_copy(update={"procedures": received, "guided": True})
        return HandlerResult(to_field(session, view, "name"))


class OfficeFieldScreen:
    """Asks for one field of an office; ``session.about`` is its name."""

    async def page(self, here: Context) -> Page:
        """Show the question, and the present value."""
        say, t, view = here.say, here.say.t, current_view(here)
        field = OFFICE_FIELDS.get(here.session.about or "", OFFICE_FIELDS["name"])
        present = view.fields.get(field.name)
        told = (say(N_("Now: {value}"), value=present),) if present else ()
        empty = Option(EMPTY, t(N_("Leave it empty")), ("de trong", "bo trong", "bo qua", "skip"))
        keep = Option(LATER, t(N_("Leave this as it is")), ("giu nguyen",))
        back = Option(BACK, t(N_("Save nothing")), ("thoi", "huy", "khong luu", "quay lai"), gives_up=True)
        spare = [] if field.name in NEEDED_FIELDS else [empty]
        options = (*spare, *([keep] if present else []), back)
        return render_field(here, field, (), options, say(field.help), *told, say(field.help))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Leave the field empty or as it is, or leave without saving."""
        if value == BACK:
            return HandlerResult(to_start(here))
        if value == EMPTY:
            return HandlerResult(_take(here, ""))
        return HandlerResult(_take(here, current_view(here).fields.get(here.session.about or "", "")))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Check a typed value."""
        field = OFFICE_FIELDS.get(here.session.about or "")
        value = field.clean(text) if field else None
        if field is None or value is None:
            return HandlerResult(here.session, notes=(here.say(field.wrong),)) if field else None
        return HandlerResult(_take(here, value))


def _take(here: Context, value: str) -> Session:
    """Keep a value, and ask for the next field, or show all of them."""
    session, view, name = here.session, current_view(here), here.session.about or ""
    names = list(OFFICE_FIELDS)
    kept = view.model_copy(update={"fields": {**view.fields, name: value}})
    following = names[names.index(name) + 1 :] if name in names else []
    if view.guided and following:
        return to_field(session, kept, following[0])
    lacking = next((one for one in names if one in NEEDED_FIELDS and not kept.fields.get(one)), None)
    if lacking:
        return to_field(session, kept, lacking)
    return session.with_screen(REVIEW, receiving=kept.model_copy(update={"guided": False}))


def to_start(here: Context) -> Session:
    """Return to where the change began; nothing of it is kept."""
    view = current_view(here)
    fresh = OfficeView(unit=view.unit)
    screen = ONE if view.back else LIST
    return here.session.with_screen(screen, about=view.back, receiving=fresh)


class OfficeReviewScreen(OptionsOnlyScreen):
    """Shows an office as it will be; nothing counts before it is saved here."""

    async def page(self, here: Context) -> Page:
        """Show all values with a button for each, and two ways to save."""
        say, t, view = here.say, here.say.t, current_view(here)
        below, scope = FOR_ALL, ""
        if view.unit:
            below, scope = FOR_UNIT, here.world.units.name(view.unit)
        title = say(below, unit=scope)
        procedures = [Procedure(value) for value in view.procedures]
        received = say(N_("Receives: {procedures}"), procedures=format_filed(t, procedures))
        values = [format_value(here, name, view.fields.get(name)) for name in OFFICE_FIELDS]
        sure = Option(YES, t(N_("Save, the office has confirmed it")), ("luu", "da xac nhan", "dung", "ok", "save"))
        unsure = Option(LATER, t(N_("Save, not confirmed yet")), ("luu chua xac nhan", "chua xac nhan"))
        changes = [Option(name, t(N_("Change: {fact}"), fact=t(f.title))) for name, f in OFFICE_FIELDS.items()]
        back = back_option(t, N_("Save nothing"), ("thoi", "huy", "khong luu"))
        told = (join_lines(received, *values), say(N_("Until it is confirmed, answers say that it is not.")))
        return Page(title, told, (sure, unsure, *changes, back), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Save, open a field, or leave."""
        if value in {YES, LATER}:
            return await (save_confirmed(here) if value == YES else _save(here, confirmed=False))
        if value == BACK:
            return HandlerResult(to_start(here))
        return HandlerResult(to_field(here.session, current_view(here), value))
