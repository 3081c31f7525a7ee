"""Show the assistant on a made-up province: ``troly demo`` fills a folder, ``troly screens`` prints every screen."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from bot.cli.output import Language, parse_language, write
from bot.concurrency import run_service
from bot.console import SafeConsole
from bot.demo import DemoSizes, DemoTotals, fill_database, write_samples
from bot.demo.data_writer import open_demo_data
from bot.demo.officers import ADMIN, FOCAL, OWNER
from bot.demo.province import FEWEST, MOST
from bot.errors import SettingsError
from bot.logs import configure_logging
from bot.preview import render_page
from bot.preview.journeys import render_journeys
from bot.services.opening import open_store_from_settings
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import load_settings
from handlers.model import ACT_TO_GIVE, ROLES, Refusal, Rights, Role
from locales import N_, Translator, translator
from rules.calendar import to_vietnam_day
from rules.loading import load_pack

#: Fewer officers would not show every state.
_FEWEST_OFFICERS, _MOST_OFFICERS = 20, 100_000
_DEFAULT = DemoSizes()
#: For a rehearsal of a few days.
_INVITATION_LIFETIME = timedelta(days=7)


def demo(
    officers: Annotated[
        int, typer.Option(min=_FEWEST_OFFICERS, max=_MOST_OFFICERS, help=N_("How many officers."))
    ] = _DEFAULT.officers,
    units: Annotated[int, typer.Option(min=FEWEST, max=MOST, help=N_("How many units."))] = _DEFAULT.units,
    seed: Annotated[int, typer.Option(help=N_("The same number makes the same province."))] = _DEFAULT.seed,
    telegram: Annotated[
        bool,
        typer.Option(
            "--telegram",
            help=N_(
                "Rehearse on Telegram afterwards, over the made-up data; every message says that it is a rehearsal."
            ),
        ),
    ] = False,
    certificates: Annotated[
        Path | None, typer.Option(help=N_("Folder to write sample certificate files to, to be sent to the assistant."))
    ] = None,
) -> None:
    """Fill an empty data folder; demo data never leaves the machine."""
    t, now = translator(load_settings().language), datetime.now(UTC)
    if telegram:
        _require_token()
    if telegram and asyncio.run(_is_filled()):
        _rehearse(t)
        return
    made = asyncio.run(_fill_database(DemoSizes(officers, units, seed), now, t))
    files = write_samples(certificates, now, seed) if certificates else []
    for line in _format_result(made, files, t):
        typer.echo(line)
    if telegram:
        _rehearse(t)


def _require_token() -> None:
    from bot.app import has_channel  # noqa: PLC0415 - a demo without Telegram starts without it

    if not has_channel(load_settings()):
        raise SettingsError(N_("TROLY_TELEGRAM_TOKEN is not set"))


async def _is_filled() -> bool:
    """Tell whether the folder holds made-up data already: a rehearsal goes on with them."""
    async with open_store_from_settings(load_settings()) as opened:
        return await opened.store.status.is_made_up()


def _rehearse(t: Translator) -> None:
    """Print an invitation for each role, then serve until told to stop."""
    from bot.app import serve  # noqa: PLC0415 - as above

    settings = load_settings()
    typer.echo(t(N_("Rehearsal on Telegram. Whoever sends the assistant one of these lines has that role, once each:")))
    for role, code in asyncio.run(_invite()):
        typer.echo(f"  /start {code}  ({t(ROLES[role])})")
    configure_logging(level=settings.log_level, form=settings.log_format)
    run_service(partial(serve, settings, rehearsal=True))


async def _invite() -> list[tuple[Role, str]]:
    """Make an invitation for each role; admin and focal officer get the unit of the first body."""
    async with open_store_from_settings(load_settings()) as opened:
        store, now = opened.store, datetime.now(UTC)
        units = await store.units.read()
        rights, made = Rights.operator(units), []
        top = next((unit.code for unit in units.units.values() if unit.is_open(to_vietnam_day(now))), None)
        async with open_admin_transaction(store, now) as at:
            for role in ACT_TO_GIVE:
                unit = None if role is Role.OWNER else top
                invited = await at.admin.people.invite(rights, role, unit, "", now + _INVITATION_LIFETIME)
                made += [] if isinstance(invited, Refusal) else [(role, invited.code)]
            await at.commit()
        return made


async def _fill_database(sizes: DemoSizes, now: datetime, t: Translator) -> DemoTotals:
    settings = load_settings()
    async with open_demo_data(settings) as bulk:
        with _progress_bar(sizes.officers, t) as show_progress:
            return await fill_database(bulk, load_pack(settings.pack), sizes, now, show_progress)


@contextmanager
def _progress_bar(total: int, t: Translator) -> Iterator[Callable[[int], object]]:
    """Show a progress bar on a terminal, and nothing elsewhere."""
    console = SafeConsole(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(t(N_("Making officers")), total=total)
        yield lambda added: bar.advance(task, added)


def _format_result(made: DemoTotals, files: list[Path], t: Translator) -> Iterator[str]:
    yield t(
        N_("Made up: officers {officers}, units {units}, requests {requests}. Nobody is behind any of it."),
        officers=made.officers,
        units=made.units,
        requests=made.requests,
    )
    yield t(N_("Try next:"))
    yield f"  troly chat --as {OWNER}"
    yield f"  troly chat --as {ADMIN}-1"
    yield f"  troly chat --as {FOCAL}-1"
    yield "  troly requests list"
    if files:
        yield t(N_("Certificate files to send in the chat: /tep {file}"), file=files[0])


def screens(
    out: Annotated[Path | None, typer.Option(help=N_("File to write; without it, standard output."))] = None,
    language: Language = None,
    journeys: Annotated[
        bool, typer.Option("--journeys", help=N_("Write how long the ways to an answer are, instead of the screens."))
    ] = False,
) -> None:
    """Write the page of screens, or that of journeys."""
    chosen, pack = parse_language(language), load_pack(load_settings().pack)
    write(asyncio.run(render_journeys(pack) if journeys else render_page(pack, chosen)), out)
