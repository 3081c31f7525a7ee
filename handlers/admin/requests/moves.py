"""All requests of the list moved as one, after it was said how many that changes."""

from markupsafe import Markup

from handlers.office.desk_view import listed, shown, view_of
from handlers.office.filter_words import in_words
from handlers.office.holding import rights_of
from handlers.office.list_words import MOVES_TO, TYPED
from handlers.office.model import Move, MovedAll
from handlers.office.moving import AT_ONCE, NEEDS_REASON, OFFICE_STATES, movable
from handlers.office.rights import Act
from handlers.page import Answered, Option, Page
from handlers.requests.model import State
from handlers.requests.words import STATES
from handlers.screen import Here, NoText
from handlers.session import Session
from locales import N_

BACK, YES, NO = "back", "yes", "no"
#: Codes told of a bulk change.
_TOLD = 20


class DeskAll(NoText):
    """Where to: each state with how many would change."""

    async def page(self, here: Here) -> Page:
        """The states that any of them can be moved to."""
        say, wanted = here.say, view_of(here).wanted
        about = say(N_("Filter: {filter}"), filter=in_words(wanted, here.world.units, say.t))
        numbers = {to: await _number(here, to) for to in OFFICE_STATES}
        options = [
            Option(to, f"{say.t(MOVES_TO[to])} ({number})", TYPED[to]) for to, number in numbers.items() if number
        ]
        back = Option(BACK, say.t(N_("Back to the list")), ("quay lai", "back"))
        title = say(N_("<b>Where shall all requests of the list be moved?</b>"))
        return Page(title, (about,), (*options, back))

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Ask for the reason where one is needed, else for a yes."""
        if value == BACK:
            return Answered(listed(here))
        to = State(value)
        if to in NEEDS_REASON:
            return Answered(shown(here, "desk_reason", moving_to=to, note=""))
        return Answered(await asked(here, to, ""))


async def asked(here: Here, to: State, note: str) -> Session:
    """A yes is asked for, to those that would change at this moment."""
    fitting = movable(view_of(here).wanted, to)
    prospect = await here.world.admin.desk.preview_move_all(await rights_of(here), fitting) if fitting else None
    return shown(here, "desk_yes", moving_to=to, note=note, mark=prospect.mark if prospect else "")


class DeskYes(NoText):
    """A second yes, which knows how many it is about."""

    async def page(self, here: Here) -> Page:
        """How many change, to what, and why."""
        say, view = here.say, view_of(here)
        to = view.moving_to or State.ACCEPTED
        total = await here.world.admin.desk.count(await rights_of(here), view.wanted)
        number = await _number(here, to)
        what = say(
            N_("Of {total} requests of the list, <b>{number}</b> will then stand at: <b>{state}</b>."),
            total=total,
            number=number,
            state=say(STATES[to]),
        )
        why = say(N_("Reason: {note}"), note=view.note) if view.note else Markup()
        told = say(N_("Each officer is told."))
        return Page(say(N_("<b>Change them all?</b>")), (what, why, told), tuple(_answers(here, number)), exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Change them, or leave them."""
        view = view_of(here)
        to = view.moving_to
        fitting = movable(view.wanted, to) if to and value == YES else None
        if to is None or fitting is None:
            return Answered(listed(here), notes=(here.say(N_("Nothing was changed.")),))
        done = await here.world.admin.desk.move_all(await rights_of(here), fitting, to, view.note, seen=view.mark)
        if done.outcome is Move.OVERTAKEN:
            others = here.say(
                N_("The list has changed since you saw it; nothing was changed. It stands now as follows.")
            )
            return Answered(await asked(here, to, view.note), notes=(others,))
        return Answered(listed(here), notes=(_outcome(here, done),))


async def _number(here: Here, to: State) -> int:
    fitting = movable(view_of(here).wanted, to)
    rights = await rights_of(here)
    return await here.world.admin.desk.count(rights, fitting, Act.CHANGE_REQUESTS) if fitting else 0


def _answers(here: Here, number: int) -> list[Option]:
    t = here.say.t
    yes = Option(YES, t(N_("Yes, change {number}"), number=number), ("co", "dong y", "yes"))
    no = Option(NO, t(N_("No, change nothing")), ("khong", "thoi", "no"))
    return [*([yes] if 0 < number <= AT_ONCE else []), no]


def _outcome(here: Here, done: MovedAll) -> Markup:
    say = here.say
    if done.outcome is Move.TOO_MANY:
        message = N_("{number} requests are too many at one go: please narrow the list to {most}. Nothing was changed.")
        return say(message, number=done.meant, most=AT_ONCE)
    if done.outcome is not Move.MOVED or not done.changed:
        return say(N_("Nothing was changed."))
    codes = ", ".join(done.changed[:_TOLD]) + (", …" if len(done.changed) > _TOLD else "")
    return say(N_("Changed: <b>{number}</b> ({codes}). Each officer is told."), number=len(done.changed), codes=codes)
