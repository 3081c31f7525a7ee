"""What somebody with a role looks at, kept from screen to screen."""

from typing import Any

from handlers.office.codes import codes_meant
from handlers.office.holding import rights_of
from handlers.office.model import Filter
from handlers.screen import Here
from handlers.session import DeskView, Session

#: Letters of a search that are kept.
_LONGEST_SEARCH = 200


def view_of(here: Here) -> DeskView:
    """The list as it was left; the whole of it at first."""
    return here.session.desk or DeskView()


def shown(here: Here, screen: str, about: str | None = None, **changes: Any) -> Session:
    """The session on a screen of the list, with some of the view changed."""
    return here.session.with_screen(screen, about, desk=view_of(here).model_copy(update=changes))


def narrowed(here: Here, **changes: Any) -> Session:
    """The list from its newest page, with some of the filter changed."""
    wanted = view_of(here).wanted.model_copy(update=changes)
    return shown(here, "desk", wanted=wanted, turned=())


def widened(here: Here) -> Session:
    """The list without a filter."""
    return shown(here, "desk", wanted=Filter(), turned=())


def listed(here: Here) -> Session:
    """Back to the list as it was left, with nothing under way."""
    return shown(here, "desk", revision=None, moving_to=None, note="", mark="")


async def opened(here: Here, code: str) -> Session | None:
    """A request, with what is seen of it now; ``None`` where there is none within reach."""
    filed = await here.world.admin.desk.get(await rights_of(here), code)
    changes = {"revision": filed.revision, "moving_to": None, "note": ""} if filed else {}
    return shown(here, "desk_request", code, **changes) if filed else None


async def searched(here: Here, text: str) -> Session:
    """What typed words mean on the list: a code or its last digits open the request, anything else is looked for."""
    found = [session for code in codes_meant(text, here.today) if (session := await opened(here, code))]
    if len(found) == 1:
        return found[0]
    wanted = _number_of(found[0]) if found else " ".join(text.split())
    return narrowed(here, text=wanted[:_LONGEST_SEARCH])


def _number_of(session: Session) -> str:
    """The part of the open code that all years share."""
    return (session.about or "").rpartition("-")[2]
