"""Invitations that can still be taken: the list, and one of them."""

from markupsafe import escape

from handlers.office.holding import rights_of
from handlers.office.model import Holder
from handlers.office.people_words import REFUSALS, holder_button, holder_line, since
from handlers.office.rights import Act
from handlers.office.screens.paging import NEXT, PREVIOUS, paged
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from locales import N_

BACK, REVOKE = "back", "revoke"


class Invitations(NoText):
    """The list, the newest first."""

    async def page(self, here: Here) -> Page:
        """One button for each."""
        say, units = here.say, here.world.units
        asked = paged(here.session.about, await _open(here))
        back = Option(BACK, say.t(N_("Back to the roles")), ("quay lai", "back"))
        if not asked.entries:
            return Page(say(N_("There are no open invitations within your reach.")), options=(back,))
        shown = [Option(holder.id, holder_button(say.t, units, holder)) for holder in asked.page_entries]
        return Page(say(N_("<b>Open invitations</b>")), options=(*shown, *asked.turn_options(say.t), back), exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Open one, turn the page, or go back."""
        session = here.session
        if value in {PREVIOUS, NEXT}:
            return Answered(
                session.with_screen("invitations", about=paged(session.about, await _open(here)).turn(value))
            )
        return Answered(
            session.with_screen("roles") if value == BACK else session.with_screen("invitation", about=value)
        )


class OneInvitation(NoText):
    """One invitation; its code was told once and cannot be shown again."""

    async def page(self, here: Here) -> Page:
        """To whom, by whom, until when."""
        say, asked = here.say, await _about(here)
        back = Option(BACK, say.t(N_("Back to the invitations")), ("quay lai", "back"))
        if asked is None:
            return Page(say(N_("This invitation is no longer open.")), options=(back,))
        may_end = (await rights_of(here)).may(Act.END_ROLES, asked.unit)
        revoke = Option(REVOKE, say.t(N_("Take this invitation back")), ("thu hoi", "huy", "revoke"))
        title, told = escape(holder_line(say.t, here.world.units, asked)), escape(since(say.t, asked))
        return Page(title, (told,), (back, *([revoke] if may_end else [])), exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Taken back, or left."""
        there = here.session.with_screen("invitations")
        if value != REVOKE:
            return Answered(there)
        refusal = await here.world.admin.people.end(await rights_of(here), here.session.about or "")
        note = REFUSALS[refusal] if refusal else N_("The invitation is taken back.")
        return Answered(there, notes=(here.say(note),))


async def _open(here: Here) -> tuple[Holder, ...]:
    return await here.world.admin.people.invitations(await rights_of(here))


async def _about(here: Here) -> Holder | None:
    return next((asked for asked in await _open(here) if asked.id == here.session.about), None)
