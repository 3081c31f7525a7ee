"""Write the overview of a dossier, a row for every certificate, and the empty list that an office fills in."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

import xlsxwriter

from bot.dossier.list_reader import COLUMNS, TICKED
from bot.exports.xlsx import KEEP_TEXT_OPTIONS, set_paper, truncate_text
from bot.streams import sanitize
from handlers.core import capitalize_first, format_day
from handlers.dossier import DossierContext, Entry
from handlers.dossier.cautions import format_actions, format_notices
from handlers.dossier.next_steps import format_missing
from handlers.dossier.papers import Paper, format_reason
from handlers.dossier.texts import (
    format_counts,
    format_open_questions,
    format_procedures,
    format_standout,
    format_standouts,
    format_status,
)
from handlers.requests import SUBJECT_LABELS
from locales import N_, Translator

_HEADING = {"bold": True, "bg_color": "#D9E2F3", "border": 1, "text_wrap": True, "valign": "top"}
_COLUMNS = (
    (N_("No."), 5), (N_("Name"), 28), (N_("Kind"), 12), (N_("Serial number"), 18), (N_("Ends on"), 11),
    (N_("State"), 13), (N_("Procedures"), 34), (N_("Forms"), 9), (N_("Reason"), 20), (N_("Please note"), 32),
    (N_("Note in the list"), 24), (N_("File"), 30),
)  # fmt: skip
#: Columns on paper; the others are for the screen.
_PRINTED = 10
#: The forms that say why.
_WITH_REASON = frozenset({"05", "08"})
#: Rows of the list that get a format, so that serial numbers stay texts.
_TEMPLATE_ROWS = 500


def write_overview(
    context: DossierContext,
    entries: Sequence[Entry],
    papers: Sequence[Paper],
    t: Translator,
    changes: Sequence[str] = (),
) -> bytes:
    """Return a workbook with every certificate, also those that stand in no form, and a sheet with all that is told."""
    packed = BytesIO()
    with xlsxwriter.Workbook(packed, {**KEEP_TEXT_OPTIONS, "in_memory": True}) as workbook:
        _write_entries(workbook, _rows(context, entries, papers, t), t)
        _write_summary(workbook, _sections(context, entries, papers, changes, t), t)
    return packed.getvalue()


def _rows(
    context: DossierContext, entries: Sequence[Entry], papers: Sequence[Paper], t: Translator
) -> Iterator[tuple[str, ...]]:
    """Yield the texts of a row for each certificate."""
    for number, entry in enumerate(entries, 1):
        listed = entry.source.listed
        forms = [str(paper.content.form) for paper in papers if any(entry is one for one in paper.entries)]
        yield (
            str(number),
            entry.name,
            capitalize_first(t(SUBJECT_LABELS[entry.subject])) if entry.subject else "",
            entry.serial,
            format_day(entry.not_after) if entry.not_after else "",
            format_status(entry, context.pack, t),
            format_procedures(entry, context.pack, t),
            ", ".join(forms),
            (format_reason(entry, context.today) or "") if set(forms) & _WITH_REASON else "",
            format_standout(entry, t),
            "; ".join((*listed.sayings, *listed.unread)) if listed else "",
            entry.file,
        )


def _sections(
    context: DossierContext, entries: Sequence[Entry], papers: Sequence[Paper], changes: Sequence[str], t: Translator
) -> Iterator[tuple[str, list[str]]]:
    """Yield the headings of the summary with their lines."""
    head = context.unit.unit.body if context.unit else t(N_("Dossier"))
    yield head, [format_day(context.today), *format_counts(entries, papers, context.pack, t)]
    yield t(N_("Changed since the dossier before")), list(changes)
    yield t(N_("To be answered first")), list(format_open_questions(entries, context.pack, t))
    yield t(N_("Left to be written by hand")), list(format_missing(papers, t))
    yield t(N_("To be looked at")), list(format_standouts(entries, t))
    yield t(N_("What is to be done, and why")), list(format_actions(entries, t))
    yield t(N_("Notices and their sources")), list(format_notices(entries, t))


def _write_entries(workbook: Any, rows: Iterator[tuple[str, ...]], t: Translator) -> None:
    sheet, heading = workbook.add_worksheet(t(N_("Certificates"))), workbook.add_format(_HEADING)
    cell = workbook.add_format({"text_wrap": True, "valign": "top", "border": 1})
    for at, (title, width) in enumerate(_COLUMNS):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, t(title), heading)
    last = 1
    for last, texts in enumerate(rows, 1):
        for at, text in enumerate(texts):
            sheet.write_string(last, at, truncate_text(sanitize(text)), cell)
    sheet.freeze_panes(1, 2)
    sheet.repeat_rows(0)
    sheet.print_area(0, 0, last, _PRINTED - 1)
    sheet.autofilter(0, 0, last, len(_COLUMNS) - 1)
    set_paper(sheet)


def _write_summary(workbook: Any, sections: Iterator[tuple[str, list[str]]], t: Translator) -> None:
    sheet, bold = workbook.add_worksheet(t(N_("Summary"))), workbook.add_format({"bold": True})
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 120)
    set_paper(sheet)
    row = 0
    for title, lines in sections:
        if not lines:
            continue
        sheet.write_string(row, 0, sanitize(title), bold)
        for at, line in enumerate(lines, row + 1):
            sheet.write_string(at, 0, truncate_text(sanitize(line)), wrapped)
        row += len(lines) + 2


def write_list_template() -> bytes:
    """Return an empty list of certificates in Vietnamese; the headings are those that ``list_reader`` understands."""
    packed = BytesIO()
    with xlsxwriter.Workbook(packed, {**KEEP_TEXT_OPTIONS, "in_memory": True}) as workbook:
        sheet, heading = workbook.add_worksheet("Danh sách chứng thư"), workbook.add_format(_HEADING)
        text = workbook.add_format({"num_format": "@"})
        titles = [capitalize_first(names[0]) for names in (*COLUMNS.values(), *TICKED.values())]
        sheet.write_string(0, 0, "DANH SÁCH CHỨNG THƯ CHỮ KÝ SỐ CỦA ĐƠN VỊ", workbook.add_format({"bold": True}))
        sheet.write_string(1, 0, "Mỗi dòng một chứng thư. Các cột từ “Nghỉ hưu” trở đi: ghi x nếu đúng.")
        for at, title in enumerate(["STT", *titles]):
            sheet.set_column(at, at, 6 if at == 0 else 22 if at <= len(COLUMNS) else 12, text)
            sheet.write_string(3, at, title, heading)
        sheet.data_validation(
            4, 1 + list(COLUMNS).index("subject"), _TEMPLATE_ROWS, 1 + list(COLUMNS).index("subject"),
            {"validate": "list", "source": ["Cá nhân", "Tổ chức", "Thiết bị"]},
        )  # fmt: skip
        sheet.freeze_panes(4, 2)
        set_paper(sheet)
    return packed.getvalue()
