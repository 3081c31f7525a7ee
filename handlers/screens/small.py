"""Screens of one or two buttons: the language, the pause, the wish to be forgotten."""

from handlers.office.holding import rights_of
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from locales import N_

YES, NO = "yes", "no"
#: Without "dung": unaccented it is "đúng" (right) and "đừng" (do not), and a yes here takes something away.
AFFIRM = ("co", "dong y", "ok", "yes", "xoa")
DENY = ("khong", "thoi", "no", "giu lai")


class Language(NoText):
    """The other language, with the answers kept."""

    async def page(self, here: Here) -> Page:
        """Both languages, each in its own words."""
        options = (
            Option("vi", "Tiếng Việt", ("vi", "viet", "vietnamese")),
            Option("en", "English", ("en", "anh", "tieng anh")),
        )
        return Page(here.say(N_("<b>Which language shall I speak?</b>")), options=options)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Go on in that language."""
        session = here.session.with_changes(language=value)
        note = here.with_session(session).say(N_("From now on I speak English. Your answers are kept."))
        return Answered(session.to_previous_screen(), notes=(note,))


class Stopped(NoText):
    """The pause after /huy: nothing is lost."""

    async def page(self, here: Here) -> Page:
        """How to go on."""
        go_on = Option(YES, here.say.t(N_("Continue")), ("tiep tuc", "continue", "lam tiep"))
        say = here.say
        return Page(
            say(N_("We have stopped here. Your answers are kept; continue whenever you like.")), options=(go_on,)
        )

    async def handle_option(self, here: Here, value: str) -> Answered:  # noqa: ARG002 - there is one option
        """Back to the open question."""
        return Answered(here.session.to_previous_screen())


class Erase(NoText):
    """Everything about me, deleted after a second yes."""

    async def page(self, here: Here) -> Page:
        """What will go and what must stay."""
        say = here.say
        what = say(
            N_(
                "Your answers, what was read of your certificate and your requests are deleted for good. A request"
                " that was"
                " already forwarded must stay until it is done or refused; I will name it."
            )
        )
        options = (
            Option(YES, say.t(N_("Delete everything about me")), AFFIRM),
            Option(NO, say.t(N_("Keep it")), DENY),
        )
        roles = (say(N_("Your role ends with it, unless you are the last owner.")),)
        held = roles if (await rights_of(here)).grants else ()
        return Page(say(N_("<b>Delete all data about you?</b>")), (what, *held), options, exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Delete, and say what stayed."""
        if value == NO:
            return Answered(here.session.to_previous_screen(), notes=(here.say(N_("Nothing was deleted.")),))
        kept = await here.world.own_data.erase()
        notes = [here.say(N_("All data about you has been deleted. To begin again, send /start."))]
        if kept:
            notes.append(
                here.say(N_("These requests were already forwarded and must stay: {codes}."), codes=", ".join(kept))
            )
        if (await rights_of(here)).grants:
            notes.append(here.say(N_("You are the last owner: this role stays until there is another owner.")))
        return Answered(here.session, notes=tuple(notes), show=False, forget=True)
