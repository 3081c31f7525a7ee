"""The page on what comes next, which goes with the forms, and the few lines that are said with the files.

All that it says of the procedure is said by the answer, which has it from the rule pack.
"""

from collections.abc import Iterator

from handlers.core import (
    Context,
    PrintedPart,
    answer_lines,
    explain_certainty,
    filing_notice_of,
    format_day,
    strip_markup,
)
from handlers.forms.case import FormCase
from handlers.forms.fields import FORM_FIELDS, FORM_LABELS, form_field_name
from handlers.model import FormContent, FormField
from locales import N_
from rules.outcome import Part

_CONTACT = "contact_"
#: Missing fields of the contact person that are named one by one; more of them are named as the person.
_MOST_OF_CONTACT = 2
#: Missing fields that are named beside the files; of more only the number is said.
_MOST_NAMED = 4
DRAFT = N_("The layout of the forms is a draft: compare it with the appendix of the Decree before signing.")


def missing_titles(here: Context, content: FormContent) -> list[str]:
    """Return what is to be filled in by hand, in words, each once."""
    names = [_field_name(row, column) for row, column in content.missing()]
    if sum(name.startswith(_CONTACT) for name in names) > _MOST_OF_CONTACT:
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
    return tuple(_parts(here, case, contents))


def _parts(here: Context, case: FormCase, contents: tuple[FormContent, ...]) -> Iterator[PrintedPart]:
    t = here.say.t
    yield PrintedPart(style="title", text=t(N_("Next steps")))
    made = N_("Made by Trợ lý Chứng thư on {day}, rule pack {pack}. Help with the rules, not a decision of an office.")
    yield PrintedPart(style="small", text=t(made, day=format_day(here.today), pack=here.world.pack.label))
    yield PrintedPart(style="heading", text=t(N_("The papers")))
    for content in contents:
        yield PrintedPart(style="text", text=_format_paper(here, content))
    yield PrintedPart(style="text", text=t(DRAFT))
    yield from _procedure(here, case)


def _format_paper(here: Context, content: FormContent) -> str:
    t, lacking = here.say.t, missing_titles(here, content)
    label = t(FORM_LABELS[content.form])
    if not lacking:
        return t(N_("• {form} – every field is filled in."), form=label)
    return t(N_("• {form} – left to fill in by hand: {fields}."), form=label, fields=", ".join(lacking))


def _procedure(here: Context, case: FormCase) -> Iterator[PrintedPart]:
    """Yield what the answer says; of a request whose interview is over, the answer as it was given then."""
    t, decided = here.say.t, case.decided
    if decided is None:
        request = case.request
        given = request.content.decision.split("\n\n") if request else []
        if request and given:
            heading = t(N_("The answer given with request {code}"), code=request.code)
            yield PrintedPart(style="heading", text=heading)
        yield from (PrintedPart(style="text", text=paragraph) for paragraph in given if paragraph.strip())
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
