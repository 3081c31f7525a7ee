"""Ordering an export of what the list shows."""

from handlers.matching import named
from handlers.office import export_words
from handlers.office.desk_view import view_of
from handlers.office.exporting import FORMS, ExportOrder, Form
from handlers.office.holding import rights_of
from handlers.page import Answered, Option
from handlers.screen import Here
from handlers.voice import capital
from locales import N_

#: What else a form is called by who types.
_SYNONYMS = {
    Form.XLSX: ("excel", "xlsx", "xls", "bang tinh"),
    Form.CSV: ("csv",),
    Form.JSONL: ("json", "jsonl"),
    Form.DOCX: ("docx", "word", "danh sach", "mau"),
    Form.IMPORT19: ("19", "19 cot", "bang 19 cot"),
}


def forms(here: Here) -> tuple[Option, ...]:
    """The forms to choose from."""
    return tuple(Option(form.value, capital(here.say.t(words)), _SYNONYMS[form]) for form, words in FORMS.items())


async def ordered(here: Here, word: str) -> Answered:
    """Begin in the form that was typed behind the command; only show the screen where it names none."""
    meant = named(word, forms(here), exact=True).sure
    if len(meant) == 1:
        return await begun(here, Form(meant[0]))
    return Answered(here.session, notes=(here.say(N_("I do not know the form “{word}”."), word=word),))


async def begun(here: Here, form: Form) -> Answered:
    """An export that is written outside this turn; none where nothing is meant."""
    rights, wanted, say = await rights_of(here), view_of(here).wanted, here.say
    order = ExportOrder(wanted=wanted, form=form, language=here.session.language)
    total = await here.world.admin.desk.count(rights, wanted)
    waiting = export_words.queued(say, form, total)
    started = bool(total) and await here.world.admin.exports.start(rights, order, total, waiting)
    note = N_("I am writing the file; it comes here by itself.") if started else N_("Nothing was begun.")
    return Answered(here.session, notes=(say(note),))
