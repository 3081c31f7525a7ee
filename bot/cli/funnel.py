"""Print at which question people stop: ``troly stats funnel``."""

from collections.abc import Mapping

import typer
from rich.text import Text

from bot.cli.output import json_text, print_rows
from bot.cli.session import open_store_as
from bot.errors import Forbidden
from bot.services.funnel import count_stops
from bot.settings import load_settings
from handlers.core.text import MarkupTranslator
from handlers.interview.funnel import format_funnel, sort_steps
from handlers.model import Act
from locales import N_
from rules.loading import load_pack
from rules.pack import Pack


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
