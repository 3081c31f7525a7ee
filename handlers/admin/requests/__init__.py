"""The request list and one request of it, with the reason for a move."""

from collections.abc import Sequence
from dataclasses import replace

from markupsafe import Markup

from handlers.admin import (
    MOVE_LABELS,
    MOVE_SYNONYMS,
    format_filter,
    format_overtaken,
    format_request_details,
    format_request_row,
    list_view,
    open_request,
    search_requests,
    to_list_screen,
    to_narrowed_list,
    to_request_list,
    to_unfiltered_list,
)
from handlers.admin.requests.moves import (
    BAD_REASON,
    NO_WAY_BACK,
    move_request,
    take_back_all,
    take_back_one,
    to_bulk_confirm,
)
from handlers.core import (
    BACK,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    RequestListView,
    Session,
    back_option,
    current_rights,
    holder_labels,
    join_lines,
)
from handlers.model import (
    FINAL_STATES,
    NEEDS_REASON,
    OPEN_LIST,
    Act,
    Filter,
    RequestRow,
    RequestState,
    Rights,
    clean_reason,
    find_way_back,
    transitions_from,
)
from handlers.requests import STATE_LABELS
from handlers.understanding import match_names
from handlers.understanding.doubts import is_doubt
from locales import N_

NEWER, OLDER, FILTER, CLEAR, ALL, EXPORT = "newer", "older", "filter", "clear", "all", "export"
TAKE_BACK = "take_back"
#: Requests on one page.
SHOWN = 8


class RequestListScreen:
    """Shows a page of requests as buttons, newest first; typed words start a search."""

    async def page(self, here: Context) -> Page:
        """Show the filter, the number of matches and the requests of the page."""
        say, view, rights = here.say, list_view(here), await current_rights(here)
        total = await here.world.admin.desk.count(rights, view.wanted)
        found = await _load_rows(here, rights, view)
        about = say(N_("Filter: {filter}"), filter=format_filter(view.wanted, here.world.units, say.t))
        many = join_lines(
            say(N_("Requests: <b>{number}</b>"), number=total),
            "" if total else say(await _format_empty_list(here, rights, view)),
        )
        typing = say(N_("To find one, type its code or some words of the name, the unit or the serial number."))
        rows = [Option(filed.request.code, format_request_row(say, filed)) for filed in found[:SHOWN]]
        turning = _turn_options(here, view, more=len(found) > SHOWN)
        undoing = _take_back_all_option(here, rights, found, total)
        options = (*rows, *turning, *undoing, *_tool_options(here, rights, total))
        return Page(_format_list_title(here, view, total), (about, many, typing), options, exact=True, numbers="codes")

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open a request, turn the page, change the filter, move all, export, or leave."""
        if value in {NEWER, OLDER}:
            return HandlerResult(await _to_turned_page(here, value))
        if value == TAKE_BACK:
            return await take_back_all(here)
        tools = {FILTER: "desk_filter", ALL: "desk_all"}
        if value in tools:
            return HandlerResult(to_list_screen(here, tools[value]))
        if value == EXPORT:
            return HandlerResult(here.session.open_visit("export"))
        if value in {CLEAR, BACK}:
            return HandlerResult(to_unfiltered_list(here) if value == CLEAR else here.session.with_screen("home"))
        return HandlerResult(await open_request(here, value) or to_request_list(here))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Open a typed code or search for words; the name of a button that is not offered now is not searched for."""
        if match_names(text, _all_tool_options(here), exact=True).sure:
            return HandlerResult(
                here.session, notes=(here.say(N_("There is no button “{word}” just now."), word=text),)
            )
        return await search_requests(here, text) if text.strip() else HandlerResult(to_narrowed_list(here, text=""))


def _format_list_title(here: Context, view: RequestListView, total: int) -> Markup:
    """Format the title; the rows of a bulk move are named by what was done to them."""
    wanted = view.wanted
    if wanted.changed_at is None or len(wanted.states) != 1:
        return here.say(N_("<b>Request list</b>"))
    state = here.say(STATE_LABELS[wanted.states[0]])
    return here.say(N_("<b>{number} just moved to “{state}”</b>"), number=total, state=state)


async def _format_empty_list(here: Context, rights: Rights, view: RequestListView) -> str:
    if not await here.world.admin.desk.count(rights, Filter()):
        return N_("There is no request yet within your reach.")
    if view.wanted == OPEN_LIST:
        return N_("Nothing is unfinished. “Clear the filter” shows the finished ones too.")
    return N_("No request fits. Clear the filter to see all of them.")


async def _load_rows(here: Context, rights: Rights, view: RequestListView) -> tuple[RequestRow, ...]:
    """Load one row more than a page shows, to know whether there are older ones."""
    before = view.turned[-1] if view.turned else None
    return await here.world.admin.desk.page(rights, view.wanted, SHOWN + 1, before)


async def _to_turned_page(here: Context, value: str) -> Session:
    view = list_view(here)
    if value == NEWER:
        return to_list_screen(here, "desk", turned=view.turned[:-1])
    found = await _load_rows(here, await current_rights(here), view)
    return (
        to_list_screen(here, "desk", turned=(*view.turned, found[:SHOWN][-1].number))
        if found
        else to_list_screen(here, "desk")
    )


def _take_back_all_option(here: Context, rights: Rights, found: Sequence[RequestRow], total: int) -> list[Option]:
    """Offer the way back below what was just moved together, as long as there is one."""
    ways = (find_way_back(one, rights.actor, here.world.now) for one in found)
    if list_view(here).wanted.changed_at is None or not rights.reach(Act.CHANGE_REQUESTS) or not any(ways):
        return []
    label = here.say.t(N_("Take the change of these {total} back"), total=total)
    return [Option(TAKE_BACK, label, ("rut lai", "hoan tac", "take back", "undo"))]


def _turn_options(here: Context, view: RequestListView, *, more: bool) -> list[Option]:
    newer, older = _newer_option(here), _older_option(here)
    return [*([newer] if view.turned else []), *([older] if more else [])]


def _tool_options(here: Context, rights: Rights, total: int) -> list[Option]:
    t, filtered = here.say.t, list_view(here).wanted != Filter()
    return [
        Option(FILTER, t(N_("Filter")), ("loc", "bo loc theo", "filter")),
        *([_clear_option(here)] if filtered else []),
        *([_change_all_option(here)] if total and rights.reach(Act.CHANGE_REQUESTS) else []),
        *([_export_option(here)] if total and rights.reach(Act.EXPORT_REQUESTS) else []),
        back_option(t, N_("Leave the list"), ("thoat", "dong")),
    ]


def _all_tool_options(here: Context) -> list[Option]:
    """Return the buttons that are offered only at times, with names that cannot be a person's: whole labels only."""
    tools = (
        _clear_option(here),
        _change_all_option(here),
        _export_option(here),
        _newer_option(here),
        _older_option(here),
    )
    return [replace(tool, synonyms=tuple(name for name in tool.synonyms if " " in name)) for tool in tools]


def _clear_option(here: Context) -> Option:
    return Option(CLEAR, here.say.t(N_("Clear the filter")), ("xoa loc", "bo bo loc", "xoa bo loc", "clear"))


def _change_all_option(here: Context) -> Option:
    return Option(ALL, here.say.t(N_("Change them all")), ("doi tat ca", "doi trang thai", "change all"))


def _export_option(here: Context) -> Option:
    return Option(EXPORT, here.say.t(N_("Export")), ("xuat", "export"))


def _newer_option(here: Context) -> Option:
    return Option(NEWER, here.say.t(N_("Newer")), ("moi hon", "truoc", "newer"))


def _older_option(here: Context) -> Option:
    return Option(OLDER, here.say.t(N_("Older")), ("cu hon", "sau", "older"))


REASON_QUESTION = N_(
    "Nothing was changed yet. The reason tells the officer what to put right, such as: “The decision on the new name is"
    " missing.” If there is none yet, choose “Do not change it”."
)
SEEN, CANCEL = "seen", "cancel"


class RequestDetailScreen(OptionsOnlyScreen):
    """Shows one request and the moves that its state allows.

    If somebody else changed it since it was seen, that is told first and no move is offered.
    """

    async def page(self, here: Context) -> Page:
        """Show the request, masked as far as the rights demand."""
        say, rights = here.say, await current_rights(here)
        filed = await here.world.admin.desk.get(rights, here.session.about or "")
        back = back_option(say.t, N_("Back to the list"))
        if filed is None:
            return Page(say(N_("There is no such request within your reach.")), options=(back,))
        title = say(N_("<b>Request {code}</b>"), code=filed.request.code)
        labels = await holder_labels(here, rights)
        if filed.revision != list_view(here).revision:
            seen = Option(SEEN, say.t(N_("Go on with it as it is now")), ("tiep tuc", "xem", "go on"))
            return Page(
                title,
                (format_overtaken(say, filed, labels), *format_request_details(here, filed, labels)),
                (seen, back),
            )
        return Page(
            title, format_request_details(here, filed, labels), (*_move_options(here, rights, filed), back), exact=True
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Move the request, after a reason or confirmation if the state needs one, or go back."""
        code = here.session.about or ""
        if value in {BACK, SEEN}:
            return HandlerResult((await open_request(here, code) if value == SEEN else None) or to_request_list(here))
        if value == TAKE_BACK:
            return await take_back_one(here, code)
        to = RequestState(value)
        if to in NEEDS_REASON:
            return HandlerResult(to_list_screen(here, "desk_reason", code, moving_to=to))
        if to in FINAL_STATES:
            return HandlerResult(to_list_screen(here, "desk_final", code, moving_to=to))
        return await move_request(here, to, "")


class MoveReasonScreen:
    """Asks for the reason of a move of one request (``session.about``), or of all that match the filter."""

    async def page(self, here: Context) -> Page:
        """Ask for the reason."""
        say, to = here.say, list_view(here).moving_to or RequestState.SENT_BACK
        what = here.session.about or say(N_("all requests of the list"))
        title = Markup("<b>{}</b> – {}").format(what, say(MOVE_LABELS[to]))
        ask = say(N_("Why? Please type the reason; the officer reads it as you write it."))
        cancel = Option(CANCEL, say.t(N_("Do not change it")), ("thoi", "huy", "khong doi", "cancel"), gives_up=True)
        final = say(NO_WAY_BACK) if to in FINAL_STATES else Markup()
        return Page(title, (ask, final), (cancel,), exact=True, help=say(REASON_QUESTION))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:  # noqa: ARG002 - there is one option
        """Return without any change."""
        code = here.session.about
        return HandlerResult((await open_request(here, code) if code else None) or to_request_list(here))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Check the reason and move the request, or go on to the confirmation of a bulk move."""
        if is_doubt(text, prose=True):
            return HandlerResult(here.session, notes=(here.say(REASON_QUESTION),))
        reason, to = clean_reason(text), list_view(here).moving_to
        if reason is None or to is None:
            return HandlerResult(here.session, notes=(here.say(BAD_REASON),))
        return (
            await move_request(here, to, reason)
            if here.session.about
            else HandlerResult(await to_bulk_confirm(here, to, reason))
        )


def _move_options(here: Context, rights: Rights, filed: RequestRow) -> list[Option]:
    if not rights.may(Act.CHANGE_REQUESTS, filed.unit):
        return []
    t = here.say.t
    moves = [Option(to, t(MOVE_LABELS[to]), MOVE_SYNONYMS[to]) for to in transitions_from(filed.request.state)]
    if find_way_back(filed, rights.actor, here.world.now) is None:
        return moves
    label = t(N_("Take my last change back"))
    return [*moves, Option(TAKE_BACK, label, ("rut lai", "hoan tac", "take back", "undo"))]
