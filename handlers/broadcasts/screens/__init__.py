"""The list of broadcasts (/thongbao), and the view of them that the session keeps between screens."""

import re
from typing import Any

from handlers.broadcasts.admin_text import format_broadcast_row
from handlers.core import (
    BACK,
    BroadcastView,
    Context,
    HandlerResult,
    Option,
    Page,
    Session,
    back_option,
    current_rights,
)
from handlers.model import BROADCAST_PREFIX, Act, Broadcast, BroadcastState, Rights, format_code
from locales import N_
from rules.language.spelling import fold

#: States in which text, audience and plan can still be changed.
CHANGEABLE_STATES = frozenset({BroadcastState.DRAFT, BroadcastState.CHECKED})
#: Matches "TB-000012", "tb 12" and "12".
_BROADCAST_CODE = re.compile(rf"(?:{BROADCAST_PREFIX.lower()}[\s-]*)?(\d{{1,9}})")


def broadcast_view(here: Context) -> BroadcastView:
    """Return the view as it was left, empty at first."""
    return here.session.broadcast or BroadcastView()


def to_broadcast_screen(here: Context, screen: str, about: str | None = None, **changes: Any) -> Session:
    """Open a screen of the broadcasts, with some fields of the view changed."""
    return here.session.with_screen(screen, about, broadcast=broadcast_view(here).model_copy(update=changes))


def to_broadcast_list(here: Context) -> Session:
    """Return to the list as it was left, with no action under way."""
    return here.session.with_screen("broadcasts", broadcast=BroadcastView(turned=broadcast_view(here).turned))


async def current_broadcast(here: Context) -> Broadcast | None:
    """Return the open broadcast as it stands now, or ``None`` if there is none within reach."""
    name = broadcast_view(here).name
    return await here.world.admin.broadcasts.get(await current_rights(here), name) if name else None


async def current_draft(here: Context) -> Broadcast | None:
    """Return the open broadcast if the person can still change it, else ``None``."""
    found = await current_broadcast(here)
    if found is None or found.state not in CHANGEABLE_STATES or found.parent is not None:
        return None
    return found if (await current_rights(here)).may(Act.WRITE_BROADCASTS, found.unit) else None


async def open_broadcast(here: Context, name: str | None, screen: str = "broadcast") -> Session | None:
    """Open a broadcast at its present revision; return ``None`` if there is none within reach."""
    found = await here.world.admin.broadcasts.get(await current_rights(here), name) if name else None
    if found is None:
        return None
    return to_broadcast_screen(
        here, screen, name=found.id, revision=found.revision, guided=False, wish=None, paused=False
    )


async def to_current_broadcast(here: Context) -> Session:
    """Open the current broadcast again, or the list if it is gone."""
    return await open_broadcast(here, broadcast_view(here).name) or to_broadcast_list(here)


def parse_broadcast_code(text: str) -> str | None:
    """Return the code that a typed text stands for, or ``None``."""
    found = _BROADCAST_CODE.fullmatch(fold(text))
    return format_code(BROADCAST_PREFIX, int(found[1])) if found else None


NEW, NEWER, OLDER = "new", "newer", "older"
#: Broadcasts on one page.
SHOWN = 8
_NOT_FOUND = N_("There is no broadcast {code} within your reach.")


class BroadcastListScreen:
    """Lists broadcasts and campaigns, newest first; a typed code opens one."""

    async def page(self, here: Context) -> Page:
        """Show one button per broadcast with its state, and the button for a new one."""
        say, rights = here.say, await current_rights(here)
        found = await _load_rows(here, rights)
        about = (
            say(N_("Open one to see how far it is. A code can also be typed."))
            if found
            else say(_format_empty_list(rights))
        )
        rows = [Option(one.id, format_broadcast_row(say, one)) for one in found[:SHOWN]]
        turning = _turn_options(here, more=len(found) > SHOWN)
        options = (*_new_broadcast_options(here, rights), *rows, *turning, _leave_option(here))
        return Page(say(N_("<b>Broadcasts and reminders</b>")), (about,), options, exact=True, numbers="codes")

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Write a new one, open one, turn the page, or leave."""
        if value == NEW:
            return HandlerResult(to_broadcast_screen(here, "broadcast_kind", name=None, revision=None))
        if value in {NEWER, OLDER}:
            return HandlerResult(await _to_turned_page(here, value))
        return (
            HandlerResult(here.session.with_screen("home"))
            if value == BACK
            else await open_typed_broadcast(here, value)
        )

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Open the broadcast whose code was typed."""
        code = parse_broadcast_code(text)
        return await open_typed_broadcast(here, code) if code else None


async def open_typed_broadcast(here: Context, code: str) -> HandlerResult:
    """Open a broadcast by its code, or show the list with a note if there is none."""
    found = await open_broadcast(here, code)
    return (
        HandlerResult(found)
        if found
        else HandlerResult(to_broadcast_list(here), notes=(here.say(_NOT_FOUND, code=code[:32]),))
    )


def _format_empty_list(rights: Rights) -> str:
    writes = bool(rights.reach(Act.WRITE_BROADCASTS))
    return N_("There is none yet. Tap “Write a new one”.") if writes else N_("There is none yet within your reach.")


async def _load_rows(here: Context, rights: Rights) -> tuple[Broadcast, ...]:
    """Load one row more than a page shows, to know whether there are older ones."""
    turned = broadcast_view(here).turned
    return await here.world.admin.broadcasts.latest(rights, SHOWN + 1, turned[-1] if turned else None)


async def _to_turned_page(here: Context, value: str) -> Session:
    turned = broadcast_view(here).turned
    if value == NEWER:
        return to_broadcast_screen(here, "broadcasts", turned=turned[:-1])
    found = await _load_rows(here, await current_rights(here))
    last = (found[:SHOWN][-1].id,) if len(found) > SHOWN else ()
    return to_broadcast_screen(here, "broadcasts", turned=(*turned, *last))


def _turn_options(here: Context, *, more: bool) -> list[Option]:
    t = here.say.t
    newer = Option(NEWER, t(N_("Newer")), ("moi hon", "truoc", "newer"))
    older = Option(OLDER, t(N_("Older")), ("cu hon", "sau", "older"))
    return [*([newer] if broadcast_view(here).turned else []), *([older] if more else [])]


def _new_broadcast_options(here: Context, rights: Rights) -> list[Option]:
    new = Option(NEW, here.say.t(N_("Write a new one")), ("soan moi", "soan", "moi", "new"))
    return [new] if rights.reach(Act.WRITE_BROADCASTS) else []


def _leave_option(here: Context) -> Option:
    return back_option(here.say.t, N_("Leave the broadcasts"), ("thoat", "dong"))
