"""Check, preview, follow and list broadcasts: ``troly broadcast``."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import typer

from bot.channels.rendering import to_plain_text
from bot.cli.broadcast_actions import Follow, approve, cancel, pause, resend, resume, run_interruptible, start
from bot.cli.broadcast_draft import change, new
from bot.cli.broadcast_output import (
    BroadcastCode,
    Json,
    broadcast_data,
    follow_progress,
    format_broadcast,
    format_late_steps,
    format_next_step,
    format_quiet_hours,
    format_second_person,
    get_broadcast,
    print_broadcasts,
    print_steps,
    report,
    to_action_error,
)
from bot.cli.options import As, CommandSession, open_as, open_store_as
from bot.cli.output import print_json_lines
from bot.services.broadcasts import BroadcastOperations
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import load_settings
from bot.streams import sanitize
from handlers.broadcasts import format_channel, format_problem, format_problem_rows, format_reachability
from handlers.core import MarkupTranslator, Reply
from handlers.model import (
    ENDED_STATES,
    MACHINE,
    Act,
    ActionResult,
    Broadcast,
    CheckReport,
    DeliveryCounts,
    Recipient,
    UnitDirectory,
)
from locales import N_, translator

app = typer.Typer(add_completion=False, no_args_is_help=True)
for _about, _command in (
    (N_("Write a draft: text, audience, buttons; with --plan a campaign."), new),
    (N_("Change a draft."), change),
    (N_("Approve what was checked: text and audience stay as they are then."), approve),
    (N_("Start it by hand."), start),
    (N_("Pause it; within a second nothing more leaves."), pause),
    (N_("Go on after a pause."), resume),
    (N_("Call it off, with all that has not left yet."), cancel),
    (N_("Write a file with what became of it for each recipient."), report),
    (N_("Send it again to people of whom it is not known whether it arrived."), resend),
):
    app.command(help=_about)(_command)

_Samples = tuple[tuple[Recipient, Reply], ...]
#: Broadcasts are read in pages of this size.
_PAGE = 100


@app.command(help=N_("Go through the whole list: who is meant, and what stands against it."))
def check(name: BroadcastCode, person: As = None) -> None:
    """Check a broadcast; exit status 1 if a problem blocks it."""
    t = translator(load_settings().language)
    broadcast, found, asked = asyncio.run(_check_broadcast(name, person))
    for one in found.counted:
        typer.echo(format_reachability(t, one))
    typer.echo(t(N_("Recipients: {count}"), count=found.recipients))
    for problem in found.problems:
        typer.echo(sanitize(format_problem(t, problem)))
        if concerned := format_problem_rows(t, problem):
            typer.echo(f"  {sanitize(concerned)}")
    for line in (*format_late_steps(t, broadcast, found.at), *format_quiet_hours(t, broadcast, found.at)):
        typer.echo(line)
    if found.problems:
        typer.echo(t(N_("Nothing can be sent as it stands. Change it and check it again.")))
        raise typer.Exit(1)
    typer.echo("\n".join(format_second_person(t, asked) if asked is not None else [format_next_step(t, broadcast)]))


async def _check_broadcast(name: str, person: str | None) -> tuple[Broadcast, CheckReport, int | None]:
    """Return the broadcast, the report, and the number of people asked to approve it if a second person must."""
    async with open_store_as(Act.WRITE_BROADCASTS, person) as by:
        async with open_admin_transaction(by.store, by.now, chat=by.chat, channel=MACHINE) as unit:
            seen = await get_broadcast(unit.admin, by.rights, name)
            outcome = await unit.admin.broadcasts.request_check(by.rights, seen.id)
            if outcome is not ActionResult.DONE:
                raise to_action_error(outcome, seen)
            seen = await get_broadcast(unit.admin, by.rights, seen.id)
            await unit.commit()
        found = await BroadcastOperations.over(by.store).check(seen.id, by.now)
        async with open_admin_transaction(by.store, by.now, chat=by.chat, channel=MACHINE, reading=True) as unit:
            broadcast = await get_broadcast(unit.admin, by.rights, seen.id)
            another = not found.problems and await unit.admin.broadcasts.needs_second_person(by.rights, seen.id)
        asked = (
            await BroadcastOperations.over(by.store).request_approvals(seen, found.recipients, by.now)
            if another
            else None
        )
        return broadcast, found, asked


@app.command(help=N_("Show what the first recipients would get, with their real values."))
def preview(
    name: BroadcastCode,
    limit: Annotated[int, typer.Option(min=1, max=100, help=N_("How many recipients."))] = 3,
    person: As = None,
) -> None:
    """Print the messages of the first recipients; names are masked if ``--as`` may not see them."""
    t = translator(load_settings().language)
    samples, units = asyncio.run(_render_samples(name, limit, person))
    for recipient, reply in samples:
        parts = (recipient.code, recipient.name, units.name(recipient.unit), format_channel(t, recipient.channel))
        typer.echo("— " + sanitize(" · ".join(part for part in parts if part)).replace("\n", " "))
        typer.echo(sanitize("\n\n".join(map(to_plain_text, reply.paragraphs))))
        typer.echo(" ".join(f"[{choice.label}]" for choice in reply.choices) + "\n")
    if not samples:
        typer.echo(t(N_("Nobody is meant, or there is no text to be shown yet.")), err=True)


async def _render_samples(name: str, limit: int, person: str | None) -> tuple[_Samples, UnitDirectory]:
    async with open_as(person, reading=True) as at:
        at.require(Act.SEE_BROADCASTS)
        seen = await get_broadcast(at.admin, at.rights, name)
        return await at.admin.broadcasts.sample(at.rights, seen.id, limit), at.units


@app.command(help=N_("Show how far one is, or all that have not ended."))
def status(
    name: Annotated[str | None, typer.Argument(metavar="ID", help=N_("Without one: all that have not ended."))] = None,
    *,
    follow_it: Follow = False,
    json: Json = False,
    person: As = None,
) -> None:
    """Print the status of a broadcast, for a campaign with its steps, or of all that have not ended."""
    say = MarkupTranslator(load_settings().language)
    if name is None:
        if follow_it:
            raise typer.BadParameter(say.t(N_("name the one to follow")))
        _print_broadcasts(say, asyncio.run(_read_open(person)), json=json)
    else:
        if follow_it:
            run_interruptible(name, say, lambda: _follow_broadcast(name, person, say))
        _print_broadcast(say, *asyncio.run(_read_broadcast(name, person)), json=json)


def _print_broadcasts(say: MarkupTranslator, found: "_BroadcastRows", *, json: bool) -> None:
    listed, units = found
    print_broadcasts(say, listed, units, json=json)
    if not listed and not json:
        typer.echo(say.t(N_("No broadcast matches.")), err=True)


def _print_broadcast(
    say: MarkupTranslator,
    broadcast: Broadcast,
    tally: DeliveryCounts,
    steps: list[tuple[Broadcast, DeliveryCounts]],
    *,
    json: bool,
) -> None:
    if json:
        print_json_lines(broadcast_data(*row) for row in ((broadcast, tally), *steps))
        return
    typer.echo("\n".join(format_broadcast(say, broadcast, tally)))
    if steps:
        typer.echo()
        print_steps(say, steps)


async def _follow_broadcast(name: str, person: str | None, say: MarkupTranslator) -> None:
    async with open_store_as(Act.SEE_BROADCASTS, person) as by:
        async with open_admin_transaction(by.store, by.now, chat=by.chat, channel=MACHINE, reading=True) as unit:
            seen = await get_broadcast(unit.admin, by.rights, name)
        if not seen.is_campaign:  # a campaign goes on for weeks
            await follow_progress(by, seen.id, say)


async def _read_broadcast(
    name: str, person: str | None
) -> tuple[Broadcast, DeliveryCounts, list[tuple[Broadcast, DeliveryCounts]]]:
    async with open_as(person, reading=True) as at:
        at.require(Act.SEE_BROADCASTS)
        book, seen = at.admin.broadcasts, await get_broadcast(at.admin, at.rights, name)
        steps = [(step, await book.tally(at.rights, step.id)) for step in await book.steps(at.rights, seen.id)]
        return seen, await book.tally(at.rights, seen.id), steps


@app.command("list", help=N_("List broadcasts, the newest first."))
def list_broadcasts(
    *,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help=N_("How many at most, the newest first."))] = 50,
    json: Json = False,
    person: As = None,
) -> None:
    """Print single broadcasts and campaigns; ``status`` shows the steps of a campaign."""
    _print_broadcasts(MarkupTranslator(load_settings().language), asyncio.run(_read_latest(limit, person)), json=json)


_BroadcastRows = tuple[list[tuple[Broadcast, DeliveryCounts | None]], dict[str, str]]


async def _read_latest(limit: int, person: str | None) -> _BroadcastRows:
    async with open_as(person, reading=True) as at:
        found: list[Broadcast] = []
        async for one in _iter_broadcasts(at):
            found.append(one)
            if len(found) == limit:
                break
        return await _with_counts(at, found)


async def _read_open(person: str | None) -> _BroadcastRows:
    async with open_as(person, reading=True) as at:
        return await _with_counts(at, [one async for one in _iter_broadcasts(at) if one.state not in ENDED_STATES])


async def _iter_broadcasts(at: CommandSession) -> AsyncIterator[Broadcast]:
    """Yield all broadcasts, the newest first, page by page."""
    at.require(Act.SEE_BROADCASTS)
    before = None
    while page := await at.admin.broadcasts.latest(at.rights, _PAGE, before):
        for one in page:
            yield one
        before = page[-1].id


async def _with_counts(at: CommandSession, found: list[Broadcast]) -> _BroadcastRows:
    listed: list[tuple[Broadcast, DeliveryCounts | None]] = [
        (one, await at.admin.broadcasts.tally(at.rights, one.id)) for one in found
    ]
    return listed, {one.unit: at.units.name(one.unit) for one in found if one.unit}
