"""Who has which role: the list, one of them, and its end after a second yes."""

from markupsafe import escape

from handlers.office.holding import rights_of, roles_told
from handlers.office.model import Holder
from handlers.office.people_words import REFUSALS, covered, holder_button, holder_line, since
from handlers.office.rights import GIVING, Act
from handlers.office.screens.paging import NEXT, PREVIOUS, paged
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.screens.flow import proceed
from handlers.voice import bold, lines
from locales import N_

BACK, INVITE, OPEN, END = "back", "invite", "open", "end"
YES, NO = "yes", "no"

_NOT_FOUND = N_("I do not find this role within your reach.")


class Roles:
    """The list, the newest first."""

    async def page(self, here: Here) -> Page:
        """One button for each, and the ways on."""
        say, units, rights = here.say, here.world.units, await rights_of(here)
        held = paged(here.session.about, await here.world.admin.people.holders(rights))
        mine = say(N_("Your own: {roles}"), roles=roles_told(here, rights))
        listed = lines(*(escape(holder_line(say.t, units, holder)) for holder in held.page_entries))
        shown = [Option(holder.id, holder_button(say.t, units, holder)) for holder in held.page_entries]
        may_invite = any(rights.reach(act) for act in GIVING.values())
        invite = Option(INVITE, say.t(N_("Invite somebody")), ("moi", "invite"))
        ways = [
            *([invite] if may_invite else []),
            Option(OPEN, say.t(N_("Open invitations")), ("loi moi", "invitations")),
            *held.turn_options(say.t),
            Option(BACK, say.t(N_("Back")), ("quay lai", "back")),
        ]
        return Page(say(N_("<b>Who has which role</b>")), (mine, listed), (*shown, *ways), exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Open one, invite, or go elsewhere."""
        session = here.session
        if value in {PREVIOUS, NEXT}:
            held = paged(session.about, await here.world.admin.people.holders(await rights_of(here)))
            return Answered(session.with_screen("roles", about=held.turn(value)))
        there = {INVITE: session.with_screen("invite"), OPEN: session.with_screen("invitations"), BACK: proceed(here)}
        return Answered(there.get(value) or session.with_screen("role", about=value))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """A code."""
        wanted = here.with_session(here.session.with_screen("role", about=text.strip().upper()))
        return Answered(wanted.session) if await _about(wanted) else None


class OneRole(NoText):
    """One role, and what can be done with it."""

    async def page(self, here: Here) -> Page:
        """Who, since when, by whom."""
        say, holder = here.say, await _about(here)
        back = Option(BACK, say.t(N_("Back to the roles")), ("quay lai", "back"))
        if holder is None:
            return Page(say(_NOT_FOUND), options=(back,))
        role = covered(say.t, here.world.units, holder.role, holder.unit)
        title = bold(f"{holder.id}: {role}")
        may_end = (await rights_of(here)).may(Act.END_ROLES, holder.unit)
        end = Option(END, say.t(N_("End this role")), ("thu hoi", "end"))
        told = (escape(holder.label), escape(since(say.t, holder)))
        return Page(title, tuple(text for text in told if text), (*([end] if may_end else []), back), exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Ask once more, or go back."""
        session = here.session
        return Answered(
            session.with_screen("end_role", about=session.about) if value == END else session.with_screen("roles")
        )


class EndRole(NoText):
    """A second yes before a role ends."""

    async def page(self, here: Here) -> Page:
        """Yes or no; no yes where the role is out of reach by now."""
        say, holder = here.say, await _about(here)
        no = Option(NO, say.t(N_("No, keep it")), ("khong", "thoi", "giu", "no"))
        if holder is None:
            return Page(say(_NOT_FOUND), options=(no,))
        yes = Option(YES, say.t(N_("Yes, end it")), ("co", "thu hoi", "yes"))
        ask = N_("<b>End this role?</b> It holds from the next message on; invitations by this person end with it.")
        told = escape(holder_line(say.t, here.world.units, holder))
        return Page(say(ask), (told,), (no, yes), exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Ended, or why not; back to the list in any case."""
        there = here.session.with_screen("roles")
        if value != YES:
            return Answered(there)
        refusal = await here.world.admin.people.end(await rights_of(here), here.session.about or "")
        note = REFUSALS[refusal] if refusal else N_("The role has ended.")
        return Answered(there if (await rights_of(here)).grants else proceed(here), notes=(here.say(note),))


async def _about(here: Here) -> Holder | None:
    holders = await here.world.admin.people.holders(await rights_of(here))
    return next((holder for holder in holders if holder.id == here.session.about), None)
