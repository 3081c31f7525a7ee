"""Which part of a draft to change."""

from handlers.broadcasts.model import Draft
from handlers.office.broadcast_drafting import back_to, closed, rewritten
from handlers.office.broadcast_view import draft_of, reopened, shown
from handlers.office.people_words import ONE_LINE, clean_label
from handlers.office.screens.broadcast_new import WHAT_TITLE
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.voice import lines
from locales import N_

BACK = "back"
_PARTS = {
    "broadcast_name": (N_("Title"), ("tieu de", "title")),
    "broadcast_vi": (N_("Vietnamese text"), ("noi dung tieng viet", "tieng viet", "vietnamese")),
    "broadcast_en": (N_("English text"), ("noi dung tieng anh", "tieng anh", "english")),
    "broadcast_whom": (N_("Recipients"), ("nguoi nhan", "gui cho ai", "recipients")),
    "broadcast_buttons": (N_("Buttons"), ("nut", "buttons")),
    "broadcast_deadline": (N_("Deadline"), ("han", "thoi han", "deadline")),
}
_OF_CAMPAIGN = {
    "broadcast_plan": (N_("Days of the reminders"), ("ngay nhac", "lich nhac", "days")),
    "broadcast_hour": (N_("Time of the day"), ("gio", "gio nhac", "time")),
    "broadcast_late": (N_("Missed reminders"), ("lo gio", "nhac lo", "missed")),
}
_OF_SINGLE = {"broadcast_start": (N_("Time of sending"), ("gio gui", "khi nao gui", "start"))}


class Edit(NoText):
    """Every part as a button."""

    async def page(self, here: Here) -> Page:
        """The parts."""
        found = await draft_of(here)
        if found is None:
            return closed(here)
        parts = [Option(name, here.say.t(label), typed) for name, (label, typed) in _parts(found.draft).items()]
        told = here.say(N_("After a change it has to be checked again."))
        return Page(here.say(N_("<b>What shall be changed?</b>")), (told,), (*parts, back_to(here)))

    async def handle_option(self, here: Here, value: str) -> Answered:
        """The part, or back."""
        return Answered(await reopened(here) if value == BACK else shown(here, value))


class NewTitle:
    """Another title."""

    async def page(self, here: Here) -> Page:
        """The question."""
        found = await draft_of(here)
        if found is None:
            return closed(here)
        say = here.say
        now = say(N_("Now: {title}."), title=found.draft.title)
        ask = say(N_("<b>What shall it be called?</b> Type a short title; recipients do not see it."))
        return Page(ask, (now,), (back_to(here),), exact=True, help=lines(say(ONE_LINE), say(WHAT_TITLE)))

    async def handle_option(self, here: Here, value: str) -> Answered:  # noqa: ARG002 - there is one option
        """Back."""
        return Answered(await reopened(here))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """The title."""
        title = clean_label(text)
        if title is None:
            return Answered(here.session, notes=(here.say(ONE_LINE),))
        return await rewritten(here, "broadcast_name", title=title)


def _parts(draft: Draft) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {**_PARTS, **(_OF_CAMPAIGN if draft.plan else _OF_SINGLE)}
