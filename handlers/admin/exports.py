"""Exports of the request list, ordered in a chat."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from handlers.admin import format_filter, list_view, to_request_list
from handlers.core import (
    BACK,
    Context,
    HandlerResult,
    MarkupTranslator,
    Option,
    OptionsOnlyScreen,
    Page,
    Reply,
    back_option,
    capitalize_first,
    current_rights,
    format_count,
    join_lines,
)
from handlers.model import EXPORT_FORM_LABELS, Act, ExportForm, ExportOrder, ExportRemarks, ExportStatus, Rights
from handlers.requests import STATE_LABELS
from handlers.understanding import match_names
from locales import N_, Translator

#: Files that the last message names; the index file names all of them.
_MAX_PARTS_LISTED = 20


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of an export, with the range of entries in it."""

    name: str
    first: int  #: number of the first entry in it, from 1
    last: int
    lists: bool = False  #: whether the entries are official lists instead of requests


def format_export_queued(say: MarkupTranslator, form: ExportForm, total: int) -> Reply:
    """Format the first progress message; later ones replace it."""
    return _to_reply(
        say(
            N_("Export ({form}): {total} requests, waiting."),
            form=say(EXPORT_FORM_LABELS[form]),
            total=format_count(say, total),
        )
    )


def format_export_progress(say: MarkupTranslator, done: int, total: int) -> Reply:
    """Format the progress message while the export is written."""
    share = min(100, 100 * done // max(total, 1))
    counts = {"done": format_count(say, done), "total": format_count(say, total), "share": share}
    return _to_reply(say(N_("Exporting: {done} / {total} ({share} %)"), **counts))


def format_export_finished(
    say: MarkupTranslator, count: int, remarks: ExportRemarks, parts: Sequence[ExportFile]
) -> Reply:
    """Format the last progress message, with an index if there are several files."""
    holds = say(N_("The export holds {count} requests."), count=format_count(say, count))
    said = [holds, *map(escape, format_remarks(say.t, remarks))]
    if len(parts) > 1:
        said.append(
            join_lines(
                say(N_("The list is split into {count} files:"), count=len(parts)),
                *format_file_index(say, parts[:_MAX_PARTS_LISTED]),
            )
        )
    return _to_reply(*said)


def format_remarks(t: Translator, remarks: ExportRemarks) -> list[str]:
    """Format what was left out of a file and why, and what must be filled in by hand; one sentence each."""
    told = {
        N_("{count} other requests are not for this kind of list."): remarks.others,
        N_("{count} requests have no serial number: fill it in by hand before signing."): remarks.serials,
        N_("{count} requests share a row with another one for the same certificate."): remarks.joined,
        N_("{count} requests cannot be read any more: the operator has to look into it."): remarks.unreadable,
    }
    counted = [t(sentence, count=count) for sentence, count in told.items() if count]
    return [*_format_left_out_by_state(t, remarks), *counted]


def _format_left_out_by_state(t: Translator, remarks: ExportRemarks) -> list[str]:
    if not remarks.states:
        return []
    sending = ", ".join(t(STATE_LABELS[state]) for state in remarks.sending)
    left = ", ".join(f"{count} {t(STATE_LABELS[state])}" for state, count in remarks.states.items())
    only = t(N_("A list to be sent on takes only requests in the state: {states}."), states=sending)
    never = t(N_("A list to be sent on never takes requests in the states that were chosen."))
    return [only if sending else never, t(N_("Not in it because of their state: {states}."), states=left)]


def format_file_index(say: MarkupTranslator, parts: Sequence[ExportFile]) -> list[Markup]:
    """Format the index of files, one line each."""
    return [
        say(
            N_("{name}: lists {first} to {last}") if part.lists else N_("{name}: requests {first} to {last}"),
            name=part.name,
            first=format_count(say, part.first),
            last=format_count(say, part.last),
        )
        for part in parts
    ]


def format_export_failed(say: MarkupTranslator) -> Reply:
    """Tell that the export failed."""
    return _to_reply(say(N_("The export could not be written. Nothing was sent; please try again with /xuat.")))


def format_export_rights_lost(say: MarkupTranslator) -> Reply:
    """Tell that the export was stopped because a role ended."""
    return _to_reply(say(N_("The export was stopped: you no longer have the right to it. Nothing was sent.")))


def format_export_cancelled(say: MarkupTranslator) -> Reply:
    """Tell that the person cancelled the export."""
    return _to_reply(say(N_("The export was cancelled. Nothing was sent.")))


def _to_reply(*paragraphs: Markup) -> Reply:
    return Reply(paragraphs=tuple(map(str, paragraphs)))


#: Other words that people type for a form.
_FORM_SYNONYMS = {
    ExportForm.XLSX: ("excel", "xlsx", "xls", "bang tinh"),
    ExportForm.CSV: ("csv",),
    ExportForm.JSONL: ("json", "jsonl"),
    ExportForm.DOCX: ("docx", "word", "danh sach", "mau"),
    ExportForm.IMPORT19: ("19", "19 cot", "bang 19 cot"),
}


def form_options(here: Context) -> tuple[Option, ...]:
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
    waiting = format_export_queued(say, form, total)
    started = bool(total) and await here.world.admin.lists.start(rights, order, total, waiting)
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
        running = await here.world.admin.lists.running()
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
    ended = await here.world.admin.lists.cancel(rights, format_export_cancelled(say))
    note = N_("The export is cancelled.") if ended else N_("That export has ended already.")
    return HandlerResult(here.session, notes=(say(note),))
