"""/xuat: the requests that the list shows, as a file; while one is written, how far it is."""

from markupsafe import Markup

from handlers.office import export_words
from handlers.office.desk_view import listed, view_of
from handlers.office.exporting import ExportView, Form
from handlers.office.filter_words import in_words
from handlers.office.holding import rights_of
from handlers.office.ordering import begun, forms
from handlers.office.rights import Act, Rights
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from locales import N_

BACK, CANCEL, LIST, LOOK = "back", "cancel", "list", "look"


class Export(NoText):
    """What would be exported, and in which form."""

    async def page(self, here: Here) -> Page:
        """The forms; or how far the one under way is."""
        say, rights = here.say, await rights_of(here)
        if not rights.reach(Act.EXPORT_REQUESTS):
            return Page(say(N_("Exporting is for those who look after requests.")), options=(_back(here),))
        running = await here.world.admin.exports.running()
        return _under_way(here, running) if running else await _offered(here, rights)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Begin, cancel, look again, or leave."""
        if value == LIST:
            return Answered(listed(here))
        if value == BACK:
            return Answered(here.session.to_previous_screen())
        if value == CANCEL:
            return await _cancelled(here)
        return await begun(here, Form(value)) if value in set(Form) else Answered(here.session)


async def _offered(here: Here, rights: Rights) -> Page:
    say, wanted = here.say, view_of(here).wanted
    total = await here.world.admin.desk.count(rights, wanted)
    meant = say(N_("Filter: {filter}"), filter=in_words(wanted, here.world.units, say.t))
    found = say(N_("Requests found: <b>{total}</b>"), total=export_words.number(say, total))
    told = (meant, found, *_masked(here, rights))
    leave = (Option(LIST, say.t(N_("Change the filter")), ("loc", "filter")), _back(here))
    return Page(say(N_("<b>Export requests</b>")), told, (*(forms(here) if total else ()), *leave))


def _masked(here: Here, rights: Rights) -> tuple[Markup, ...]:
    """What somebody is told who sees only a part of what is exported in full."""
    everywhere = rights.reach(Act.SEE_PERSONAL) == rights.reach(Act.EXPORT_REQUESTS)
    masked = N_("Names, serial numbers and notes are masked in the file: your role does not show them in full.")
    return () if everywhere else (here.say(masked),)


def _under_way(here: Here, running: ExportView) -> Page:
    say = here.say
    done, total = export_words.number(say, running.done), export_words.number(say, running.total)
    title = say(N_("<b>An export is under way</b>: {done} / {total}"), done=done, total=total)
    cancel = Option(CANCEL, say.t(N_("Cancel the export")), ("huy", "cancel", "dung"))
    look = Option(LOOK, say.t(N_("How far is it?")), ("xem", "look"))
    return Page(title, options=(look, cancel, _back(here)))


async def _cancelled(here: Here) -> Answered:
    rights, say = await rights_of(here), here.say
    ended = await here.world.admin.exports.cancel(rights, export_words.cancelled(say))
    note = N_("The export is cancelled.") if ended else N_("That export has ended already.")
    return Answered(here.session, notes=(say(note),))


def _back(here: Here) -> Option:
    return Option(BACK, here.say.t(N_("Back")), ("quay lai", "back"))
