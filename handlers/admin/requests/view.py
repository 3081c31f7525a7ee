"""What somebody with a role looks at, kept from screen to screen."""

from typing import Any

from handlers.access.current_rights import current_rights
from handlers.core.screen import Context
from handlers.core.session import RequestListView, Session
from handlers.model.request_list import Filter, parse_codes

#: Letters of a search that are kept.
_MAX_SEARCH_LENGTH = 200


def list_view(here: Context) -> RequestListView:
    """The list as it was left; the whole of it at first."""
    return here.session.desk or RequestListView()


def to_list_screen(here: Context, screen: str, about: str | None = None, **changes: Any) -> Session:
    """The session on a screen of the list, with some of the view changed."""
    return here.session.with_screen(screen, about, desk=list_view(here).model_copy(update=changes))


def to_narrowed_list(here: Context, **changes: Any) -> Session:
    """The list from its newest page, with some of the filter changed."""
    wanted = list_view(here).wanted.model_copy(update=changes)
    return to_list_screen(here, "desk", wanted=wanted, turned=())


def to_unfiltered_list(here: Context) -> Session:
    """The list without a filter."""
    return to_list_screen(here, "desk", wanted=Filter(), turned=())


def to_request_list(here: Context) -> Session:
    """Back to the list as it was left, with nothing under way."""
    return to_list_screen(here, "desk", revision=None, moving_to=None, note="", mark="")


async def open_request(here: Context, code: str) -> Session | None:
    """A request, with what is seen of it now; ``None`` where there is none within reach."""
    filed = await here.world.admin.desk.get(await current_rights(here), code)
    changes = {"revision": filed.revision, "moving_to": None, "note": ""} if filed else {}
    return to_list_screen(here, "desk_request", code, **changes) if filed else None


async def to_search_result(here: Context, text: str) -> Session:
    """What typed words mean on the list: a code or its last digits open the request, anything else is looked for."""
    found = [session for code in parse_codes(text, here.today) if (session := await open_request(here, code))]
    if len(found) == 1:
        return found[0]
    wanted = _code_digits(found[0]) if found else " ".join(text.split())
    return to_narrowed_list(here, text=wanted[:_MAX_SEARCH_LENGTH])


def _code_digits(session: Session) -> str:
    """The part of the open code that all years share."""
    return (session.about or "").rpartition("-")[2]
