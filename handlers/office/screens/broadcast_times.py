"""When: the deadline, and the start of a single message."""

from datetime import date, time
from typing import Any

from markupsafe import Markup

from handlers.broadcasts.model import Broadcast, Draft, Plan
from handlers.dates import day, moment
from handlers.office.broadcast_drafting import back_to, closed, rewritten
from handlers.office.broadcast_view import draft_of, reopened, shown, view_of
from handlers.page import Answered, Option, Page
from handlers.screen import Here
from handlers.typed_days import typed_days
from handlers.typed_times import typed_moment
from locales import N_

BACK, NONE = "back", "none"
#: Where a day is typed without a time.
_HOUR: time = Plan.model_fields["at"].default


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
        return Page(
            say(N_("<b>Until when is it to be done?</b>")),
            (typing, now),
            options,
            exact=True,
            numbers="values",
            help=typing,
        )

    async def handle_option(self, here: Here, value: str) -> Answered:
        """None, or back."""
        if value == NONE:
            return await _until(here, None)
        return Answered(await reopened(here) if view_of(here).name else shown(here, "broadcast_kind"))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
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
        ask, options = say(N_("<b>When shall it be sent?</b>")), (by_hand, back_to(here))
        return Page(ask, (typing, now), options, exact=True, numbers="values", help=typing)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """By hand, or back."""
        if value == NONE:
            return await rewritten(here, "broadcast_start", starts_at=None)
        return Answered(await reopened(here))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
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
