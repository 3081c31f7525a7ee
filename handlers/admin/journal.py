"""The screen of the audit journal, newest rows first."""

from markupsafe import escape

from handlers.access import format_action, format_actor, format_subject
from handlers.core import (
    BACK,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    back_option,
    current_rights,
    format_moment,
    holder_labels,
    join_lines,
)
from handlers.model import JournalEntry
from locales import N_

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
