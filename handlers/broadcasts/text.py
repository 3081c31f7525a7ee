"""What a broadcast is, what stands against it and what became of it, in words: for screens, notices and reports."""

from types import MappingProxyType

from handlers.broadcasts.model import STANDING, Broadcast, Counted, Life, Outcome, Problem, Reason, Trouble, Why
from handlers.dates import day, parse_day
from locales import N_, Translator

#: Rows that a problem names one by one.
NAMED = 20

LIVES = {
    Life.DRAFT: N_("draft"),
    Life.CHECKED: N_("checked"),
    Life.APPROVED: N_("approved, list being made"),
    Life.SCHEDULED: N_("ready to be sent"),
    Life.RUNNING: N_("running"),
    Life.PAUSED: N_("paused"),
    Life.FINISHED: N_("finished"),
    Life.CANCELLED: N_("called off"),
}
#: Of what sends nothing itself.
_LIVES_OF_CAMPAIGNS = {Life.APPROVED: N_("approved"), Life.RUNNING: N_("reminding by its plan")}
WHYS = {
    Why.BY_HAND: N_("by hand"),
    Why.ERRORS: N_("too many messages could not be delivered"),
    Why.QUIET: N_("held back until the quiet hours are over"),
    Why.DAY_OFF: N_("held back until the next working day"),
    Why.LATE: N_("late: the program was not running at its time"),
    Why.MISSED: N_("left out: its time was over"),
    Why.NOBODY: N_("nobody was left to be reminded"),
    Why.PARENT: N_("its campaign was called off"),
    Why.PROBLEMS: N_("its check found problems"),
    Why.RESTORED: N_("the database was put back from a copy"),
    Why.SECOND_PERSON: N_("more people are meant by now, so a second person has to approve it"),
}
#: States of a recipient, as ``bot.store.api.Delivery`` names them, in the order of a report.
DELIVERIES = {
    "sent": N_("sent"),
    "queued": N_("waiting to be sent"),
    "sending": N_("being sent"),
    "skipped": N_("skipped"),
    "blocked": N_("has blocked the assistant"),
    "invalid": N_("refused by the channel"),
    "failed": N_("could not be sent"),
    "unknown": N_("not known whether it arrived"),
}
REASONS = {
    Reason.STOPPED: N_("wants no reminders"),
    Reason.NO_CONSENT: N_("has not agreed that data about them is kept"),
    Reason.CAPPED: N_("has had as many reminders this week as one person may get"),
    Reason.DONE: N_("says that it is done"),
    Reason.LATER: N_("wants to be reminded another day"),
    Reason.CANCELLED: N_("the broadcast was called off"),
    Reason.BLOCKED_BEFORE: N_("was known to have blocked the assistant before anything was sent"),
    Reason.CRASH: N_("the program ended between the request and its answer"),
    Reason.NO_ANSWER: N_("the platform did not answer"),
    Reason.REFUSED: N_("the platform does not take this message for this chat"),
    Reason.RESTORED: N_("was waiting in a copy of the database that was put back"),
    Reason.GAVE_UP: N_("tried as often as it may be"),
    Reason.NO_SEND_MESSAGE: N_("the channel's server cannot send messages (sendMessage)"),
    Reason.NO_SEND_DOCUMENT: N_("the channel's server cannot send files (sendDocument)"),
    Reason.NO_DELETE_MESSAGE: N_("the channel's server cannot delete messages (deleteMessage)"),
    Reason.NOT_OFFERED: N_("the channel's server cannot do this"),
}
#: What stands against a broadcast, and what to do; what exactly it is about is told behind it.
TROUBLES = {
    Trouble.EMPTY: N_("A text is missing. Write it in both languages."),
    Trouble.PLACEHOLDER: N_("A placeholder is not known. Check how it is written."),
    Trouble.MARKUP: N_("The markup is not closed, or is not known. Correct it, or write without it."),
    Trouble.TOO_LONG: N_("The text is longer than one message holds. Shorten it."),
    Trouble.MISSING: N_(
        "A placeholder has no value for some recipients. Give words that stand for it, or leave it out."
    ),
    Trouble.UNKNOWN: N_("The list names people who never wrote, or who are out of reach. Take them off the list."),
    Trouble.NOBODY: N_("No recipient is left. Choose a wider audience."),
    Trouble.DOCUMENT: N_("The document is too large, or a channel takes none. Choose a smaller one, or send none."),
    Trouble.PAST: N_("The time of the start, or the whole plan, is over. Choose a later one."),
}
OUTCOMES = {
    Outcome.DONE: N_("Done."),
    Outcome.UNKNOWN: N_("There is no such broadcast within reach."),
    Outcome.NOT_ALLOWED: N_("That is not possible from the state it is in."),
    Outcome.NOT_YOURS: N_("This role may not do that to this broadcast."),
    Outcome.SECOND_PERSON: N_("So many recipients need the approval of a second person; please ask somebody else."),
    Outcome.OVERTAKEN: N_("Somebody changed it in the meantime; please look at it again."),
    Outcome.PROBLEMS: N_("It has not passed a check yet: check it, and put right what is found."),
}
_LANGUAGES = MappingProxyType({"vi": N_("Vietnamese text"), "en": N_("English text")})


def life(t: Translator, broadcast: Broadcast) -> str:
    """Where it stands."""
    return t(life_message(broadcast))


def life_message(broadcast: Broadcast) -> str:
    """The same as a message id."""
    campaigns = _LIVES_OF_CAMPAIGNS if broadcast.is_campaign or broadcast.id == STANDING else {}
    return campaigns.get(broadcast.state, LIVES[broadcast.state])


def delivery(t: Translator, state: str) -> str:
    """What became of one recipient; of one who has no row yet, nothing."""
    return t(DELIVERIES[state]) if state else ""


def reason(t: Translator, word: str | None) -> str:
    """Why, where the state alone does not say; a word that is not known stands for itself."""
    return t(REASONS[Reason(word)]) if word in set(Reason) else word or ""


def why(t: Translator, word: str | None) -> str:
    """Why a broadcast is in its state, where anything is to be said of it."""
    return t(WHYS[Why(word)]) if word in set(Why) else word or ""


def trouble(t: Translator, problem: Problem) -> str:
    """What stands against a broadcast, what it is about, and what to do."""
    about = t(_LANGUAGES[problem.about]) if problem.about in _LANGUAGES else problem.about
    sentence = t(TROUBLES[problem.trouble])
    return f"{about}: {sentence}" if about else sentence


def rows(t: Translator, problem: Problem, named: int = NAMED) -> str:
    """Whom a problem is about, the first of them by name; empty where it is about nobody in particular."""
    listed = ", ".join(problem.rows[:named])
    more = max(problem.count, len(problem.rows)) - min(len(problem.rows), named)
    if not listed:
        return t(N_("Concerns {count} of the recipients."), count=problem.count) if problem.count else ""
    if more > 0:
        return t(N_("Concerns {count}: {rows} and {more} more."), count=problem.count, rows=listed, more=more)
    return t(N_("Concerns {count}: {rows}."), count=len(problem.rows), rows=listed)


def step_name(t: Translator, step: str | None) -> str:
    """A step of a campaign: "14" is days before the deadline, "later:" and "expiry:" come before a day in ISO."""
    if not step:
        return ""
    kind, _, on = step.partition(":")
    found = parse_day(on) if on else None
    if found:
        asked = N_("asked for on {day}") if kind == "later" else N_("certificates that end, on {day}")
        return t(asked, day=day(found))
    if not step.removeprefix("-").isdecimal():
        return step
    return _days(t, int(step))


def _days(t: Translator, days: int) -> str:
    near = {1: N_("1 day before"), 0: N_("on the day"), -1: N_("1 day after")}
    if days in near:
        return t(near[days])
    return t(N_("{number} days before") if days > 0 else N_("{number} days after"), number=abs(days))


#: Names of products are the same in every language.
_CHANNELS = MappingProxyType({"telegram": "Telegram", "zalo": "Zalo", "terminal": N_("the office's own machine")})


def channel_name(t: Translator, channel: str) -> str:
    """A channel; one of a terminal is named as all of them are."""
    known = _CHANNELS.get(channel.partition(":")[0])
    return t(known) if known else channel


def reachable(t: Translator, counted: Counted) -> str:
    """How many recipients a channel has, and how many of them it reaches."""
    sentence = N_("{channel}: {reachable} of {all} can be reached")
    told = t(sentence, channel=channel_name(t, counted.channel), reachable=counted.reachable, all=counted.all)
    others = (
        (N_("blocked the assistant: {count}"), counted.blocked),
        (N_("want no reminders: {count}"), counted.stopped),
        (N_("had as many as they may this week: {count}"), counted.capped),
    )
    return "; ".join((told, *(t(message, count=count) for message, count in others if count)))
