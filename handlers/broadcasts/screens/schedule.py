"""The schedule of a broadcast: deadline and start, days and hour of a campaign, missed steps, and the steps made."""

from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from typing import Any

from markupsafe import Markup, escape

from handlers.broadcasts import format_state, format_state_reason, format_step_name
from handlers.broadcasts.admin_text import format_broadcast_heading, format_steps
from handlers.broadcasts.screens import (
    broadcast_view,
    current_broadcast,
    current_draft,
    open_broadcast,
    to_broadcast_screen,
    to_current_broadcast,
)
from handlers.broadcasts.screens.compose import (
    back_to_broadcast_option,
    change_draft,
    keep_option,
    render_not_changeable,
    to_next_part,
)
from handlers.broadcasts.screens.detail import FILE, report_option, request_report
from handlers.core import (
    BACK,
    NEXT,
    PREVIOUS,
    Context,
    HandlerResult,
    MarkupTranslator,
    Option,
    OptionsOnlyScreen,
    Page,
    back_option,
    current_rights,
    format_day,
    format_moment,
    join_lines,
    open_page,
    parse_coming_day,
    parse_moment,
    parse_time,
)
from handlers.model import (
    MAX_STEP_DAYS,
    MAX_STEPS,
    Broadcast,
    BroadcastDraft,
    CampaignPlan,
    default_steps,
    parse_steps,
)
from locales import N_

KEEP, USUAL, RUN, SKIP = "keep", "usual", "run", "skip"
TOO_MANY_STEPS = N_("At most {most} days, none farther than {days} days away, please.")


class PlanStepsScreen:
    """Asks for the days before and after the deadline on which a campaign reminds."""

    async def page(self, here: Context) -> Page:
        """Show the present and the usual days; other days can be typed."""
        found = await current_draft(here)
        if found is None or found.draft.plan is None:
            return render_not_changeable(here)
        say, plan = here.say, found.draft.plan
        now = say(N_("Now: {steps}."), steps=format_steps(say.t, plan.steps))
        typing = say(
            N_("Type other days with commas, such as 14, 7, 1, 0, -1: days before the deadline; -1 is a day after it.")
        )
        usual = default_steps(plan.deadline, here.world.now)
        named = say.t(N_("As usual: {days}"), days=", ".join(map(str, usual)))
        others = [Option(USUAL, named, ("thuong le", "usual"))] if usual not in {(), plan.steps} else []
        options = (keep_option(here, KEEP), *others, back_to_broadcast_option(here))
        return Page(
            say(N_("<b>On which days shall it remind?</b>")),
            (now, typing),
            options,
            exact=True,
            numbers="values",
            help=typing,
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Keep the days, take the usual ones, or go back."""
        if value == USUAL:
            return await _use_default_steps(here)
        return HandlerResult(
            await to_next_part(here, "broadcast_plan") if value == KEEP else await to_current_broadcast(here)
        )

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take typed days, as numbers before the deadline."""
        days = parse_steps(text)
        if days is None:
            return None
        if not days:
            note = here.say(TOO_MANY_STEPS, most=MAX_STEPS, days=MAX_STEP_DAYS)
            return HandlerResult(here.session, notes=(note,))
        return await _change_plan(here, "broadcast_plan", steps=days)


class PlanHourScreen:
    """Asks for the time of day at which a campaign reminds."""

    async def page(self, here: Context) -> Page:
        """Show the present time; another one can be typed."""
        found = await current_draft(here)
        if found is None or found.draft.plan is None:
            return render_not_changeable(here)
        say, at = here.say, found.draft.plan.at
        typing = say(N_("Now: {time}. Type another time, such as 14h30. At night nothing leaves."), time=f"{at:%H:%M}")
        options = (keep_option(here, KEEP), back_to_broadcast_option(here))
        return Page(say(N_("<b>At what time?</b>")), (typing,), options, exact=True, numbers="values", help=typing)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Keep the time, or go back."""
        return HandlerResult(
            await to_next_part(here, "broadcast_hour") if value == KEEP else await to_current_broadcast(here)
        )

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take a typed time."""
        at = parse_time(text)
        return await _change_plan(here, "broadcast_hour", at=at) if at else None


class LateStepsScreen(OptionsOnlyScreen):
    """Asks what to do with a reminder whose time passed while the program was not running."""

    async def page(self, here: Context) -> Page:
        """Show the two ways."""
        found = await current_draft(here)
        if found is None or found.draft.plan is None:
            return render_not_changeable(here)
        t = here.say.t
        run = Option(RUN, t(N_("Send it late")), ("gui muon", "van gui", "late"))
        skip = Option(SKIP, t(N_("Leave it out")), ("bo qua", "khong gui", "skip"))
        why = here.say(
            N_("For example after a power cut. A late one is sent until the next is due, and the report says so.")
        )
        title = here.say(N_("<b>What shall become of a reminder that missed its time?</b>"))
        return Page(title, (why,), (run, skip, back_to_broadcast_option(here)))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Choose to send late or to skip, or go back."""
        ways = {RUN: "run", SKIP: "skip"}
        return (
            await _change_plan(here, "broadcast_late", late=ways[value])
            if value in ways
            else HandlerResult(await to_current_broadcast(here))
        )


async def _use_default_steps(here: Context) -> HandlerResult:
    found = await current_draft(here)
    usual = default_steps(found.draft.plan.deadline, here.world.now) if found and found.draft.plan else ()
    return (
        await _change_plan(here, "broadcast_plan", steps=usual)
        if usual
        else HandlerResult(await to_current_broadcast(here))
    )


async def _change_plan(here: Context, part: str, **changes: Any) -> HandlerResult:
    found = await current_draft(here)
    plan = found.draft.plan if found else None
    if plan is None:
        return HandlerResult(await to_current_broadcast(here))
    return await change_draft(here, part, plan=plan.model_copy(update=changes))


NONE = "none"
#: Time of day for a typed day without a time.
_HOUR: time = CampaignPlan.model_fields["at"].default


class BroadcastDeadlineScreen:
    """Asks for the deadline of the open draft, or of a new one that has no title yet."""

    async def page(self, here: Context) -> Page:
        """Ask for the deadline; only a single message may have none."""
        found = await current_draft(here)
        if found is None and broadcast_view(here).name:
            return render_not_changeable(here)
        say = here.say
        known = found.draft.deadline if found else None
        now = say(N_("It is {day} now."), day=format_day(known)) if known else Markup()
        typing = say(N_("Please type a day, such as 15/12/2026."))
        without = Option(NONE, say.t(N_("There is no deadline")), ("khong co han", "khong", "none"))
        options = (*([] if _is_deadline_needed(here, found) else [without]), _back_from_deadline_option(here, found))
        return Page(
            say(N_("<b>Until when is it to be done?</b>")),
            (typing, now),
            options,
            exact=True,
            numbers="values",
            help=typing,
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Choose no deadline, or go back."""
        if value == NONE:
            return await _save_deadline(here, None)
        return HandlerResult(
            await to_current_broadcast(here)
            if broadcast_view(here).name
            else to_broadcast_screen(here, "broadcast_kind")
        )

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take a typed day that is not past."""
        found = parse_coming_day(text, here.today)
        if found is None:
            return None
        if found.days is None:
            note = here.say(N_("There is no day {day}. Please type it like 15/12/2026."), day=found.wrong)
            return HandlerResult(here.session, notes=(note,))
        if found.days[1] < here.today:
            note = here.say(
                N_("{day} is over. Please type a day that is still to come."), day=format_day(found.days[1])
            )
            return HandlerResult(here.session, notes=(note,))
        return await _save_deadline(here, found.days[1])


class BroadcastStartScreen:
    """Asks when a single message is sent."""

    async def page(self, here: Context) -> Page:
        """Offer sending by hand; a time can be typed."""
        found = await current_draft(here)
        if found is None or found.draft.plan:
            return render_not_changeable(here)
        say, at = here.say, found.draft.starts_at
        now = say(N_("It is {day} now."), day=format_moment(at)) if at else Markup()
        typing = say(N_("Or type day and time, such as 08h30 01/12/2026."))
        by_hand = Option(NONE, say.t(N_("When I tap “Send”")), ("khi toi bam gui", "bang tay", "by hand"))
        ask, options = say(N_("<b>When shall it be sent?</b>")), (by_hand, back_to_broadcast_option(here))
        return Page(ask, (typing, now), options, exact=True, numbers="values", help=typing)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Choose sending by hand, or go back."""
        if value == NONE:
            return await change_draft(here, "broadcast_start", starts_at=None)
        return HandlerResult(await to_current_broadcast(here))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take a typed day and time in the future."""
        at = parse_moment(text, _HOUR)
        if at is None:
            return None
        if at <= here.world.now:
            note = here.say(N_("{moment} is over. Please type a time that is still to come."), moment=format_moment(at))
            return HandlerResult(here.session, notes=(note,))
        return await change_draft(here, "broadcast_start", starts_at=at)


def _is_deadline_needed(here: Context, found: Broadcast | None) -> bool:
    return found.is_campaign if found else broadcast_view(here).campaign


def _back_from_deadline_option(here: Context, found: Broadcast | None) -> Option:
    return back_to_broadcast_option(here) if found else back_option(here.say.t)


async def _save_deadline(here: Context, deadline: date | None) -> HandlerResult:
    found = await current_draft(here)
    if found is None:
        return HandlerResult(to_broadcast_screen(here, "broadcast_title", deadline=deadline))
    return await change_draft(here, "broadcast_deadline", **_deadline_changes(found.draft, deadline))


def _deadline_changes(draft: BroadcastDraft, deadline: date | None) -> dict[str, Any]:
    """Return the changes that set a deadline; a campaign keeps it in its plan too."""
    plan = draft.plan.model_copy(update={"deadline": deadline}) if draft.plan and deadline else draft.plan
    return {"deadline": deadline, "plan": plan}


class CampaignStepsScreen(OptionsOnlyScreen):
    """Shows the plan of a campaign and the broadcasts that it made; ``session.about`` is the start of the page."""

    async def page(self, here: Context) -> Page:
        """Show a line for each step of the plan, and a button for each broadcast made."""
        say, found = here.say, await current_broadcast(here)
        back = back_option(say.t, N_("Back to the broadcast"))
        if found is None:
            return Page(say(N_("There is no such broadcast within your reach.")), options=(back,))
        made = await _steps_made(here, found)
        page = open_page(here.session.about, made)
        told = format_planned_steps(say, here.today, found.draft.plan, made) if found.draft.plan else ()
        besides = [_format_made_step(say, one) for one in page.page_entries if not _is_plan_step(one)]
        rows = [
            Option(one.id, f"{one.id} · {format_step_name(say.t, one.step)} · {format_state(say.t, one)}")
            for one in page.page_entries
        ]
        nothing = () if made else (say(N_("None was due yet.")),)
        file = (report_option(here),) if made else ()
        options = (*rows, *page.turn_options(say.t), *file, back)
        return Page(format_broadcast_heading(found), (join_lines(*told), join_lines(*besides), *nothing), options)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open a broadcast, turn the page, order the report, or go back."""
        if value == FILE:
            return request_report(here)
        if value == BACK:
            return HandlerResult(await to_current_broadcast(here))
        if value in {PREVIOUS, NEXT}:
            found = await current_broadcast(here)
            made = await _steps_made(here, found) if found else ()
            return HandlerResult(
                to_broadcast_screen(here, "broadcast_steps", open_page(here.session.about, made).turn(value))
            )
        return HandlerResult(await open_broadcast(here, value) or await to_current_broadcast(here))


async def _steps_made(here: Context, found: Broadcast) -> Sequence[Broadcast]:
    """Return the broadcasts made, newest first."""
    return (await here.world.admin.broadcasts.steps(await current_rights(here), found.id))[::-1]


def format_planned_steps(
    say: MarkupTranslator, today: date, plan: CampaignPlan, made: Sequence[Broadcast]
) -> Iterator[Markup]:
    """Format a line for each step of the plan, made or still to come."""
    known = {one.step: one for one in made}
    for days in plan.steps:
        on, one = plan.deadline - timedelta(days=days), known.get(str(days))
        waits = say.t(N_("not due yet") if on >= today else N_("its day is over"))
        stands = _format_step_state(say, one) if one else waits
        yield escape(f"• {format_step_name(say.t, str(days))}, {format_day(on)}: {stands}")


def _format_made_step(say: MarkupTranslator, one: Broadcast) -> Markup:
    return escape(f"• {format_step_name(say.t, one.step)}: {_format_step_state(say, one)}")


def _format_step_state(say: MarkupTranslator, one: Broadcast) -> str:
    because = format_state_reason(say.t, one.why)
    return f"{format_state(say.t, one)} – {because}" if because else format_state(say.t, one)


def _is_plan_step(one: Broadcast) -> bool:
    return (one.step or "").removeprefix("-").isdecimal()
