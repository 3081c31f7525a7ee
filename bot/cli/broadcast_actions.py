"""``troly broadcast approve|start|pause|resume|cancel|resend``."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Annotated, TypeVar

import typer

from bot.cli.acting import As, Entitled, entitled
from bot.cli.broadcast_progress import follow, freeze, look, withdraw
from bot.cli.broadcast_words import Name, next_step, refused, state, the_one, told
from bot.cli.terminated import EXIT_CODES
from bot.errors import TrolyError
from bot.settings import load_settings
from handlers.broadcasts.model import Broadcast, Life, Outcome, Tally
from handlers.office.rights import MACHINE, Act
from handlers.voice import Voice
from locales import N_

Follow = Annotated[bool, typer.Option("--follow", help=N_("Show how far it is until it has ended."))]
#: Two verbs lead to the same state, each from one of its own.
_FROM = {"start": Life.SCHEDULED, "resume": Life.PAUSED}
_Given = TypeVar("_Given")


def approve(name: Name, person: As = None) -> None:
    """Text and audience are frozen, and every recipient gets a row."""
    say = Voice(load_settings().language)
    _tell(say, asyncio.run(_approved(name, person, say)))


def start(name: Name, follow_it: Follow = False, person: As = None) -> None:
    """Let it leave; in quiet hours it waits for their end."""
    _run(name, "start", Life.RUNNING, person, on=follow_it)


def pause(name: Name, person: As = None) -> None:
    """Nothing more leaves; what is on its way arrives."""
    _run(name, "pause", Life.PAUSED, person)


def resume(name: Name, follow_it: Follow = False, person: As = None) -> None:
    """Go on where it was paused."""
    _run(name, "resume", Life.RUNNING, person, on=follow_it)


def cancel(name: Name, person: As = None) -> None:
    """What has not left never will; of a campaign no further step comes."""
    _run(name, "cancel", Life.CANCELLED, person)


def resend(
    name: Name,
    *,
    everybody: Annotated[bool, typer.Option("--all", help=N_("All of whom it is not known."))] = False,
    codes: Annotated[
        list[str] | None,
        typer.Option("--person", help=N_("The code of a person, such as N-3F2A91C0; may be repeated.")),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=N_("Do not ask."))] = False,
    person: As = None,
) -> None:
    """Only those of whom nobody knows whether it arrived: some of them may get it twice."""
    say = Voice(load_settings().language)
    if bool(codes) is everybody:
        raise typer.BadParameter(say.t(N_("give either --all, or the --person to send it to again")))
    chosen = [code.strip().upper() for code in codes] if codes else None
    typer.echo(asyncio.run(_resent(name, chosen, person, say, yes=yes)))


async def _approved(name: str, person: str | None, say: Voice) -> Broadcast:
    async with entitled(Act.APPROVE_BROADCASTS, person) as by:
        moved = await _moved(by, name, Life.APPROVED)
        await freeze(by, moved, say)
        return (await look(by, moved.id))[0]


def _run(name: str, verb: str, to: Life, person: str | None, *, on: bool = False) -> None:
    say = Voice(load_settings().language)
    done = following(name, say, lambda: _carried_out(name, verb, to, person, say if on else None))
    if isinstance(done, Broadcast):
        _tell(say, done)
    else:
        typer.echo("\n".join(told(say, *done)))


def following(name: str, say: Voice, work: Callable[[], Coroutine[None, None, _Given]]) -> _Given:
    """Run it; whoever ends it at Ctrl-C is told that the broadcast goes on."""
    try:
        return asyncio.run(work())
    except KeyboardInterrupt:
        goes_on = N_("The broadcast goes on. Look at it again with: {command}")
        typer.echo(say.t(goes_on, command=f"troly broadcast status {name} --follow"), err=True)
        raise typer.Exit(EXIT_CODES[KeyboardInterrupt]) from None


async def _carried_out(
    name: str, verb: str, to: Life, person: str | None, say: Voice | None
) -> Broadcast | tuple[Broadcast, Tally]:
    async with entitled(Act.WRITE_BROADCASTS, person) as by:
        moved = await _moved(by, name, to, _FROM.get(verb))
        if to is Life.CANCELLED:
            await withdraw(by.store, by, moved.id)
        return moved if say is None or moved.is_campaign else await follow(by, moved.id, say)


async def _moved(by: Entitled, name: str, to: Life, only: Life | None = None) -> Broadcast:
    """Move it, from one state alone where one is named.

    Raises:
        TrolyError: it cannot be moved; the sentence says why.
    """
    async with by.store.admin_transaction(by.now, chat=by.chat, channel=MACHINE) as unit:
        seen = await the_one(unit.admin, by.rights, name)
        fits = only is None or seen.state is only
        outcome = await unit.admin.broadcasts.move(by.rights, seen.id, to) if fits else Outcome.NOT_ALLOWED
        if outcome is not Outcome.DONE:
            raise refused(outcome, seen)
        moved = await the_one(unit.admin, by.rights, seen.id)
        await unit.commit()
        return moved


async def _resent(name: str, codes: list[str] | None, person: str | None, say: Voice, *, yes: bool) -> str:
    async with entitled(Act.WRITE_BROADCASTS, person) as by:
        broadcast, tally = await look(by, name)
        unknown = tally.states.get("unknown", 0)
        if not unknown:
            return say.t(N_("Of nobody in {id} is it unknown whether it arrived."), id=broadcast.id)
        _sure(say, unknown if codes is None else len(codes), yes=yes)
        async with by.store.admin_transaction(by.now, chat=by.chat, channel=MACHINE) as unit:
            count = await unit.admin.broadcasts.resend(by.rights, broadcast.id, codes)
            await unit.commit()
        return say.t(N_("To be sent again: {count}."), count=count)


def _sure(say: Voice, count: int, *, yes: bool) -> None:
    """Go on only with a yes to it; in a pipe nobody can be asked.

    Raises:
        TrolyError: there is none.
    """
    question = N_("Send it again to those of whom nobody knows whether it arrived ({count})? Some may get it twice.")
    if yes or (sys.stdin.isatty() and typer.confirm(say.t(question, count=count), err=True)):
        return
    raise TrolyError(
        N_("Nothing was sent again. It may have reached {count} already; add --yes to send it to them all the same."),
        count=count,
    )


def _tell(say: Voice, broadcast: Broadcast) -> None:
    typer.echo(f"{broadcast.id}: {state(say.t, broadcast)}")
    if told_next := next_step(say.t, broadcast):
        typer.echo(told_next)
