"""The page "Việc tiếp theo" of a dossier: who signs, where it goes, whom to ask, and what is not certain.

Every sentence about the law is the pack's; nothing is added to it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from handlers.citations import FILING_NOTICE, LEVELS, filing_notice, format_statement
from handlers.core import LABELS, PrintedPart
from handlers.core.text import capitalize_first, format_day
from handlers.dossier.entries import DossierContext, Entry, Status
from handlers.dossier.papers import Paper
from handlers.dossier.texts import (
    count_procedures,
    format_names,
    format_open_questions,
    format_standouts,
)
from handlers.model import CONTACT_FIELDS, Form, FormField
from locales import N_, Translator
from rules.outcome import Action, Decided, Level, Notice, Part, Procedure
from rules.pack import Pack

TITLE = N_("What to do next")
_MADE = N_("Made by Trợ lý Chứng thư on {day}, rule pack {pack}. Help with the rules, not a decision of an office.")
_ORDER = list(Level)
#: What is to be written by hand, in the words of the forms.
FIELD_LABELS = {
    FormField.NAME: N_("Name"),
    FormField.BIRTHDAY: N_("Birthday"),
    FormField.IDENTITY_NUMBER: N_("Personal number (số định danh cá nhân)"),
    FormField.IDENTITY_ISSUED_ON: N_("Day the personal number was issued"),
    FormField.IDENTITY_ISSUED_BY: N_("Who issued the personal number"),
    FormField.EMAIL: N_("Official e-mail address"),
    FormField.WORKPLACE: N_("Working body"),
    FormField.PROVINCE: N_("Province"),
    FormField.POSITION: N_("Position"),
    FormField.MOBILE: N_("Mobile telephone"),
    FormField.ADDRESS: N_("Address"),
    FormField.TAX_CODE: N_("Tax code"),
    FormField.BUDGET_CODE: N_("Budget code"),
    FormField.SERIAL: N_("Serial number"),
    FormField.DEVICE_NUMBER: N_("Number of the device (số hiệu thiết bị)"),
    FormField.OLD_VALUE: N_("Information to change"),
    FormField.NEW_VALUE: N_("New information"),
    FormField.REASON: N_("Reason"),
}


def next_steps(
    context: DossierContext,
    entries: Sequence[Entry],
    papers: Sequence[Paper],
    t: Translator,
    changes: Sequence[str] = (),
) -> list[PrintedPart]:
    """Return the page for the whole dossier.

    Args:
        context: The rules, the day, the unit that files and the office.
        entries: All certificates.
        papers: The forms that were made.
        t: The translator of the reader.
        changes: What differs from the dossier made before, a line each.
    """
    pack, unit = context.pack, context.unit
    parts = [PrintedPart(style="title", text=t(TITLE))]
    if unit:
        parts.append(PrintedPart(style="lead", text=unit.unit.body))
    parts.append(PrintedPart(style="small", text=t(_MADE, day=format_day(context.today), pack=pack.label)))
    parts += _section(t(N_("Changed since the dossier before")), changes)
    parts += _section(t(N_("To be answered first")), format_open_questions(entries, pack, t))
    for procedure, those in count_procedures(entries, pack).items():
        parts += _procedure(pack, procedure, those, t)
    actions = _actions_once(entries)
    parts += _section(t(N_("Where it goes")), _filing(context, actions, t))
    parts += _section(t(N_("Left to be written by hand")), _missing(papers, t))
    parts += _section(t(N_("To be looked at")), format_standouts(entries, t))
    parts += _section(t(N_("What is not certain")), _uncertain(pack, entries, actions, t))
    return parts


def _section(heading: str, lines: Iterable[str]) -> list[PrintedPart]:
    found = [PrintedPart(style="text", text=f"– {capitalize_first(line)}") for line in dict.fromkeys(lines) if line]
    return [PrintedPart(style="heading", text=heading), *found] if found else []


def _actions_once(entries: Iterable[Entry]) -> list[tuple[Action, Entry]]:
    return [
        (action, entry)
        for entry in entries
        if entry.status is Status.DECIDED and entry.decided
        for action in entry.decided.actions
    ]


def _procedure(pack: Pack, procedure: Procedure, those: Sequence[Entry], t: Translator) -> list[PrintedPart]:
    """Tell what is done for one procedure; what holds for some of the certificates only names them."""
    actions = [(action, entry) for action, entry in _actions_once(those) if action.procedure is procedure]
    forms = dict.fromkeys(action.form for action, _ in actions if action.form)
    form = t(N_(" (form: Mẫu {form})"), form=", ".join(filter(None, forms))) if forms else ""
    heading = f"{t(pack.procedures[procedure].title)}{form} – {len(those)}"
    found: dict[tuple[Part, str], list[Entry]] = {}
    for action, entry in actions:
        for brief in action.briefs:
            found.setdefault((brief.part, brief.text), []).append(entry)
    lines = []
    for part in Part:
        for (of, text), whom in found.items():
            if of is part:
                named = f" ({format_names(whom, t)})" if len(whom) < len(those) else ""
                lines.append(f"{t(LABELS[part])}: {t(text)}{named}")
    names = PrintedPart(style="text", text=format_names(those, t))
    return [PrintedPart(style="heading", text=heading), names, *_section("", lines)[1:]]


def _filing(context: DossierContext, actions: Sequence[tuple[Action, Entry]], t: Translator) -> Iterator[str]:
    pack, units = context.pack, context.unit.line if context.unit else ()
    once = {(action.procedure, action.form): action for action, _ in actions}
    if any(FILING_NOTICE in pack.procedures[procedure].notices for procedure, _ in once):
        decided = Decided(tuple(once.values()))
        yield filing_notice(pack, decided, t, office=context.office, units=units).text


def _missing(papers: Sequence[Paper], t: Translator) -> Iterator[str]:
    for paper in papers:
        gaps = Counter(field for row, field in paper.content.missing() if row is not None)
        told = [
            t(FIELD_LABELS[field]) + (f" ({count})" if count < len(paper.entries) else "")
            for field, count in gaps.items()
        ]
        contact = [t(N_("the contact block"))] if CONTACT_FIELDS.get(Form(paper.content.form)) else []
        if told or contact:
            yield f"Mẫu {paper.content.form}: {', '.join([*told, *contact])}"


def _uncertain(
    pack: Pack, entries: Sequence[Entry], actions: Sequence[tuple[Action, Entry]], t: Translator
) -> Iterator[str]:
    """Yield the notices of all answers with their sources, then what rests on less than the text of the law."""
    notices: dict[str, Notice] = {}
    for entry in entries:
        if entry.status is Status.DECIDED and entry.decided:
            notices |= {notice.id: notice for notice in entry.decided.notices if notice.id != FILING_NOTICE}
    yield from (format_statement(notice, t) for notice in notices.values())
    titles: dict[Level, dict[str, None]] = {}
    for action, _ in actions:
        for reason in action.reasons:
            level = max((one.level for one in reason.citations), key=_ORDER.index, default=Level.TEXT)
            titles.setdefault(level, {})[t(pack.procedures[action.procedure].title)] = None
    for level, named in titles.items():
        if level in LEVELS:
            yield f"{t(LEVELS[level])}: {'; '.join(named)}"
