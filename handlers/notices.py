"""Notices that nobody asked for: about requests and receiving offices, and alerts to the owners."""

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from handlers.core import Choice, MarkupTranslator, Reply, ScreenCallback, capitalize_first, hash_text, join_lines
from handlers.model import (
    CHANNEL_LABELS,
    LATE_DAYS,
    ROLES,
    SOON_DAYS,
    AlarmKind,
    NoticeTiming,
    RequestContent,
    RequestHandling,
    RequestOffice,
    Rights,
    Role,
    UnitDirectory,
    acting_office,
)
from handlers.requests import PROCEDURE_LABELS
from locales import N_

#: How people are told, in words.
TIMING_LABELS = {NoticeTiming.AT_ONCE: N_("at once"), NoticeTiming.MORNING: N_("once a day, in the morning")}
#: The screen that the buttons of these notices open.
REQUEST_SCREEN, DESK_SCREEN = "desk_request", "home"
#: The counts of an overview: key -> message id; those that are zero are left out.
DIGEST_COUNTS = {
    "late": N_("Unfinished for more than {days} days: <b>{number}</b>"),
    "expiring": N_("Unfinished, and the certificate ends within {days} days: <b>{number}</b>"),
    "incomplete": N_("Sent back, waiting for the officer: <b>{number}</b>"),
}
_DAYS = {"late": LATE_DAYS, "expiring": SOON_DAYS, "incomplete": 0}


def open_request_choice(say: MarkupTranslator, code: str) -> Choice:
    """Return a lasting button that opens a request in the list."""
    tap = str(ScreenCallback(REQUEST_SCREEN, code, f"={hash_text(code)}"))
    return Choice(label=say.t(N_("Open {code}"), code=code), tap=tap, numbered=False)


def open_desk_choice(say: MarkupTranslator) -> Choice:
    """Return a lasting button that opens the desk."""
    tap = str(ScreenCallback(DESK_SCREEN, "open", f"={hash_text(DESK_SCREEN)}"))
    return Choice(label=say.t(N_("Open the desk")), tap=tap, numbered=False)


def format_new_request(language: str, code: str, content: RequestContent, *, again: bool) -> Reply:
    """Format the notice about a request that came, or came ``again``; its content is masked as the role demands."""
    say = MarkupTranslator(language)
    head = N_("<b>Request {code} was put right and sent again</b>") if again else N_("<b>New request {code}</b>")
    body = join_lines(
        say(head, code=code),
        say(N_("Procedure: {procedure}"), procedure=say(PROCEDURE_LABELS[content.procedure])),
        say(N_("Certificate of: {name}"), name=content.subscriber),
        say(N_("Managing body: {unit}"), unit=content.unit),
    )
    see = say(N_("To see it: /danhsach {code}"), code=code)
    return Reply(paragraphs=(str(body), str(see)), choices=(open_request_choice(say, code),))


def format_placed_requests(language: str, number: int) -> Reply:
    """Format the notice about requests that came to somebody's units together, when units were imported."""
    say = MarkupTranslator(language)
    head = say(N_("<b>Requests that belong to your units since the list of units changed: {number}</b>"), number=number)
    where = say(N_("They had no unit before. The list: /danhsach"))
    return Reply(paragraphs=(str(head), str(where)), choices=(open_desk_choice(say),))


def format_digest(language: str, total: int, rows: Sequence[str], counts: Mapping[str, int]) -> Reply:
    """Format the overview of the morning: how many requests are new, some of them, and what presses."""
    say = MarkupTranslator(language)
    head = say(N_("<b>New requests since the last overview: {number}</b>"), number=total)
    listed = [Markup("• {}").format(row) for row in rows]
    more = [say(N_("… and {number} more"), number=total - len(rows))] if total > len(rows) else []
    pressing = [say(DIGEST_COUNTS[name], number=number, days=_DAYS[name]) for name, number in counts.items() if number]
    where = say(N_("The list: /danhsach. How you are told is chosen at the desk: /banlamviec"))
    parts = (head, join_lines(*listed, *more), join_lines(*pressing), where)
    return Reply(paragraphs=tuple(str(part) for part in parts if part), choices=(open_desk_choice(say),))


def format_office(say: MarkupTranslator, office: RequestOffice, units: UnitDirectory) -> str:
    """Format an office: ``quản trị viên – Xã Nhơn Trạch``."""
    name = say.t(ROLES[office.role])
    return f"{name} – {units.name(office.unit)}" if office.unit else name


def format_handling(say: MarkupTranslator, handling: RequestHandling, code: str, units: UnitDirectory) -> Markup:
    """Tell the officer who has a request and, where the past shows it, when the first answer usually comes."""
    if handling.unit is None and units:
        ask = N_(
            "This request belongs to no unit yet, so no focal officer has it. Please choose the unit: /yeucau {code}"
        )
        return say(ask, code=code)
    if not handling.offices:
        return say(N_("Nobody is in charge of this unit here yet: please tell your managing body yourself as well."))
    offices = "; ".join(format_office(say, office, units) for office in handling.offices)
    who = say(N_("It is now with: <b>{offices}</b>."), offices=offices)
    if handling.usual_days is None:
        return who
    return who + " " + _format_usual_days(say, handling.usual_days)


def _format_usual_days(say: MarkupTranslator, days: int) -> Markup:
    if days == 1:
        return say(N_("The first answer usually comes within a day."))
    return say(N_("The first answer usually comes within {days} days."), days=days)


def format_acting_office(language: str, rights: Rights, unit: str | None) -> str:
    """Format the office by which a person changes a request of a unit."""
    return format_step_office(MarkupTranslator(language), acting_office(rights, unit), rights.units)


def format_step_office(say: MarkupTranslator, office: RequestOffice | None, units: UnitDirectory) -> str:
    """Format the office that made a step, with a capital letter; the office in charge where it is not known."""
    if office is None:
        return say.t(N_("The office in charge"))
    if office.role is Role.OPERATOR:
        return say.t(N_("The operator of the assistant"))
    return capitalize_first(format_office(say, office, units))


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
