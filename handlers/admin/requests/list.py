"""The request list, a page at a time, the newest first."""

from dataclasses import replace

from handlers.matching import named
from handlers.office.desk_view import listed, narrowed, opened, searched, shown, view_of, widened
from handlers.office.filter_words import in_words
from handlers.office.holding import rights_of
from handlers.office.list_words import row
from handlers.office.model import Filed, Filter
from handlers.office.rights import Act, Rights
from handlers.page import Answered, Option, Page
from handlers.screen import Here
from handlers.screens.flow import proceed
from handlers.session import DeskView, Session
from handlers.voice import lines
from locales import N_

NEWER, OLDER, FILTER, CLEAR, ALL, EXPORT, BACK = "newer", "older", "filter", "clear", "all", "export", "back"
#: Requests on one page.
SHOWN = 8


class Desk:
    """Requests as buttons; typed words are looked for."""

    async def page(self, here: Here) -> Page:
        """The filter in words, how many it means, and some of them."""
        say, view, rights = here.say, view_of(here), await rights_of(here)
        total = await here.world.admin.desk.count(rights, view.wanted)
        found = await _rows(here, rights, view)
        about = say(N_("Filter: {filter}"), filter=in_words(view.wanted, here.world.units, say.t))
        many = lines(say(N_("Requests: <b>{number}</b>"), number=total), "" if total else say(_none(view)))
        typing = say(N_("To find one, type its code or some words of the name, the unit or the serial number."))
        rows = [Option(filed.request.code, row(say, filed)) for filed in found[:SHOWN]]
        turning = _turning(here, view, more=len(found) > SHOWN)
        options = (*rows, *turning, *_tools(here, rights, total))
        return Page(say(N_("<b>Request list</b>")), (about, many, typing), options, exact=True, numbers="codes")

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Open one, turn the page, change the filter, change them all, or leave."""
        if value in {NEWER, OLDER}:
            return Answered(await _turned(here, value))
        tools = {FILTER: "desk_filter", ALL: "desk_all"}
        if value in tools:
            return Answered(shown(here, tools[value]))
        if value == EXPORT:
            return Answered(here.session.open_visit("export"))
        if value in {CLEAR, BACK}:
            return Answered(widened(here) if value == CLEAR else proceed(here))
        return Answered(await opened(here, value) or listed(here))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """A code, or words to look for: not those of a button that is not offered just now."""
        if named(text, _every_tool(here), exact=True).sure:
            return Answered(here.session, notes=(here.say(N_("There is no button “{word}” just now."), word=text),))
        return Answered(await searched(here, text)) if text.strip() else Answered(narrowed(here, text=""))


def _none(view: DeskView) -> str:
    filtered = N_("No request fits. Clear the filter to see all of them.")
    return filtered if view.wanted != Filter() else N_("There is no request yet within your reach.")


async def _rows(here: Here, rights: Rights, view: DeskView) -> tuple[Filed, ...]:
    """One more than a page shows: it tells whether there are older ones."""
    before = view.turned[-1] if view.turned else None
    return await here.world.admin.desk.page(rights, view.wanted, SHOWN + 1, before)


async def _turned(here: Here, value: str) -> Session:
    view = view_of(here)
    if value == NEWER:
        return shown(here, "desk", turned=view.turned[:-1])
    found = await _rows(here, await rights_of(here), view)
    return shown(here, "desk", turned=(*view.turned, found[:SHOWN][-1].number)) if found else shown(here, "desk")


def _turning(here: Here, view: DeskView, *, more: bool) -> list[Option]:
    newer, older = _newer(here), _older(here)
    return [*([newer] if view.turned else []), *([older] if more else [])]


def _tools(here: Here, rights: Rights, total: int) -> list[Option]:
    t, filtered = here.say.t, view_of(here).wanted != Filter()
    return [
        Option(FILTER, t(N_("Filter")), ("loc", "bo loc theo", "filter")),
        *([_clear(here)] if filtered else []),
        *([_all(here)] if total and rights.reach(Act.CHANGE_REQUESTS) else []),
        *([_export(here)] if total and rights.reach(Act.EXPORT_REQUESTS) else []),
        Option(BACK, t(N_("Leave the list")), ("quay lai", "thoat", "dong", "back")),
    ]


def _every_tool(here: Here) -> list[Option]:
    """Those that are offered at times, by the names that nobody in the list has: no single word but the label's own."""
    tools = (_clear(here), _all(here), _export(here), _newer(here), _older(here))
    return [replace(tool, synonyms=tuple(name for name in tool.synonyms if " " in name)) for tool in tools]


def _clear(here: Here) -> Option:
    return Option(CLEAR, here.say.t(N_("Clear the filter")), ("xoa loc", "bo bo loc", "xoa bo loc", "clear"))


def _all(here: Here) -> Option:
    return Option(ALL, here.say.t(N_("Change them all")), ("doi tat ca", "doi trang thai", "change all"))


def _export(here: Here) -> Option:
    return Option(EXPORT, here.say.t(N_("Export")), ("xuat", "export"))


def _newer(here: Here) -> Option:
    return Option(NEWER, here.say.t(N_("Newer")), ("moi hon", "truoc", "newer"))


def _older(here: Here) -> Option:
    return Option(OLDER, here.say.t(N_("Older")), ("cu hon", "sau", "older"))
