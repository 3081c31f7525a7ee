"""What is done to the open broadcast, and what is said of it."""

from markupsafe import Markup

from handlers.broadcasts.model import Broadcast, Life, Outcome
from handlers.office.broadcast_view import open_one, reopened, view_of
from handlers.office.broadcast_words import approved, outcome
from handlers.office.export_words import number
from handlers.office.holding import rights_of
from handlers.office.rights import Act, Rights
from handlers.page import Answered
from handlers.screen import Here
from locales import N_


async def moved(here: Here, to: Life, revision: int | None = None) -> Answered:
    """Move the open one, and show it as it stands then; with a revision only as it was seen."""
    name, rights = view_of(here).name or "", await rights_of(here)
    became = await here.world.admin.broadcasts.move(rights, name, to, revision)
    return Answered(await reopened(here), notes=await told(here, became, to))


async def told(here: Here, became: Outcome, to: Life | None = None) -> tuple[Markup, ...]:
    """What became of a wish about the open one; where another person has to approve, its page says who that can be."""
    said, found = outcome(here.say, became, to), await open_one(here)
    return (approved(here.say, found) if found and became is Outcome.DONE and to is Life.APPROVED else said,)


async def waits_for_another(here: Here, rights: Rights, found: Broadcast) -> bool:
    """Whether it could be approved, but not by whoever looks at it."""
    if found.state is not Life.CHECKED or found.checking or not rights.may(Act.APPROVE_BROADCASTS, found.unit):
        return False
    return await here.world.admin.broadcasts.needs_second_person(rights, found.id)


async def check_asked(here: Here) -> Answered:
    """Have the whole list gone through."""
    name = view_of(here).name or ""
    became = await here.world.admin.broadcasts.request_check(await rights_of(here), name)
    if became is not Outcome.DONE:
        return Answered(await reopened(here), notes=await told(here, became))
    note = here.say(N_("The whole list is being checked; the result comes here as a message."))
    return Answered(await reopened(here), notes=(note,))


async def tried(here: Here) -> Answered:
    """The message as it will be, to the one who taps alone."""
    sent = await here.world.admin.broadcasts.send_test(await rights_of(here), view_of(here).name or "")
    yes = N_("It comes to you alone, with the values of the first recipient.")
    no = N_("It cannot be sent to you just now. Please look whether it has a text.")
    return Answered(await reopened(here), notes=(here.say(yes if sent else no),))


async def sent_again(here: Here) -> Answered:
    """Queue again all of whom it is not known whether they got it."""
    rights, name = await rights_of(here), view_of(here).name or ""
    many = await here.world.admin.broadcasts.resend(rights, name)
    done = here.say(N_("It is sent again to {number} people."), number=number(here.say, many))
    none = here.say(N_("Nothing was sent again."))
    return Answered(await reopened(here), notes=(done if many else none,))
