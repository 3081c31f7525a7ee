"""List and check the receiving offices: ``troly offices``."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from bot.cli.output import Language, translator_for
from bot.settings import load_settings
from handlers.core.dates import format_day
from handlers.core.filing import format_office
from locales import N_, Translator
from rules.calendar import to_vietnam_day
from rules.loading import load_pack
from rules.offices import Office, OfficeStatus
from rules.pack import Pack

app = typer.Typer(
    help=N_("List the offices that receive dossiers, and what of them is to be checked."), no_args_is_help=True
)


@app.command("list", help=N_("List every receiving office of the pack and of TROLY_OFFICES."))
def list_(language: Language = None) -> None:
    """Print one paragraph for each office."""
    t = translator_for(language)
    pack = _configured_pack()
    _print(pack.offices, pack, t)


@app.command(help=N_("List the offices that are only assumed, or were checked more than half a year ago."))
def check(
    today: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help=N_("Check as of this day; without it, today in Viet Nam.")),
    ] = None,
    language: Language = None,
) -> None:
    """Print what is to be checked; exit status 1 if there is any."""
    t = translator_for(language)
    day: date = today.date() if today else to_vietnam_day(datetime.now(UTC))
    pack = _configured_pack()
    due = [office for office in pack.offices if office.is_due(day)]
    _print(due, pack, t)
    if due:
        typer.echo(t(N_("To be checked: {count}. Ask the office, then note it in TROLY_OFFICES."), count=len(due)))
        raise typer.Exit(1)
    typer.echo(t(N_("Every receiving office is confirmed and was checked within half a year.")))


def _configured_pack() -> Pack:
    settings = load_settings()
    return load_pack(settings.pack, settings.offices)


def _print(offices: Iterable[Office], pack: Pack, t: Translator) -> None:
    for office in offices:
        typer.echo(format_office_lines(office, pack, t) + "\n")


def format_office_lines(office: Office, pack: Pack, t: Translator) -> str:
    """Return an office with what it receives, for whom, and how far that is sure."""
    status = N_("confirmed") if office.status is OfficeStatus.CONFIRMED else N_("assumed")
    received = [t(pack.procedures[procedure].title) for procedure in office.procedures]
    lines = [
        f"{office.id}: {format_office(office, t)}",
        t(N_("receives: {procedures}"), procedures=", ".join(received) or t(N_("everything"))),
        t(N_("for: {units}"), units=", ".join(office.units) or t(N_("everybody"))),
        t(
            N_("{status}; checked on {day}; source: {source}"),
            status=t(status),
            day=format_day(office.last_checked),
            source=office.source,
        ),
    ]
    return "\n   ".join(lines)
