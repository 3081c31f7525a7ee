"""The reminders of a campaign: what its plan still has, and what became of each that was due."""

from collections.abc import Sequence
from datetime import timedelta

from markupsafe import Markup, escape

from handlers.broadcasts.model import Broadcast, Plan
from handlers.broadcasts.report_words import life, step_name, why
from handlers.dates import day
from handlers.office.broadcast_view import open_one, opened, reopened, shown
from handlers.office.broadcast_words import heading
from handlers.office.holding import rights_of
from handlers.office.screens.broadcast_file import FILE, file_asked, file_option
from handlers.office.screens.paging import NEXT, PREVIOUS, paged
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.voice import Voice, lines
from locales import N_

BACK = "back"


class Steps(NoText):
    """``session.about`` is where the open page begins."""

    async def page(self, here: Here) -> Page:
        """The plan line by line, and a button for each that was made."""
        say, found = here.say, await open_one(here)
        back = Option(BACK, say.t(N_("Back to the broadcast")), ("quay lai", "back"))
        if found is None:
            return Page(say(N_("There is no such broadcast within your reach.")), options=(back,))
        made = await _made(here, found)
        page = paged(here.session.about, made)
        told = _planned(here, found.draft.plan, made) if found.draft.plan else ()
        besides = [_line(say, one) for one in page.page_entries if not _is_of_plan(one)]
        rows = [
            Option(one.id, f"{one.id} · {step_name(say.t, one.step)} · {life(say.t, one)}") for one in page.page_entries
        ]
        nothing = () if made else (say(N_("None was due yet.")),)
        file = (file_option(here),) if made else ()
        options = (*rows, *page.turn_options(say.t), *file, back)
        return Page(heading(found), (lines(*told), lines(*besides), *nothing), options)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Open one, turn the page, have the file, or go back."""
        if value == FILE:
            return file_asked(here)
        if value == BACK:
            return Answered(await reopened(here))
        if value in {PREVIOUS, NEXT}:
            found = await open_one(here)
            made = await _made(here, found) if found else ()
            return Answered(shown(here, "broadcast_steps", paged(here.session.about, made).turn(value)))
        return Answered(await opened(here, value) or await reopened(here))


async def _made(here: Here, found: Broadcast) -> Sequence[Broadcast]:
    """The newest first."""
    return (await here.world.admin.broadcasts.steps(await rights_of(here), found.id))[::-1]


def _planned(here: Here, plan: Plan, made: Sequence[Broadcast]) -> tuple[Markup, ...]:
    """A line for each step of the plan, made or still to come."""
    known = {one.step: one for one in made}
    return tuple(_due(here, plan, days, known.get(str(days))) for days in plan.steps)


def _due(here: Here, plan: Plan, days: int, one: Broadcast | None) -> Markup:
    t, on = here.say.t, plan.deadline - timedelta(days=days)
    waits = t(N_("not due yet") if on >= here.today else N_("its day is over"))
    stands = _stands(here.say, one) if one else waits
    return escape(f"• {step_name(t, str(days))}, {day(on)}: {stands}")


def _line(say: Voice, one: Broadcast) -> Markup:
    return escape(f"• {step_name(say.t, one.step)}: {_stands(say, one)}")


def _stands(say: Voice, one: Broadcast) -> str:
    because = why(say.t, one.why)
    return f"{life(say.t, one)} – {because}" if because else life(say.t, one)


def _is_of_plan(one: Broadcast) -> bool:
    return (one.step or "").removeprefix("-").isdecimal()
