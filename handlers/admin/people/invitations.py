"""An invitation in three steps: which role, for which unit, and how the person is called."""

from dataclasses import dataclass, replace
from datetime import timedelta

from markupsafe import Markup, escape

from handlers.dates import moment
from handlers.office.holding import rights_of
from handlers.office.model import Invitation, Refusal
from handlers.office.people_words import ONE_LINE, REFUSALS, clean_label, covered
from handlers.office.rights import GIVING, ROLES, Rights, Role
from handlers.office.screens.desk_unit import no_code
from handlers.office.unit_choice import coverable, units_named
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.voice import bold, capital, lines
from locales import N_

BACK = "back"
#: How long an invitation made in a chat can be taken.
OPEN_FOR = timedelta(hours=72)

_LABEL = N_("<b>What is the person called?</b> Type a name or a post; it stands in the list of roles.")
_WHAT_LABEL = N_("Whatever tells you later who it is: “Chị Lan, văn thư”, or a post. No invitation was made yet.")
_LINK = N_(
    "Invitation to the role {role}. Pass this on to that person alone; it works once, until {until},"
    " and is not shown again:"
)
_HOW = N_("The person sends this line to me as a message.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the session keeps between the steps, as ``role|unit|words``."""

    role: Role
    unit: str | None = None
    words: str = ""  #: typed for a unit, and not yet clear

    @classmethod
    def of(cls, about: str | None) -> "Plan | None":
        """``None`` where the session keeps none."""
        role, _, rest = (about or "").partition("|")
        unit, _, words = rest.partition("|")
        return cls(Role(role), unit or None, words) if role in set(GIVING) else None

    def __str__(self) -> str:
        return f"{self.role}|{self.unit or ''}|{self.words}"


class Invite(NoText):
    """To which role."""

    async def page(self, here: Here) -> Page:
        """Those that may be given."""
        say, rights = here.say, await rights_of(here)
        given = [role for role, act in GIVING.items() if rights.reach(act)]
        options = (*(Option(role, capital(say.t(ROLES[role]))) for role in given), _back(here))
        return Page(say(N_("<b>To which role do you invite?</b>")), options=options, exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """On to the unit; an owner has none."""
        if value == BACK:
            return Answered(here.session.with_screen("roles"))
        step = "invite_label" if value == Role.OWNER else "invite_unit"
        return Answered(here.session.with_screen(step, about=str(Plan(Role(value)))))


class InviteUnit:
    """For which unit."""

    async def page(self, here: Here) -> Page:
        """The units of one's own role, or those that were typed."""
        say, plan = here.say, Plan.of(here.session.about)
        units = () if plan is None else await _offered(here, plan)
        options = (*(Option(unit, here.world.units.name(unit)) for unit in units), _back(here))
        hint = say(N_("Type the name of the unit, or its code. The role covers all units below it too."))
        return Page(say(N_("<b>For which unit?</b>")), (hint,), options, exact=True, numbers="codes", help=hint)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """On to the name."""
        plan = Plan.of(here.session.about)
        if value == BACK or plan is None:
            return Answered(here.session.with_screen("invite"))
        return Answered(here.session.with_screen("invite_label", about=str(Plan(plan.role, value))))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """A unit by its name: clear, to be chosen among several, or not known."""
        plan = Plan.of(here.session.about)
        if plan is None or no_code(here, text):
            return None
        wanted = Plan(plan.role, words=text.strip()[:100])
        found = await _offered(here, wanted)
        if not found:
            note = here.say(N_("I know no open unit of that name within your reach."))
            return Answered(here.session, notes=(note,))
        if len(found) == 1:
            return Answered(here.session.with_screen("invite_label", about=str(Plan(plan.role, found[0]))))
        return Answered(here.session.with_screen("invite_unit", about=str(wanted)))


class InviteLabel:
    """How the person is called; then the invitation is made."""

    async def page(self, here: Here) -> Page:
        """To what, and the question."""
        say, plan = here.say, Plan.of(here.session.about)
        told = covered(say.t, here.world.units, plan.role, plan.unit) if plan else ""
        back = replace(_back(here), numbered=False)
        return Page(
            say(_LABEL),
            (escape(capital(told)),) if told else (),
            (back,),
            exact=True,
            help=lines(say(ONE_LINE), say(_WHAT_LABEL)),
        )

    async def handle_option(self, here: Here, value: str) -> Answered:  # noqa: ARG002 - there is one option
        """Back to the first step."""
        return Answered(here.session.with_screen("invite"))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """The invitation, shown this once."""
        plan, label = Plan.of(here.session.about), clean_label(text)
        if plan is None:
            return None
        if label is None:
            note = here.say(ONE_LINE)
            return Answered(here.session, notes=(note,))
        until = here.world.now + OPEN_FOR
        made = await here.world.admin.people.invite(await rights_of(here), plan.role, plan.unit, label, until)
        if isinstance(made, Refusal):
            return Answered(here.session.with_screen("roles"), notes=(here.say(REFUSALS[made]),))
        return Answered(here.session.with_screen("roles"), notes=_shown(here, plan, made))


def _shown(here: Here, plan: Plan, made: Invitation) -> tuple[Markup, ...]:
    say, link = here.say, here.world.start_link
    role = covered(say.t, here.world.units, plan.role, plan.unit)
    told = say(_LINK, role=role, until=moment(made.expires_at))
    if link:
        return told, escape(f"{link}{made.code}")
    return told, bold(f"/start {made.code}"), say(_HOW)


def _back(here: Here) -> Option:
    return Option(BACK, here.say.t(N_("Back")), ("quay lai", "back"))


async def _offered(here: Here, plan: Plan) -> tuple[str, ...]:
    rights: Rights = await rights_of(here)
    act = GIVING[plan.role]
    typed, today = plan.words, here.today
    found = units_named(here.world.units, typed, today) if typed else coverable(rights, act, today)
    return tuple(unit for unit in found if rights.may(act, unit))[:10]
