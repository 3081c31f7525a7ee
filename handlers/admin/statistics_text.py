"""The texts of the statistics, with bars of characters that fit a phone."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from handlers.core import MarkupTranslator, format_bold, format_day, format_moment, join_lines
from handlers.model import BurnDown, UnitDirectory, UnitStatistics, has_no_requests_below, is_own_line
from locales import N_

#: The counts of a bar in the order of its parts, from not begun to done.
STACKED_COUNTS = {
    "action_needed": N_("action needed"),
    "requested": N_("being handled"),
    "forwarded": N_("forwarded"),
    "done": N_("done"),
}
COUNT_LABELS = {
    "officers": N_("officers"),
    "certificates": N_("certificates"),
    **STACKED_COUNTS,
    "expiring_30": N_("expire in ≤ 30 days"),
    "expiring_60": N_("expire in ≤ 60 days"),
    "expiring_90": N_("expire in ≤ 90 days"),
    "silent": N_("silent for 14 days"),
}
#: The character for each part of a bar, lightest for what is not begun.
_SHADES = dict(zip(STACKED_COUNTS, "░▒▓█", strict=True))
#: Characters of a bar; with its figures it fits a line on a phone.
_BAR_LENGTH = 16


def format_number(say: MarkupTranslator, value: int) -> str:
    """Format a number with separators: ``12.000`` in Vietnamese, ``12,000`` in English."""
    return f"{value:,}".replace(",", "," if say.language == "en" else ".")


def format_scope(say: MarkupTranslator, units: UnitDirectory, unit: str | None) -> str:
    """Return the name of the unit that the statistics are about."""
    return units.name(unit) if unit else say.t(N_("all units"))


def format_line_name(say: MarkupTranslator, units: UnitDirectory, one: UnitStatistics, total: UnitStatistics) -> str:
    """Return the name of a line: its unit, the unit itself, or no known unit."""
    if one.unit is None:
        return say.t(N_("all units")) if one is total else say.t(N_("unit not known"))
    name = units.name(one.unit)
    return say.t(N_("{unit} (itself)"), unit=name) if is_own_line(units, one, total) else name


def format_statistics_heading(say: MarkupTranslator, units: UnitDirectory, unit: str | None, now: datetime) -> Markup:
    """Format the heading with the unit and the moment."""
    name = format_bold(say(N_("Numbers: {unit}"), unit=format_scope(say, units, unit)))
    return join_lines(name, say(N_("As of {moment}."), moment=format_moment(now)))


def format_table(say: MarkupTranslator, total: UnitStatistics) -> Markup:
    """Format every count on its own line, figures aligned."""
    counted = [(say.t(label), format_number(say, getattr(total, name))) for name, label in COUNT_LABELS.items()]
    label_width, width = (max(map(len, column)) for column in zip(*counted, strict=True))
    rows = "\n".join(f"{label:<{label_width}}  {figure:>{width}}" for label, figure in counted)
    return Markup("<code>{}</code>").format(rows)


def format_legend(say: MarkupTranslator) -> Markup:
    """Explain the shades of the bars."""
    shade = Markup("<code>{}</code> {}")
    return join_lines(*(shade.format(_SHADES[name] * 2, say.t(label)) for name, label in STACKED_COUNTS.items()))


def format_statistics_remarks(
    say: MarkupTranslator, units: UnitDirectory, total: UnitStatistics, below: Sequence[UnitStatistics]
) -> str:
    """Explain what the columns count."""
    kinds = say.t(N_("“Action needed” counts certificates, the other columns count requests."))
    if not has_no_requests_below(units, total, below):
        return kinds
    return kinds + " " + say.t(N_("Requests are counted at the body that manages them directly."))


def format_line(
    say: MarkupTranslator, units: UnitDirectory, one: UnitStatistics, total: UnitStatistics, largest: int
) -> Markup:
    """Format a line: name, bar (relative to the longest one), and figures with their sum."""
    silent = say.t(N_("silent: {number}"), number=format_number(say, one.silent)) if one.silent else ""
    name = format_bold(format_line_name(say, units, one, total))
    return join_lines(
        name, Markup("<code>{}</code> {}").format(format_bar(one, largest), _format_figures(say, one)), escape(silent)
    )


def _format_figures(say: MarkupTranslator, one: UnitStatistics) -> str:
    if not one.requests:
        return say.t(N_("action needed: {number}"), number=format_number(say, one.action_needed))
    figures = " · ".join(format_number(say, getattr(one, name)) for name in STACKED_COUNTS)
    return say.t(N_("{figures}; total {total}"), figures=figures, total=format_number(say, bar_height(one)))


def bar_height(one: UnitStatistics) -> int:
    """Return the number that a bar stands for."""
    return one.open + one.done


def format_bar(one: UnitStatistics, largest: int) -> str:
    """Draw a bar of shaded blocks; the largest fills the line, and even the smallest part stays visible."""
    counts = {name: getattr(one, name) for name in STACKED_COUNTS}
    if not any(counts.values()):
        return "·"
    widths = {name: max(1, round(count * _BAR_LENGTH / largest)) if count else 0 for name, count in counts.items()}
    while sum(widths.values()) > _BAR_LENGTH:
        widths[max(widths, key=lambda name: widths[name])] -= 1
    return "".join(_SHADES[name] * width for name, width in widths.items())


def format_burn_down(say: MarkupTranslator, burnt: BurnDown) -> Markup:
    """Tell how much is left until the target day, and the daily pace that this takes."""
    left, until = format_number(say, burnt.open[-1]), format_day(burnt.until)
    if burnt.per_day is None:
        return say(N_("Still to be done: <b>{left}</b>; the target was {day}."), left=left, day=until)
    pace = f"{burnt.per_day:.1f}".replace(".", "." if say.language == "en" else ",")
    message = N_("Still to be done: <b>{left}</b>; to be through by {day}, {pace} a day.")
    return say(message, left=left, day=until, pace=pace)


def format_page(
    say: MarkupTranslator,
    units: UnitDirectory,
    total: UnitStatistics,
    shown: Sequence[UnitStatistics],
    every: Sequence[UnitStatistics],
) -> tuple[Markup, ...]:
    """Format the paragraphs below the heading.

    Args:
        say: The translator.
        units: The tree.
        total: The total of the unit.
        shown: The lines on this page.
        every: All lines; they set the scale of the bars.
    """
    if not shown:
        return (format_table(say, total),)
    largest = max(map(bar_height, every))
    below = [format_line(say, units, one, total, largest) for one in shown]
    return (
        format_table(say, total),
        format_legend(say),
        escape(format_statistics_remarks(say, units, total, every)),
        *below,
    )


def to_statistics_data(
    units: UnitDirectory, total: UnitStatistics, lines: Sequence[UnitStatistics], burnt: BurnDown | None, now: datetime
) -> dict[str, Any]:
    """Return the statistics as JSON-ready values."""
    return {
        "as_of": now.isoformat(),
        "total": _numbers_data(units, total),
        "units": [_numbers_data(units, one) for one in lines],
        "burn_down": _burn_down_data(burnt) if burnt else None,
    }


def _numbers_data(units: UnitDirectory, one: UnitStatistics) -> dict[str, Any]:
    counts = asdict(one)
    return {"unit": counts.pop("unit"), "name": units.name(one.unit) or None, **counts}


def _burn_down_data(burnt: BurnDown) -> dict[str, Any]:
    return {
        "start": burnt.start.isoformat(),
        "until": burnt.until.isoformat(),
        "open": list(burnt.open),
        "a_day": burnt.per_day,
    }
