"""The texts about an export: its progress message, its end, remarks and the index of its files."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from handlers.core.replies import Reply
from handlers.core.text import MarkupTranslator, format_count, join_lines
from handlers.model.exports import EXPORT_FORM_LABELS, ExportForm, ExportRemarks
from handlers.requests.text import STATE_LABELS
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
