"""The broadcast that somebody with a role has open, kept from screen to screen."""

import re
from typing import Any

from handlers.broadcasts.model import Broadcast, Life
from handlers.folding import fold
from handlers.office.holding import rights_of
from handlers.office.rights import Act
from handlers.screen import Here
from handlers.session import BroadcastView, Session

#: Where text, audience and plan can still be changed.
OPEN_TO_CHANGE = frozenset({Life.DRAFT, Life.CHECKED})
#: "TB-000012", "tb 12", "12".
_CODE = re.compile(r"(?:tb[\s-]*)?(\d{1,9})")


def view_of(here: Here) -> BroadcastView:
    """What was left open; nothing at first."""
    return here.session.broadcast or BroadcastView()


def shown(here: Here, screen: str, about: str | None = None, **changes: Any) -> Session:
    """The session on a screen of the broadcasts, with some of the view changed."""
    return here.session.with_screen(screen, about, broadcast=view_of(here).model_copy(update=changes))


def listed(here: Here) -> Session:
    """Back to the list as it was left, with nothing under way."""
    return here.session.with_screen("broadcasts", broadcast=BroadcastView(turned=view_of(here).turned))


async def open_one(here: Here) -> Broadcast | None:
    """The broadcast that is open, as it stands now; ``None`` where there is none within reach."""
    name = view_of(here).name
    return await here.world.admin.broadcasts.get(await rights_of(here), name) if name else None


async def draft_of(here: Here) -> Broadcast | None:
    """The same, where it can still be changed by whoever is here."""
    found = await open_one(here)
    if found is None or found.state not in OPEN_TO_CHANGE or found.parent is not None:
        return None
    return found if (await rights_of(here)).may(Act.WRITE_BROADCASTS, found.unit) else None


async def opened(here: Here, name: str | None, screen: str = "broadcast") -> Session | None:
    """A broadcast with what is seen of it now; ``None`` where there is none within reach."""
    found = await here.world.admin.broadcasts.get(await rights_of(here), name) if name else None
    if found is None:
        return None
    return shown(here, screen, name=found.id, revision=found.revision, guided=False, wish=None, paused=False)


async def reopened(here: Here) -> Session:
    """The open broadcast as it is now; the list where it is gone."""
    return await opened(here, view_of(here).name) or listed(here)


def code_typed(text: str) -> str | None:
    """The code that a typed text means; ``None`` where it means none."""
    found = _CODE.fullmatch(fold(text))
    return f"TB-{int(found[1]):06}" if found else None
