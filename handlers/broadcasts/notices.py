"""Notices to the author of a broadcast: progress, results of checks, pauses, the end; and requests for approval."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup, escape

from handlers.access import format_actor
from handlers.broadcasts import (
    DELIVERY_REASONS,
    DELIVERY_RECEIPTS,
    DELIVERY_STATES,
    format_costs,
    format_delivery_reason,
    format_problem,
    format_problem_rows,
    format_reachability,
    format_state,
    format_state_reason,
    format_step_name,
)
from handlers.broadcasts.rendering import BroadcastCallback, ButtonAction
from handlers.core import (
    Choice,
    MarkupTranslator,
    Reply,
    capitalize_first,
    format_bullets,
    format_count,
    format_moment,
    join_lines,
)
from handlers.model import (
    ENDED_STATES,
    Broadcast,
    BroadcastProblem,
    BroadcastState,
    CheckReport,
    DeliveryCounts,
    StateReason,
)
from locales import N_

#: Characters of the progress bar.
_BAR_LENGTH = 10
_ACTION_LABELS = {
    ButtonAction.PAUSE: N_("Pause"),
    ButtonAction.RESUME: N_("Go on"),
    ButtonAction.CANCEL: N_("Call off"),
    ButtonAction.SHOW: N_("Open"),
}
_ACTIONS_OF_STATE = {
    BroadcastState.SCHEDULED: (ButtonAction.CANCEL,),
    BroadcastState.RUNNING: (ButtonAction.PAUSE, ButtonAction.CANCEL),
    BroadcastState.PAUSED: (ButtonAction.RESUME, ButtonAction.CANCEL),
}


@dataclass(frozen=True, slots=True)
class Speed:
    """The recent speed of sending, and the expected end."""

    per_second: float
    ends_at: datetime


def format_progress(
    say: MarkupTranslator, broadcast: Broadcast, tally: DeliveryCounts, speed: Speed | None = None
) -> Reply:
    """Format the progress message; ``speed`` is given only if it is known and messages are leaving."""
    parts = (
        format_broadcast_state(say, broadcast),
        _format_settled(say, tally),
        format_counts(say, tally),
        _format_outlook(say, broadcast, speed),
    )
    return Reply(paragraphs=tuple(str(part) for part in parts if part), choices=_progress_choices(say, broadcast))


def format_broadcast_state(say: MarkupTranslator, broadcast: Broadcast) -> Markup:
    """Format code, title and state."""
    return Markup("<b>{}</b> {}: <b>{}</b>").format(broadcast.id, broadcast.draft.title, format_state(say.t, broadcast))


def format_counts(say: MarkupTranslator, tally: DeliveryCounts) -> Markup:
    """Format a line for each state with recipients, one for what went on to another channel of theirs, and receipts."""
    states = [(words, tally.states.get(state, 0)) for state, words in DELIVERY_STATES.items()]
    states.append((N_("Went on to another channel"), sum(tally.went_on.values())))
    states += [(words, tally.receipts.get(word, 0)) for word, words in DELIVERY_RECEIPTS.items()]
    counted = [_format_count(say, capitalize_first(say.t(words)), count) for words, count in states if count]
    return format_bullets(counted)


def format_skip_reasons(say: MarkupTranslator, tally: DeliveryCounts) -> Markup:
    """Format the counts of recipients by reason, where the state alone does not explain the result."""
    return format_bullets(
        _format_count(say, capitalize_first(format_delivery_reason(say.t, word)), tally.reasons[word])
        for word in DELIVERY_REASONS
        if _has_rows(tally, word)
    )


def open_choice(say: MarkupTranslator, broadcast: str) -> Choice:
    """Return the button that opens the broadcast."""
    return _progress_choice(say, ButtonAction.SHOW, broadcast)


def percent_settled(tally: DeliveryCounts) -> int:
    """Return the percentage of rows with a final state; it is 100 only if all rows have one."""
    return 100 * (tally.total - tally.open) // tally.total if tally.total else 100


def format_percent_bar(percent: int) -> str:
    """Draw a progress bar: ``▓▓▓░░░░░░░ 34 %``."""
    full = _BAR_LENGTH * percent // 100
    return "▓" * full + "░" * (_BAR_LENGTH - full) + f" {percent} %"


def _has_rows(tally: DeliveryCounts, word: str) -> bool:
    return bool(tally.reasons.get(word))


def _format_count(say: MarkupTranslator, words: str, count: int) -> Markup:
    return Markup("{}: {}").format(words, format_count(say, count))


def _format_settled(say: MarkupTranslator, tally: DeliveryCounts) -> Markup:
    far = {"done": format_count(say, tally.total - tally.open), "total": format_count(say, tally.total)}
    return join_lines(
        Markup(format_percent_bar(percent_settled(tally))),  # noqa: S704 - blocks and digits
        say(N_("{done} of {total} people are through."), **far),
    )


def _format_outlook(say: MarkupTranslator, broadcast: Broadcast, speed: Speed | None) -> Markup:
    """Explain why nothing is sent at the moment, or estimate the end."""
    because = format_state_reason(say.t, broadcast.why)
    if broadcast.held_until and broadcast.state not in ENDED_STATES:
        until = format_moment(broadcast.held_until)
        held = say(N_("Nothing leaves before {moment}: {why}."), moment=until, why=because)
        return held if because else say(N_("Nothing leaves before {moment}."), moment=until)
    if broadcast.state is BroadcastState.PAUSED and because:
        return say(N_("Paused: {why}."), why=because)
    if broadcast.state is BroadcastState.RUNNING and speed:
        pace = format_count(say, max(1, round(speed.per_second)))
        return say(N_("About {pace} a second; ends about {moment}."), pace=pace, moment=format_moment(speed.ends_at))
    return Markup()


def _progress_choices(say: MarkupTranslator, broadcast: Broadcast) -> tuple[Choice, ...]:
    return tuple(
        _progress_choice(say, action, broadcast.id)
        for action in _ACTIONS_OF_STATE.get(broadcast.state, (ButtonAction.SHOW,))
    )


def _progress_choice(say: MarkupTranslator, action: ButtonAction, broadcast: str) -> Choice:
    return Choice(label=say.t(_ACTION_LABELS[action]), tap=str(BroadcastCallback(action, broadcast)))


def format_check_result(
    say: MarkupTranslator, broadcast: Broadcast, found: CheckReport, *, second_person: bool
) -> Reply:
    """Tell the result of a check: recipients, problems, and the next action."""
    head = say(N_("<b>Check of {code}</b> {title}"), code=broadcast.id, title=broadcast.draft.title)
    return _notice_reply(
        say,
        broadcast,
        head,
        _format_recipients(say, found),
        *format_costs(say, found.costs),
        *_format_problems(say, found),
        _format_next_action(say, found, second_person),
    )


def format_ready(say: MarkupTranslator, broadcast: Broadcast, tally: DeliveryCounts) -> Reply:
    """Tell that every recipient has a row, and when sending starts."""
    begins = say(N_("Everybody on the list has a row: {count}."), count=format_count(say, tally.total))
    starts = broadcast.starts_at or broadcast.draft.starts_at
    when = (
        say(N_("It starts by itself: {moment}."), moment=format_moment(starts))
        if starts
        else say(N_("It starts when you start it."))
    )
    return _notice_reply(
        say,
        broadcast,
        format_broadcast_state(say, broadcast),
        join_lines(begins, when),
        format_skip_reasons(say, tally),
    )


def format_paused(say: MarkupTranslator, broadcast: Broadcast, tally: DeliveryCounts, percent: int) -> Reply:
    """Tell that the broadcast paused itself because too many messages failed."""
    because = say(
        N_("<b>{code}</b> has paused by itself: {share} of the messages could not be delivered."),
        code=broadcast.id,
        share=f"{percent} %",
    )
    todo = say(
        N_(
            "Please look at the report first. Where the text or the channel is at fault, call it off and put that"
            " right; where the fault has passed, let it go on."
        )
    )
    return _notice_reply(say, broadcast, because, format_counts(say, tally), todo)


def format_finished(say: MarkupTranslator, broadcast: Broadcast, tally: DeliveryCounts) -> Reply:
    """Tell the end of a broadcast, with the counts by state and reason."""
    if not tally.total:
        nobody = say(N_("<b>{code}</b> is finished: nobody was left to be reminded."), code=broadcast.id)
        return _notice_reply(say, broadcast, nobody)
    head = say(
        N_("<b>{code}</b> {title} is finished: {count} people."),
        code=broadcast.id,
        title=broadcast.draft.title,
        count=format_count(say, tally.total),
    )
    reasons = format_skip_reasons(say, tally)
    because = join_lines(say(N_("Of these, with a reason:")), reasons) if reasons else Markup()
    return _notice_reply(
        say,
        broadcast,
        head,
        _format_late_note(say, broadcast),
        format_counts(say, tally),
        because,
        _format_unknown_count(say, tally),
    )


def format_step_skipped(say: MarkupTranslator, campaign: Broadcast, step: str) -> Reply:
    """Tell that a step was left out because it was late."""
    said = say(
        N_("<b>{code}</b> {title}: the reminder “{step}” was left out, because its time was over."),
        code=campaign.id,
        title=campaign.draft.title,
        step=format_step_name(say.t, step),
    )
    return _notice_reply(say, campaign, said)


def format_step_not_sent(say: MarkupTranslator, step: Broadcast, found: CheckReport) -> Reply:
    """Tell that a step was not sent because its check found problems."""
    said = say(
        N_("<b>{code}</b> {title}: the reminder “{step}” was not sent to anybody, because its check found problems."),
        code=step.id,
        title=step.draft.title,
        step=format_step_name(say.t, step.step),
    )
    todo = say(N_("Please put that right in a new broadcast, to be sent to the same people."))
    return _notice_reply(say, step, said, *_format_problems(say, found), todo)


def format_second_person_needed(say: MarkupTranslator, broadcast: Broadcast) -> Reply:
    """Tell that there are now more recipients than the author may approve alone."""
    said = say(
        N_(
            "<b>{code}</b> {title}: {count} people are meant by now, more than one person may approve."
            " Nothing was sent."
        ),
        code=broadcast.id,
        title=broadcast.draft.title,
        count=format_count(say, broadcast.recipients),
    )
    todo = say(N_("Those who may approve it have been asked. It goes on as soon as one of them approves it."))
    return _notice_reply(say, broadcast, said, todo)


def format_campaign_over(say: MarkupTranslator, campaign: Broadcast) -> Reply:
    """Tell that all steps of a campaign have ended."""
    said = say(
        N_("<b>{code}</b> {title} is over: every step of its plan has ended. Open it to see what became of each."),
        code=campaign.id,
        title=campaign.draft.title,
    )
    return _notice_reply(say, campaign, said)


def _format_recipients(say: MarkupTranslator, found: CheckReport) -> Markup:
    total = say(N_("Recipients: {count}"), count=format_count(say, found.recipients))
    return join_lines(total, format_bullets(format_reachability(say.t, one) for one in found.counted))


def _format_problems(say: MarkupTranslator, found: CheckReport) -> tuple[Markup, ...]:
    return tuple(_format_problem(say, one) for one in found.problems)


def _format_problem(say: MarkupTranslator, problem: BroadcastProblem) -> Markup:
    return join_lines(escape(format_problem(say.t, problem)), escape(format_problem_rows(say.t, problem)))


def _format_next_action(say: MarkupTranslator, found: CheckReport, second_person: bool) -> Markup:
    if found.problems:
        return say(N_("Nothing was sent. Please put this right, then check it again."))
    if second_person:
        return say(N_("Nothing stands against it. So many recipients need the approval of a second person."))
    return say(N_("Nothing stands against it. Send it to yourself first, then approve it."))


def _format_late_note(say: MarkupTranslator, broadcast: Broadcast) -> Markup:
    return (
        escape(capitalize_first(format_state_reason(say.t, broadcast.why)))
        if broadcast.why == StateReason.LATE
        else Markup()
    )


def _format_unknown_count(say: MarkupTranslator, tally: DeliveryCounts) -> Markup:
    """Tell how many messages have an unknown result.

    They are never sent again automatically, for they may have arrived.
    """
    count = tally.states.get("unknown", 0)
    if not count:
        return Markup()
    return say(
        N_(
            "Of {count} people it is not known whether the message arrived. Nothing is sent twice by itself:"
            " open the broadcast to see who they are, and to send it to them again."
        ),
        count=format_count(say, count),
    )


def _notice_reply(say: MarkupTranslator, about: Broadcast, *paragraphs: Markup) -> Reply:
    return Reply(paragraphs=tuple(str(one) for one in paragraphs if one), choices=(open_choice(say, about.id),))


def format_approval_request(
    say: MarkupTranslator, broadcast: Broadcast, recipients: int, labels: Mapping[str, str]
) -> Reply:
    """Ask for the approval of a broadcast: title, number of recipients, author, and the command that opens it."""
    head = say(
        N_("<b>{code}</b> {title} waits for the approval of a second person."),
        code=broadcast.id,
        title=broadcast.draft.title,
    )
    about = join_lines(
        say(N_("Recipients: {count}"), count=format_count(say, recipients)),
        say(N_("Written by: {author}"), author=format_actor(say.t, broadcast.author, labels)),
    )
    how = say(N_("You may approve it: send <b>/thongbao {code}</b>, read it, and tap “Approve”."), code=broadcast.id)
    return Reply(paragraphs=(str(head), str(about), str(how)), choices=(open_choice(say, broadcast.id),))
