"""From numbers to charts."""

from collections.abc import Sequence
from datetime import datetime

from handlers.dates import day, moment
from handlers.office.chart import Bar, BarChart, BurnChart
from handlers.office.picture import BurnDown, Numbers
from handlers.office.picture_words import STACK, line_name, remarks, scope_name
from handlers.office.units import UnitDirectory
from handlers.voice import Voice
from locales import N_

#: Bars that are still read easily; units with more to do come first.
MOST_BARS = 60


def bar_chart(say: Voice, units: UnitDirectory, total: Numbers, lines: Sequence[Numbers], now: datetime) -> BarChart:
    """A bar for each unit with anything to do or done; the one total where there is no unit below."""
    telling = [one for one in lines or (total,) if _values(one)]
    shown = sorted(telling, key=lambda one: (-one.action_needed, -one.open, line_name(say, units, one, total)))
    return BarChart(
        title=say.t(N_("Certificates and requests: {unit}"), unit=scope_name(say, units, total.unit)),
        note=_note(say, now, len(shown), remarks(say, units, total, lines)),
        series=tuple(say.t(label) for label in STACK.values()),
        bars=tuple(Bar(label=line_name(say, units, one, total), values=_values(one)) for one in shown[:MOST_BARS]),
        axis=say.t(N_("number")),
        nothing=say.t(N_("Nothing is known yet.")),
    )


def _values(one: Numbers) -> tuple[int, ...]:
    """What the stack shows; empty where it shows nothing."""
    values = tuple(getattr(one, name) for name in STACK)
    return values if any(values) else ()


def _note(say: Voice, now: datetime, number: int, remark: str) -> str:
    made = f"{remark}\n{say.t(N_('As of {moment}.'), moment=moment(now))}"
    if number <= MOST_BARS:
        return made
    return made + " " + say.t(N_("The {shown} units with most to do, of {number}."), shown=MOST_BARS, number=number)


def burn_chart(say: Voice, units: UnitDirectory, unit: str | None, burnt: BurnDown, now: datetime) -> BurnChart:
    """What is still open, towards the target."""
    return BurnChart(
        title=say.t(N_("Still to be done: {unit}"), unit=scope_name(say, units, unit)),
        note=say.t(N_("As of {moment}."), moment=moment(now)),
        start=burnt.start,
        until=burnt.until,
        open=burnt.open,
        open_label=say.t(N_("still to be done")),
        ideal_label=say.t(N_("even pace")),
        until_label=say.t(N_("target {day}"), day=day(burnt.until)),
    )
