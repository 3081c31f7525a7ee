"""Says back what was understood of a free sentence, and takes one tap to confirm it."""

from handlers.core.screen import NO, YES, Context, HandlerResult, Option, OptionsOnlyScreen, Page
from handlers.interview.flow import to_next_screen
from handlers.interview.understood import format_understood, with_understood
from locales import N_

_YES_SYNONYMS = (
    "dung", "dung roi", "dung vay", "da dung", "vang dung", "phai", "phai roi", "vang", "da", "u", "uh", "ok", "oke",
    "chinh xac", "chuan", "yes", "co", "dung the",
)  # fmt: skip
_NO_SYNONYMS = ("khong", "khong dung", "khong phai", "sai", "sai roi", "no", "chua dung", "khong, hoi lai", "hoi lai")


class UnderstoodScreen(OptionsOnlyScreen):
    """Asks whether a sentence was understood; nothing of it counts before the yes."""

    async def page(self, here: Context) -> Page:
        """Show in one line what was understood, with yes and no."""
        t, understood = here.say.t, here.session.understood
        if understood is None:
            return Page(here.say(N_("There is nothing to confirm.")), options=(Option(NO, t(N_("Continue"))),))
        ask = here.say(N_("I understand: {line}. Is that right?"), line=format_understood(here, understood))
        options = (
            Option(YES, t(N_("That is right")), _YES_SYNONYMS),
            Option(NO, t(N_("No, ask me one by one")), _NO_SYNONYMS),
        )
        return Page(ask, options=options, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Record everything that was said back, or nothing of it."""
        session, understood = here.session, here.session.understood
        if value == YES and understood is not None:
            return HandlerResult(to_next_screen(here.with_session(with_understood(here, understood))))
        return HandlerResult(to_next_screen(here.with_session(session.with_changes(understood=None))))
