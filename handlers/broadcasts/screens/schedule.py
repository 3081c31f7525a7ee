"""The plan of a campaign: on which days, at what time, and what becomes of a reminder that was missed."""

import re
from typing import Any

from handlers.broadcasts.planning import usual_steps
from handlers.office.broadcast_drafting import back_to, closed, keep, onwards, rewritten
from handlers.office.broadcast_view import draft_of, reopened
from handlers.office.broadcast_words import steps
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.typed_times import typed_time
from locales import N_

KEEP, USUAL, RUN, SKIP = "keep", "usual", "run", "skip"
#: Steps of one plan, and how far from the deadline they may be, in days.
_MOST, _FARTHEST = 20, 366
_NUMBERS = re.compile(r"-?\d{1,3}(?:[\s,;]+-?\d{1,3})*")


class Steps:
    """On which days before and after the deadline a campaign reminds."""

    async def page(self, here: Here) -> Page:
        """The usual ones, or typed ones."""
        found = await draft_of(here)
        if found is None or found.draft.plan is None:
            return closed(here)
        say, plan = here.say, found.draft.plan
        now = say(N_("Now: {steps}."), steps=steps(say.t, plan.steps))
        typing = say(
            N_("Type other days with commas, such as 14, 7, 1, 0, -1: days before the deadline; -1 is a day after it.")
        )
        usual = usual_steps(plan.deadline, here.world.now)
        named = say.t(N_("As usual: {days}"), days=", ".join(map(str, usual)))
        others = [Option(USUAL, named, ("thuong le", "usual"))] if usual not in {(), plan.steps} else []
        options = (keep(here, KEEP), *others, back_to(here))
        return Page(
            say(N_("<b>On which days shall it remind?</b>")),
            (now, typing),
            options,
            exact=True,
            numbers="values",
            help=typing,
        )

    async def handle_option(self, here: Here, value: str) -> Answered:
        """As it is, as usual, or back."""
        if value == USUAL:
            return await _as_usual(here)
        return Answered(await onwards(here, "broadcast_plan") if value == KEEP else await reopened(here))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """Numbers of days."""
        if not _NUMBERS.fullmatch(text.strip()):
            return None
        days = sorted({int(one) for one in re.findall(r"-?\d+", text)}, reverse=True)
        if len(days) > _MOST or max(map(abs, days)) > _FARTHEST:
            note = here.say(
                N_("At most {most} days, none farther than {days} days away, please."), most=_MOST, days=_FARTHEST
            )
            return Answered(here.session, notes=(note,))
        return await _planned(here, "broadcast_plan", steps=tuple(days))


class Hour:
    """At which time of the day a campaign reminds."""

    async def page(self, here: Here) -> Page:
        """The time as it is, or a typed one."""
        found = await draft_of(here)
        if found is None or found.draft.plan is None:
            return closed(here)
        say, at = here.say, found.draft.plan.at
        typing = say(N_("Now: {time}. Type another time, such as 14h30. At night nothing leaves."), time=f"{at:%H:%M}")
        options = (keep(here, KEEP), back_to(here))
        return Page(say(N_("<b>At what time?</b>")), (typing,), options, exact=True, numbers="values", help=typing)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """As it is, or back."""
        return Answered(await onwards(here, "broadcast_hour") if value == KEEP else await reopened(here))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """A time."""
        at = typed_time(text)
        return await _planned(here, "broadcast_hour", at=at) if at else None


class Late(NoText):
    """What becomes of a reminder whose time passed while the program was not running."""

    async def page(self, here: Here) -> Page:
        """The two ways."""
        found = await draft_of(here)
        if found is None or found.draft.plan is None:
            return closed(here)
        t = here.say.t
        run = Option(RUN, t(N_("Send it late")), ("gui muon", "van gui", "late"))
        skip = Option(SKIP, t(N_("Leave it out")), ("bo qua", "khong gui", "skip"))
        why = here.say(
            N_("For example after a power cut. A late one is sent until the next is due, and the report says so.")
        )
        title = here.say(N_("<b>What shall become of a reminder that missed its time?</b>"))
        return Page(title, (why,), (run, skip, back_to(here)))

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Late, not at all, or back."""
        ways = {RUN: "run", SKIP: "skip"}
        return (
            await _planned(here, "broadcast_late", late=ways[value])
            if value in ways
            else Answered(await reopened(here))
        )


async def _as_usual(here: Here) -> Answered:
    found = await draft_of(here)
    usual = usual_steps(found.draft.plan.deadline, here.world.now) if found and found.draft.plan else ()
    return await _planned(here, "broadcast_plan", steps=usual) if usual else Answered(await reopened(here))


async def _planned(here: Here, part: str, **changes: Any) -> Answered:
    found = await draft_of(here)
    plan = found.draft.plan if found else None
    if plan is None:
        return Answered(await reopened(here))
    return await rewritten(here, part, plan=plan.model_copy(update=changes))
