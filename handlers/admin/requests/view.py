"""The view of the request list that the session keeps between screens: filter, page, open request."""

from typing import Any

from handlers.access.current_rights import current_rights
from handlers.core.screen import Context
from handlers.core.session import RequestListView, Session
from handlers.model.request_list import Filter, parse_codes
from handlers.model.request_notices import OPEN_LIST

#: Characters of a search that are kept.
_MAX_SEARCH_LENGTH = 200


def list_view(here: Context) -> RequestListView:
    """Return the view as it was left; at first, and on another day, what is not finished."""
    view = here.session.desk or RequestListView()
    if view.chosen_on == here.today:
        return view
    return view.model_copy(update={"wanted": OPEN_LIST, "turned": (), "chosen_on": here.today})


def to_list_screen(here: Context, screen: str, about: str | None = None, **changes: Any) -> Session:
    """Open a screen of the list, with some fields of the view changed."""
    return here.session.with_screen(screen, about, desk=list_view(here).model_copy(update=changes))


def to_narrowed_list(here: Context, **changes: Any) -> Session:
    """Open the first page of the list, with some fields of the filter changed."""
    wanted = list_view(here).wanted.model_copy(update=changes)
    return to_list_screen(here, "desk", wanted=wanted, turned=())


def to_unfiltered_list(here: Context) -> Session:
    """Open the list without a filter; after a bulk move as it opens by itself."""
    return to_filtered_list(here, OPEN_LIST if list_view(here).wanted.changed_at else Filter())


def to_filtered_list(here: Context, wanted: Filter) -> Session:
    """Open the first page of the list with this filter."""
    return to_list_screen(here, "desk", wanted=wanted, turned=(), moving_to=None, note="", mark="")


def to_opening_list(here: Context) -> Session:
    """Open the list as it opens by itself: at what is not finished."""
    return to_filtered_list(here, OPEN_LIST)


def to_request_list(here: Context) -> Session:
    """Return to the list as it was left, with no move under way."""
    return to_list_screen(here, "desk", revision=None, moving_to=None, note="", mark="")


async def open_request(here: Context, code: str) -> Session | None:
    """Open a request at its present revision; return ``None`` if there is none within reach."""
    filed = await here.world.admin.desk.get(await current_rights(here), code)
    changes = {"revision": filed.revision, "moving_to": None, "note": ""} if filed else {}
    return to_list_screen(here, "desk_request", code, **changes) if filed else None


async def to_search_result(here: Context, text: str) -> Session:
    """Open the request whose code (or last digits) was typed, else search the list for the text."""
    found = [session for code in parse_codes(text, here.today) if (session := await open_request(here, code))]
    if len(found) == 1:
        return found[0]
    wanted = _code_digits(found[0]) if found else " ".join(text.split())
    whole = {"states": ()} if list_view(here).wanted == OPEN_LIST else {}  # what is finished is looked for as well
    return to_narrowed_list(here, text=wanted[:_MAX_SEARCH_LENGTH], **whole)


def _code_digits(session: Session) -> str:
    """Return the part of the open code without the year."""
    return (session.about or "").rpartition("-")[2]
