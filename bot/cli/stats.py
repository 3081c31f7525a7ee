"""``troly stats``: the numbers of a unit and of those below it."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.charts import Charts
from bot.cli.acting import Acting, As, acting
from bot.cli.filters import UnitOption
from bot.cli.language import Language, language_of
from bot.cli.meant import day_of, unit_of, wrong
from bot.cli.output import json_text
from bot.cli.stats_table import show
from bot.errors import Forbidden
from bot.exports.landing import landing, notes_of, refuse_taken
from bot.settings import load_settings
from handlers.dates import day
from handlers.office.chart import Chart
from handlers.office.charting import bar_chart, burn_chart
from handlers.office.looking import LOOKING_BACK
from handlers.office.picture import BurnDown, Numbers, is_target, opened
from handlers.office.picture_words import burning
from handlers.office.rights import Act
from handlers.office.stats_json import as_data
from handlers.office.units import UnitDirectory
from handlers.voice import Voice, plain
from locales import N_
from rules.calendar import vietnamese_day


@dataclass(frozen=True, slots=True)
class Stats:
    """What was counted, of what, and when."""

    units: UnitDirectory
    total: Numbers
    lines: tuple[Numbers, ...]
    burnt: BurnDown | None
    now: datetime


def stats(
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
    """Print the numbers, or draw them."""
    say = Voice(language_of(language))
    if png is not None:
        refuse_taken(png, force=force)
    counted = asyncio.run(_counted(unit, day_of("--until", until), person))
    if png is not None:
        _draw(_chart(say, counted), png)
        typer.echo(say.t(N_("The chart is written to {file}."), file=png), err=True)
    if as_json:
        typer.echo(json_text(_data(counted), indent=2))
    elif png is None:
        _print(say, counted)


async def _counted(unit: str | None, until: date | None, person: str | None) -> Stats:
    async with acting(person, reading=True) as at:
        at.require(Act.SEE_PICTURE)
        unit = _seen(at, unit) if unit else None
        today = vietnamese_day(at.now)
        total, lines = await at.admin.picture.numbers(at.rights, unit, today, at.now)
        burnt = await _burnt(at, unit, until, today) if until else None
        return Stats(at.units, total, lines, burnt, at.now)


def _seen(at: Acting, typed: str) -> str:
    """The code of a unit within reach.

    Raises:
        Forbidden: the unit is not within reach.
        typer.BadParameter: no unit, or several, are called so.
    """
    unit = unit_of(typed, at.units)
    if not at.rights.may(Act.SEE_PICTURE, unit):
        raise Forbidden(N_("This role may not do that."))
    return unit


async def _burnt(at: Acting, unit: str | None, until: date, today: date) -> BurnDown:
    if not is_target(until, today):
        raise wrong("--until", N_("choose a day within five years of today"))
    start = min(today, until) - LOOKING_BACK
    return await at.admin.picture.burn_down(at.rights, opened(at.rights, unit), start, until, today)


def _chart(say: Voice, counted: Stats) -> Chart:
    """The way to the target where there is one, else a bar for each unit."""
    if counted.burnt:
        return burn_chart(say, counted.units, counted.total.unit, counted.burnt, counted.now)
    return bar_chart(say, counted.units, counted.total, counted.lines, counted.now)


def _draw(chart: Chart, out: Path) -> None:
    picture = Charts(load_settings().data_dir / "charts").draw_blocking(chart)
    with landing(out, notes_of(load_settings().data_dir)) as place:
        place.draft.write_bytes(picture)
        place.publish()


def _data(counted: Stats) -> dict[str, object]:
    return as_data(counted.units, counted.total, counted.lines, counted.burnt, counted.now)


def _print(say: Voice, counted: Stats) -> None:
    """A table on a terminal, columns in a pipe."""
    show(say, counted.units, counted.total, counted.lines, counted.now)
    if counted.burnt:
        typer.echo(plain(burning(say, counted.burnt)))
        typer.echo(_day_by_day(say, counted.burnt))


def _day_by_day(say: Voice, burnt: BurnDown) -> str:
    counts = ", ".join(map(str, burnt.open))
    return say.t(N_("Open at the end of each day since {day}: {counts}"), day=day(burnt.start), counts=counts)
