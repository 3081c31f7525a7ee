"""Roles of people, and invitations to them."""

from dataclasses import dataclass, replace
from datetime import timedelta

from markupsafe import Markup, escape

from handlers.access import (
    ONE_LINE,
    ROLE_REFUSALS,
    clean_label,
    find_units,
    format_holder,
    format_holder_button,
    format_role,
    format_roles,
    format_since,
    is_unknown_number,
    selectable_units,
)
from handlers.core import (
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
    capitalize_first,
    current_rights,
    format_bold,
    format_moment,
    join_lines,
    open_page,
)
from handlers.interview import to_next_screen
from handlers.model import ACT_TO_GIVE, ROLES, Act, NewInvitation, Refusal, Role, RoleHolder
from locales import N_

#: Time for which an invitation made in a chat is valid.
INVITATION_LIFETIME = timedelta(hours=72)

_LABEL_QUESTION = N_("<b>What is the person called?</b> Type a name or a post; it stands in the list of roles.")
_LABEL_HELP = N_("Whatever tells you later who it is: “Chị Lan, văn thư”, or a post. No invitation was made yet.")
_INVITATION_LINE = N_(
    "Invitation to the role {role}. Pass this on to that person alone; it works once, until {until},"
    " and is not shown again:"
)
_HOW_TO_ACCEPT = N_("The person sends this line to me as a message.")


@dataclass(frozen=True, slots=True)
class InvitationDraft:
    """An unfinished invitation, kept in the session between the steps as ``role|unit|words``."""

    role: Role
    unit: str | None = None
    words: str = ""  #: text typed for a unit that matches several

    @classmethod
    def of(cls, about: str | None) -> "InvitationDraft | None":
        """Parse the value kept in the session; return ``None`` if it holds no draft."""
        role, _, rest = (about or "").partition("|")
        unit, _, words = rest.partition("|")
        return cls(Role(role), unit or None, words) if role in set(ACT_TO_GIVE) else None

    def __str__(self) -> str:
        return f"{self.role}|{self.unit or ''}|{self.words}"


class InviteRoleScreen(OptionsOnlyScreen):
    """The first step: choosing the role."""

    async def page(self, here: Context) -> Page:
        """Show the roles that the person may give."""
        say, rights = here.say, await current_rights(here)
        given = [role for role, act in ACT_TO_GIVE.items() if rights.reach(act)]
        options = (*(Option(role, capitalize_first(say.t(ROLES[role]))) for role in given), back_option(here.say.t))
        return Page(say(N_("<b>To which role do you invite?</b>")), options=options, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Go to the unit; an owner has none."""
        if value == BACK:
            return HandlerResult(here.session.with_screen("roles"))
        step = "invite_label" if value == Role.OWNER else "invite_unit"
        return HandlerResult(here.session.with_screen(step, about=str(InvitationDraft(Role(value)))))


class InviteUnitScreen:
    """The second step: choosing the unit."""

    async def page(self, here: Context) -> Page:
        """Show the units of one's own role, or those that match the typed name."""
        say, plan = here.say, InvitationDraft.of(here.session.about)
        units = () if plan is None else await _offered_units(here, plan)
        options = (*(Option(unit, here.world.units.name(unit)) for unit in units), back_option(here.say.t))
        hint = say(N_("Type the name of the unit, or its code. The role covers all units below it too."))
        return Page(say(N_("<b>For which unit?</b>")), (hint,), options, exact=True, numbers="codes", help=hint)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Take the unit and go to the name."""
        plan = InvitationDraft.of(here.session.about)
        if value == BACK or plan is None:
            return HandlerResult(here.session.with_screen("invite"))
        return HandlerResult(here.session.with_screen("invite_label", about=str(InvitationDraft(plan.role, value))))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Look up a unit by name: take it if only one matches, else show those that do."""
        plan = InvitationDraft.of(here.session.about)
        if plan is None or is_unknown_number(here, text):
            return None
        wanted = InvitationDraft(plan.role, words=text.strip()[:100])
        found = await _offered_units(here, wanted)
        if not found:
            note = here.say(N_("I know no open unit of that name within your reach."))
            return HandlerResult(here.session, notes=(note,))
        if len(found) == 1:
            return HandlerResult(
                here.session.with_screen("invite_label", about=str(InvitationDraft(plan.role, found[0])))
            )
        return HandlerResult(here.session.with_screen("invite_unit", about=str(wanted)))


class InviteLabelScreen:
    """The third step: naming the person, which creates the invitation."""

    async def page(self, here: Context) -> Page:
        """Show the role and ask for the name."""
        say, plan = here.say, InvitationDraft.of(here.session.about)
        told = format_role(say.t, here.world.units, plan.role, plan.unit) if plan else ""
        back = replace(back_option(here.say.t), gives_up=True)
        return Page(
            say(_LABEL_QUESTION),
            (escape(capitalize_first(told)),) if told else (),
            (back,),
            exact=True,
            help=join_lines(say(ONE_LINE), say(_LABEL_HELP)),
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:  # noqa: ARG002 - there is one option
        """Return to the first step."""
        return HandlerResult(here.session.with_screen("invite"))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Create the invitation and show its code, for the only time."""
        plan, label = InvitationDraft.of(here.session.about), clean_label(text)
        if plan is None:
            return None
        if label is None:
            note = here.say(ONE_LINE)
            return HandlerResult(here.session, notes=(note,))
        until = here.world.now + INVITATION_LIFETIME
        made = await here.world.admin.people.invite(await current_rights(here), plan.role, plan.unit, label, until)
        if isinstance(made, Refusal):
            return HandlerResult(here.session.with_screen("roles"), notes=(here.say(ROLE_REFUSALS[made]),))
        return HandlerResult(here.session.with_screen("roles"), notes=_format_new_invitation(here, plan, made))


def _format_new_invitation(here: Context, plan: InvitationDraft, made: NewInvitation) -> tuple[Markup, ...]:
    say, link = here.say, here.world.start_link
    role = format_role(say.t, here.world.units, plan.role, plan.unit)
    told = say(_INVITATION_LINE, role=role, until=format_moment(made.expires_at))
    if link:
        return told, escape(f"{link}{made.code}")
    return told, format_bold(f"/start {made.code}"), say(_HOW_TO_ACCEPT)


async def _offered_units(here: Context, plan: InvitationDraft) -> tuple[str, ...]:
    rights, act = await current_rights(here), ACT_TO_GIVE[plan.role]
    typed, today = plan.words, here.today
    found = find_units(here.world.units, typed, today) if typed else selectable_units(rights, act, today)
    return tuple(unit for unit in found if rights.may(act, unit))[:10]


REVOKE = "revoke"


class InvitationListScreen(OptionsOnlyScreen):
    """Lists the open invitations, newest first."""

    async def page(self, here: Context) -> Page:
        """Show one button per invitation."""
        say, units = here.say, here.world.units
        asked = open_page(here.session.about, await _open_invitations(here))
        back = back_option(say.t, N_("Back to the roles"))
        if not asked.entries:
            return Page(say(N_("There are no open invitations within your reach.")), options=(back,))
        shown = [Option(holder.id, format_holder_button(say.t, units, holder)) for holder in asked.page_entries]
        return Page(say(N_("<b>Open invitations</b>")), options=(*shown, *asked.turn_options(say.t), back), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open an invitation, turn the page, or go back."""
        session = here.session
        if value in {PREVIOUS, NEXT}:
            turned = open_page(session.about, await _open_invitations(here)).turn(value)
            return HandlerResult(session.with_screen("invitations", about=turned))
        return HandlerResult(
            session.with_screen("roles") if value == BACK else session.with_screen("invitation", about=value)
        )


class InvitationScreen(OptionsOnlyScreen):
    """Shows one invitation; its code was shown at creation only."""

    async def page(self, here: Context) -> Page:
        """Show role, inviter and expiry."""
        say, asked = here.say, await _current_invitation(here)
        back = back_option(say.t, N_("Back to the invitations"))
        if asked is None:
            return Page(say(N_("This invitation is no longer open.")), options=(back,))
        may_end = (await current_rights(here)).may(Act.END_ROLES, asked.unit)
        revoke = Option(REVOKE, say.t(N_("Take this invitation back")), ("thu hoi", "huy", "revoke"))
        title, told = escape(format_holder(say.t, here.world.units, asked)), escape(format_since(say.t, asked))
        return Page(title, (told,), (back, *([revoke] if may_end else [])), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Withdraw the invitation, or leave it."""
        there = here.session.with_screen("invitations")
        if value != REVOKE:
            return HandlerResult(there)
        refusal = await here.world.admin.people.end(await current_rights(here), here.session.about or "")
        note = ROLE_REFUSALS[refusal] if refusal else N_("The invitation is taken back.")
        return HandlerResult(there, notes=(here.say(note),))


async def _open_invitations(here: Context) -> tuple[RoleHolder, ...]:
    return await here.world.admin.people.invitations(await current_rights(here))


async def _current_invitation(here: Context) -> RoleHolder | None:
    return next((asked for asked in await _open_invitations(here) if asked.id == here.session.about), None)


_UNKNOWN_INVITATION = N_("I do not know this invitation. It may have been taken back: please ask whoever sent it.")


async def accept_invitation(here: Context, code: str) -> Markup:
    """Take an invitation by its code, and format the new role or the reason of the refusal."""
    say = here.say
    grant = await here.world.admin.people.redeem(code)
    if isinstance(grant, Refusal):
        return say(_UNKNOWN_INVITATION if grant is Refusal.UNKNOWN else ROLE_REFUSALS[grant])
    role = format_role(say.t, here.world.units, grant.role, grant.unit)
    return say(N_("<b>You now have this role: {role}.</b> /trogiup lists what you can do with it."), role=role)


OWN_ROLE = N_("<b>This is your own role.</b> Without it you can no longer do here what it allows.")
INVITE, OPEN, END = "invite", "open", "end"

_NOT_FOUND = N_("I do not find this role within your reach.")


class RoleListScreen:
    """Lists the people with a role, newest first."""

    async def page(self, here: Context) -> Page:
        """Show one button per person, and the next steps."""
        say, units, rights = here.say, here.world.units, await current_rights(here)
        held = open_page(here.session.about, await here.world.admin.people.holders(rights))
        mine = say(N_("Your own: {roles}"), roles=format_roles(here, rights))
        shown = [Option(holder.id, format_holder_button(say.t, units, holder)) for holder in held.page_entries]
        may_invite = any(rights.reach(act) for act in ACT_TO_GIVE.values())
        invite = Option(INVITE, say.t(N_("Invite somebody")), ("moi", "invite"))
        ways = [
            *([invite] if may_invite else []),
            Option(OPEN, say.t(N_("Open invitations")), ("loi moi", "invitations")),
            *held.turn_options(say.t),
            back_option(say.t),
        ]
        return Page(say(N_("<b>Who has which role</b>")), (mine,), (*shown, *ways), exact=True)

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
        mine = any(grant.id == holder.id for grant in (await current_rights(here)).grants)
        return Page(say(ask), (say(OWN_ROLE), told) if mine else (told,), (no, yes), exact=True)

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
