"""The words for states, reasons, problems and steps of broadcasts, shared by screens, notices and reports."""

from collections.abc import Iterable
from functools import cache
from types import MappingProxyType

from markupsafe import Markup

from handlers.broadcasts.template import Placeholder
from handlers.core import (
    MarkupTranslator,
    format_bullets,
    format_count,
    format_day,
    format_moment,
    join_lines,
    parse_day,
)
from handlers.model import (
    CHANNEL_LABELS,
    EXPIRY_CAMPAIGN,
    ActionResult,
    Broadcast,
    BroadcastDraft,
    BroadcastProblem,
    BroadcastState,
    BroadcastText,
    ChannelCosts,
    ChannelCounts,
    CheckReport,
    DeliveryReason,
    ProblemKind,
    StateReason,
    channel_kind,
)
from locales import N_, Translator, translator

#: Rows that a problem names one by one.
MAX_ROWS_NAMED = 20

BROADCAST_STATES = {
    BroadcastState.DRAFT: N_("draft"),
    BroadcastState.CHECKED: N_("checked"),
    BroadcastState.APPROVED: N_("approved, list being made"),
    BroadcastState.SCHEDULED: N_("ready to be sent"),
    BroadcastState.RUNNING: N_("running"),
    BroadcastState.PAUSED: N_("paused"),
    BroadcastState.FINISHED: N_("finished"),
    BroadcastState.CANCELLED: N_("called off"),
}
#: States of a campaign, which sends nothing itself.
_CAMPAIGN_STATES = {BroadcastState.APPROVED: N_("approved"), BroadcastState.RUNNING: N_("reminding by its plan")}
STATE_REASONS = {
    StateReason.BY_HAND: N_("by hand"),
    StateReason.ERRORS: N_("too many messages could not be delivered"),
    StateReason.QUIET: N_("held back until the quiet hours are over"),
    StateReason.DAY_OFF: N_("held back until the next working day"),
    StateReason.LATE: N_("late: the program was not running at its time"),
    StateReason.MISSED: N_("left out: its time was over"),
    StateReason.NOBODY: N_("nobody was left to be reminded"),
    StateReason.PARENT: N_("its campaign was called off"),
    StateReason.PROBLEMS: N_("its check found problems"),
    StateReason.RESTORED: N_("the database was put back from a copy"),
    StateReason.SECOND_PERSON: N_("more people are meant by now, so a second person has to approve it"),
}
#: States of a recipient, as ``bot.messages.DeliveryState`` names them, in the order of a report.
DELIVERY_STATES = {
    "sent": N_("sent"),
    "queued": N_("waiting to be sent"),
    "sending": N_("being sent"),
    "skipped": N_("skipped"),
    "blocked": N_("has blocked the assistant"),
    "invalid": N_("refused by the channel"),
    "failed": N_("could not be sent"),
    "unknown": N_("not known whether it arrived"),
}
#: How far a message got beyond ``sent``, on channels that tell it.
DELIVERY_RECEIPTS = {"received": N_("arrived on their device"), "seen": N_("was seen by the person")}
DELIVERY_REASONS = {
    DeliveryReason.STOPPED: N_("wants no reminders"),
    DeliveryReason.NO_CONSENT: N_("has not agreed that data about them is kept"),
    DeliveryReason.CAPPED: N_("has had as many reminders this week as one person may get"),
    DeliveryReason.DONE: N_("says that it is done"),
    DeliveryReason.LATER: N_("wants to be reminded another day"),
    DeliveryReason.CANCELLED: N_("the broadcast was called off"),
    DeliveryReason.BLOCKED_BEFORE: N_("was known to have blocked the assistant before anything was sent"),
    DeliveryReason.CRASH: N_("the program ended between the request and its answer"),
    DeliveryReason.NO_ANSWER: N_("the platform did not answer"),
    DeliveryReason.REFUSED: N_("the platform does not take this message for this chat"),
    DeliveryReason.NEXT_CHANNEL: N_("goes on to the person's next channel"),
    DeliveryReason.WINDOW: N_("has not written to the account for seven days, and no approved template fits"),
    DeliveryReason.MONEY: N_("would have cost more than this month may cost"),
    DeliveryReason.TEMPLATE: N_("the platform refused the approved template"),
    DeliveryReason.BY_TEMPLATE: N_("by an approved template, which is paid for"),
    DeliveryReason.RESTORED: N_("was waiting in a copy of the database that was put back"),
    DeliveryReason.GAVE_UP: N_("tried as often as it may be"),
    DeliveryReason.NO_SEND_MESSAGE: N_("the channel's server cannot send messages (sendMessage)"),
    DeliveryReason.NO_SEND_DOCUMENT: N_("the channel's server cannot send files (sendDocument)"),
    DeliveryReason.NO_DELETE_MESSAGE: N_("the channel's server cannot delete messages (deleteMessage)"),
    DeliveryReason.NOT_OFFERED: N_("the channel's server cannot do this"),
}
#: Each problem with its remedy; ``BroadcastProblem.about`` is told in addition.
PROBLEMS = {
    ProblemKind.EMPTY: N_("The text is missing. Write it in Vietnamese at least."),
    ProblemKind.PLACEHOLDER: N_(
        "A placeholder is not known, or words beside it are part of it already. Write it as shown."
    ),
    ProblemKind.MARKUP: N_("The markup is not closed, or is not known. Correct it, or write without it."),
    ProblemKind.TOO_LONG: N_("The text is longer than one message holds. Shorten it."),
    ProblemKind.MISSING: N_(
        "A placeholder has no value for some recipients. Write words that stand for it behind a | within the braces, or"
        " leave it out."
    ),
    ProblemKind.UNKNOWN: N_("The list names people who never wrote, or who are out of reach. Take them off the list."),
    ProblemKind.NOBODY: N_("No recipient is left. Choose a wider audience."),
    ProblemKind.DOCUMENT: N_("The document is too large, or a channel takes none. Choose a smaller one, or send none."),
    ProblemKind.QUOTA: N_(
        "A channel would have to carry more than it gives out: more people, or more messages in this month. Leave its"
        " people out, or write to them next month."
    ),
    ProblemKind.PAST: N_("The time of the start, or the whole plan, is over. Choose a later one."),
}
ACTION_RESULTS = {
    ActionResult.DONE: N_("Done."),
    ActionResult.UNKNOWN: N_("There is no such broadcast within reach."),
    ActionResult.NOT_ALLOWED: N_("That is not possible from the state it is in."),
    ActionResult.NOT_YOURS: N_("This role may not do that to this broadcast."),
    ActionResult.SECOND_PERSON: N_(
        "So many recipients need the approval of a second person; please ask somebody else."
    ),
    ActionResult.OVERTAKEN: N_("Somebody changed it in the meantime; please look at it again."),
    ActionResult.PROBLEMS: N_("It has not passed a check yet: check it, and put right what is found."),
}
_LANGUAGES = MappingProxyType({"vi": N_("Vietnamese text"), "en": N_("English text")})


def format_state(t: Translator, broadcast: Broadcast) -> str:
    """Return the state of a broadcast in words."""
    return t(state_message(broadcast))


def state_message(broadcast: Broadcast) -> str:
    """Return the state as a message id."""
    campaigns = _CAMPAIGN_STATES if broadcast.is_campaign or broadcast.id == EXPIRY_CAMPAIGN else {}
    return campaigns.get(broadcast.state, BROADCAST_STATES[broadcast.state])


def format_delivery_state(t: Translator, state: str) -> str:
    """Return the state of a recipient in words; empty if there is no row yet."""
    return t(DELIVERY_STATES[state]) if state else ""


def format_delivery_receipt(t: Translator, receipt: str) -> str:
    """Return in words how far a message got, empty where the channel told nothing."""
    return t(DELIVERY_RECEIPTS[receipt]) if receipt else ""


def format_delivery_reason(t: Translator, word: str | None) -> str:
    """Return the reason of a delivery state in words; an unknown word stands for itself."""
    return t(DELIVERY_REASONS[DeliveryReason(word)]) if word in set(DeliveryReason) else word or ""


def format_state_reason(t: Translator, word: str | None) -> str:
    """Return the reason of a broadcast's state in words, empty if there is none."""
    return t(STATE_REASONS[StateReason(word)]) if word in set(StateReason) else word or ""


def format_problem(t: Translator, problem: BroadcastProblem) -> str:
    """Format a problem: its subject, the problem, and its remedy."""
    about = t(_LANGUAGES[problem.about]) if problem.about in _LANGUAGES else problem.about
    sentence = t(PROBLEMS[problem.trouble])
    return f"{about}: {sentence}" if about else sentence


def format_problem_rows(t: Translator, problem: BroadcastProblem, named: int = MAX_ROWS_NAMED) -> str:
    """Name the first recipients or lines that a problem concerns; empty if it concerns none in particular."""
    listed = ", ".join(problem.rows[:named])
    more = max(problem.count, len(problem.rows)) - min(len(problem.rows), named)
    if not listed:
        return t(N_("Concerns {count} of the recipients."), count=problem.count) if problem.count else ""
    if more > 0:
        return t(N_("Concerns {count}: {rows} and {more} more."), count=problem.count, rows=listed, more=more)
    return t(N_("Concerns {count}: {rows}."), count=len(problem.rows), rows=listed)


def format_step_name(t: Translator, step: str | None) -> str:
    """Format a step's name: "14" is a number of days before the deadline, "later:" and "expiry:" precede an ISO day."""
    if not step:
        return ""
    kind, _, on = step.partition(":")
    found = parse_day(on) if on else None
    if found:
        asked = N_("asked for on {day}") if kind == "later" else N_("certificates that end, on {day}")
        return t(asked, day=format_day(found))
    if not step.removeprefix("-").isdecimal():
        return step
    return _format_step_days(t, int(step))


def _format_step_days(t: Translator, days: int) -> str:
    near = {1: N_("1 day before"), 0: N_("on the day"), -1: N_("1 day after")}
    if days in near:
        return t(near[days])
    return t(N_("{number} days before") if days > 0 else N_("{number} days after"), number=abs(days))


def format_channel(t: Translator, channel: str) -> str:
    """Return the name of a channel; all terminals have the same name."""
    known = CHANNEL_LABELS.get(channel_kind(channel))
    return t(known) if known else channel


def format_reachability(t: Translator, counted: ChannelCounts) -> str:
    """Tell how many recipients a channel has, and how many of them can be reached."""
    sentence = N_("{channel}: {reachable} of {all} can be reached")
    told = t(sentence, channel=format_channel(t, counted.channel), reachable=counted.reachable, all=counted.all)
    others = (
        (N_("blocked the assistant: {count}"), counted.blocked),
        (N_("want no reminders: {count}"), counted.stopped),
        (N_("had as many as they may this week: {count}"), counted.capped),
    )
    return "; ".join((told, *(t(message, count=count) for message, count in others if count)))


def format_costs(say: MarkupTranslator, costs: Iterable[ChannelCosts]) -> tuple[Markup, ...]:
    """Tell what a broadcast costs, channel by channel, and whom it cannot reach there."""
    return tuple(_format_channel_costs(say, one) for one in costs)


def format_checked_costs(say: MarkupTranslator, checked: CheckReport | None) -> tuple[Markup, ...]:
    """Tell whoever is asked to approve what the last check found that it costs, and when that was."""
    if checked is None or not checked.costs:
        return ()
    since = say(N_("Cost by the check of {at}:"), at=format_moment(checked.at))
    return since, *format_costs(say, checked.costs)


def _format_channel_costs(say: MarkupTranslator, one: ChannelCosts) -> Markup:
    named = {"channel": format_channel(say.t, one.channel), "now": format_count(say, one.now)}
    if one.steps > 1:
        several = N_("{channel}: <b>{now} đ</b> for a reminder that leaves now; at most {most} đ for all {steps}")
        head = say(several, most=format_count(say, one.most), steps=one.steps, **named)
    elif one.now:
        head = say(N_("{channel}: <b>{now} đ</b> if it leaves now"), **named)
    else:
        head = say(N_("{channel}: costs nothing if it leaves now"), **named)
    groups = (
        (N_("free, for they have written within 48 hours: {number}"), one.free, 0),
        (N_("paid, {price} đ each: {number}"), one.paid, one.message_dong),
        (N_("by an approved template, {price} đ together: {number}"), one.template, one.template_dong),
        (N_("not reached there, for they have not written for 7 days: {number}"), one.unreached, 0),
    )
    counted = [
        say.t(words, number=format_count(say, number), price=format_count(say, price))
        for words, number, price in groups
        if number
    ]
    left = {"left": format_count(say, one.left)}
    enough = say(N_("This month may still cost {left} đ."), **left) if one.now or one.steps > 1 else ""
    spent = N_("⚠ This month may still cost {left} đ only: when that is spent, nothing more that costs is sent there.")
    short = say(spent, **left)
    return join_lines(head, format_bullets(counted), enough if one.is_enough else short)


EXPIRY_TITLE = N_("Certificates that are about to end")
#: The day is that of the certificate file; what follows from it is told by the interview, with its sources.
EXPIRY_TEXT = N_(
    "Dear {ho_ten}, the digital certificate of *{don_vi}* ends on *{han}*, as its own file says: {so_ngay}.\n\n"
    "Tap “Do it now” to see what there is to do. Where that is done already, tap “I have done it”."
)
#: Words for a placeholder without a value.
_SLOT_DEFAULTS = {
    Placeholder.NAME: N_("colleague"),
    Placeholder.UNIT: N_("your unit"),
    Placeholder.DEADLINE: N_("the day in its file"),
    Placeholder.DAYS: N_("soon"),
}


@cache
def build_expiry_draft() -> BroadcastDraft:
    """Return the draft of an expiry reminder in both languages, with all buttons; its audience is chosen day by day."""
    return BroadcastDraft(
        title=translator("vi")(EXPIRY_TITLE),
        text=BroadcastText(vi=_format_expiry_text(translator("vi")), en=_format_expiry_text(translator("en"))),
    )


def _format_expiry_text(t: Translator) -> str:
    return t(EXPIRY_TEXT, **{name.value: f"{{{name}|{t(words)}}}" for name, words in _SLOT_DEFAULTS.items()})
