"""Statistics: how many officers and certificates of each unit still need action."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from markupsafe import Markup

from handlers.access import is_unknown_number
from handlers.admin.statistics_text import (
    STACKED_COUNTS,
    format_burn_down,
    format_line_name,
    format_page,
    format_scope,
    format_statistics_heading,
    format_statistics_remarks,
)
from handlers.core import (
    BACK,
    Attachment,
    ChartDrawn,
    Context,
    DrawChart,
    HandlerResult,
    MarkupTranslator,
    Option,
    Page,
    RequestListView,
    Session,
    back_option,
    current_rights,
    format_bold,
    format_day,
    format_moment,
    parse_day,
)
from handlers.model import (
    Act,
    Bar,
    BarChart,
    BurnChart,
    BurnDown,
    Chart,
    Rights,
    Unit,
    UnitDirectory,
    UnitStatistics,
    is_own_line,
    is_target,
    statistics_root,
    top_units,
)
from locales import N_
from rules.language.spelling import in_order

#: Bars that can still be read; the units with most to do come first.
MAX_BARS = 60


def build_bar_chart(
    say: MarkupTranslator, units: UnitDirectory, total: UnitStatistics, lines: Sequence[UnitStatistics], now: datetime
) -> BarChart:
    """Build a chart with a bar for each unit that has any counts, or with one total bar if no unit is below."""
    telling = [one for one in lines or (total,) if _bar_values(one)]
    shown = sorted(
        telling, key=lambda one: (-one.action_needed, -one.open, in_order(format_line_name(say, units, one, total)))
    )
    return BarChart(
        title=say.t(N_("Certificates and requests: {unit}"), unit=format_scope(say, units, total.unit)),
        note=_format_chart_note(say, now, len(shown), format_statistics_remarks(say, units, total, lines)),
        series=tuple(say.t(label) for label in STACKED_COUNTS.values()),
        bars=tuple(
            Bar(label=format_line_name(say, units, one, total), values=_bar_values(one)) for one in shown[:MAX_BARS]
        ),
        axis=say.t(N_("number")),
        nothing=say.t(N_("Nothing is known yet.")),
    )


def _bar_values(one: UnitStatistics) -> tuple[int, ...]:
    """Return the parts of a bar, or an empty tuple if all are zero."""
    values = tuple(getattr(one, name) for name in STACKED_COUNTS)
    return values if any(values) else ()


def _format_chart_note(say: MarkupTranslator, now: datetime, number: int, remark: str) -> str:
    made = f"{remark}\n{say.t(N_('As of {moment}.'), moment=format_moment(now))}"
    if number <= MAX_BARS:
        return made
    return made + " " + say.t(N_("The {shown} units with most to do, of {number}."), shown=MAX_BARS, number=number)


def build_burn_chart(
    say: MarkupTranslator, units: UnitDirectory, unit: str | None, burnt: BurnDown, now: datetime
) -> BurnChart:
    """Build the chart of what is still open until the target day."""
    return BurnChart(
        title=say.t(N_("Still to be done: {unit}"), unit=format_scope(say, units, unit)),
        note=say.t(N_("As of {moment}."), moment=format_moment(now)),
        start=burnt.start,
        until=burnt.until,
        open=burnt.open,
        open_label=say.t(N_("still to be done")),
        ideal_label=say.t(N_("even pace")),
        until_label=say.t(N_("target {day}"), day=format_day(burnt.until)),
    )


#: Days before today, or before a past target day, at which a burn-down chart starts.
BURN_DOWN_WINDOW = timedelta(days=30)
_OUT_OF_REACH = N_("{unit} is not among the units you look after; these are the numbers of those that are.")


async def show_statistics(here: Context, wanted: str) -> HandlerResult:
    """Handle the command: show the unit that was named, else everything within reach."""
    rights = await current_rights(here)
    there = here.with_session(with_statistics_unit(here.session.open_visit("picture"), None))
    if not wanted:
        return HandlerResult(there.session)
    unknown = here.say(N_("I do not know which unit you mean; these are the numbers of all you look after."))
    return await find_statistics(there, rights, wanted) or HandlerResult(there.session, notes=(unknown,))


async def find_statistics(here: Context, rights: Rights, text: str) -> HandlerResult | None:
    """Show a unit by code or name, or a burn-down to a typed day; return ``None`` if the text is neither."""
    if (until := parse_day(text)) and is_target(until, here.today):
        return await _show_burn_down(here, rights, until)
    sure, guessed = _find_units(here, text)
    within = next((unit for unit in sure if rights.may(Act.SEE_PICTURE, unit.code)), None)
    if sure and not within:
        return HandlerResult(here.session, notes=(here.say(_OUT_OF_REACH, unit=sure[0].name),))
    found = within or next((unit for unit in guessed if rights.may(Act.SEE_PICTURE, unit.code)), None)
    return HandlerResult(with_statistics_unit(here.session, found.code)) if found else None


def _find_units(here: Context, text: str) -> tuple[list[Unit], list[Unit]]:
    """Return the units with this code or full name, and those with a similar name, the likeliest first."""
    units, code = here.world.units, text.strip()
    coded = [unit for unit in (units.get(code), units.get(code.upper())) if unit]
    found = units.find(text, today=here.today)
    return [*coded, *(one.unit for one in found if one.sure)], [one.unit for one in found if not one.sure]


async def current_numbers(here: Context, rights: Rights) -> tuple[UnitStatistics, tuple[UnitStatistics, ...]]:
    """Return the numbers of the open unit."""
    return await here.world.admin.units.numbers(rights, statistics_unit(here.session), here.today, here.world.now)


async def show_bar_chart(here: Context, rights: Rights) -> HandlerResult:
    """Order the bar chart of the open unit."""
    total, lines = await current_numbers(here, rights)
    return _request_drawing(here, build_bar_chart(here.say, here.world.units, total, lines, here.world.now))


async def _show_burn_down(here: Context, rights: Rights, until: date) -> HandlerResult:
    today, unit = here.today, statistics_root(rights, statistics_unit(here.session))
    start = min(today, until) - BURN_DOWN_WINDOW
    burnt = await here.world.admin.units.burn_down(rights, unit, start, until, today)
    drawing = build_burn_chart(here.say, here.world.units, unit, burnt, here.world.now)
    return _request_drawing(here, drawing, format_burn_down(here.say, burnt))


def _request_drawing(here: Context, drawing: Chart, *notes: Markup) -> HandlerResult:
    """Order a chart; it is drawn after this turn, outside its transaction."""
    soon = here.say(N_("I am drawing the chart; it comes right away."))
    return HandlerResult(here.session, notes=(*notes, soon), again=(DrawChart(chart=drawing),), show=False)


def with_statistics_unit(session: Session, unit: str | None) -> Session:
    """Open another unit, on its first page."""
    view = session.desk or RequestListView()
    return session.with_changes(desk=view.model_copy(update={"unit": unit}), about=None)


def statistics_unit(session: Session) -> str | None:
    """Return the open unit, or ``None`` for everything within reach."""
    return session.desk.unit if session.desk else None


UP, CHART, MORE, UNIT = "up", "chart", "more", "unit:"
#: Units on one page; each takes a paragraph and a button.
SHOWN = 8


class StatisticsScreen:
    """Shows a unit and those below it; each button leads one level down. ``session.about`` is the page number."""

    async def page(self, here: Context) -> Page:
        """Show the numbers, units with most to do first."""
        rights, say, units = await current_rights(here), here.say, here.world.units
        if not rights.reach(Act.SEE_PICTURE):
            return Page(say(N_("The numbers are for those who look after a unit.")), options=(back_option(here.say.t),))
        total, lines = await current_numbers(here, rights)
        shown, more = _lines_of_page(here.session, lines)
        options = (*_child_options(here, total, shown), *_navigation_options(here, rights, more=more))
        return Page(
            format_statistics_heading(say, units, total.unit, here.world.now),
            format_page(say, units, total, shown, lines),
            options,
            numbers="codes",
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open a unit, go up, turn the page, order the chart, or leave."""
        if value == BACK:
            return HandlerResult(here.session.with_screen("home"))
        rights = await current_rights(here)
        if value == CHART:
            return await show_bar_chart(here, rights)
        if value == MORE:
            return HandlerResult(here.session.with_changes(about=str(_page_number(here.session) + 1)))
        return HandlerResult(
            with_statistics_unit(here.session, _parent_unit(here, rights) if value == UP else value.removeprefix(UNIT))
        )

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take a typed unit, or the target day of a burn-down."""
        return None if is_unknown_number(here, text) else await find_statistics(here, await current_rights(here), text)


def _lines_of_page(session: Session, lines: Sequence[UnitStatistics]) -> tuple[Sequence[UnitStatistics], bool]:
    """Return the lines of the open page, and whether there are others; the last page is followed by the first."""
    telling = sorted((one for one in lines if one), key=lambda one: (-one.action_needed, -one.open))
    pages = -(-len(telling) // SHOWN) or 1
    first = _page_number(session) % pages * SHOWN
    return telling[first : first + SHOWN], pages > 1


def _page_number(session: Session) -> int:
    return int(session.about) if session.about and session.about.isdecimal() else 0


def _child_options(here: Context, total: UnitStatistics, shown: Sequence[UnitStatistics]) -> list[Option]:
    units = here.world.units
    return [
        Option(f"{UNIT}{one.unit}", format_line_name(here.say, units, one, total))
        for one in shown
        if one.unit and not is_own_line(units, one, total)
    ]


def _navigation_options(here: Context, rights: Rights, *, more: bool) -> list[Option]:
    t = here.say.t
    up = statistics_root(rights, statistics_unit(here.session)) != statistics_root(rights, None)
    return [
        *([Option(MORE, t(N_("Next units")), ("tiep", "them", "more"))] if more else []),
        *([Option(UP, t(N_("One step up")), ("len", "len tren", "up"))] if up else []),
        Option(CHART, t(N_("Chart")), ("bieu do", "hinh", "chart")),
        back_option(here.say.t),
    ]


def _parent_unit(here: Context, rights: Rights) -> str | None:
    """Return the unit above the open one, or ``None`` (everything within reach) if that lies outside."""
    unit = here.world.units.get(statistics_unit(here.session))
    inside = unit is not None and unit.code not in top_units(rights)
    return unit.parent if unit and inside else None


_FAILED = N_("The chart could not be drawn. The numbers above say the same.")
CHART_PROBLEMS = {
    "no_files": N_("This channel shows no pictures. The numbers above say the same; troly stats --png writes a file."),
    "not_installed": N_("Pictures are not set up here: whoever runs the assistant adds the extra “charts”."),
    "failed": _FAILED,
}


def handle_chart(here: Context, event: DrawChart | ChartDrawn) -> HandlerResult:
    """Send the picture beside the open page; an order that nobody carried out counts as failed."""
    if isinstance(event, DrawChart) or event.picture is None:
        trouble = event.trouble if isinstance(event, ChartDrawn) else None
        note = here.say(CHART_PROBLEMS[trouble] if trouble else _FAILED)
        return HandlerResult(here.session, notes=(note,), show=False)
    drawn = Attachment.of(f"thong-ke-{here.today.isoformat()}.png", "image/png", event.picture)
    return HandlerResult(here.session, notes=(format_bold(event.title),), attachments=(drawn,), show=False)
