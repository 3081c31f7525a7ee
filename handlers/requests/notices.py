"""The notices about new requests to those in whose scope they are, and what their officer learns about the handling."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from handlers.core import Choice, MarkupTranslator, Reply, ScreenCallback, capitalize_first, hash_text, join_lines
from handlers.model import (
    LATE_DAYS,
    ROLES,
    SOON_DAYS,
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
