"""The sheets behind the list: the counts with their charts, and what the file is."""

from collections.abc import Mapping
from typing import Any

from bot.exports.about import About
from bot.harmless import harmless
from handlers.requests.words import PROCEDURES, STATES
from locales import N_

#: Bars that a chart of units can show and still be read.
MOST_BARS = 15
_CHART_ROWS = 16
#: Of the paper sizes of a spreadsheet.
_A4 = 9

NOT_THE_DOSSIER = N_(
    "This list is for working with. It is not the dossier: what is filed is the official form,"
    " signed by the head of the managing body."
)


def summary(workbook: Any, counts: Mapping[str, Mapping[str, int]], about: About) -> None:
    """How many by state, procedure and unit, each with a chart."""
    t = about.t
    tables = (
        (t(N_("By state")), _named(counts["state"], {str(one): t(word) for one, word in STATES.items()})),
        (t(N_("By procedure")), _named(counts["procedure"], {str(one): t(word) for one, word in PROCEDURES.items()})),
        (t(N_("By unit")), _by_unit(counts["unit"], about)),
    )
    sheet = workbook.add_worksheet(t(N_("Summary")))
    for_paper(sheet)
    sheet.set_column(0, 0, 44)
    bold = workbook.add_format({"bold": True, "bg_color": "#D9E2F3"})
    row = 0
    for number, (title, table) in enumerate(tables):
        sheet.write_row(row, 0, (title, t(N_("Number"))), bold)
        _table(sheet, row + 1, table)
        if table:
            chart = _chart(workbook, sheet, row, title, min(len(table), MOST_BARS))
            sheet.insert_chart(number * _CHART_ROWS, 3, chart)
        row += len(table) + 2


def _named(counts: Mapping[str, int], words: Mapping[str, str]) -> list[tuple[str, int]]:
    """In the order of the words, then what has no word."""
    known = [(words[one], counts[one]) for one in words if counts.get(one)]
    return known + [(one, number) for one, number in counts.items() if one not in words]


def _by_unit(counts: Mapping[str, int], about: About) -> list[tuple[str, int]]:
    """The largest first."""
    unknown = about.t(N_("(unit not known)"))
    found = [(harmless(about.units.name(code)) or unknown, number) for code, number in counts.items()]
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _table(sheet: Any, row: int, table: list[tuple[str, int]]) -> None:
    for at, (words, count) in enumerate(table, start=row):
        sheet.write_string(at, 0, words)
        sheet.write_number(at, 1, count)


def _chart(workbook: Any, sheet: Any, row: int, title: str, bars: int) -> Any:
    chart = workbook.add_chart({"type": "bar"})
    first, last = row + 1, row + bars
    chart.add_series(
        {
            "name": title,
            "categories": [sheet.name, first, 0, last, 0],
            "values": [sheet.name, first, 1, last, 1],
            "data_labels": {"value": True},
        }
    )
    chart.set_title({"name": title})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 640, "height": 300})
    return chart


def for_paper(sheet: Any) -> None:
    """A4 across, as wide as one page."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)


def information(workbook: Any, about: About, *notes: str) -> None:
    """What the file is, and what it is not; ``notes`` in the language of the file."""
    t = about.t
    sheet = workbook.add_worksheet(t(N_("Information")))
    bold = workbook.add_format({"bold": True, "valign": "top"})
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    for_paper(sheet)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 90)
    told = [*about.lines(), *((t(N_("Please note")), note) for note in (t(NOT_THE_DOSSIER), *notes))]
    for row, (label, text) in enumerate(told):
        sheet.write_string(row, 0, label, bold)
        sheet.write_string(row, 1, harmless(text), wrapped)
