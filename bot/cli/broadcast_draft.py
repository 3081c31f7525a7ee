"""From the options of the command line to a draft."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from bot.cli.broadcast_files import NO_FILE, Files
from bot.cli.broadcast_options import Typed
from bot.cli.filters import procedure_of, state_of
from bot.cli.meant import day_of, unit_of, word_of, wrong
from handlers.broadcasts.model import Audience, Button, Draft, Plan, Text
from handlers.broadcasts.rendering import LABELS
from handlers.dates import day
from handlers.office.rights import ROLES, Role
from handlers.office.units import UnitDirectory
from handlers.requests.cleaning import clean_line
from locales import N_
from rules.calendar import VIETNAM

_TIME = re.compile(r"(?<![\d:])(\d{1,2})[:h](\d{2})(?![\d:])")
#: Days before or after the deadline that a step can have.
_FARTHEST = 730
#: Roles that somebody can have who is told something.
_ROLES = {role: ROLES[role] for role in (Role.OWNER, Role.ADMIN, Role.FOCAL, Role.OFFICER)}
_LATE = ("run", "skip")


def drafted(
    base: Draft | None, typed: Typed, files: Files, chats: tuple[str, ...] | None, *, units: UnitDirectory, today: date
) -> Draft:
    """A draft with what was typed; what was not stays as it is in ``base``. ``today`` is the day in Viet Nam.

    Raises:
        typer.BadParameter: an option means nothing, or does not go with another; it says what to do.
    """
    before = base or Draft(title="")
    _refuse_over(_day("--deadline", typed.deadline, None), today)
    plan = _plan(typed, before)
    given: dict[str, Any] = {
        "title": _title(typed.title, before.title),
        "text": _text(before.text, files),
        "audience": _audience(before.audience, typed, units, chats),
        "plan": plan,
        "deadline": plan.deadline if plan else _day("--deadline", typed.deadline, before.deadline),
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
        raise wrong("--title", N_("give it a title: one line of 2 to 300 characters, without a personal number"))
    return title


def _text(before: Text, files: Files) -> Text:
    return Text(
        vi=before.vi if files.vi is None else files.vi,
        en=before.en if files.en is None else files.en,
    )


def _audience(before: Audience, typed: Typed, units: UnitDirectory, chats: tuple[str, ...] | None) -> Audience:
    changes: dict[str, Any] = {
        "expires_from": _day("--expires-from", typed.expires_from, before.expires_from),
        "expires_until": _day("--expires-until", typed.expires_until, before.expires_until),
        "silent_since": _day("--silent-since", typed.silent_since, before.silent_since),
    }
    if typed.unit is not None:
        changes["unit"] = unit_of(typed.unit, units) if typed.unit else None
    if typed.role is not None:
        changes["role"] = word_of("--role", typed.role, _ROLES) if typed.role else None
    if typed.to_do is not None:
        changes["to_do"] = typed.to_do
    if typed.owed:
        changes["owed"] = tuple(procedure_of("--owed", one) for one in _given(typed.owed))
    if typed.state:
        changes["states"] = tuple(state_of("--state", one) for one in _given(typed.state))
    if typed.channel is not None:
        changes["channel"] = typed.channel.strip().lower() or None
    for name in ("expires_within", "silent_days"):
        if (days := getattr(typed, name)) is not None:
            changes[name] = days or None
    if chats is not None:
        changes["chats"] = chats or None
    return before.model_copy(update=changes)


def _given(typed: Iterable[str]) -> Iterable[str]:
    """Without the empty text that takes away what was there."""
    return (one for one in dict.fromkeys(typed) if one.strip())


def _day(option: str, typed: str | None, before: date | None) -> date | None:
    if typed is None:
        return before
    return day_of(option, typed) if typed else None


def _refuse_over(deadline: date | None, today: date) -> None:
    if deadline is not None and deadline < today:
        raise wrong("--deadline", N_("{day} is over; give a day that is still to come"), day=day(deadline))


def _buttons(typed: list[str]) -> tuple[Button, ...]:
    """In the order in which they always stand; ``none`` stands alone."""
    if [one.strip().lower() for one in typed] == ["none"]:
        return ()
    chosen = {word_of("--button", one, LABELS) for one in typed}
    return tuple(button for button in Button if button in chosen)


def _plan(typed: Typed, before: Draft) -> Plan | None:
    """The plan of a campaign; ``None`` where it is none."""
    if typed.plan == "" or (typed.plan is None and before.plan is None):
        if typed.at is not None or typed.late is not None:
            raise wrong("--plan", N_("--at and --late are for a campaign: give its --plan, too"))
        return None
    deadline = _day("--deadline", typed.deadline, before.plan.deadline if before.plan else before.deadline)
    if deadline is None:
        raise wrong("--plan", N_("a campaign needs its deadline: give --deadline"))
    changes: dict[str, Any] = {"deadline": deadline}
    if typed.plan is not None:
        changes["steps"] = _steps(typed.plan)
    if typed.at is not None:
        changes["at"] = _time("--at", typed.at)
    if typed.late is not None:
        changes["late"] = _late(typed.late)
    return (before.plan or Plan(deadline=deadline)).model_copy(update=changes)


def _steps(typed: str) -> tuple[int, ...]:
    """Days before the deadline, the farthest first."""
    parts = [part.strip() for part in typed.replace(";", ",").split(",") if part.strip()]
    if not parts or not all(re.fullmatch(r"[-+]?\d{1,3}", part, re.ASCII) for part in parts):
        raise wrong("--plan", N_("write days before the deadline, such as 30,14,7,3,1,0,-1"))
    steps = sorted({int(part) for part in parts}, reverse=True)
    if max(map(abs, steps)) > _FARTHEST:
        raise wrong("--plan", N_("no step can be more than {days} days from the deadline"), days=_FARTHEST)
    return tuple(steps)


def _late(typed: str) -> str:
    word = typed.strip().lower()
    if word not in _LATE:
        raise wrong("--late", N_("{typed} is not known; choose one of: {known}"), typed=typed, known=", ".join(_LATE))
    return word


def _time(option: str, typed: str) -> time:
    found = _TIME.search(typed)
    if found and int(found[1]) < 24 and int(found[2]) < 60:
        return time(int(found[1]), int(found[2]))
    raise wrong(option, N_("{typed} has no time of day; write it as 08:30"), typed=typed)


def _start(typed: Typed, before: Draft, plan: Plan | None) -> datetime | None:
    """In Viet Nam; a campaign starts by its plan."""
    if plan is not None:
        if typed.starts_at:
            raise wrong("--starts-at", N_("a campaign starts by its plan: leave --starts-at out"))
        return None
    if typed.starts_at is None:
        return before.starts_at
    on = _day("--starts-at", typed.starts_at, None)
    return datetime.combine(on, _time("--starts-at", typed.starts_at), VIETNAM) if on else None
