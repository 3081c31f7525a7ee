"""The page on what comes next, which goes with the forms, and the few lines that are said with the files.

All that it says of the procedure is said by the answer, which has it from the rule pack.
"""

from collections.abc import Iterable, Iterator

from handlers.core import (
    PAGE_LINES,
    Context,
    PrintedPart,
    answer_lines,
    count_printed_lines,
    explain_certainty,
    filing_notice_of,
    format_day,
    format_pack,
    strip_markup,
)
from handlers.forms.case import FormCase
from handlers.forms.fields import FORM_FIELDS, FORM_LABELS, form_field_name
from handlers.model import FormContent, FormField
from locales import N_
from rules.outcome import Part

_CONTACT = "contact_"
#: Missing fields of a contact person of whom nothing is known that are named one by one; more are named as the person.
_MOST_OF_CONTACT = 2
#: Missing fields that are named beside the files; of more only the number is said.
_MOST_NAMED = 4
#: Lines that stay free: many short paragraphs take more room than few long ones.
_SPARE = 4
DRAFT = N_("The layout of the forms is a draft: compare it with the appendix of the Decree before signing.")


def missing_titles(here: Context, content: FormContent) -> list[str]:
    """Return what is to be filled in by hand, in words, each once."""
    names = [_field_name(row, column) for row, column in content.missing()]
    if not content.contact and sum(name.startswith(_CONTACT) for name in names) > _MOST_OF_CONTACT:
        names = [*(name for name in names if not name.startswith(_CONTACT)), f"{_CONTACT}name"]
    titles = (here.say.t(FORM_FIELDS[name].title) for name in names)
    return list(dict.fromkeys(title[:1].lower() + title[1:] for title in titles))


def _field_name(row: int | None, column: FormField) -> str:
    if row is None:
        return f"{_CONTACT}{column.value}"
    return form_field_name(column)


def say_with_files(here: Context, case: FormCase, contents: tuple[FormContent, ...]) -> tuple[str, ...]:
    """Return what is said with the files: which papers, what is missing, who signs, where it goes."""
    t = here.say.t
    forms = ", ".join(t(N_("form {form}"), form=content.form.value) for content in contents)
    page = t(N_("Next steps"))
    papers = t(N_("The papers: {forms}, and the page “{page}”."), forms=forms, page=page)
    lacking = list(dict.fromkeys(title for content in contents for title in missing_titles(here, content)))
    if not lacking:
        rest = t(N_("Every field is filled in."))
    elif len(lacking) <= _MOST_NAMED:
        rest = t(N_("Left to fill in by hand: {fields}."), fields=", ".join(lacking))
    else:
        rest = t(
            N_("{number} fields are left to fill in by hand; “{page}” lists them."), number=len(lacking), page=page
        )
    return (papers, rest, *_say_where(here, case))


def _say_where(here: Context, case: FormCase) -> Iterator[str]:
    """Yield who signs and where it goes, as the short answer says it."""
    if case.decided is None:
        return
    wanted = {Part.SIGNS, Part.WHERE, None}
    for part, label, text in answer_lines(here, case.decided):
        if part in wanted:
            yield f"{label}: {text}."


def build_next_steps(here: Context, case: FormCase, contents: tuple[FormContent, ...]) -> tuple[PrintedPart, ...]:
    """Build the page: who signs, where it goes, whom to ask, what to attach, the token, and what is not certain."""
    papers = tuple(_papers(here, contents))
    return (*papers, *_procedure(here, case, sum(count_printed_lines(part.text) for part in papers)))


def _papers(here: Context, contents: tuple[FormContent, ...]) -> Iterator[PrintedPart]:
    t = here.say.t
    yield PrintedPart(style="title", text=t(N_("Next steps")))
    made = N_("Made by Trợ lý Chứng thư on {day}, rule pack {pack}. Help with the rules, not a decision of an office.")
    yield PrintedPart(style="small", text=t(made, day=format_day(here.today), pack=format_pack(here.pack, t)))
    yield PrintedPart(style="heading", text=t(N_("The papers")))
    for content in contents:
        yield PrintedPart(style="text", text=_format_paper(here, content))
    yield PrintedPart(style="text", text=t(DRAFT))


def _format_paper(here: Context, content: FormContent) -> str:
    t, lacking = here.say.t, missing_titles(here, content)
    label = t(FORM_LABELS[content.form])
    if not lacking:
        return t(N_("• {form} – every field is filled in."), form=label)
    return t(N_("• {form} – left to fill in by hand: {fields}."), form=label, fields=", ".join(lacking))


def _given_answer(here: Context, case: FormCase, given: Iterable[str], taken: int) -> Iterator[PrintedPart]:
    """Yield the answer of a request as far as it finds room on one page; the assistant has the rest.

    Args:
        here: The session and services of the turn.
        case: The case of the request.
        given: The paragraphs of the answer.
        taken: The lines that are taken already.
    """
    rest = here.say.t(N_("The rest of the answer: send /yeucau {code} to the assistant."), code=_code_of(case))
    for paragraph in filter(str.strip, given):
        for line in paragraph.splitlines():
            taken += count_printed_lines(line)
            if taken >= PAGE_LINES - _SPARE:
                yield PrintedPart(style="small", text=rest)
                return
            yield PrintedPart(style="text", text=line)


def _code_of(case: FormCase) -> str:
    return case.request.code if case.request else ""


def _procedure(here: Context, case: FormCase, taken: int) -> Iterator[PrintedPart]:
    """Yield what the answer says; of a request whose interview is over, the answer as it was given then.

    ``taken``: the lines of the page that are taken already.
    """
    t, decided = here.say.t, case.decided
    if decided is None:
        request = case.request
        given = request.content.decision.split("\n\n") if request else []
        if request and given:
            heading = t(N_("The answer given with request {code}"), code=request.code)
            yield PrintedPart(style="heading", text=heading)
        yield from _given_answer(here, case, given, taken + 1)
        return
    yield PrintedPart(style="heading", text=t(N_("What is to be done")))
    for part, label, text in answer_lines(here, decided):
        if part not in {Part.CARE, None}:  # the notice names the office, with all that is known of it
            yield PrintedPart(style="text", text=f"{label}: {text}.")
    yield PrintedPart(style="text", text=filing_notice_of(here, decided).text)
    yield PrintedPart(style="heading", text=t(N_("What is not certain")))
    for part, label, text in answer_lines(here, decided):
        if part is Part.CARE:
            yield PrintedPart(style="text", text=f"{label}: {text}.")
    for paragraph in explain_certainty(here, decided, doubts_only=True)[1:]:
        head, *items = strip_markup(paragraph).splitlines()
        told = "; ".join(item.removeprefix("• ") for item in items)
        yield PrintedPart(style="text", text=f"{head}: {told}." if told else head)
