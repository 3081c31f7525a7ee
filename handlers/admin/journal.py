"""The journal within reach, the newest rows first."""

from markupsafe import escape

from handlers.dates import moment
from handlers.office.holding import labels_of, rights_of
from handlers.office.journal_words import deed, doer, subject
from handlers.office.model import JournalEntry
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.screens.flow import proceed
from handlers.voice import lines
from locales import N_

BACK, OLDER, LATEST = "back", "older", "latest"
#: Rows on one page.
SHOWN = 10


class JournalRows(NoText):
    """``session.about`` is the number before which the page begins."""

    async def page(self, here: Here) -> Page:
        """Who did what, on what, when."""
        say, rows, labels = here.say, await _rows(here), await labels_of(here, await rights_of(here))
        told = tuple(escape(_told(here, row, labels)) for row in rows[:SHOWN])
        older = Option(OLDER, say.t(N_("Older")), ("cu hon", "older"))
        latest = Option(LATEST, say.t(N_("The newest")), ("moi nhat", "newest"))
        turning = [*([latest] if here.session.about else []), *([older] if len(rows) > SHOWN else [])]
        back = Option(BACK, say.t(N_("Back")), ("quay lai", "back"))
        none = say(N_("There are no rows within your reach."))
        return Page(say(N_("<b>Journal</b>")), (lines(*told) or none,), (*turning, back))

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Turn the page, or leave."""
        if value == BACK:
            return Answered(proceed(here))
        rows = await _rows(here)
        before = str(rows[:SHOWN][-1].number) if value == OLDER and rows else None
        return Answered(here.session.with_screen("journal", about=before))


async def _rows(here: Here) -> tuple[JournalEntry, ...]:
    """One more than a page shows: it tells whether there are older ones."""
    about = here.session.about or ""
    before = int(about) if about.isdecimal() else None
    return await here.world.admin.journal.latest(await rights_of(here), SHOWN + 1, before)


def _told(here: Here, row: JournalEntry, labels: dict[str, str]) -> str:
    """``12. 09:00 24/11/2026 – Chị Lan, QT-000002: yêu cầu đổi trạng thái, YC-2026-000001 (3)``."""
    who, what = doer(here.say.t, row.actor, labels), deed(here.say.t, row)
    times = f" ({row.count})" if row.count != 1 else ""
    about = f", {on_what}" if (on_what := subject(here.say.t, row)) else ""
    return f"{row.number}. {moment(row.at)} – {who}: {what}{about}{times}"
