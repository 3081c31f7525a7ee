"""Alerts to the owners: things that could not be handled, a restored database, a wrong clock."""

from handlers.core import MarkupTranslator, Reply
from handlers.model import CHANNEL_LABELS, AlarmKind
from locales import N_

_CLOSING_NOTE = N_(
    "Everything else goes on. More cases of today are in the log only. Please tell whoever runs the assistant."
)
_VALUES_UNREADABLE = N_(
    "{count} values in the database can no longer be read: {rows}. Everything else goes on; these rows are marked in"
    " lists and files. Please let the operator know: troly keys verify --every says more, and a copy of the database"
    " may have them whole."
)


def format_update_set_aside(say: MarkupTranslator, row: int | str) -> Reply:
    """Tell that an incoming message crashed the assistant or failed in every attempt, and was set aside."""
    what = N_("⚠ A message from somebody could not be handled in several tries and was set aside (inbox {row}).")
    return _format_alert(say, what, row)


def format_update_unstored(say: MarkupTranslator, update: int | str) -> Reply:
    """Somebody's message could not even be stored."""
    what = N_("⚠ A message from somebody could not be stored in several tries and was left out (update {row}).")
    return _format_alert(say, what, update)


def format_message_set_aside(say: MarkupTranslator, row: int | str) -> Reply:
    """Tell that an outgoing message could not be decrypted or sent, and was set aside."""
    what = N_("⚠ A message to somebody could not be sent in several tries and was set aside (outbox {row}).")
    return _format_alert(say, what, row)


def format_task_set_aside(say: MarkupTranslator, row: int | str) -> Reply:
    """Tell that an ordered file could not be made."""
    what = N_("⚠ A file that somebody ordered could not be made in several tries and was set aside ({row}).")
    return _format_alert(say, what, row)


def format_database_restored(say: MarkupTranslator, _: int | str) -> Reply:
    """Tell that the database is an older copy of the one used last, and what that means for broadcasts and roles."""
    what = say(
        N_("⚠ The database was put back from an older copy. What happened since that copy was made is not known here.")
    )
    return Reply(paragraphs=(str(what), _means_of_copy(say)))


def format_standby_took_over(say: MarkupTranslator, _: int | str) -> Reply:
    """Tell that a standby of the database took over which commits had not waited for."""
    what = say(
        N_(
            "⚠ A standby of the database took over, and what was written in the last moments before may be missing in"
            " it: the database did not wait for the standby."
        )
    )
    return Reply(paragraphs=(str(what), _means_of_copy(say)))


def _means_of_copy(say: MarkupTranslator) -> str:
    means = say(
        N_(
            "All broadcasts are paused, and what was waiting may have gone out: it counts as not known, and is sent"
            " again by hand only. Look at each with /thongbao and let it go on, or call it off. Requests registered"
            " since the copy are missing; new codes begin far beyond those given before. Roles that were ended since"
            " the copy count again: please look through them with /vaitro."
        )
    )
    return str(means)


def format_values_unreadable(say: MarkupTranslator, count: int, rows: str) -> Reply:
    """Tell of values in the database that cannot be read any more, and name some of their places."""
    return Reply(paragraphs=(say.t(_VALUES_UNREADABLE, count=count, rows=rows),))


def format_clock_leap(say: MarkupTranslator, days: int | str) -> Reply:
    """Tell that the clock differs from the last known time by ``days``; a negative number means that it is behind."""
    if int(days) < 0:
        behind = N_(
            "⚠ The machine's clock is {days} days behind what I last saw, so I delete nothing and remind nobody."
        )
        right = N_(
            "If the clock is wrong, please have it set right; I then go on by myself. If it is right now and was wrong"
            " before, whoever runs the assistant says so once with: troly retention --clock-is-right"
        )
        return Reply(paragraphs=(str(say(behind, days=-int(days))), str(say(right))))
    what = say(
        N_("⚠ The machine's clock is {days} days ahead of what I last saw, so I delete nothing and remind nobody."),
        days=days,
    )
    todo = say(
        N_(
            "If the clock is wrong, please have it set right. If I simply did not run for so long, whoever runs the"
            " assistant says so once with: troly retention --clock-is-right"
        )
    )
    return Reply(paragraphs=(str(what), str(todo)))


def _format_alert(say: MarkupTranslator, what: str, row: int | str) -> Reply:
    return Reply(paragraphs=(str(say(what, row=row)), str(say(_CLOSING_NOTE))))


def format_consent_needed(say: MarkupTranslator, _: int | str) -> Reply:
    """Tell that the office's account of a platform has to give its consent again."""
    what = N_("⚠ I can no longer write for the office's Zalo account: its consent has ended. Nothing is lost.")
    todo = N_(
        "Please have an administrator of the account give the consent again; whoever runs the assistant then enters it"
        " with: troly zalo connect"
    )
    return Reply(paragraphs=(str(say(what)), str(say(todo))))


def format_package_ends(say: MarkupTranslator, days: int | str) -> Reply:
    """Tell that the package of the office's account ends in ``days``."""
    what = N_("⚠ The package of the office's Zalo account ends in {days} days. Without it nothing is sent there.")
    return Reply(paragraphs=(str(say(what, days=days)), str(say(N_("Please have it renewed in time.")))))


def format_platform_quiet(say: MarkupTranslator, hours: int | str) -> Reply:
    """Tell that nothing came from a platform for ``hours`` of a working day."""
    what = N_("⚠ Nothing has come from Zalo for {hours} hours of a working day.")
    todo = N_(
        "Perhaps Zalo has switched the webhook off. Whoever runs the assistant can see it in Zalo's console for"
        " developers, under Webhook; what is missing is listed by: troly zalo check"
    )
    return Reply(paragraphs=(str(say(what, hours=hours)), str(say(todo))))


def format_quota_used_up(say: MarkupTranslator, refusals: int | str) -> Reply:
    """Tell that a platform refused several messages in a row, so that nothing more leaves through it today."""
    what = N_("⚠ Zalo Bot took none of the last {refusals} messages, so I send nothing more there today.")
    todo = N_(
        "What it gives out in a month may be used up. Answers and reminders wait until tomorrow; nothing is lost."
        " Officers can go on in the web chat meanwhile."
    )
    return Reply(paragraphs=(str(say(what, refusals=refusals)), str(say(todo))))


def format_budget_used_up(say: MarkupTranslator, dong: int | str) -> Reply:
    """Tell that the month's ``dong`` for messages on Zalo are used up."""
    what = N_("⚠ The {dong} đ that messages on Zalo may cost this month are used up.")
    todo = N_(
        "People who have not written for 48 hours get nothing there until next month; free messages go on. Whoever runs"
        " the assistant can raise the limit: TROLY_ZALO_OA_MONTHLY_DONG"
    )
    return Reply(paragraphs=(str(say(what, dong=dong)), str(say(todo))))


def format_money_refused(say: MarkupTranslator, code: int | str) -> Reply:
    """Tell that Zalo refused a message for want of money or of a quota."""
    what = N_("⚠ Zalo does not send a paid message: its account lacks money, or a quota is used up (error {code}).")
    todo = N_("Such messages wait and are tried every hour. Please have the ZBS account topped up, or linked.")
    return Reply(paragraphs=(str(say(what, code=code)), str(say(todo))))


def format_template_refused(say: MarkupTranslator, which: int | str) -> Reply:
    """Tell that Zalo refused an approved text; ``which`` is its id with the error."""
    what = N_("⚠ Zalo refuses the template {which}, so people who have not written for seven days are not reminded.")
    todo = N_("Please look at it in the ZBS console; what is wrong is listed by: troly zalo check")
    return Reply(paragraphs=(str(say(what, which=which)), str(say(todo))))


def format_handover(say: MarkupTranslator, minutes: int | str) -> Reply:
    """Tell that the assistant says nothing in a chat for ``minutes``, because a colleague answers there."""
    what = N_(
        "A colleague is answering in a Zalo chat, so I say nothing there for {minutes} minutes after each of their"
        " messages. This comes once a day, however many chats that concerns."
    )
    return Reply(paragraphs=(str(say(what, minutes=minutes)),))


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
    what, todo = _ALARMS[kind]
    return Reply(paragraphs=(str(say(what, about=named, figure=figure)), str(say(todo))))
