"""The screens of roles: the list, one role, and ending it after confirmation."""

from markupsafe import escape

from handlers.access.current_rights import current_rights, format_roles
from handlers.access.roles_text import ROLE_REFUSALS, format_holder, format_holder_button, format_role, format_since
from handlers.core.screen import (
    BACK,
    NEXT,
    NO,
    PREVIOUS,
    YES,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    back_option,
    open_page,
)
from handlers.core.text import format_bold, join_lines
from handlers.interview.flow import to_next_screen
from handlers.model.request_list import RoleHolder
from handlers.model.rights import ACT_TO_GIVE, Act
from locales import N_

INVITE, OPEN, END = "invite", "open", "end"

_NOT_FOUND = N_("I do not find this role within your reach.")


class RoleListScreen:
    """Lists the people with a role, newest first."""

    async def page(self, here: Context) -> Page:
        """Show one button per person, and the next steps."""
        say, units, rights = here.say, here.world.units, await current_rights(here)
        held = open_page(here.session.about, await here.world.admin.people.holders(rights))
        mine = say(N_("Your own: {roles}"), roles=format_roles(here, rights))
        listed = join_lines(*(escape(format_holder(say.t, units, holder)) for holder in held.page_entries))
        shown = [Option(holder.id, format_holder_button(say.t, units, holder)) for holder in held.page_entries]
        may_invite = any(rights.reach(act) for act in ACT_TO_GIVE.values())
        invite = Option(INVITE, say.t(N_("Invite somebody")), ("moi", "invite"))
        ways = [
            *([invite] if may_invite else []),
            Option(OPEN, say.t(N_("Open invitations")), ("loi moi", "invitations")),
            *held.turn_options(say.t),
            back_option(say.t),
        ]
        return Page(say(N_("<b>Who has which role</b>")), (mine, listed), (*shown, *ways), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open a role, invite, turn the page, or leave."""
        session = here.session
        if value in {PREVIOUS, NEXT}:
            held = open_page(session.about, await here.world.admin.people.holders(await current_rights(here)))
            return HandlerResult(session.with_screen("roles", about=held.turn(value)))
        there = {
            INVITE: session.with_screen("invite"),
            OPEN: session.with_screen("invitations"),
            BACK: here.session.with_screen("home"),
        }
        return HandlerResult(there.get(value) or session.with_screen("role", about=value))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Open the role whose code was typed."""
        wanted = here.with_session(here.session.with_screen("role", about=text.strip().upper()))
        return HandlerResult(wanted.session) if await _current_holder(wanted) else None


class RoleScreen(OptionsOnlyScreen):
    """Shows one role and the actions on it."""

    async def page(self, here: Context) -> Page:
        """Show the person, the start of the role, and who gave it."""
        say, holder = here.say, await _current_holder(here)
        back = back_option(say.t, N_("Back to the roles"))
        if holder is None:
            return Page(say(_NOT_FOUND), options=(back,))
        role = format_role(say.t, here.world.units, holder.role, holder.unit)
        title = format_bold(f"{holder.id}: {role}")
        may_end = (await current_rights(here)).may(Act.END_ROLES, holder.unit)
        end = Option(END, say.t(N_("End this role")), ("thu hoi", "end"))
        told = (escape(holder.label), escape(format_since(say.t, holder)))
        return Page(title, tuple(text for text in told if text), (*([end] if may_end else []), back), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Ask for confirmation, or go back."""
        session = here.session
        return HandlerResult(
            session.with_screen("end_role", about=session.about) if value == END else session.with_screen("roles")
        )


class EndRoleScreen(OptionsOnlyScreen):
    """Asks for confirmation before a role ends."""

    async def page(self, here: Context) -> Page:
        """Ask yes or no; there is no yes if the role is out of reach by now."""
        say, holder = here.say, await _current_holder(here)
        no = Option(NO, say.t(N_("No, keep it")), ("khong", "thoi", "giu", "no"))
        if holder is None:
            return Page(say(_NOT_FOUND), options=(no,))
        yes = Option(YES, say.t(N_("Yes, end it")), ("co", "thu hoi", "yes"))
        ask = N_("<b>End this role?</b> It holds from the next message on; invitations by this person end with it.")
        told = escape(format_holder(say.t, here.world.units, holder))
        return Page(say(ask), (told,), (no, yes), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """End the role or tell why not, and return to the list in any case."""
        there = here.session.with_screen("roles")
        if value != YES:
            return HandlerResult(there)
        refusal = await here.world.admin.people.end(await current_rights(here), here.session.about or "")
        note = ROLE_REFUSALS[refusal] if refusal else N_("The role has ended.")
        return HandlerResult(
            there if (await current_rights(here)).grants else to_next_screen(here), notes=(here.say(note),)
        )


async def _current_holder(here: Context) -> RoleHolder | None:
    holders = await here.world.admin.people.holders(await current_rights(here))
    return next((holder for holder in holders if holder.id == here.session.about), None)
