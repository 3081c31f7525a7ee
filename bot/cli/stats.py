"""Print or draw the statistics of a unit and of those below it: ``troly stats``."""

import asyncio
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from bot.atomic_file import notes_folder, open_atomic_file, refuse_existing
from bot.charts import Charts
from bot.cli.options import (
    As,
    CommandSession,
    UnitOption,
    open_as,
    open_store_as,
    parse_day_option,
    parse_unit,
    to_bad_parameter,
)
from bot.cli.output import Language, json_text, parse_language, print_rows, terminal_width
from bot.console import SafeConsole
from bot.errors import Forbidden
from bot.services.units import count_stops
from bot.settings import load_settings
from handlers.admin.statistics import BURN_DOWN_WINDOW, build_bar_chart, build_burn_chart
from handlers.admin.statistics_text import (
    COUNT_LABELS,
    format_burn_down,
    format_line_name,
    format_number,
    format_statistics_heading,
    format_statistics_remarks,
    to_statistics_data,
)
from handlers.core import MarkupTranslator, format_day, strip_markup
from handlers.interview import format_funnel, sort_steps
from handlers.model import (
    COUNTED_FIELDS,
    Act,
    BurnDown,
    Chart,
    UnitDirectory,
    UnitStatistics,
    is_target,
    statistics_root,
)
from locales import N_
from rules.calendar import to_vietnam_day
from rules.loading import load_pack
from rules.pack import Pack

#: The least width of a terminal, in characters, for the table.
_WIDE = 120
#: ``textwrap`` breaks no line at this blank.
_FIRM = "\N{NO-BREAK SPACE}"


def print_numbers(
    say: MarkupTranslator, units: UnitDirectory, total: UnitStatistics, lines: Sequence[UnitStatistics], now: datetime
) -> None:
    """Print a row for each unit with requests and the total; on a narrow terminal, a few lines for each."""
    title, rows, width = (
        Text(strip_markup(format_statistics_heading(say, units, total.unit, now))),
        _format_rows(say, units, total, lines),
        terminal_width(),
    )
    if width and width < _WIDE:
        SafeConsole(highlight=False).print(title, *_stack_rows(say, rows, width), sep="\n")
    else:
        print_rows(rows, _format_heading(say), aligned=True, title=title)
    if width:
        SafeConsole(highlight=False).print(Text(format_statistics_remarks(say, units, total, lines)))


def _stack_rows(say: MarkupTranslator, rows: Sequence[Sequence[str]], width: int) -> Iterator[Text]:
    """Yield each name and, indented below it, its counts; a count is never parted from its figure."""
    labels = [say.t(COUNT_LABELS[name]) for name in COUNTED_FIELDS]
    for name, *figures in rows:
        shown = (f"{label} {figure}" for label, figure in zip(labels, figures, strict=True) if figure != "0")
        told_firmly = " · ".join(one.replace(" ", _FIRM) for one in shown) or "0"
        filled = textwrap.fill(told_firmly, width, initial_indent="  ", subsequent_indent="  ")
        yield Text(name, "bold")
        yield Text(filled.replace(_FIRM, " "))


def _format_heading(say: MarkupTranslator) -> list[str]:
    return [say.t(N_("Unit")), *(say.t(COUNT_LABELS[name]) for name in COUNTED_FIELDS)]


def _format_rows(
    say: MarkupTranslator, units: UnitDirectory, total: UnitStatistics, lines: Sequence[UnitStatistics]
) -> list[list[str]]:
    shown = [_format_row(say, format_line_name(say, units, one, total), one) for one in lines if one]
    return [*shown, _format_row(say, say.t(N_("Total")), total)]


def _format_row(say: MarkupTranslator, name: str, one: UnitStatistics) -> list[str]:
    return [" ".join(name.split()), *(format_number(say, getattr(one, count)) for count in COUNTED_FIELDS)]


@dataclass(frozen=True, slots=True)
class StatisticsResult:
    """The statistics that were read, with their units and their time."""

    units: UnitDirectory
    total: UnitStatistics
    lines: tuple[UnitStatistics, ...]
    burnt: BurnDown | None
    now: datetime


class StatisticsView(StrEnum):
    """The kinds of statistics that can be counted."""

    UNITS = "units"
    FUNNEL = "funnel"


def stats(
    view: Annotated[
        StatisticsView,
        typer.Argument(
            metavar="VIEW", help=N_("units: certificates and requests; funnel: at which question people stop.")
        ),
    ] = StatisticsView.UNITS,
    *,
    unit: UnitOption = None,
    as_json: Annotated[bool, typer.Option("--json", help=N_("Print JSON."))] = False,
    png: Annotated[Path | None, typer.Option(help=N_("Write a chart to this file."))] = None,
    until: Annotated[
        str | None,
        typer.Option(help=N_("What is still open, day by day, towards this day.")),
    ] = None,
    person: As = None,
    force: Annotated[bool, typer.Option("--force", help=N_("Replace a file that is there."))] = False,
    language: Language = None,
) -> None:
    """Print the statistics, or draw them."""
    say = MarkupTranslator(parse_language(language))
    if view is StatisticsView.FUNNEL:
        print_funnel(say, asyncio.run(read_funnel(person)), as_json=as_json)
        return
    if png is not None:
        refuse_existing(png, force=force)
    counted = asyncio.run(_read_statistics(unit, parse_day_option("--until", until), person))
    if png is not None:
        _write_chart(_to_chart(say, counted), png)
        typer.echo(say.t(N_("The chart is written to {file}."), file=png), err=True)
    if as_json:
        typer.echo(json_text(_statistics_data(counted), indent=2))
    elif png is None:
        _print_statistics(say, counted)


async def _read_statistics(unit: str | None, until: date | None, person: str | None) -> StatisticsResult:
    async with open_as(person, reading=True) as at:
        at.require(Act.SEE_PICTURE)
        unit = _visible_unit(at, unit) if unit else None
        today = to_vietnam_day(at.now)
        total, lines = await at.admin.units.numbers(at.rights, unit, today, at.now)
        burnt = await _read_burn_down(at, unit, until, today) if until else None
        return StatisticsResult(at.units, total, lines, burnt, at.now)


def _visible_unit(at: CommandSession, typed: str) -> str:
    """Return the code of a unit within the caller's rights.

    Raises:
        Forbidden: the unit lies outside the caller's rights.
        typer.BadParameter: no unit, or several, have this name.
    """
    unit = parse_unit(typed, at.units)
    if not at.rights.may(Act.SEE_PICTURE, unit):
        raise Forbidden(N_("This role may not do that."))
    return unit


async def _read_burn_down(at: CommandSession, unit: str | None, until: date, today: date) -> BurnDown:
    if not is_target(until, today):
        raise to_bad_parameter("--until", N_("choose a day within five years of today"))
    start = min(today, until) - BURN_DOWN_WINDOW
    return await at.admin.units.burn_down(at.rights, statistics_root(at.rights, unit), start, until, today)


def _to_chart(say: MarkupTranslator, counted: StatisticsResult) -> Chart:
    """Build the burn-down chart if a target is given, else a bar for each unit."""
    if counted.burnt:
        return build_burn_chart(say, counted.units, counted.total.unit, counted.burnt, counted.now)
    return build_bar_chart(say, counted.units, counted.total, counted.lines, counted.now)


def _write_chart(chart: Chart, out: Path) -> None:
    picture = Charts(load_settings().data_dir / "charts").draw_blocking(chart)
    with open_atomic_file(out, notes_folder(load_settings().data_dir)) as place:
        place.draft.write_bytes(picture)
        place.publish()


def _statistics_data(counted: StatisticsResult) -> dict[str, object]:
    return to_statistics_data(counted.units, counted.total, counted.lines, counted.burnt, counted.now)


def _print_statistics(say: MarkupTranslator, counted: StatisticsResult) -> None:
    """Print a table on a terminal, columns in a pipe."""
    print_numbers(say, counted.units, counted.total, counted.lines, counted.now)
    if counted.burnt:
        typer.echo(strip_markup(format_burn_down(say, counted.burnt)))
        typer.echo(_format_open_by_day(say, counted.burnt))


def _format_open_by_day(say: MarkupTranslator, burnt: BurnDown) -> str:
    counts = ", ".join(map(str, burnt.open))
    return say.t(N_("Open at the end of each day since {day}: {counts}"), day=format_day(burnt.start), counts=counts)


async def read_funnel(person: str | None) -> tuple[Mapping[str, int], Pack]:
    """Count, for one who sees the numbers of everything.

    Raises:
        Forbidden: the person does not.
        StoreError: the store cannot be used.
    """
    settings = load_settings()
    pack = load_pack(settings.pack, settings.offices)
    async with open_store_as(Act.SEE_PICTURE, person) as at:
        if not at.rights.reach(Act.SEE_PICTURE).everything:
            raise Forbidden(N_("This role may not do that."))
        return await count_stops(at.store, pack, at.now), pack


def print_funnel(say: MarkupTranslator, found: tuple[Mapping[str, int], Pack], *, as_json: bool) -> None:
    """Print the steps in order with their numbers."""
    counts, pack = found
    if as_json:
        typer.echo(json_text({step: counts[step] for step in sort_steps(counts, pack)}, indent=2))
        return
    rows = [[step, str(number)] for step, number in format_funnel(say.t, counts, pack)]
    title = Text(say.t(N_("Where conversations stand that have been silent for a day")))
    total = [say.t(N_("all of them")), str(sum(counts.values()))]
    print_rows([*rows, total], [say.t(N_("Where it stands")), say.t(N_("People"))], aligned=True, title=title)
