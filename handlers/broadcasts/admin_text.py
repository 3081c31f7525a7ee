"""The texts about a broadcast for its author: the parts of a draft, its audience, and the results of actions."""

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup, escape

from handlers.access import format_actor
from handlers.admin import EXPIRES_BETWEEN, clip_line, format_period
from handlers.broadcasts import (
    format_channel,
    format_costs,
    format_problem,
    format_problem_rows,
    format_state,
    format_state_reason,
)
from handlers.broadcasts.notices import format_counts, format_percent_bar, percent_settled
from handlers.broadcasts.rendering import BUTTON_LABELS
from handlers.core import (
    MarkupTranslator,
    format_bold,
    format_bullets,
    format_count,
    format_day,
    format_moment,
    join_lines,
)
from handlers.model import (
    EXPIRY_CAMPAIGN,
    ROLES,
    Act,
    ActionResult,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastProblem,
    BroadcastState,
    CampaignPlan,
    ChannelCounts,
    CheckReport,
    DeliveryCounts,
    Rights,
    Role,
    RoleHolder,
    UnitDirectory,
    may_any_role,
)
from handlers.requests import PROCEDURE_LABELS, STATE_LABELS
from locales import N_, Translator

#: One sentence for each result; for DONE, ``DONE_MESSAGES`` tells what follows.
RESULT_MESSAGES = {
    ActionResult.DONE: N_("Done."),
    ActionResult.UNKNOWN: N_("There is no such broadcast within your reach."),
    ActionResult.NOT_ALLOWED: N_("That cannot be done as the broadcast stands now. This is how it stands:"),
    ActionResult.NOT_YOURS: N_("Your role does not allow this for this broadcast."),
    ActionResult.SECOND_PERSON: N_("So many recipients need a second person to approve; you wrote this one yourself."),
    ActionResult.OVERTAKEN: N_(
        "The broadcast has changed since you saw it, so nothing was done. Please look at it as it is now:"
    ),
    ActionResult.PROBLEMS: N_("It has no check without problems yet. Please check it, and put right what is found."),
}
#: The message after a broadcast was moved to a state.
DONE_MESSAGES = {
    BroadcastState.APPROVED: N_("Approved. Text and recipients are fixed now; the list of recipients is being made."),
    BroadcastState.RUNNING: N_("It is under way. How far it is stands in a message of its own."),
    BroadcastState.PAUSED: N_("Paused: nothing more leaves until you go on."),
    BroadcastState.CANCELLED: N_("Called off. Whoever has not got it yet will not get it."),
}
_APPROVED_MESSAGES = N_("Approved. The campaign reminds by itself from now on, on the days of its plan.")
#: Characters of a title on a button.
_MAX_TITLE_LENGTH = 28


def format_approved(say: MarkupTranslator, one: Broadcast) -> Markup:
    """Tell what follows from an approval."""
    return say(_APPROVED_MESSAGES if one.is_campaign else DONE_MESSAGES[BroadcastState.APPROVED])


def format_result(say: MarkupTranslator, became: ActionResult, to: BroadcastState | None = None) -> Markup:
    """Tell the result of an action; ``to`` is the state that it was meant to lead to."""
    return say(DONE_MESSAGES[to] if became is ActionResult.DONE and to in DONE_MESSAGES else RESULT_MESSAGES[became])


def format_broadcast_row(say: MarkupTranslator, one: Broadcast) -> str:
    """Format the button of a broadcast: ``TB-000012 · Nhắc hạn · đang chạy · 214``."""
    many = () if one.is_campaign or not one.recipients else (str(one.recipients),)
    return " · ".join((one.id, clip_line(one.draft.title, _MAX_TITLE_LENGTH), format_state(say.t, one), *many))


def format_broadcast_heading(one: Broadcast) -> Markup:
    """Format the heading of a broadcast: ``TB-000012: Nhắc hạn``."""
    return format_bold(f"{one.id}: {one.draft.title}")


def format_authorship(say: MarkupTranslator, one: Broadcast, labels: Mapping[str, str]) -> Markup:
    """Format the state, the author and the approver of a broadcast."""
    state = N_("Being checked: the result comes as a message.") if one.checking else ""
    because = f" – {format_state_reason(say.t, one.why)}" if one.why else ""
    author = say(
        N_("Written by {author}, {at}"),
        author=format_actor(say.t, one.author, labels),
        at=format_moment(one.created_at),
    )
    approver = say(N_("Approved by {who}"), who=format_actor(say.t, one.approver, labels)) if one.approver else ""
    held = say(N_("Nothing leaves before {at}."), at=format_moment(one.held_until)) if one.held_until else ""
    return join_lines(
        say(N_("Stands at: <b>{state}</b>{why}"), state=format_state(say.t, one), why=because),
        say(state) if state else "",
        held,
        author,
        approver,
    )


#: A broadcast in another state has no button "Send" any more.
_BEFORE_SENDING = frozenset({BroadcastState.DRAFT, BroadcastState.CHECKED, BroadcastState.APPROVED})


def format_schedule(say: MarkupTranslator, one: Broadcast) -> Markup:
    """Format the plan of a campaign, or the start and deadline of a single message."""
    if one.draft.plan:
        return format_plan(say, one.draft.plan)
    if one.id == EXPIRY_CAMPAIGN:
        return say(N_("It reminds by itself of certificates that are about to end."))
    due, at = one.draft.deadline, one.starts_at or one.draft.starts_at
    starts = say(N_("Is sent: at {at}"), at=format_moment(at)) if at else ""
    if not at and one.state in _BEFORE_SENDING:
        starts = say(N_("Is sent: when you tap “Send”"))
    return join_lines(say(N_("Deadline: <b>{day}</b>"), day=format_day(due)) if due else "", starts)


def format_plan(say: MarkupTranslator, plan: CampaignPlan) -> Markup:
    """Format deadline, days and hour of a campaign, and how it treats missed steps."""
    late = (
        N_("A reminder missed at its time: sent late")
        if plan.late == "run"
        else N_("A reminder missed at its time: left out")
    )
    return join_lines(
        say(N_("Deadline: <b>{day}</b>"), day=format_day(plan.deadline)),
        say(N_("Reminders: {steps}; at {at}"), steps=format_steps(say.t, plan.steps), at=f"{plan.at:%H:%M}"),
        say(late),
    )


def format_steps(t: Translator, days: tuple[int, ...]) -> str:
    """Format the steps of a plan: ``30, 14, 7 ngày trước hạn; đúng ngày hạn; 1 ngày sau hạn``."""
    before, after = [str(one) for one in days if one > 0], [str(-one) for one in days if one < 0]
    parts = (
        t(N_("{days} days before the deadline"), days=", ".join(before)) if before else "",
        t(N_("on the day of the deadline")) if 0 in days else "",
        t(N_("{days} days after the deadline"), days=", ".join(after)) if after else "",
    )
    return "; ".join(part for part in parts if part)


def format_texts(say: MarkupTranslator, draft: BroadcastDraft) -> tuple[Markup, ...]:
    """Format the text in both languages as it was written, without interpreting its markup."""
    titles = {"vi": N_("<b>In Vietnamese</b>"), "en": N_("<b>In English</b>")}
    missing = {
        "vi": say(N_("<i>(not written yet)</i>")),
        "en": say(N_("<i>(not written: everybody reads the Vietnamese text)</i>")),
    }
    texts = {code: escape(getattr(draft.text, code)) or missing[code] for code in titles}
    return tuple(join_lines(say(title), texts[code]) for code, title in titles.items())


def format_buttons(say: MarkupTranslator, draft: BroadcastDraft) -> Markup:
    """Format the buttons that recipients can tap, and the name of the file sent along."""
    labels = ", ".join(f"“{say.t(BUTTON_LABELS[one])}”" for one in draft.buttons) or say.t(N_("none"))
    document = say(N_("File: <b>{name}</b>"), name=draft.document) if draft.document else ""
    return join_lines(say(N_("Buttons: {buttons}"), buttons=labels), document)


def format_broadcast_problem(say: MarkupTranslator, found: BroadcastProblem) -> Markup:
    """Format a problem, its remedy, and the recipients it concerns."""
    more = format_problem_rows(say.t, found)
    return join_lines(escape(f"⚠ {format_problem(say.t, found)}"), escape(more))


def format_check_report(say: MarkupTranslator, found: CheckReport) -> tuple[Markup, ...]:
    """Format the report of the last check."""
    head = say(N_("Check of {at}: {count} recipients"), at=format_moment(found.at), count=found.recipients)
    costs = format_costs(say, found.costs)
    if not found.problems:
        return (join_lines(head, say(N_("Nothing stands against it."))), *costs)
    todo = say(N_("Please put this right, then check it again:"))
    problems = join_lines(*(format_broadcast_problem(say, one) for one in found.problems))
    return (join_lines(head, todo), problems, *costs)


def format_broadcast_progress(say: MarkupTranslator, tally: DeliveryCounts) -> Markup:
    """Format the progress as a bar with the counts by state."""
    return join_lines(escape(format_percent_bar(percent_settled(tally))), format_counts(say, tally))


def format_possible_approvers(
    say: MarkupTranslator, holders: Iterable[RoleHolder], rights: Rights, one: Broadcast
) -> Markup:
    """Name the people who can approve the broadcast, and the command they send for it."""
    mine = {grant.id for grant in rights.grants}
    able = [
        f"{holder.label or holder.id} ({holder.id})"
        for holder in holders
        if holder.id not in mine and _may_approve(rights, one, holder.role, holder.unit)
    ]
    how = say(N_("They send <b>/thongbao {code}</b> and tap “Approve”."), code=one.id)
    if able:
        return join_lines(say(N_("These can approve it:")), format_bullets(able[:8]), how)
    return join_lines(say(N_("An owner, or another admin of the unit, can approve it.")), how)


def _may_approve(rights: Rights, one: Broadcast, role: str, unit: str | None) -> bool:
    if not may_any_role((Role(role),), Act.APPROVE_BROADCASTS):
        return False
    return unit is None or (one.unit is not None and rights.units.is_within(one.unit, unit))


#: Labels for recipients whom a message cannot reach, by the reason.
_UNREACHABLE_LABELS = {
    "blocked": N_("has blocked the assistant: {number}"),
    "stopped": N_("wants no reminders: {number}"),
    "capped": N_("has had enough reminders this week: {number}"),
}


def format_audience(audience: Audience, units: UnitDirectory, t: Translator) -> str:
    """Format the conditions of an audience in words."""
    parts = (
        t(N_("unit: {unit} and below"), unit=units.name(audience.unit)) if audience.unit else "",
        t(N_("role: {role}"), role=t(ROLES[audience.role])) if audience.role else "",
        *_format_owed(audience, t),
        *_format_expiry_window(audience, t),
        *_format_silence(audience, t),
        t(N_("channel: {channel}"), channel=format_channel(t, audience.channel)) if audience.channel else "",
        "" if audience.chats is None else t(N_("on a list of {number} people"), number=len(audience.chats)),
    )
    return "; ".join(part for part in parts if part) or t(N_("everybody who talks with the assistant"))


def format_audience_counts(say: MarkupTranslator, found: Sequence[ChannelCounts]) -> Markup:
    """Format how many people an audience reaches in each channel, and why it does not reach the others."""
    reached, total = sum(one.reachable for one in found), sum(one.all for one in found)
    head = say(
        N_("Will get it now: <b>{reached}</b> of {total} people"),
        reached=format_count(say, reached),
        total=format_count(say, total),
    )
    return join_lines(head, format_bullets(_format_channel_counts(say, one) for one in found if one.all))


def _format_channel_counts(say: MarkupTranslator, one: ChannelCounts) -> str:
    kept = {name: getattr(one, name) for name in _UNREACHABLE_LABELS}
    parts = [say.t(_UNREACHABLE_LABELS[name], number=format_count(say, many)) for name, many in kept.items() if many]
    reached = say.t(N_("can be reached: {number}"), number=format_count(say, one.reachable))
    return f"{format_channel(say.t, one.channel)} – {'; '.join((reached, *parts))}"


def _format_owed(audience: Audience, t: Translator) -> tuple[str, ...]:
    owed = ", ".join(t(PROCEDURE_LABELS[one]) for one in audience.owed if one in PROCEDURE_LABELS)
    states = ", ".join(t(STATE_LABELS[one]) for one in audience.states)
    return (
        t(N_("has something to register still")) if audience.to_do and not owed else "",
        t(N_("has something that is not finished yet")) if audience.unfinished else "",
        t(N_("still to register: {procedures}"), procedures=owed) if owed else "",
        t(N_("has a request at: {states}"), states=states) if states else "",
    )


def _format_expiry_window(audience: Audience, t: Translator) -> tuple[str, ...]:
    within = audience.expires_within
    return (
        format_period(t, EXPIRES_BETWEEN, audience.expires_from, audience.expires_until),
        "" if within is None else t(N_("certificate ends within {days} days"), days=within),
    )


def _format_silence(audience: Audience, t: Translator) -> tuple[str, ...]:
    return (
        t(N_("has not written since before {day}"), day=format_day(audience.silent_since))
        if audience.silent_since
        else "",
        "" if audience.silent_days is None else t(N_("has not written for {days} days"), days=audience.silent_days),
    )
