"""Show the assistant on a made-up province: ``troly demo`` fills a folder, ``troly screens`` prints every screen."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from bot.cli.output import Language, parse_language, write
from bot.demo import DemoSizes, DemoTotals, fill_database, write_samples
from bot.demo.data_writer import open_demo_data
from bot.demo.officers import ADMIN, FOCAL, OWNER
from bot.demo.province import FEWEST, MOST
from bot.preview import render_page
from bot.preview.journeys import render_journeys
from bot.settings import load_settings
from bot.streams import SafeConsole
from locales import N_, Translator, translator
from rules.loading import load_pack

#: Fewer officers would not show every state.
_FEWEST_OFFICERS, _MOST_OFFICERS = 20, 100_000
_DEFAULT = DemoSizes()


def demo(
    officers: Annotated[
        int, typer.Option(min=_FEWEST_OFFICERS, max=_MOST_OFFICERS, help=N_("How many officers."))
    ] = _DEFAULT.officers,
    units: Annotated[int, typer.Option(min=FEWEST, max=MOST, help=N_("How many units."))] = _DEFAULT.units,
    seed: Annotated[int, typer.Option(help=N_("The same number makes the same province."))] = _DEFAULT.seed,
    certificates: Annotated[
        Path | None, typer.Option(help=N_("Folder to write sample certificate files to, to be sent to the assistant."))
    ] = None,
) -> None:
    """Fill an empty data folder; demo data never leaves the machine."""
    t, now = translator(load_settings().language), datetime.now(UTC)
    made = asyncio.run(_fill_database(DemoSizes(officers, units, seed), now, t))
    files = write_samples(certificates, now, seed) if certificates else []
    for line in _format_result(made, files, t):
        typer.echo(line)


async def _fill_database(sizes: DemoSizes, now: datetime, t: Translator) -> DemoTotals:
    settings = load_settings()
    async with open_demo_data(settings) as bulk:
        with _progress_bar(sizes.officers, t) as told:
            return await fill_database(bulk, load_pack(settings.pack), sizes, now, told)


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
    spoken, pack = parse_language(language), load_pack(load_settings().pack)
    write(asyncio.run(render_journeys(pack) if journeys else render_page(pack, spoken)), out)
