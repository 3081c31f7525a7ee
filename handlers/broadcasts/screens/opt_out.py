"""Stopping reminders after confirmation, and resuming them."""

from handlers.core.screen import (
    NO,
    NO_SYNONYMS,
    YES,
    YES_SYNONYMS,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
)
from locales import N_

AGAIN, GO_ON = "again", "continue"
REMINDERS_RESUMED = N_("You will get reminders again. /dungnhan stops them.")


class StopRemindersScreen(OptionsOnlyScreen):
    """Asks for confirmation, because without reminders the person may miss a deadline."""

    async def page(self, here: Context) -> Page:
        """Explain which messages stop and which do not."""
        t = here.say.t
        what = here.say(
            N_(
                "Then I remind you of no deadline any more, not of the end of your certificate either. I still answer"
                " when you write, and tell you what becomes of your requests."
            )
        )
        options = (
            Option(YES, t(N_("Stop the reminders")), (*YES_SYNONYMS, "dung nhan")),
            Option(NO, t(N_("Keep reminding me")), (*NO_SYNONYMS, "van nhan")),
        )
        return Page(here.say(N_("<b>Stop the reminders?</b>")), (what,), options, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Stop all reminders, including those already queued."""
        if value == NO:
            return HandlerResult(here.session.to_previous_screen(), notes=(here.say(N_("Reminders go on as before.")),))
        withheld = await here.world.reminders.stop()
        note = here.say(N_("Reminders that were on their way and will not come: {number}."), number=withheld)
        return HandlerResult(here.session.with_changes(screen="no_reminders"), notes=(note,) if withheld else ())


class NoRemindersScreen(OptionsOnlyScreen):
    """Tells that reminders are stopped."""

    async def page(self, here: Context) -> Page:
        """Offer to resume them."""
        t = here.say.t
        options = (
            Option(AGAIN, t(N_("Remind me again")), ("nhan lai", "nhac lai", "again")),
            Option(GO_ON, t(N_("Continue")), ("tiep tuc", "continue")),
        )
        return Page(here.say(N_("You get no reminders. /nhanlai takes that back at any time.")), options=options)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Return to the screen the person came from."""
        if value == AGAIN:
            await here.world.reminders.resume()
            return HandlerResult(here.session.to_previous_screen(), notes=(here.say(REMINDERS_RESUMED),))
        return HandlerResult(here.session.to_previous_screen())
