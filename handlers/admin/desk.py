"""The desk of a person with a role: what waits, as counts that open the list, and the journal of what was done."""

from dataclasses import dataclass

from markupsafe import escape

from handlers.access import format_action, format_actor, format_roles, format_subject
from handlers.admin import open_request, to_filtered_list, to_opening_list
from handlers.core import (
    BACK,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    Session,
    back_option,
    current_rights,
    format_moment,
    holder_labels,
    join_lines,
)
from handlers.interview import to_next_screen
from handlers.model import (
    DESK_FILTER_WORDS,
    LATE_DAYS,
    SOON_DAYS,
    Act,
    Filter,
    JournalEntry,
    NoticeTiming,
    Rights,
    desk_filters,
)
from handlers.notices import DESK_SCREEN
from locales import N_
from rules.language.spelling import fold

INTERVIEW, TIMING = "interview", "timing"
_COUNT = "count:"
#: The counts: name of the filter -> label.
COUNT_LABELS = {
    "new": N_("New: {number}"),
    "late": N_("Over {late} days: {number}"),
    "expiring": N_("Requests whose certificate ends within {soon} days: {number}"),
    "incomplete": N_("Information missing: {number}"),
    "unplaced": N_("Without a unit: {number}"),
}


@dataclass(frozen=True, slots=True)
class _Way:
    """A button to another screen of people with a role."""

    screen: str
    label: str
    needs: Act
    synonyms: tuple[str, ...]


_WHO_IS_LEFT = (
    *("so lieu", "thong ke", "tien do", "numbers", "ai con phai lam", "con bao nhieu", "con bao nhieu nguoi"),
    *(f"{who} {left}" for who in ("ai", "con ai", "nhung ai", "don vi nao", "con don vi nao", "xa nao", "con xa nao",
      "bao nhieu nguoi", "con bao nhieu nguoi", "bao nhieu don vi") for left in ("chua lam", "chua xong")),
)  # fmt: skip
_WAYS = (
    _Way("desk", N_("Request list"), Act.SEE_REQUESTS, ("danh sach", "yeu cau", "list")),
    _Way(
        "dossiers",
        N_("Dossiers of units"),
        Act.MAKE_DOSSIERS,
        ("ho so", "ho so don vi", "lap ho so", "dossiers"),
    ),
    _Way("export", N_("Export"), Act.EXPORT_REQUESTS, ("xuat", "xuat excel", "excel", "tai danh sach", "export")),
    _Way("picture", N_("Numbers"), Act.SEE_PICTURE, _WHO_IS_LEFT),
    _Way(
        "broadcasts",
        N_("Broadcasts"),
        Act.SEE_BROADCASTS,
        ("thong bao", "nhac", "nhac han", "nhac nho", "broadcasts"),
    ),
    _Way("offices", N_("Receiving offices"), Act.CHANGE_OFFICES, ("noi tiep nhan", "noi nhan", "offices")),
    _Way("roles", N_("Roles"), Act.SEE_HOLDERS, ("vai tro", "roles")),
    _Way("journal", N_("Journal"), Act.SEE_JOURNAL, ("nhat ky", "journal")),
)
_TIMING_CHANGES = {
    NoticeTiming.AT_ONCE: N_("New requests: told at once – change to once each morning"),
    NoticeTiming.MORNING: N_("New requests: told once each morning – change to at once"),
}
_TIMING_CHANGED = {
    NoticeTiming.AT_ONCE: N_("From now on I tell you of each new request at once."),
    NoticeTiming.MORNING: N_("From now on I tell you of new requests once a day, in the morning."),
}


def to_desk(here: Context) -> Session:
    """Open the desk."""
    return here.session.with_screen(DESK_SCREEN)


class DeskScreen(OptionsOnlyScreen):
    """Shows what waits within reach and the ways from here."""

    async def page(self, here: Context) -> Page:
        """Count what waits and offer what the role allows."""
        say, rights = here.say, await current_rights(here)
        if not rights.grants:
            return Page(say(N_("You no longer have a role here.")), options=(_interview_option(here),))
        role = say(N_("Your role: {roles}"), roles=format_roles(here, rights))
        counts = await _count_options(here, rights)
        nothing = () if counts else (say(N_("Nothing waits for you at the moment.")),)
        ways = [Option(way.screen, say.t(way.label), way.synonyms) for way in _WAYS if rights.reach(way.needs)]
        timing = await _timing_options(here, rights)
        options = (*counts, *ways, *timing, _interview_option(here))
        return Page(say(N_("<b>Your desk</b>")), (role, *nothing), options, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open what was chosen, or change how the person is told."""
        if value == TIMING:
            return await _change_timing(here)
        if value == INTERVIEW:
            return HandlerResult(_to_interview(here))
        if value.startswith(_COUNT):
            wanted = (await _filters(here, await current_rights(here))).get(value.removeprefix(_COUNT), Filter())
            return HandlerResult(to_filtered_list(here, wanted))
        return HandlerResult(_to_way(here, value))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Open the numbers for a question that they answer; with its mark it names no button."""
        reads = fold(text) in _WHO_IS_LEFT and (await current_rights(here)).reach(Act.SEE_PICTURE)
        return HandlerResult(_to_way(here, "picture")) if reads else None


def _to_way(here: Context, screen: str) -> Session:
    if screen == "desk":
        return to_opening_list(here)
    return here.session.open_visit("export") if screen == "export" else here.session.with_screen(screen)


def _to_interview(here: Context) -> Session:
    """Go on with the questions about one's own certificate."""
    return to_next_screen(here)


def _interview_option(here: Context) -> Option:
    label = here.say.t(N_("Ask about a certificate of my own"))
    return Option(INTERVIEW, label, ("hoi ve chung thu", "chung thu cua toi", "my certificate"))


async def _filters(here: Context, rights: Rights) -> dict[str, Filter]:
    return desk_filters(here.today, everything=rights.reach(Act.SEE_REQUESTS).everything)


async def _count_options(here: Context, rights: Rights) -> list[Option]:
    """Return a button for each count that is not zero."""
    if not rights.reach(Act.SEE_REQUESTS):
        return []
    found = []
    for name, wanted in (await _filters(here, rights)).items():
        number = await here.world.admin.desk.count(rights, wanted)
        shown = here.say.t(COUNT_LABELS[name], number=number, late=LATE_DAYS, soon=SOON_DAYS)
        found += [Option(f"{_COUNT}{name}", shown, DESK_FILTER_WORDS[name])] if number else []
    return found


async def _timing_options(here: Context, rights: Rights) -> list[Option]:
    if not rights.reach(Act.SEE_REQUESTS):
        return []
    timing = await here.world.admin.people.notice_timing()
    return [Option(TIMING, here.say.t(_TIMING_CHANGES[timing]), ("bao yeu cau moi", "bao ngay", "bao moi sang"))]


async def _change_timing(here: Context) -> HandlerResult:
    now = await here.world.admin.people.notice_timing()
    chosen = NoticeTiming.MORNING if now is NoticeTiming.AT_ONCE else NoticeTiming.AT_ONCE
    await here.world.admin.people.choose_notice_timing(chosen)
    return HandlerResult(to_desk(here), notes=(here.say(_TIMING_CHANGED[chosen]),))


async def show_desk(here: Context, value: str, subject: str) -> HandlerResult | None:  # noqa: ARG001
    """Open the desk for the button of an overview, which never outdates."""
    if not (await current_rights(here)).grants:
        return HandlerResult(here.session, notes=(here.say(N_("You no longer have a role here.")),), show=False)
    return HandlerResult(to_desk(here)) if here.session.consented_at else _to_consent(here)


async def show_announced_request(here: Context, value: str, subject: str) -> HandlerResult | None:  # noqa: ARG001
    """Open the request that a notice named."""
    found = await open_request(here, value) if (await current_rights(here)).grants else None
    if found is None:
        note = here.say(N_("There is no such request within your reach."))
        return HandlerResult(here.session, notes=(note,), show=False)
    return HandlerResult(found) if here.session.consented_at else _to_consent(here)


def _to_consent(here: Context) -> HandlerResult:
    return HandlerResult(here.session.with_screen("welcome"), notes=(here.say(N_("Before that, one question:")),))


OLDER, LATEST = "older", "latest"
#: Rows on one page.
SHOWN = 10


class JournalScreen(OptionsOnlyScreen):
    """Shows the rows within reach; ``session.about`` is the number before which the page begins."""

    async def page(self, here: Context) -> Page:
        """Show the rows of the page, with the actor, act and subject of each."""
        say, rows, labels = here.say, await _load_rows(here), await holder_labels(here, await current_rights(here))
        told = tuple(escape(_format_row(here, row, labels)) for row in rows[:SHOWN])
        older = Option(OLDER, say.t(N_("Older")), ("cu hon", "older"))
        latest = Option(LATEST, say.t(N_("The newest")), ("moi nhat", "newest"))
        turning = [*([latest] if here.session.about else []), *([older] if len(rows) > SHOWN else [])]
        back = back_option(say.t)
        none = say(N_("There are no rows within your reach."))
        return Page(say(N_("<b>Journal</b>")), (join_lines(*told) or none,), (*turning, back))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Turn the page, or leave."""
        if value == BACK:
            return HandlerResult(here.session.with_screen("home"))
        rows = await _load_rows(here)
        before = str(rows[:SHOWN][-1].number) if value == OLDER and rows else None
        return HandlerResult(here.session.with_screen("journal", about=before))


async def _load_rows(here: Context) -> tuple[JournalEntry, ...]:
    """Load one row more than a page shows, to know whether there are older ones."""
    about = here.session.about or ""
    before = int(about) if about.isdecimal() else None
    return await here.world.admin.journal.latest(await current_rights(here), SHOWN + 1, before)


def _format_row(here: Context, row: JournalEntry, labels: dict[str, str]) -> str:
    """Format a row: ``12. 09:00 24/11/2026 – Chị Lan, QT-000002: yêu cầu đổi trạng thái, YC-2026-000001 (3)``."""
    who, what = format_actor(here.say.t, row.actor, labels), format_action(here.say.t, row)
    times = f" ({row.count})" if row.count != 1 else ""
    about = f", {on_what}" if (on_what := format_subject(here.say.t, row)) else ""
    return f"{row.number}. {format_moment(row.at)} – {who}: {what}{about}{times}"
