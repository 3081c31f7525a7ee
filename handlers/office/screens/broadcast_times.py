"""When: the deadline, the plan of a campaign, the start of a single message."""

import re
from datetime import date, time
from typing import Any

from markupsafe import Markup

from handlers.broadcasts.model import Broadcast, Draft, Plan
from handlers.dates import day, moment
from handlers.office.broadcast_drafting import back_to, closed, keep, onwards, rewritten
from handlers.office.broadcast_view import draft_of, reopened, shown, view_of
from handlers.office.broadcast_words import steps
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.typed_days import typed_days
from handlers.typed_times import typed_moment, typed_time
from locales import N_

BACK, NONE, KEEP, USUAL, RUN, SKIP = "back", "none", "keep", "usual", "run", "skip"
#: As every plan has them until its author decides otherwise.
_STEPS: tuple[int, ...] = Plan.model_fields["steps"].default
_HOUR: time = Plan.model_fields["at"].default
#: Steps of one plan, and how far from the deadline they may be, in days.
_MOST, _FARTHEST = 20, 366
_NUMBERS = re.compile(r"-?\d{1,3}(?:[\s,;]+-?\d{1,3})*")


class Deadline:
    """Of a new one, before it has a title, or of the open draft."""

    async def page(self, here: Here) -> Page:
        """A campaign cannot do without."""
        found = await draft_of(here)
        if found is None and view_of(here).name:
            return closed(here)
        say = here.say
        known = found.draft.deadline if found else None
        now = say(N_("It is {day} now."), day=day(known)) if known else Markup()
        typing = say(N_("Please type a day, such as 15/12/2026."))
        without = Option(NONE, say.t(N_("There is no deadline")), ("khong co han", "khong", "none"))
        options = (*([] if _needed(here, found) else [without]), _back(here, found))
        return Page(say(N_("<b>Until when is it to be done?</b>")), (typing, now), options, exact=True)

    async def chosen(self, here: Here, value: str) -> Answered:
        """None, or back."""
        if value == NONE:
            return await _until(here, None)
        return Answered(await reopened(here) if view_of(here).name else shown(here, "broadcast_kind"))

    async def typed(self, here: Here, text: str) -> Answered | None:
        """A day that is still to come."""
        found = typed_days(text)
        if found is None:
            return None
        if found.days is None:
            note = here.say(N_("There is no day {day}. Please type it like 15/12/2026."), day=found.wrong)
            return Answered(here.session, notes=(note,))
        if found.days[1] < here.today:
            note = here.say(N_("{day} is over. Please type a day that is still to come."), day=day(found.days[1]))
            return Answered(here.session, notes=(note,))
        return await _until(here, found.days[1])


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
        usual = Option(USUAL, say.t(N_("As usual: {days}"), days=", ".join(map(str, _STEPS))), ("thuong le", "usual"))
        options = (keep(here, KEEP), *([usual] if plan.steps != _STEPS else []), back_to(here))
        return Page(say(N_("<b>On which days shall it remind?</b>")), (now, typing), options, exact=True)

    async def chosen(self, here: Here, value: str) -> Answered:
        """As it is, as usual, or back."""
        if value == USUAL:
            return await _planned(here, "broadcast_plan", steps=_STEPS)
        return Answered(await onwards(here, "broadcast_plan") if value == KEEP else await reopened(here))

    async def typed(self, here: Here, text: str) -> Answered | None:
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
        return Page(say(N_("<b>At what time?</b>")), (typing,), (keep(here, KEEP), back_to(here)), exact=True)

    async def chosen(self, here: Here, value: str) -> Answered:
        """As it is, or back."""
        return Answered(await onwards(here, "broadcast_hour") if value == KEEP else await reopened(here))

    async def typed(self, here: Here, text: str) -> Answered | None:
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

    async def chosen(self, here: Here, value: str) -> Answered:
        """Late, not at all, or back."""
        ways = {RUN: "run", SKIP: "skip"}
        return (
            await _planned(here, "broadcast_late", late=ways[value])
            if value in ways
            else Answered(await reopened(here))
        )


class Start:
    """When a single message leaves."""

    async def page(self, here: Here) -> Page:
        """By hand, or at a typed time."""
        found = await draft_of(here)
        if found is None or found.draft.plan:
            return closed(here)
        say, at = here.say, found.draft.starts_at
        now = say(N_("It is {day} now."), day=moment(at)) if at else Markup()
        typing = say(N_("Or type day and time, such as 08h30 01/12/2026."))
        by_hand = Option(NONE, say.t(N_("When I tap “Send”")), ("khi toi bam gui", "bang tay", "by hand"))
        return Page(say(N_("<b>When shall it be sent?</b>")), (typing, now), (by_hand, back_to(here)), exact=True)

    async def chosen(self, here: Here, value: str) -> Answered:
        """By hand, or back."""
        if value == NONE:
            return await rewritten(here, "broadcast_start", starts_at=None)
        return Answered(await reopened(here))

    async def typed(self, here: Here, text: str) -> Answered | None:
        """A day and a time that are still to come."""
        at = typed_moment(text, _HOUR)
        if at is None:
            return None
        if at <= here.world.now:
            note = here.say(N_("{moment} is over. Please type a time that is still to come."), moment=moment(at))
            return Answered(here.session, notes=(note,))
        return await rewritten(here, "broadcast_start", starts_at=at)


def _needed(here: Here, found: Broadcast | None) -> bool:
    return found.is_campaign if found else view_of(here).campaign


def _back(here: Here, found: Broadcast | None) -> Option:
    return back_to(here) if found else Option(BACK, here.say.t(N_("Back")), ("quay lai", "back"))


async def _until(here: Here, deadline: date | None) -> Answered:
    found = await draft_of(here)
    if found is None:
        return Answered(shown(here, "broadcast_title", deadline=deadline))
    return await rewritten(here, "broadcast_deadline", **_due(found.draft, deadline))


def _due(draft: Draft, deadline: date | None) -> dict[str, Any]:
    """The deadline of a campaign is that of its plan."""
    plan = draft.plan.model_copy(update={"deadline": deadline}) if draft.plan and deadline else draft.plan
    return {"deadline": deadline, "plan": plan}


async def _planned(here: Here, part: str, **changes: Any) -> Answered:
    found = await draft_of(here)
    plan = found.draft.plan if found else None
    if plan is None:
        return Answered(await reopened(here))
    return await rewritten(here, part, plan=plan.model_copy(update=changes))
