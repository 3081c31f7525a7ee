"""What recipients can tap."""

from dataclasses import replace

from handlers.broadcasts.model import Button
from handlers.broadcasts.rendering import LABELS
from handlers.office.broadcast_drafting import back_to, closed, rewritten
from handlers.office.broadcast_view import draft_of, reopened
from handlers.page import DONE, Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.session import Session
from locales import N_

BACK = "back"
_SCREEN = "broadcast_buttons"
#: A tick, apart from the button that ends ticking; ticks are those taken off, so that at first all are on.
_TICK = "tick_"


class Buttons(NoText):
    """Each on or off."""

    async def page(self, here: Here) -> Page:
        """What each does."""
        found = await draft_of(here)
        if found is None:
            return closed(here)
        say, on = here.say, _on(here.session, found.draft.buttons)
        each = [Option(f"{_TICK}{one}", say.t(LABELS[one]), ticked=one in on) for one in Button]
        done = Option(DONE, say.t(N_("Done")), ("xong", "het", "ok"), ticks=False)
        back = replace(back_to(here), ticks=False)
        told = say(
            N_(
                "“Do it now” opens the questions. Who taps “I have done it” gets no more of these reminders; “Remind me"
                " later” puts the next one off. Tap a button to take it away or to put it back."
            )
        )
        return Page(say(N_("<b>Which buttons shall it have?</b>")), (told,), (*each, done, back), switches=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Turn one on or off, or go on with them."""
        found = await draft_of(here)
        if value == DONE and found:
            return await rewritten(here, _SCREEN, buttons=_on(here.session, found.draft.buttons))
        if not value.startswith(_TICK):
            return Answered(await reopened(here))
        turned = here.session.ticked
        changed = tuple(one for one in turned if one != value) if value in turned else (*turned, value)
        return Answered(here.session.with_changes(ticked=changed))


def _on(session: Session, kept: tuple[Button, ...]) -> tuple[Button, ...]:
    """Those that are on: the draft's own, with those turned that were ticked."""
    return tuple(one for one in Button if (one in kept) != (f"{_TICK}{one}" in session.ticked))
