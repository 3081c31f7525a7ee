"""``troly broadcast``: reminders to many, from the draft to the report."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import typer

from bot.channels.markup import plain
from bot.cli.acting import Acting, As, acting, entitled
from bot.cli.broadcast_moves import Follow, approve, cancel, following, pause, resend, resume, start
from bot.cli.broadcast_new import change, new
from bot.cli.broadcast_progress import follow
from bot.cli.broadcast_report import report
from bot.cli.broadcast_words import (
    Json,
    Name,
    as_data,
    next_step,
    print_broadcasts,
    print_steps,
    refused,
    second_person,
    steps_over,
    the_one,
    told,
)
from bot.cli.output import print_json_lines
from bot.delivery.heralding.asking import ask_second_person
from bot.harmless import harmless
from bot.settings import load_settings
from handlers.broadcasts.model import ENDED, Broadcast, Checked, Outcome, Recipient, Tally
from handlers.broadcasts.report_words import channel_name, reachable, rows, trouble
from handlers.office.rights import MACHINE, Act
from handlers.office.units import UnitDirectory
from handlers.replies import Reply
from handlers.voice import Voice
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
#: Broadcasts read at a time.
_PAGE = 100


@app.command(help=N_("Go through the whole list: who is meant, and what stands against it."))
def check(name: Name, person: As = None) -> None:
    """Exit status 1 where something stands against it."""
    t = translator(load_settings().language)
    broadcast, found, asked = asyncio.run(_checked(name, person))
    for one in found.counted:
        typer.echo(reachable(t, one))
    typer.echo(t(N_("Recipients: {count}"), count=found.recipients))
    for problem in found.problems:
        typer.echo(harmless(trouble(t, problem)))
        if concerned := rows(t, problem):
            typer.echo(f"  {harmless(concerned)}")
    for line in steps_over(t, broadcast, found.at):
        typer.echo(line)
    if found.problems:
        typer.echo(t(N_("Nothing can be sent as it stands. Change it and check it again.")))
        raise typer.Exit(1)
    typer.echo("\n".join(second_person(t, asked) if asked is not None else [next_step(t, broadcast)]))


async def _checked(name: str, person: str | None) -> tuple[Broadcast, Checked, int | None]:
    """It, what was found, and where somebody else has to approve it, how many were asked to."""
    async with entitled(Act.WRITE_BROADCASTS, person) as by:
        async with by.store.admin_transaction(by.now, chat=by.chat, channel=MACHINE) as unit:
            seen = await the_one(unit.admin, by.rights, name)
            outcome = await unit.admin.broadcasts.request_check(by.rights, seen.id)
            if outcome is not Outcome.DONE:
                raise refused(outcome, seen)
            seen = await the_one(unit.admin, by.rights, seen.id)
            await unit.commit()
        found = await by.store.broadcasts.check(seen.id, by.now)
        async with by.store.admin_transaction(by.now, chat=by.chat, channel=MACHINE, reading=True) as unit:
            broadcast = await the_one(unit.admin, by.rights, seen.id)
            another = not found.problems and await unit.admin.broadcasts.needs_second_person(by.rights, seen.id)
        asked = await ask_second_person(by.store.broadcasts, seen, found.recipients, by.now) if another else None
        return broadcast, found, asked


@app.command(help=N_("Show what the first recipients would get, with their real values."))
def preview(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=100, help=N_("How many recipients."))] = 3,
    person: As = None,
) -> None:
    """Names are masked where ``--as`` may not see them."""
    t = translator(load_settings().language)
    samples, units = asyncio.run(_sampled(name, limit, person))
    for recipient, reply in samples:
        parts = (recipient.code, recipient.name, units.name(recipient.unit), channel_name(t, recipient.channel))
        typer.echo("— " + harmless(" · ".join(part for part in parts if part)).replace("\n", " "))
        typer.echo(harmless("\n\n".join(map(plain, reply.paragraphs))))
        typer.echo(" ".join(f"[{choice.label}]" for choice in reply.choices) + "\n")
    if not samples:
        typer.echo(t(N_("Nobody is meant, or there is no text to be shown yet.")), err=True)


async def _sampled(name: str, limit: int, person: str | None) -> tuple[_Samples, UnitDirectory]:
    async with acting(person, reading=True) as at:
        at.require(Act.SEE_BROADCASTS)
        seen = await the_one(at.admin, at.rights, name)
        return await at.admin.broadcasts.sample(at.rights, seen.id, limit), at.units


@app.command(help=N_("Show how far one is, or all that have not ended."))
def status(
    name: Annotated[
        str | None, typer.Argument(metavar="[ID]", help=N_("Without one: all that have not ended."))
    ] = None,
    *,
    follow_it: Follow = False,
    json: Json = False,
    person: As = None,
) -> None:
    """A campaign with its steps, and why each was late or left out."""
    say = Voice(load_settings().language)
    if name is None:
        if follow_it:
            raise typer.BadParameter(say.t(N_("name the one to follow")))
        _show_all(say, asyncio.run(_open(person)), json=json)
    else:
        if follow_it:
            following(name, say, lambda: _followed(name, person, say))
        _show_one(say, *asyncio.run(_one(name, person)), json=json)


def _show_all(say: Voice, found: "_Rows", *, json: bool) -> None:
    listed, units = found
    print_broadcasts(say, listed, units, json=json)
    if not listed and not json:
        typer.echo(say.t(N_("No broadcast matches.")), err=True)


def _show_one(
    say: Voice, broadcast: Broadcast, tally: Tally, steps: list[tuple[Broadcast, Tally]], *, json: bool
) -> None:
    if json:
        print_json_lines(as_data(*row) for row in ((broadcast, tally), *steps))
        return
    typer.echo("\n".join(told(say, broadcast, tally)))
    if steps:
        typer.echo()
        print_steps(say, steps)


async def _followed(name: str, person: str | None, say: Voice) -> None:
    async with entitled(Act.SEE_BROADCASTS, person) as by:
        async with by.store.admin_transaction(by.now, chat=by.chat, channel=MACHINE, reading=True) as unit:
            seen = await the_one(unit.admin, by.rights, name)
        if not seen.is_campaign:  # which goes on for weeks
            await follow(by, seen.id, say)


async def _one(name: str, person: str | None) -> tuple[Broadcast, Tally, list[tuple[Broadcast, Tally]]]:
    async with acting(person, reading=True) as at:
        at.require(Act.SEE_BROADCASTS)
        book, seen = at.admin.broadcasts, await the_one(at.admin, at.rights, name)
        steps = [(step, await book.tally(at.rights, step.id)) for step in await book.steps(at.rights, seen.id)]
        return seen, await book.tally(at.rights, seen.id), steps


@app.command("list", help=N_("List broadcasts, the newest first."))
def list_broadcasts(
    *,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help=N_("How many at most, the newest first."))] = 50,
    json: Json = False,
    person: As = None,
) -> None:
    """Those that stand alone, and campaigns; ``status`` shows what a campaign has made."""
    _show_all(Voice(load_settings().language), asyncio.run(_latest(limit, person)), json=json)


_Rows = tuple[list[tuple[Broadcast, Tally | None]], dict[str, str]]


async def _latest(limit: int, person: str | None) -> _Rows:
    async with acting(person, reading=True) as at:
        found: list[Broadcast] = []
        async for one in _all(at):
            found.append(one)
            if len(found) == limit:
                break
        return await _with_tallies(at, found)


async def _open(person: str | None) -> _Rows:
    async with acting(person, reading=True) as at:
        return await _with_tallies(at, [one async for one in _all(at) if one.state not in ENDED])


async def _all(at: Acting) -> AsyncIterator[Broadcast]:
    """The newest first, page by page."""
    at.require(Act.SEE_BROADCASTS)
    before = None
    while page := await at.admin.broadcasts.latest(at.rights, _PAGE, before):
        for one in page:
            yield one
        before = page[-1].id


async def _with_tallies(at: Acting, found: list[Broadcast]) -> _Rows:
    listed: list[tuple[Broadcast, Tally | None]] = [
        (one, await at.admin.broadcasts.tally(at.rights, one.id)) for one in found
    ]
    return listed, {one.unit: at.units.name(one.unit) for one in found if one.unit}
