"""Look up broadcasts, follow their progress, and print them and their reports on the command line."""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from bot.atomic_file import notes_folder, refuse_existing
from bot.cli.options import As, AuthorizedStore, open_store_as
from bot.cli.output import Language, print_rows, translator_for
from bot.concurrency import EXIT_CODES, raise_on_sigterm, run_until_signal
from bot.console import SafeConsole
from bot.delivery.broadcast_sending import SchedulerSettings
from bot.errors import ErrorReason, Forbidden, NotFound, OutputError, TrolyError
from bot.exports.broadcast_report import REPORT_WRITERS, ReportOrder, ReportTotals, write_report
from bot.services.broadcasts import BroadcastOperations
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import load_settings
from bot.store import Store
from bot.streams import sanitize
from handlers.admin.statistics_text import format_number
from handlers.broadcasts import (
    ACTION_RESULTS,
    DELIVERY_REASONS,
    DELIVERY_RECEIPTS,
    DELIVERY_STATES,
    format_delivery_reason,
    format_delivery_receipt,
    format_state,
    format_state_reason,
    format_step_name,
    state_message,
)
from handlers.broadcasts.admin_text import format_steps as steps_in_words
from handlers.core import AdminServices, MarkupTranslator, format_moment
from handlers.model import (
    ENDED_STATES,
    MACHINE,
    Act,
    ActionResult,
    Broadcast,
    BroadcastState,
    DeliveryCounts,
    Rights,
    Timetable,
)
from locales import N_, Translator

#: The argument that names the broadcast of a command.
BroadcastCode = Annotated[str, typer.Argument(metavar="ID", help=N_("The code of a broadcast, such as TB-000012."))]
Json = Annotated[bool, typer.Option("--json", help=N_("Print JSON Lines; machine names, times in UTC."))]
#: The most letters of a title in a table.
_TITLE_LENGTH = 60
_TITLES = (N_("Code"), N_("State"), N_("Title"), N_("Unit"), N_("Recipients"), N_("Sent"), N_("Written on"))
_NEXT_COMMAND = {
    BroadcastState.DRAFT: "check",
    BroadcastState.CHECKED: "approve",
    BroadcastState.SCHEDULED: "start",
    BroadcastState.RUNNING: "status",
    BroadcastState.PAUSED: "resume",
    BroadcastState.FINISHED: "report",
}

#: Seconds between two reads of the progress.
POLL_SECONDS = 1.0
sleep = asyncio.sleep
#: In these states a broadcast does not move on by itself.
_STOPPED_STATES = ENDED_STATES | {BroadcastState.PAUSED}


async def get_broadcast(admin: AdminServices, rights: Rights, name: str) -> Broadcast:
    """Return the broadcast with a code, in upper or lower case.

    Raises:
        NotFound: there is none, or it lies outside the caller's rights.
    """
    found = await admin.broadcasts.get(rights, name.strip().upper())
    if found is None:
        raise NotFound(N_("There is no broadcast {id} within reach."), id=sanitize(name.strip()[:40]))
    return found


def to_action_error(outcome: ActionResult, broadcast: Broadcast) -> TrolyError:
    """Return a refused action as an error of the command line."""
    if outcome is ActionResult.UNKNOWN:
        return NotFound(N_("There is no broadcast {id} within reach."), id=broadcast.id)
    if outcome is ActionResult.NOT_ALLOWED:
        return ActionNotPossible(broadcast)
    return (Forbidden if outcome is ActionResult.NOT_YOURS else TrolyError)(ACTION_RESULTS[outcome])


class ActionNotPossible(TrolyError):  # noqa: N818 - named after its message to the person who is refused
    """It is in another state."""

    def __init__(self, broadcast: Broadcast) -> None:
        state = ErrorReason(state_message(broadcast))
        super().__init__(N_("That is not possible for {id} as it stands: {state}."), id=broadcast.id, state=state)
        self._broadcast = broadcast

    def say(self, t: Translator) -> str:
        """Add the command that goes on from that state."""
        return f"{super().say(t)} {format_next_step(t, self._broadcast)}".strip()


def format_next_step(t: Translator, broadcast: Broadcast) -> str:
    """Return the next command to type; empty if nothing is left to do."""
    if broadcast.state is BroadcastState.SCHEDULED and broadcast.starts_at:
        return t(N_("It starts by itself at {moment}."), moment=format_moment(broadcast.starts_at))
    verb = _NEXT_COMMAND.get(broadcast.state)
    return t(N_("Next: {command}"), command=f"troly broadcast {verb} {broadcast.id}") if verb else ""


def format_quiet_hours(t: Translator, broadcast: Broadcast, now: datetime) -> list[str]:
    """Say from when on messages leave, where quiet hours or days off keep them back when it begins; empty if not."""
    begin, hours = max(now, broadcast.starts_at or now), SchedulerSettings.of(load_settings()).hours
    if hours.is_open_at(begin) or broadcast.is_campaign or broadcast.state in ENDED_STATES:
        return []
    moment, reason = hours.next_open(begin), format_state_reason(t, hours.closed_reason(begin))
    return [t(N_("No message leaves before {moment}: {reason}."), moment=format_moment(moment), reason=reason)]


def format_late_steps(t: Translator, broadcast: Broadcast, now: datetime) -> list[str]:
    """Name the steps of a campaign's plan that are already past; empty if there are none."""
    plan = broadcast.draft.plan
    over = Timetable(plan, SchedulerSettings.of(load_settings()).hours).past_steps(now) if plan else ()
    return [t(N_("Days of its plan that are over already: {steps}."), steps=steps_in_words(t, over))] if over else []


def format_second_person(t: Translator, asked: int) -> list[str]:
    """Say that a second person must approve the broadcast, and how many were asked in their chats."""
    shown = t(N_("People who may approve it and were told so in their chats: {count}"), count=asked)
    return [t(ACTION_RESULTS[ActionResult.SECOND_PERSON]), *([shown] if asked else [])]


def broadcast_data(broadcast: Broadcast, tally: DeliveryCounts | None = None) -> dict[str, Any]:
    """Return a broadcast as JSON-ready values: machine names, times in UTC, no text and no person's name."""
    named = ("id", "state", "why", "unit", "author", "approver", "parent", "step", "revision", "recipients")
    times = ("created_at", "changed_at", "starts_at", "held_until", "finished_at")
    shown = {name: getattr(broadcast, name) for name in named}
    shown |= {name: at.isoformat() if (at := getattr(broadcast, name)) else None for name in times}
    shown |= {"title": broadcast.draft.title, "campaign": broadcast.is_campaign}
    if tally is not None:
        shown |= {"states": dict(tally.states), "reasons": dict(tally.reasons)} | (
            {"receipts": dict(tally.receipts)} if tally.receipts else {}
        )
    return shown


def print_broadcasts(
    say: MarkupTranslator,
    rows: Sequence[tuple[Broadcast, DeliveryCounts | None]],
    unit: Mapping[str, str],
    *,
    json: bool,
) -> None:
    """Print a table on a terminal, tab-separated lines in a pipe, or JSON Lines."""
    print_rows(
        (_format_cells(say, *row, unit) for row in rows),
        [say.t(title) for title in _TITLES],
        json=(broadcast_data(*row) for row in rows) if json else None,
        whole=(say.t("Code"),),
    )


def _format_cells(
    say: MarkupTranslator, broadcast: Broadcast, tally: DeliveryCounts | None, unit: Mapping[str, str]
) -> tuple[str, ...]:
    sent = tally.states.get("sent", 0) if tally else 0
    return (
        broadcast.id,
        format_state_with_reason(say.t, broadcast),
        sanitize(broadcast.draft.title)[:_TITLE_LENGTH],
        sanitize(unit.get(broadcast.unit or "", broadcast.unit or "")),
        format_number(say, tally.total if tally and tally.total else broadcast.recipients),
        format_number(say, sent),
        format_moment(broadcast.created_at),
    )


def format_state_with_reason(t: Translator, broadcast: Broadcast) -> str:
    """Format the state, with its reason unless a person set it by hand."""
    because = format_state_reason(t, broadcast.why) if broadcast.why not in (None, "by_hand") else ""
    return f"{format_state(t, broadcast)} ({because})" if because else format_state(t, broadcast)


def format_broadcast(say: MarkupTranslator, broadcast: Broadcast, tally: DeliveryCounts) -> Iterator[str]:
    """Format one broadcast, line by line."""
    t = say.t
    yield f"{broadcast.id}  {format_state_with_reason(t, broadcast)}"
    yield sanitize(broadcast.draft.title)
    for label, at in (
        (N_("Starts at {moment}"), broadcast.starts_at),
        (N_("Held back until {moment}"), broadcast.held_until),
        (N_("Ended at {moment}"), broadcast.finished_at),
    ):
        if at:
            yield t(label, moment=format_moment(at))
    if tally.total or not broadcast.recipients:
        yield from format_count_lines(say, tally)
    else:
        yield t(N_("Recipients by the last check: {number}"), number=format_number(say, broadcast.recipients))


def format_count_lines(say: MarkupTranslator, tally: DeliveryCounts) -> Iterator[str]:
    """Format the number of recipients in each state, and for each reason."""
    t = say.t
    yield t(N_("Recipients: {count}"), count=format_number(say, tally.total))
    for word, label in DELIVERY_STATES.items():
        if tally.states.get(word):
            yield f"  {t(label)}: {format_number(say, tally.states[word])}"
    for word in DELIVERY_RECEIPTS:
        if tally.receipts.get(word):
            yield f"    {format_delivery_receipt(t, word)}: {format_number(say, tally.receipts[word])}"
    for word in DELIVERY_REASONS:
        if tally.reasons.get(word):
            yield f"    {format_delivery_reason(t, word)}: {format_number(say, tally.reasons[word])}"


def print_steps(say: MarkupTranslator, steps: Sequence[tuple[Broadcast, DeliveryCounts]]) -> None:
    """Print the steps a campaign has made so far, each with its counts."""
    t = say.t
    rows = (
        [
            format_step_name(t, one.step),
            one.id,
            format_state_with_reason(t, one),
            format_moment(one.starts_at) if one.starts_at else "",
            format_number(say, tally.states.get("sent", 0)),
            format_number(say, tally.total),
        ]
        for one, tally in steps
    )
    heading = [t(N_("Step")), t(N_("Code")), t(N_("State")), t(N_("Start")), t(N_("Sent")), t(N_("Recipients"))]
    print_rows(rows, heading, aligned=True)


class _SpeedColumn(ProgressColumn):
    """Shows the speed in messages per second."""

    def __init__(self, say: MarkupTranslator) -> None:
        super().__init__()
        self._say = say

    def render(self, task: Task) -> Text:
        """Show nothing until the speed is known."""
        return Text(self._say.t(N_("{number}/s"), number=f"{task.speed:.0f}")) if task.speed else Text()


@contextmanager
def open_progress_bar(say: MarkupTranslator) -> Iterator[Progress]:
    """Open a progress bar with counts, speed and time left; it appears only on a terminal."""
    counts = TextColumn("{task.fields[counts]}")
    columns = (BarColumn(), MofNCompleteColumn(), _SpeedColumn(say), TimeRemainingColumn(), counts)
    console = SafeConsole(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        yield progress


async def follow_progress(by: AuthorizedStore, name: str, say: MarkupTranslator) -> tuple[Broadcast, DeliveryCounts]:
    """Follow a broadcast, read every ``POLL_SECONDS``, until it ends or stops, and return its last state."""
    with open_progress_bar(say) as progress:
        task = progress.add_task("", total=None, counts="")
        while True:
            broadcast, tally = await read_progress(by, name)
            done = tally.total - tally.open
            progress.update(task, completed=done, total=tally.total or None, counts=_format_count_line(say, tally))
            if broadcast.state in _STOPPED_STATES:
                return broadcast, tally
            await sleep(POLL_SECONDS)


async def read_progress(by: AuthorizedStore, name: str) -> tuple[Broadcast, DeliveryCounts]:
    """Return the broadcast and its counts at one moment; raise NotFound where it is not within reach."""
    async with open_admin_transaction(by.store, by.now, chat=by.chat, channel=MACHINE, reading=True) as unit:
        broadcast = await get_broadcast(unit.admin, by.rights, name)
        return broadcast, await unit.admin.broadcasts.tally(by.rights, broadcast.id)


async def freeze_recipients(by: AuthorizedStore, broadcast: Broadcast, say: MarkupTranslator) -> None:
    """Create a row for every recipient; if this is interrupted, the running program continues it."""
    with open_progress_bar(say) as progress:
        task = progress.add_task("", total=broadcast.recipients or None, counts="")
        while await BroadcastOperations.over(by.store).freeze(broadcast.id, by.now):
            progress.update(task, completed=(await by.store.broadcasts.tally(broadcast.id)).total)


async def withdraw_queued(store: Store, by: AuthorizedStore, name: str) -> None:
    """Give what was queued of a cancelled one, and of its steps, its end."""
    async with open_admin_transaction(store, by.now, chat=by.chat, channel=MACHINE, reading=True) as unit:
        steps = [one.id for one in await unit.admin.broadcasts.steps(by.rights, name)]
    for one in (name, *steps):
        while await store.broadcasts.withdraw(one, by.now):
            pass


def _format_count_line(say: MarkupTranslator, tally: DeliveryCounts) -> str:
    shown = ((label, tally.states.get(word, 0)) for word, label in DELIVERY_STATES.items())
    return " · ".join(f"{say.t(label)} {format_number(say, count)}" for label, count in shown if count)


def report(
    name: BroadcastCode,
    *,
    out: Annotated[Path, typer.Option("--out", help=N_("The file to write: .xlsx or .csv."))],
    force: Annotated[bool, typer.Option("--force", help=N_("Replace a file that is there."))] = False,
    language: Language = None,
    person: As = None,
) -> None:
    """Write the report of a broadcast; names are masked if ``--as`` may not see them."""
    t = translator_for(language)
    if out.suffix.lower() not in REPORT_WRITERS:
        raise OutputError(N_("The name of a report ends in .xlsx or .csv, such as {example}."), example="report.xlsx")
    refuse_existing(out, force=force)
    try:
        with raise_on_sigterm():
            totals = run_until_signal(_write_report_file(name, out, person, t))
    except KeyboardInterrupt as ended:
        typer.echo(t(N_("Cancelled; nothing was written.")), err=True)
        raise typer.Exit(EXIT_CODES[type(ended)]) from None
    typer.echo(t(N_("Written to {file}; recipients: {count}."), file=out, count=totals.count), err=True)
    for word, label in DELIVERY_STATES.items():
        if totals.states[word]:
            typer.echo(f"  {t(label)}: {totals.states[word]}", err=True)


async def _write_report_file(name: str, out: Path, person: str | None, t: Translator) -> ReportTotals:
    async with open_store_as(Act.SEE_BROADCASTS, person) as by:
        async with open_admin_transaction(by.store, by.now, chat=by.chat, channel=MACHINE, reading=True) as unit:
            book, seen = unit.admin.broadcasts, await get_broadcast(unit.admin, by.rights, name)
            steps = await book.steps(by.rights, seen.id)
            tallies = [await book.tally(by.rights, one.id) for one in (seen, *steps)]
        order = ReportOrder(by.rights, seen, steps, t, by.now, chat=by.chat)
        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = SafeConsole(stderr=True)
        with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task("", total=sum(tally.total for tally in tallies))
            notes = notes_folder(load_settings().data_dir)
            return await write_report(by.store, order, out, lambda done: bar.update(task, completed=done), notes=notes)
