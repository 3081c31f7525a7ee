"""Whom it is for: what narrows the audience, and how many are left of it."""

from handlers.broadcasts.model import Audience
from handlers.office.audience_words import counted, in_words
from handlers.office.broadcast_drafting import back_to, closed, onwards, rewritten, widest
from handlers.office.broadcast_view import draft_of, shown, view_of
from handlers.office.holding import rights_of
from handlers.office.rights import Act, Rights
from handlers.office.screens.desk_unit import UnitChoice
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from locales import N_

DONE, CLEAR, BACK = "go_on", "clear", "back"
WHOM = "broadcast_whom"
#: Ways to narrow: screen -> what it is called, how it is typed.
WAYS = {
    "broadcast_unit": (N_("Unit"), ("don vi", "unit")),
    "broadcast_role": (N_("Role"), ("vai tro", "role")),
    "broadcast_owed": (N_("What is still to do"), ("viec can lam", "con phai lam", "thu tuc", "to do")),
    "broadcast_state": (N_("State of a request"), ("trang thai", "yeu cau", "state")),
    "broadcast_expiry": (N_("End of the certificate"), ("het han", "han chung thu", "expiry")),
    "broadcast_silent": (N_("Not heard of since"), ("im lang", "lau chua lien he", "silent")),
    "broadcast_channel": (N_("Channel"), ("kenh", "channel")),
}


class Whom(NoText):
    """The audience in words, its number, and the ways to narrow it."""

    async def page(self, here: Here) -> Page:
        """Counted anew each time."""
        found, rights = await draft_of(here), await rights_of(here)
        if found is None:
            return closed(here)
        say, audience = here.say, found.draft.audience
        about = say(N_("Recipients: {audience}"), audience=in_words(audience, here.world.units, say.t))
        many = counted(say, await here.world.admin.broadcasts.count(rights, audience))
        ways = [Option(name, say.t(label), typed) for name, (label, typed) in WAYS.items()]
        clear = Option(CLEAR, say.t(N_("Take all conditions away")), ("xoa dieu kien", "bo het", "clear"))
        narrowed = audience != Audience(unit=widest(rights))
        options = (_done(here), *ways, *([clear] if narrowed else []))
        told = say(N_("All conditions count together."))
        return Page(say(N_("<b>Who shall get it?</b>")), (about, many, told), options)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """One way to narrow, none at all, or on."""
        if value == CLEAR:
            whole = Audience(unit=widest(await rights_of(here)))
            return await rewritten(here, WHOM, stay=WHOM, audience=whole)
        return Answered(shown(here, value)) if value in WAYS else Answered(await onwards(here, WHOM))


async def narrowed(here: Here, **changes: object) -> Answered:
    """The audience with one condition changed, counted anew."""
    found = await draft_of(here)
    audience = found.draft.audience.model_copy(update=changes) if found else Audience()
    return await rewritten(here, WHOM, stay=WHOM, audience=audience)


def _done(here: Here) -> Option:
    if not view_of(here).guided:
        return back_to(here)
    return Option(DONE, here.say.t(N_("These, go on")), ("tiep", "xong", "tiep tuc", "go on"))


async def _of_unit(here: Here, unit: str | None) -> Answered:
    return await narrowed(here, unit=unit)


def _everywhere(rights: Rights) -> bool:
    return rights.reach(Act.WRITE_BROADCASTS).everything


WHOM_UNIT = UnitChoice(
    screen="broadcast_unit",
    act=Act.WRITE_BROADCASTS,
    taken=_of_unit,
    left=lambda here: shown(here, WHOM),
    anywhere=_everywhere,
)
