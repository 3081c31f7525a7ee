"""/thongbao: the broadcasts and campaigns, the newest first."""

from handlers.broadcasts.model import Broadcast
from handlers.office.broadcast_view import code_typed, listed, opened, shown, view_of
from handlers.office.broadcast_words import row
from handlers.office.holding import rights_of
from handlers.office.rights import Act, Rights
from handlers.page import Answered, Option, Page
from handlers.screen import Here
from handlers.screens.flow import proceed
from handlers.session import Session
from locales import N_

NEW, NEWER, OLDER, BACK = "new", "newer", "older", "back"
#: Broadcasts on one page.
SHOWN = 8
_NONE_SUCH = N_("There is no broadcast {code} within your reach.")


class Broadcasts:
    """One button for each; a typed code opens one."""

    async def page(self, here: Here) -> Page:
        """Where each stands, and the way to a new one."""
        say, rights = here.say, await rights_of(here)
        found = await _rows(here, rights)
        about = say(N_("Open one to see how far it is. A code can also be typed.")) if found else say(_nothing(rights))
        rows = [Option(one.id, row(say, one)) for one in found[:SHOWN]]
        turning = _turning(here, more=len(found) > SHOWN)
        options = (*_new(here, rights), *rows, *turning, _leave(here))
        return Page(say(N_("<b>Broadcasts and reminders</b>")), (about,), options, exact=True, numbers="codes")

    async def handle_option(self, here: Here, value: str) -> Answered:
        """A new one, one of them, another page, or away."""
        if value == NEW:
            return Answered(shown(here, "broadcast_kind", name=None, revision=None))
        if value in {NEWER, OLDER}:
            return Answered(await _turned(here, value))
        return Answered(proceed(here)) if value == BACK else await looked_up(here, value)

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """A code."""
        code = code_typed(text)
        return await looked_up(here, code) if code else None


async def looked_up(here: Here, code: str) -> Answered:
    """A broadcast by its code; the list where there is none."""
    found = await opened(here, code)
    return Answered(found) if found else Answered(listed(here), notes=(here.say(_NONE_SUCH, code=code[:32]),))


def _nothing(rights: Rights) -> str:
    writes = bool(rights.reach(Act.WRITE_BROADCASTS))
    return N_("There is none yet. Tap “Write a new one”.") if writes else N_("There is none yet within your reach.")


async def _rows(here: Here, rights: Rights) -> tuple[Broadcast, ...]:
    """One more than a page shows: it tells whether there are older ones."""
    turned = view_of(here).turned
    return await here.world.admin.broadcasts.latest(rights, SHOWN + 1, turned[-1] if turned else None)


async def _turned(here: Here, value: str) -> Session:
    turned = view_of(here).turned
    if value == NEWER:
        return shown(here, "broadcasts", turned=turned[:-1])
    found = await _rows(here, await rights_of(here))
    last = (found[:SHOWN][-1].id,) if len(found) > SHOWN else ()
    return shown(here, "broadcasts", turned=(*turned, *last))


def _turning(here: Here, *, more: bool) -> list[Option]:
    t = here.say.t
    newer = Option(NEWER, t(N_("Newer")), ("moi hon", "truoc", "newer"))
    older = Option(OLDER, t(N_("Older")), ("cu hon", "sau", "older"))
    return [*([newer] if view_of(here).turned else []), *([older] if more else [])]


def _new(here: Here, rights: Rights) -> list[Option]:
    new = Option(NEW, here.say.t(N_("Write a new one")), ("soan moi", "soan", "moi", "new"))
    return [new] if rights.reach(Act.WRITE_BROADCASTS) else []


def _leave(here: Here) -> Option:
    return Option(BACK, here.say.t(N_("Leave the broadcasts")), ("quay lai", "thoat", "dong", "back"))
