"""Builds charts from statistics."""

from collections.abc import Sequence
from datetime import datetime

from handlers.admin.statistics.text import STACKED_COUNTS, format_line_name, format_scope, format_statistics_remarks
from handlers.core.dates import format_day, format_moment
from handlers.core.text import MarkupTranslator
from handlers.model.chart import Bar, BarChart, BurnChart
from handlers.model.statistics import BurnDown, UnitStatistics
from handlers.model.unit_directory import UnitDirectory
from locales import N_

#: Bars that can still be read; the units with most to do come first.
MAX_BARS = 60


def build_bar_chart(
    say: MarkupTranslator, units: UnitDirectory, total: UnitStatistics, lines: Sequence[UnitStatistics], now: datetime
) -> BarChart:
    """Build a chart with a bar for each unit that has any counts, or with one total bar if no unit is below."""
    telling = [one for one in lines or (total,) if _bar_values(one)]
    shown = sorted(telling, key=lambda one: (-one.action_needed, -one.open, format_line_name(say, units, one, total)))
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
