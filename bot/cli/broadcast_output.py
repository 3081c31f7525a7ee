"""Broadcasts as the command line names and shows them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from bot.cli.columns import print_rows
from bot.delivery.heralding.terms import Terms
from bot.errors import Forbidden, NotFound, TrolyError
from bot.harmless import harmless
from bot.settings import load_settings
from handlers.broadcasts.model import Broadcast, Life, Outcome, Tally
from handlers.broadcasts.planning import Timetable
from handlers.broadcasts.report_words import DELIVERIES, OUTCOMES, REASONS, life, life_message, reason, step_name, why
from handlers.dates import moment
from handlers.office.broadcast_words import steps as steps_in_words
from handlers.office.picture_words import number
from handlers.office.rights import Rights
from handlers.ports import Office
from handlers.voice import Voice
from locales import N_, Translator

#: The broadcast that a command is about.
Name = Annotated[str, typer.Argument(metavar="ID", help=N_("The code of a broadcast, such as TB-000012."))]
Json = Annotated[bool, typer.Option("--json", help=N_("Print JSON Lines; machine names, times in UTC."))]
#: Letters of a title in a table.
_TITLE = 60
_TITLES = (N_("Code"), N_("State"), N_("Title"), N_("Unit"), N_("Recipients"), N_("Sent"), N_("Written on"))
_NEXT = {
    Life.DRAFT: "check",
    Life.CHECKED: "approve",
    Life.SCHEDULED: "start",
    Life.RUNNING: "status",
    Life.PAUSED: "resume",
    Life.FINISHED: "report",
}


async def the_one(admin: Office, rights: Rights, name: str) -> Broadcast:
    """The broadcast of a code, in any case.

    Raises:
        NotFound: there is none within reach.
    """
    found = await admin.broadcasts.get(rights, name.strip().upper())
    if found is None:
        raise NotFound(N_("There is no broadcast {id} within reach."), id=harmless(name.strip()[:40]))
    return found


def refused(outcome: Outcome, broadcast: Broadcast) -> TrolyError:
    """A wish that was not granted, as an error of the command line."""
    if outcome is Outcome.UNKNOWN:
        return NotFound(N_("There is no broadcast {id} within reach."), id=broadcast.id)
    if outcome is Outcome.NOT_ALLOWED:
        return NotPossible(id=broadcast.id, state=life_message(broadcast))
    return (Forbidden if outcome is Outcome.NOT_YOURS else TrolyError)(OUTCOMES[outcome])


class NotPossible(TrolyError):  # noqa: N818 - what it says to whom it stops
    """It is in another state."""

    def __init__(self, **values: object) -> None:
        super().__init__(N_("That is not possible for {id} as it stands: {state}."), **values)

    def say(self, t: Translator) -> str:
        """With the state in words."""
        return t(self.message, id=self.values["id"], state=t(str(self.values["state"])))


def next_step(t: Translator, broadcast: Broadcast) -> str:
    """What to type next; empty where nothing is left to do."""
    if broadcast.state is Life.SCHEDULED and broadcast.starts_at:
        return t(N_("It starts by itself at {moment}."), moment=moment(broadcast.starts_at))
    verb = _NEXT.get(broadcast.state)
    return t(N_("Next: {command}"), command=f"troly broadcast {verb} {broadcast.id}") if verb else ""


def steps_over(t: Translator, broadcast: Broadcast, now: datetime) -> list[str]:
    """Which reminders of a campaign's plan would come too late; nothing where none would."""
    plan = broadcast.draft.plan
    over = Timetable(plan, Terms.of(load_settings()).hours).past_steps(now) if plan else ()
    return [t(N_("Days of its plan that are over already: {steps}."), steps=steps_in_words(t, over))] if over else []


def second_person(t: Translator, asked: int) -> list[str]:
    """That somebody else has to approve it, and how many were asked to in their chats."""
    told = t(N_("People who may approve it and were told so in their chats: {count}"), count=asked)
    return [t(OUTCOMES[Outcome.SECOND_PERSON]), *([told] if asked else [])]


def as_data(broadcast: Broadcast, tally: Tally | None = None) -> dict[str, Any]:
    """One broadcast for programs: machine names, times in UTC, no text and nobody's name."""
    named = ("id", "state", "why", "unit", "author", "approver", "parent", "step", "revision", "recipients")
    times = ("created_at", "changed_at", "starts_at", "held_until", "finished_at")
    told = {name: getattr(broadcast, name) for name in named}
    told |= {name: at.isoformat() if (at := getattr(broadcast, name)) else None for name in times}
    told |= {"title": broadcast.draft.title, "campaign": broadcast.is_campaign}
    if tally is not None:
        told |= {"states": dict(tally.states), "reasons": dict(tally.reasons)}
    return told


def print_broadcasts(
    say: Voice, rows: Sequence[tuple[Broadcast, Tally | None]], unit: Mapping[str, str], *, json: bool
) -> None:
    """A table on a terminal, tab-separated lines in a pipe, or JSON Lines."""
    print_rows(
        (_cells(say, *row, unit) for row in rows),
        [say.t(title) for title in _TITLES],
        json=(as_data(*row) for row in rows) if json else None,
        whole=(say.t("Code"),),
    )


def _cells(say: Voice, broadcast: Broadcast, tally: Tally | None, unit: Mapping[str, str]) -> tuple[str, ...]:
    sent = tally.states.get("sent", 0) if tally else 0
    return (
        broadcast.id,
        state(say.t, broadcast),
        harmless(broadcast.draft.title)[:_TITLE],
        harmless(unit.get(broadcast.unit or "", broadcast.unit or "")),
        number(say, tally.total if tally and tally.total else broadcast.recipients),
        number(say, sent),
        moment(broadcast.created_at),
    )


def state(t: Translator, broadcast: Broadcast) -> str:
    """Where it stands, and why where nobody said so by hand."""
    because = why(t, broadcast.why) if broadcast.why not in (None, "by_hand") else ""
    return f"{life(t, broadcast)} ({because})" if because else life(t, broadcast)


def told(say: Voice, broadcast: Broadcast, tally: Tally) -> Iterator[str]:
    """One of them, line by line."""
    t = say.t
    yield f"{broadcast.id}  {state(t, broadcast)}"
    yield harmless(broadcast.draft.title)
    for label, at in (
        (N_("Starts at {moment}"), broadcast.starts_at),
        (N_("Held back until {moment}"), broadcast.held_until),
        (N_("Ended at {moment}"), broadcast.finished_at),
    ):
        if at:
            yield t(label, moment=moment(at))
    if tally.total or not broadcast.recipients:
        yield from counted(say, tally)
    else:
        yield t(N_("Recipients by the last check: {number}"), number=number(say, broadcast.recipients))


def counted(say: Voice, tally: Tally) -> Iterator[str]:
    """How many are in which state, and why."""
    t = say.t
    yield t(N_("Recipients: {count}"), count=number(say, tally.total))
    for word, label in DELIVERIES.items():
        if tally.states.get(word):
            yield f"  {t(label)}: {number(say, tally.states[word])}"
    for word in REASONS:
        if tally.reasons.get(word):
            yield f"    {reason(t, word)}: {number(say, tally.reasons[word])}"


def print_steps(say: Voice, steps: Sequence[tuple[Broadcast, Tally]]) -> None:
    """What a campaign has made so far: each step with what became of it."""
    t = say.t
    rows = (
        [
            step_name(t, one.step),
            one.id,
            state(t, one),
            moment(one.starts_at) if one.starts_at else "",
            number(say, tally.states.get("sent", 0)),
            number(say, tally.total),
        ]
        for one, tally in steps
    )
    heading = [t(N_("Step")), t(N_("Code")), t(N_("State")), t(N_("Start")), t(N_("Sent")), t(N_("Recipients"))]
    print_rows(rows, heading, aligned=True)
