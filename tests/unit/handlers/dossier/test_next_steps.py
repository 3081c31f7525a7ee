"""The page on the next steps: one page whatever there is to say, and what it leaves out stands in the overview."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from bot.dossier.overview import write_overview
from handlers.core import PAGE_LINES, REGISTRABLE, PrintedPart
from handlers.dossier import DossierContext
from handlers.dossier.filing import request_contents
from handlers.dossier.next_steps import fit, lines_of, next_steps
from handlers.dossier.papers import make_papers
from handlers.model import UnitToday
from locales import translator
from rules.loading import load_pack
from rules.outcome import Procedure
from tests.support.dossiers import everything_at_once
from tests.support.people import UNITS

T = translator("vi")
CONTEXT = DossierContext(load_pack("nhon_trach"), date(2026, 11, 23))


@pytest.mark.parametrize("letters", [0, 40, 300])
def test_it_is_one_page_by_its_own_count_and_its_head_is_whole(letters: int) -> None:
    entries, changes = everything_at_once(CONTEXT, letters=letters)
    page = next_steps(CONTEXT, entries, make_papers(CONTEXT, entries), T, changes)

    assert lines_of(page) <= PAGE_LINES
    assert not [part for part in page if part.text.endswith(" …") and part.style in {"title", "heading", "small"}]
    headings = [part.text for part in page if part.style == "heading"]
    assert all(page[page.index(part) + 1].style == "text" for part in page if part.style == "heading"), headings


def test_what_finds_no_room_stands_in_the_summary_of_the_overview() -> None:
    entries, changes = everything_at_once(CONTEXT)
    papers = make_papers(CONTEXT, entries)
    page = "\n".join(part.text for part in next_steps(CONTEXT, entries, papers, T, changes))
    book = CalamineWorkbook.from_filelike(BytesIO(write_overview(CONTEXT, entries, papers, T, changes)))
    summary = [str(row[0]) for row in book.get_sheet_by_index(1).to_python() if row]

    assert "và 48 thay đổi khác, xem bảng tổng hợp" in page
    assert [line for line in changes if line not in summary] == []
    for told in ("Số hiệu thiết bị", "hong 2.cer", "Thu hồi chứng thư chữ ký số: "):
        assert [line for line in summary if told in line], told


def test_a_few_changes_are_told_whole() -> None:
    entries, changes = everything_at_once(CONTEXT)
    few = entries[5:7]
    page = [part.text for part in next_steps(CONTEXT, few, make_papers(CONTEXT, few), T, changes[:2])]

    assert [f"– {line}" in page for line in changes[:2]] == [True, True]


def test_what_is_kept_is_never_cut_and_others_end_at_a_word() -> None:
    kept = PrintedPart(style="text", text="giữ nguyên " * 100)
    long = PrintedPart(style="text", text="một hai ba bốn năm sáu " * 300)
    page = fit([PrintedPart(style="heading", text="A"), kept, long], [kept], T)

    assert page[1] is kept
    assert lines_of(page) <= PAGE_LINES
    assert set(page[2].text.removesuffix(" …").split()) == {"một", "hai", "ba", "bốn", "năm", "sáu"}


def test_a_question_to_the_office_and_the_records_of_devices_are_no_requests() -> None:
    unit = UnitToday(UNITS, "DN.NT", CONTEXT.today)
    context = replace(CONTEXT, unit=unit)
    entries, _ = everything_at_once(context)
    asked = [entry for entry in entries if Procedure.CHECK_WITH_OFFICE in entry.procedures]
    contents = request_contents(context, entries, make_papers(context, entries), T, "telegram")

    assert asked
    assert {content.procedure for content in contents} == REGISTRABLE - {Procedure.EXTEND}
