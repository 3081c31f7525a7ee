"""Alerts to the owners: things that could not be handled, a restored database, a wrong clock, and alarms."""

from collections.abc import Iterable, Mapping

from handlers.core import MarkupTranslator, Reply
from handlers.model import CHANNEL_LABELS, AlarmKind
from locales import N_

_SET_ASIDE = N_(
    "Everything else goes on. More cases of today are in the log only. Please tell whoever runs the assistant."
)
_MEANS_OF_COPY = N_(
    "All broadcasts are paused, and what was waiting may have gone out: it counts as not known, and is sent"
    " again by hand only. Look at each with /thongbao and let it go on, or call it off. Requests registered"
    " since the copy are missing; new codes begin far beyond those given before. Roles that were ended since"
    " the copy count again: please look through them with /vaitro."
)
#: An alert by its name (``bot.store.AbandonedRow``): the name of its value, and its paragraphs.
_ALERTS: Mapping[str, tuple[str, ...]] = {
    "update": (
        "row",
        N_("⚠ A message from somebody could not be handled in several tries and was set aside (inbox {row})."),
        _SET_ASIDE,
    ),
    "unstored": (
        "row",
        N_("⚠ A message from somebody could not be stored in several tries and was left out (update {row})."),
        _SET_ASIDE,
    ),
    "message": (
        "row",
        N_("⚠ A message to somebody could not be sent in several tries and was set aside (outbox {row})."),
        _SET_ASIDE,
    ),
    "task": (
        "row",
        N_("⚠ A file that somebody ordered could not be made in several tries and was set aside ({row})."),
        _SET_ASIDE,
    ),
    "restored": (
        "row",
        N_("⚠ The database was put back from an older copy. What happened since that copy was made is not known here."),
        _MEANS_OF_COPY,
    ),
    "promoted": (
        "row",
        N_(
            "⚠ A standby of the database took over, and what was written in the last moments before may be missing in"
            " it: the database did not wait for the standby."
        ),
        _MEANS_OF_COPY,
    ),
    "clock": (
        "days",
        N_("⚠ The machine's clock is {days} days ahead of what I last saw, so I delete nothing and remind nobody."),
        N_(
            "If the clock is wrong, please have it set right. If I simply did not run for so long, whoever runs the"
            " assistant says so once with: troly retention --clock-is-right"
        ),
    ),
    "clock behind": (
        "days",
        N_("⚠ The machine's clock is {days} days behind what I last saw, so I delete nothing and remind nobody."),
        N_(
            "If the clock is wrong, please have it set right; I then go on by myself. If it is right now and was wrong"
            " before, whoever runs the assistant says so once with: troly retention --clock-is-right"
        ),
    ),
    "consent": (
        "row",
        N_("⚠ I can no longer write for the office's Zalo account: its consent has ended. Nothing is lost."),
        N_(
            "Please have an administrator of the account give the consent again; whoever runs the assistant then enters"
            " it with: troly zalo connect"
        ),
    ),
    "package": (
        "days",
        N_("⚠ The package of the office's Zalo account ends in {days} days. Without it nothing is sent there."),
        N_("Please have it renewed in time."),
    ),
    "quiet": (
        "hours",
        N_("⚠ Nothing has come from Zalo for {hours} hours of a working day."),
        N_(
            "Perhaps Zalo has switched the webhook off. Whoever runs the assistant can see it in Zalo's console for"
            " developers, under Webhook; what is missing is listed by: troly zalo check"
        ),
    ),
    "quota": (
        "refusals",
        N_("⚠ Zalo Bot took none of the last {refusals} messages, so I send nothing more there today."),
        N_(
            "What it gives out in a month may be used up. Answers and reminders wait until tomorrow; nothing is lost."
            " Officers can go on in the web chat meanwhile."
        ),
    ),
    "budget": (
        "dong",
        N_("⚠ The {dong} đ that messages on Zalo may cost this month are used up."),
        N_(
            "People who have not written for 48 hours get nothing there until next month; free messages go on. Whoever"
            " runs the assistant can raise the limit: TROLY_ZALO_OA_MONTHLY_DONG"
        ),
    ),
    "money": (
        "code",
        N_("⚠ Zalo does not send a paid message: its account lacks money, or a quota is used up (error {code})."),
        N_("Such messages wait and are tried every hour. Please have the ZBS account topped up, or linked."),
    ),
    "template": (
        "which",
        N_("⚠ Zalo refuses the template {which}, so people who have not written for seven days are not reminded."),
        N_("Please look at it in the ZBS console; what is wrong is listed by: troly zalo check"),
    ),
    "handover": (
        "minutes",
        N_(
            "A colleague is answering in a Zalo chat, so I say nothing there for {minutes} minutes after each of their"
            " messages. This comes once a day, however many chats that concerns."
        ),
    ),
}
_VALUES_UNREADABLE = N_(
    "{count} values in the database can no longer be read: {rows}. Everything else goes on; these rows are marked in"
    " lists and files. Please let the operator know: troly keys verify --every says more, and a copy of the database"
    " may have them whole."
)


def format_alert(say: MarkupTranslator, name: str, value: int | str) -> Reply:
    """Tell of something once.

    Args:
        say: The language of the reader.
        name: A value of ``AbandonedRow``.
        value: A row, a number of days or hours, a code, as the alert says; a clock that is behind has negative days.
    """
    if name == "clock" and int(value) < 0:
        name, value = "clock behind", -int(value)
    about, *paragraphs = _ALERTS[name]
    return _format(say, paragraphs, **{about: value})


def format_values_unreadable(say: MarkupTranslator, count: int, rows: str) -> Reply:
    """Tell of values in the database that cannot be read any more, and name some of their places."""
    return Reply(paragraphs=(say.t(_VALUES_UNREADABLE, count=count, rows=rows),))


#: What happened, and what is to be done; ``{about}`` and ``{figure}`` are those of the alarm.
_ALARMS = {
    AlarmKind.CHANNEL: (
        N_("⚠ I have not reached {about} for {figure} minutes. Messages wait there; nothing is lost."),
        N_("I go on trying by myself. If it lasts, please have the network of the machine looked at: troly doctor"),
    ),
    AlarmKind.REFUSED: (
        N_("⚠ {about} does not accept my token any more. Messages wait there; nothing is lost."),
        N_("Please have the token in the settings corrected; what is wrong is said by: troly doctor"),
    ),
    AlarmKind.UPDATES: (
        N_("⚠ Messages from people have been waiting for an answer for {figure} minutes."),
        N_("Perhaps the machine is too busy, or its disk is. Whoever runs the assistant can look with: troly doctor"),
    ),
    AlarmKind.MESSAGES: (
        N_("⚠ Messages to people have been waiting to be sent for {figure} minutes. Nothing is lost."),
        N_("Perhaps a platform is slow or refuses them. Whoever runs the assistant can look with: troly doctor"),
    ),
    AlarmKind.PAUSED: (
        N_("⚠ The broadcast {about} has paused by itself: too many of its messages could not be delivered."),
        N_("Please look at it with /thongbao; then let it go on, or call it off."),
    ),
    AlarmKind.BACKUP: (
        N_("⚠ The database could not be backed up."),
        N_("Whoever runs the assistant sees why with: troly backup create"),
    ),
    AlarmKind.RETENTION: (
        N_("⚠ Data past their time could not be deleted."),
        N_("Whoever runs the assistant sees why with: troly retention"),
    ),
    AlarmKind.DISK: (
        N_("⚠ Only {figure} percent of the assistant's disk are free. When it is full, nobody is answered."),
        N_("Please have room made on it."),
    ),
    AlarmKind.FULL: (
        N_("⚠ The disk of the database is full, or was a moment ago: nobody was answered meanwhile. Nothing is lost."),
        N_("Please have room made on it, and see why it filled."),
    ),
    AlarmKind.MEMORY: (
        N_("⚠ The assistant holds {figure} percent of the memory that it may use. At the limit the system ends it."),
        N_("Please have it given more, or started again at a quiet hour: nothing is lost by that."),
    ),
    AlarmKind.AUTHORITY: (
        N_("⚠ An installed CA file ends in {figure} days: {about}. From then on its certificates are not verified."),
        N_("Please have the new file installed: troly trust add"),
    ),
    AlarmKind.KEYS: (
        N_("⚠ The key that seals personal data is {figure} days old."),
        N_("Please have it changed: troly keys rotate. Nobody notices anything of it."),
    ),
}


def format_alarm(say: MarkupTranslator, kind: AlarmKind, about: str, figure: int) -> Reply:
    """Tell of something that the owners should know of until it is over."""
    named = say.t(CHANNEL_LABELS[about]) if kind in {AlarmKind.CHANNEL, AlarmKind.REFUSED} else about
    return _format(say, _ALARMS[kind], about=named, figure=figure)


def _format(say: MarkupTranslator, paragraphs: Iterable[str], **values: object) -> Reply:
    return Reply(paragraphs=tuple(str(say(text, **values)) for text in paragraphs))
