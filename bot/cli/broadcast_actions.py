"""Move a broadcast on: ``troly broadcast approve|start|pause|resume|cancel|resend``."""

import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer

from bot.cli.broadcast_output import (
    BroadcastCode,
    follow_progress,
    format_broadcast,
    format_next_step,
    format_quiet_hours,
    format_state_with_reason,
    freeze_recipients,
    get_broadcast,
    read_progress,
    to_action_error,
    withdraw_queued,
)
from bot.cli.options import As, AuthorizedStore, open_store_as
from bot.concurrency import EXIT_CODES, run_until_signal
from bot.errors import TrolyError
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import load_settings
from handlers.core import MarkupTranslator
from handlers.model import MACHINE, Act, ActionResult, Broadcast, BroadcastState, DeliveryCounts
from locales import N_

Follow = Annotated[bool, typer.Option("--follow", help=N_("Show how far it is until it has ended."))]
#: Two commands lead to the state RUNNING; each is allowed from one state only.
_REQUIRED_STATE = {"start": BroadcastState.SCHEDULED, "resume": BroadcastState.PAUSED}
_Result = TypeVar("_Result")


def approve(name: BroadcastCode, person: As = None) -> None:
    """Approve a broadcast: text and audience are frozen, and every recipient gets a row."""
    say = MarkupTranslator(load_settings().language)
    _print_next_step(say, run_until_signal(_approve_broadcast(name, person, say)))


def start(name: BroadcastCode, follow_it: Follow = False, person: As = None) -> None:
    """Start a broadcast; in quiet hours it waits for their end."""
    _run_move(name, "start", BroadcastState.RUNNING, person, on=follow_it)


def pause(name: BroadcastCode, person: As = None) -> None:
    """Pause a broadcast: no further message leaves, and those on their way still arrive."""
    _run_move(name, "pause", BroadcastState.PAUSED, person)


def resume(name: BroadcastCode, follow_it: Follow = False, person: As = None) -> None:
    """Resume a broadcast where it was paused."""
    _run_move(name, "resume", BroadcastState.RUNNING, person, on=follow_it)


def cancel(name: BroadcastCode, person: As = None) -> None:
    """Cancel a broadcast: queued messages are withdrawn, and a campaign has no further steps."""
    _run_move(name, "cancel", BroadcastState.CANCELLED, person)


def resend(
    name: BroadcastCode,
    *,
    everybody: Annotated[bool, typer.Option("--all", help=N_("All of whom it is not known."))] = False,
    codes: Annotated[
        list[str] | None,
        typer.Option("--person", help=N_("The code of a person, such as N-3F2A91C0; may be repeated.")),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=N_("Do not ask."))] = False,
    person: As = None,
) -> None:
    """Send again the messages with an unknown result; some recipients may get them twice."""
    say = MarkupTranslator(load_settings().language)
    if bool(codes) is everybody:
        raise typer.BadParameter(say.t(N_("give either --all, or the --person to send it to again")))
    chosen = [code.strip().upper() for code in codes] if codes else None
    typer.echo(run_until_signal(_resend_unknown(name, chosen, person, say, yes=yes)))


async def _approve_broadcast(name: str, person: str | None, say: MarkupTranslator) -> Broadcast:
    async with open_store_as(Act.APPROVE_BROADCASTS, person) as by:
        moved = await _move_broadcast(by, name, BroadcastState.APPROVED)
        await freeze_recipients(by, moved, say)
        return (await read_progress(by, moved.id))[0]


def _run_move(name: str, verb: str, to: BroadcastState, person: str | None, *, on: bool = False) -> None:
    say = MarkupTranslator(load_settings().language)
    done = run_interruptible(name, say, lambda: _carry_out(name, verb, to, person, say if on else None))
    if isinstance(done, Broadcast):
        _print_next_step(say, done)
    else:
        typer.echo("\n".join(format_broadcast(say, *done)))


def run_interruptible(name: str, say: MarkupTranslator, work: Callable[[], Coroutine[None, None, _Result]]) -> _Result:
    """Run the work; at Ctrl-C, tell the operator that the broadcast goes on."""
    try:
        return run_until_signal(work())
    except KeyboardInterrupt:
        goes_on = N_("The broadcast goes on. Look at it again with: {command}")
        typer.echo(say.t(goes_on, command=f"troly broadcast status {name} --follow"), err=True)
        raise typer.Exit(EXIT_CODES[KeyboardInterrupt]) from None


async def _carry_out(
    name: str, verb: str, to: BroadcastState, person: str | None, say: MarkupTranslator | None
) -> Broadcast | tuple[Broadcast, DeliveryCounts]:
    async with open_store_as(Act.WRITE_BROADCASTS, person) as by:
        moved = await _move_broadcast(by, name, to, _REQUIRED_STATE.get(verb))
        if to is BroadcastState.CANCELLED:
            await withdraw_queued(by.store, by, moved.id)
        return moved if say is None or moved.is_campaign else await follow_progress(by, moved.id, say)


async def _move_broadcast(
    by: AuthorizedStore, name: str, to: BroadcastState, only: BroadcastState | None = None
) -> Broadcast:
    """Move a broadcast to another state and return it; ``only`` names the one state it may come from.

    Raises:
        TrolyError: it cannot be moved; the sentence says why.
    """
    async with open_admin_transaction(by.store, by.now, chat=by.chat, channel=MACHINE) as unit:
        seen = await get_broadcast(unit.admin, by.rights, name)
        fits = only is None or seen.state is only
        outcome = await unit.admin.broadcasts.move(by.rights, seen.id, to) if fits else ActionResult.NOT_ALLOWED
        if outcome is not ActionResult.DONE:
            raise to_action_error(outcome, seen)
        moved = await get_broadcast(unit.admin, by.rights, seen.id)
        await unit.commit()
        return moved


async def _resend_unknown(
    name: str, codes: list[str] | None, person: str | None, say: MarkupTranslator, *, yes: bool
) -> str:
    async with open_store_as(Act.WRITE_BROADCASTS, person) as by:
        broadcast, tally = await read_progress(by, name)
        unknown = tally.states.get("unknown", 0)
        if not unknown:
            return say.t(N_("{id} has no message with an unknown result."), id=broadcast.id)
        _confirm(say, unknown if codes is None else len(codes), yes=yes)
        async with open_admin_transaction(by.store, by.now, chat=by.chat, channel=MACHINE) as unit:
            count = await unit.admin.broadcasts.resend(by.rights, broadcast.id, codes)
            await unit.commit()
        return say.t(N_("To be sent again: {count}."), count=count)


def _confirm(say: MarkupTranslator, count: int, *, yes: bool) -> None:
    """Ask for confirmation unless ``yes`` is given; in a pipe, where asking is impossible, refuse.

    Raises:
        TrolyError: it was not confirmed.
    """
    question = N_("Send it again to those of whom nobody knows whether it arrived ({count})? Some may get it twice.")
    if yes or (sys.stdin.isatty() and typer.confirm(say.t(question, count=count), err=True)):
        return
    raise TrolyError(
        N_("Nothing was sent again. It may have reached {count} already; add --yes to send it to them all the same."),
        count=count,
    )


def _print_next_step(say: MarkupTranslator, broadcast: Broadcast) -> None:
    typer.echo(f"{broadcast.id}: {format_state_with_reason(say.t, broadcast)}")
    for line in format_quiet_hours(say.t, broadcast, datetime.now(UTC)):
        typer.echo(line)
    if told_next := format_next_step(say.t, broadcast):
        typer.echo(told_next)
