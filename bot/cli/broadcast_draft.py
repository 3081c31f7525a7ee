"""Write and change drafts: ``troly broadcast new`` and ``change``."""

import asyncio
import re
from datetime import date, datetime, time
from typing import Any

import typer

from bot.channels import parse_address
from bot.cli.broadcast_options import NO_FILE, BroadcastFiles, Typed, change_day, read_files, to_audience
from bot.cli.broadcast_output import BroadcastCode, format_late_steps, format_next_step, get_broadcast, to_action_error
from bot.cli.options import (
    As,
    CommandSession,
    open_as,
    parse_word,
    to_bad_parameter,
    with_option_groups,
)
from bot.errors import Forbidden, InputError
from bot.exports.broadcast_files import find_people
from bot.settings import load_settings
from handlers.broadcasts.rendering import BUTTON_LABELS
from handlers.core import format_day
from handlers.model import (
    Act,
    ActionResult,
    Broadcast,
    BroadcastButton,
    BroadcastDraft,
    BroadcastText,
    CampaignPlan,
    UnitDirectory,
)
from handlers.requests import clean_line
from locales import N_, translator
from rules.calendar import VIETNAM, to_vietnam_day

_TIME = re.compile(r"(?<![\d:])(\d{1,2})[:h](\d{2})(?![\d:])")
#: The most days of a step before or after the deadline.
_FARTHEST = 730
_LATE = ("run", "skip")


def drafted(
    base: BroadcastDraft | None,
    typed: Typed,
    files: BroadcastFiles,
    chats: tuple[str, ...] | None,
    *,
    units: UnitDirectory,
    today: date,
) -> BroadcastDraft:
    """Return a draft with the given options; an option that was not given keeps its value from ``base``.

    Args:
        base: The draft to change; None for a new one.
        typed: The options as typed.
        files: The contents of the given files.
        chats: The chats of the people on a list; None if no list was given.
        units: The units that ``--unit`` is looked up in.
        today: The day in Viet Nam.

    Raises:
        typer.BadParameter: an option is invalid or conflicts with another; the message says what to do.
    """
    before = base or BroadcastDraft(title="")
    _refuse_over(change_day("--deadline", typed.deadline, None), today)
    plan = _plan(typed, before)
    given: dict[str, Any] = {
        "title": _title(typed.title, before.title),
        "text": _text(before.text, files),
        "audience": to_audience(before.audience, typed, units, chats),
        "plan": plan,
        "deadline": plan.deadline if plan else change_day("--deadline", typed.deadline, before.deadline),
        "starts_at": _start(typed, before, plan),
    }
    if typed.button:
        given["buttons"] = _buttons(typed.button)
    if typed.document == NO_FILE:
        given["document"] = None
    if files.document:
        given |= {"document": files.document.name, "document_type": files.document.media_type}
    return before.model_copy(update=given)


def _title(typed: str | None, before: str) -> str:
    title = before if typed is None else clean_line(typed)
    if not title:
        raise to_bad_parameter(
            "--title",
            N_(
                "give it a title of words that tell what it is about: one line of 2 to 300 characters, without a"
                " personal number; “Abc” or “T1” tells nothing"
            ),
        )
    return title


def _text(before: BroadcastText, files: BroadcastFiles) -> BroadcastText:
    return BroadcastText(
        vi=before.vi if files.vi is None else files.vi,
        en=before.en if files.en is None else files.en,
    )


def _refuse_over(deadline: date | None, today: date) -> None:
    if deadline is not None and deadline < today:
        raise to_bad_parameter(
            "--deadline", N_("{day} is over; give a day that is still to come"), day=format_day(deadline)
        )


def _buttons(typed: list[str]) -> tuple[BroadcastButton, ...]:
    """Parse buttons and return them in their fixed order; ``none`` alone means no buttons."""
    if [one.strip().lower() for one in typed] == ["none"]:
        return ()
    chosen = {parse_word("--button", one, BUTTON_LABELS) for one in typed}
    return tuple(button for button in BroadcastButton if button in chosen)


def _plan(typed: Typed, before: BroadcastDraft) -> CampaignPlan | None:
    """Return the plan of a campaign; ``None`` if the draft is not a campaign."""
    if typed.plan == "" or (typed.plan is None and before.plan is None):
        if typed.at is not None or typed.late is not None:
            raise to_bad_parameter("--plan", N_("--at and --late are for a campaign: give its --plan, too"))
        return None
    deadline = change_day("--deadline", typed.deadline, before.plan.deadline if before.plan else before.deadline)
    if deadline is None:
        raise to_bad_parameter("--plan", N_("a campaign needs its deadline: give --deadline"))
    changes: dict[str, Any] = {"deadline": deadline}
    if typed.plan is not None:
        changes["steps"] = _steps(typed.plan)
    if typed.at is not None:
        changes["at"] = _time("--at", typed.at)
    if typed.late is not None:
        changes["late"] = _late(typed.late)
    return (before.plan or CampaignPlan(deadline=deadline)).model_copy(update=changes)


def _steps(typed: str) -> tuple[int, ...]:
    """Parse the days before the deadline and return them, the farthest first."""
    parts = [part.strip() for part in typed.replace(";", ",").split(",") if part.strip()]
    if not parts or not all(re.fullmatch(r"[-+]?\d{1,3}", part, re.ASCII) for part in parts):
        raise to_bad_parameter("--plan", N_("write days before the deadline, such as 30,14,7,3,1,0,-1"))
    steps = sorted({int(part) for part in parts}, reverse=True)
    if max(map(abs, steps)) > _FARTHEST:
        raise to_bad_parameter("--plan", N_("no step can be more than {days} days from the deadline"), days=_FARTHEST)
    return tuple(steps)


def _late(typed: str) -> str:
    word = typed.strip().lower()
    if word not in _LATE:
        raise to_bad_parameter(
            "--late", N_("{typed} is not known; choose one of: {known}"), typed=typed, known=", ".join(_LATE)
        )
    return word


def _time(option: str, typed: str) -> time:
    found = _TIME.search(typed)
    if found and int(found[1]) < 24 and int(found[2]) < 60:
        return time(int(found[1]), int(found[2]))
    raise to_bad_parameter(option, N_("{typed} has no time of day; write it as 08:30"), typed=typed)


def _start(typed: Typed, before: BroadcastDraft, plan: CampaignPlan | None) -> datetime | None:
    """Return the start, given in Viet Nam's time; a campaign has none, because it starts by its plan."""
    if plan is not None:
        if typed.starts_at:
            raise to_bad_parameter("--starts-at", N_("a campaign starts by its plan: leave --starts-at out"))
        return None
    if typed.starts_at is None:
        return before.starts_at
    on = change_day("--starts-at", typed.starts_at, None)
    return datetime.combine(on, _time("--starts-at", typed.starts_at), VIETNAM) if on else None


@with_option_groups
def new(
    typed: Typed,
    person: As = None,
) -> None:
    """Write a draft; no message leaves before it is checked, approved and started."""
    made = asyncio.run(_made(typed, read_files(typed), person))
    _tell(made, N_("{id} is written as a draft."))


@with_option_groups
def change(
    name: BroadcastCode,
    typed: Typed,
    person: As = None,
) -> None:
    """Change a draft; options not given keep their values, and an empty text clears a value."""
    changed = asyncio.run(_changed(name, typed, read_files(typed), person))
    _tell(changed, N_("{id} is changed, and a draft again."))


async def _made(typed: Typed, files: BroadcastFiles, person: str | None) -> Broadcast:
    async with open_as(person) as at:
        at.require(Act.WRITE_BROADCASTS)
        draft = drafted(
            None, typed, files, await _chats(at, typed, files), units=at.units, today=to_vietnam_day(at.now)
        )
        made = await at.admin.broadcasts.new(at.rights, draft, files.document.content if files.document else None)
        if made is None:
            raise Forbidden(N_("This role does not reach so far: name a --unit that it covers."))
        await at.commit()
        return made


async def _changed(name: str, typed: Typed, files: BroadcastFiles, person: str | None) -> Broadcast:
    async with open_as(person) as at:
        at.require(Act.WRITE_BROADCASTS)
        book, seen = at.admin.broadcasts, await get_broadcast(at.admin, at.rights, name)
        draft = drafted(
            seen.draft, typed, files, await _chats(at, typed, files), units=at.units, today=to_vietnam_day(at.now)
        )
        document = files.document.content if files.document else None
        outcome = await book.change(at.rights, seen.id, seen.revision, draft, document)
        if outcome is not ActionResult.DONE:
            raise to_action_error(outcome, seen)
        changed = await get_broadcast(at.admin, at.rights, seen.id)
        await at.commit()
        return changed


async def _chats(at: CommandSession, typed: Typed, files: BroadcastFiles) -> tuple[str, ...] | None:
    """Return the chats of the people on the list; ``None`` if no list was given.

    Raises:
        InputError: some lines match no one person; the first of them are listed, and nothing is stored.
    """
    if files.people is None:
        return None
    found = await find_people(at.admin, at.rights, files.people, parse_address)
    if found.wrong:
        t = translator(load_settings().language)
        raise InputError(
            N_("{file}: {count} lines cannot be taken; nothing was stored.\n{lines}"),
            file=typed.listed,
            count=len(found.wrong),
            lines="\n".join(found.tell_wrong(t)),
        )
    return found.chats


def _tell(broadcast: Broadcast, done: str) -> None:
    t = translator(load_settings().language)
    for line in (
        t(done, id=broadcast.id),
        *format_late_steps(t, broadcast, broadcast.changed_at),
        format_next_step(t, broadcast),
    ):
        typer.echo(line)
