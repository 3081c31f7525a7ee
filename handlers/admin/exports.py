"""The screen of /xuat: orders an export of the filtered request list, or shows the progress of the running one."""

from markupsafe import Markup

from handlers.access.current_rights import current_rights
from handlers.admin.exports import text
from handlers.admin.requests.text import format_filter
from handlers.admin.requests.view import list_view, to_request_list
from handlers.core.screen import BACK, Context, HandlerResult, Option, OptionsOnlyScreen, Page, back_option
from handlers.core.text import capitalize_first, format_count
from handlers.model.exports import EXPORT_FORM_LABELS, ExportForm, ExportOrder, ExportStatus
from handlers.model.rights import Act, Rights
from handlers.understanding.matching import match_names
from locales import N_

#: Other words that people type for a form.
_FORM_SYNONYMS = {
    ExportForm.XLSX: ("excel", "xlsx", "xls", "bang tinh"),
    ExportForm.CSV: ("csv",),
    ExportForm.JSONL: ("json", "jsonl"),
    ExportForm.DOCX: ("docx", "word", "danh sach", "mau"),
    ExportForm.IMPORT19: ("19", "19 cot", "bang 19 cot"),
}


def form_options(here: Context) -> tuple[Option, ...]:
    """Return the forms as options."""
    return tuple(
        Option(form.value, capitalize_first(here.say.t(words)), _FORM_SYNONYMS[form])
        for form, words in EXPORT_FORM_LABELS.items()
    )


async def order_typed_export(here: Context, word: str) -> HandlerResult:
    """Order an export in the form typed behind the command; if it names none, only show the screen."""
    meant = match_names(word, form_options(here), exact=True).sure
    if len(meant) == 1:
        return await order_export(here, ExportForm(meant[0]))
    return HandlerResult(here.session, notes=(here.say(N_("I do not know the form “{word}”."), word=word),))


async def order_export(here: Context, form: ExportForm) -> HandlerResult:
    """Order an export of the filtered list; it is written after this turn, and not ordered if the list is empty."""
    rights, wanted, say = await current_rights(here), list_view(here).wanted, here.say
    order = ExportOrder(wanted=wanted, form=form, language=here.session.language)
    total = await here.world.admin.desk.count(rights, wanted)
    waiting = text.format_export_queued(say, form, total)
    started = bool(total) and await here.world.admin.exports.start(rights, order, total, waiting)
    note = N_("I am writing the file; it comes here by itself.") if started else N_("Nothing was begun.")
    return HandlerResult(here.session, notes=(say(note),))


CANCEL, LIST, LOOK = "cancel", "list", "look"


class ExportScreen(OptionsOnlyScreen):
    """Shows the filter, the number of requests and the forms to choose from."""

    async def page(self, here: Context) -> Page:
        """Show the forms, or the progress of a running export."""
        say, rights = here.say, await current_rights(here)
        if not rights.reach(Act.EXPORT_REQUESTS):
            return Page(say(N_("Exporting is for those who look after requests.")), options=(back_option(here.say.t),))
        running = await here.world.admin.exports.running()
        return _render_progress(here, running) if running else await _render_forms(here, rights)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Order or cancel an export, refresh the progress, or leave."""
        if value == LIST:
            return HandlerResult(to_request_list(here))
        if value == BACK:
            return HandlerResult(here.session.to_previous_screen())
        if value == CANCEL:
            return await _cancel_export(here)
        return await order_export(here, ExportForm(value)) if value in set(ExportForm) else HandlerResult(here.session)


async def _render_forms(here: Context, rights: Rights) -> Page:
    say, wanted = here.say, list_view(here).wanted
    total = await here.world.admin.desk.count(rights, wanted)
    meant = say(N_("Filter: {filter}"), filter=format_filter(wanted, here.world.units, say.t))
    found = say(N_("Requests found: <b>{total}</b>"), total=format_count(say, total))
    told = (meant, found, *_format_masking_note(here, rights))
    leave = (Option(LIST, say.t(N_("Change the filter")), ("loc", "filter")), back_option(here.say.t))
    return Page(say(N_("<b>Export requests</b>")), told, (*(form_options(here) if total else ()), *leave))


def _format_masking_note(here: Context, rights: Rights) -> tuple[Markup, ...]:
    """Warn that the file masks personal data if the person's role does not show all of it."""
    everywhere = rights.reach(Act.SEE_PERSONAL) == rights.reach(Act.EXPORT_REQUESTS)
    masked = N_("Names, serial numbers and notes are masked in the file: your role does not show them in full.")
    return () if everywhere else (here.say(masked),)


def _render_progress(here: Context, running: ExportStatus) -> Page:
    say = here.say
    done, total = format_count(say, running.done), format_count(say, running.total)
    title = say(N_("<b>An export is under way</b>: {done} / {total}"), done=done, total=total)
    cancel = Option(CANCEL, say.t(N_("Cancel the export")), ("huy", "cancel", "dung"))
    look = Option(LOOK, say.t(N_("How far is it?")), ("xem", "look"))
    return Page(title, options=(look, cancel, back_option(here.say.t)))


async def _cancel_export(here: Context) -> HandlerResult:
    rights, say = await current_rights(here), here.say
    ended = await here.world.admin.exports.cancel(rights, text.format_export_cancelled(say))
    note = N_("The export is cancelled.") if ended else N_("That export has ended already.")
    return HandlerResult(here.session, notes=(say(note),))
