"""The page "Việc tiếp theo" of a dossier: who signs, where it goes, whom to ask, and what is not certain.

Every sentence about the law is the pack's; nothing is added to it.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from handlers.citations import FILING_NOTICE, LEVELS, filing_notice, format_sourced, format_statement
from handlers.core import LABELS, PrintedPart, capitalize_first, format_day
from handlers.dossier.entries import DossierContext, Entry, Status
from handlers.dossier.papers import Paper
from handlers.dossier.texts import (
    count_procedures,
    format_names,
    format_open_questions,
    format_standout,
    format_unread,
)
from handlers.model import CONTACT_FIELDS, Form, FormField
from handlers.requests import SUBJECT_LABELS
from locales import N_, Translator
from rules.outcome import Action, Citation, Decided, Level, Notice, Part, Procedure
from rules.pack import Pack

TITLE = N_("What to do next")
_MADE = N_("Made by Trợ lý Chứng thư on {day}, rule pack {pack}. Help with the rules, not a decision of an office.")
_ORDER = list(Level)
#: Lines of changes, and names of some of a procedure's certificates: the page is to stay one page.
MOST_CHANGES, MOST_SUBSET = 6, 3
#: Lines on the page, and letters in a line of the template at 11 points.
PAGE_LINES, LINE_LETTERS = 57, 100
#: Lines that what is not certain takes at least.
_UNCERTAIN_LINES = 9
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
    parts = _fixed_parts(context, entries, papers, changes, t, joined=False)
    if _lines_of(parts) > PAGE_LINES - _UNCERTAIN_LINES:
        parts = _fixed_parts(context, entries, papers, changes, t, joined=True)
    room, actions = PAGE_LINES - _lines_of(parts) - 1, _actions_once(entries)
    uncertain, joined = _uncertain(entries, actions, room, t), room < _UNCERTAIN_LINES
    return [*parts, *_section(t(N_("What is not certain")), uncertain, joined=joined)]


def _fixed_parts(  # noqa: PLR0913 - all that the page is made of
    context: DossierContext,
    entries: Sequence[Entry],
    papers: Sequence[Paper],
    changes: Sequence[str],
    t: Translator,
    *,
    joined: bool,
) -> list[PrintedPart]:
    """Return the page but for what is not certain; ``joined``: with few paragraphs, for a page with much on it."""
    pack, unit = context.pack, context.unit
    parts = [PrintedPart(style="title", text=t(TITLE))]
    if unit:
        parts.append(PrintedPart(style="lead", text=unit.unit.body))
    parts.append(PrintedPart(style="small", text=t(_MADE, day=format_day(context.today), pack=pack.label)))
    parts += _section(
        t(N_("Changed since the dossier before")), _first(changes, MOST_CHANGES // 2 if joined else MOST_CHANGES, t)
    )
    parts += _section(t(N_("To be answered first")), format_open_questions(entries, pack, t))
    counted = count_procedures(entries, pack)
    shared, actions = _shared(counted), _actions_once(entries)
    for procedure, those in counted.items():
        parts += _procedure(pack, procedure, those, shared, t, joined=joined)
    parts += _section(t(N_("Common to several forms")), _format_shared(shared, actions, t))
    parts += _section(t(N_("Where it goes")), _filing(context, actions, t))
    parts += _section(t(N_("Left to be written by hand")), _missing(papers, t), joined=joined)
    parts += _section(t(N_("To be looked at")), _standouts(entries, t), joined=joined)
    return parts


def _lines_of(parts: Iterable[PrintedPart]) -> int:
    return sum(map(_count_lines, parts))


def _count_lines(part: PrintedPart) -> int:
    return 1 + (len(part.text) - 1) // LINE_LETTERS


def _first(lines: Sequence[str], most: int, t: Translator) -> list[str]:
    """Return the first lines; the others are counted, and stand in the overview."""
    rest = len(lines) - most
    more = [t(N_("{count} more; the overview names them all"), count=rest)] if rest > 0 else []
    return [*lines[:most], *more]


def _section(heading: str, lines: Iterable[str], *, joined: bool = False) -> list[PrintedPart]:
    told = [capitalize_first(line) for line in dict.fromkeys(lines) if line]
    told = [". ".join(line.removesuffix(".") for line in told)] if joined and told else told
    found = [PrintedPart(style="text", text=f"– {line}") for line in told]
    return [PrintedPart(style="heading", text=heading), *found] if found else []


def _actions_once(entries: Iterable[Entry]) -> list[tuple[Action, Entry]]:
    return [
        (action, entry)
        for entry in entries
        if entry.status is Status.DECIDED and entry.decided
        for action in entry.decided.actions
    ]


#: What the short answers say: the part of an answer and the words, with the certificates that they are said of.
_Said = dict[tuple[Part, str], list[Entry]]


def _said_of(procedure: Procedure, those: Sequence[Entry]) -> _Said:
    """Return what is said of one procedure, in the order of an answer's parts."""
    found: _Said = {}
    for action, entry in _actions_once(those):
        for brief in action.briefs if action.procedure is procedure else ():
            found.setdefault((brief.part, brief.text), []).append(entry)
    return {said: found[said] for part in Part for said in found if said[0] is part}


def _shared(counted: Mapping[Procedure, Sequence[Entry]]) -> dict[tuple[Part, str], list[Procedure]]:
    """Return what is true of all certificates of at least two procedures: it is said once, behind them."""
    found: dict[tuple[Part, str], list[Procedure]] = {}
    for procedure, those in counted.items():
        for said, whom in _said_of(procedure, those).items():
            if len(whom) == len(those):
                found.setdefault(said, []).append(procedure)
    ordered = (said for part in Part for said in found if said[0] is part)
    return {said: found[said] for said in ordered if len(found[said]) > 1}


def _format_shared(
    shared: Mapping[tuple[Part, str], Sequence[Procedure]], actions: Sequence[tuple[Action, Entry]], t: Translator
) -> Iterator[str]:
    """Yield what several procedures share, with their forms."""
    for (part, text), procedures in shared.items():
        yield f"{t(LABELS[part])}: {t(text)} ({_name_forms(actions, procedures, t)})"


def _name_forms(actions: Sequence[tuple[Action, Entry]], procedures: Container[Procedure], t: Translator) -> str:
    """Name procedures by their forms, and one without a form by its title."""
    those = [action for action, _ in actions if action.procedure in procedures]
    forms = sorted({action.form for action in those if action.form})
    titles = dict.fromkeys(t(action.title) for action in those if not action.form)
    return "; ".join([*([f"Mẫu {', '.join(forms)}"] if forms else []), *titles])


def _procedure(  # noqa: PLR0913 - one procedure, and how it is told
    pack: Pack,
    procedure: Procedure,
    those: Sequence[Entry],
    shared: Mapping[tuple[Part, str], Sequence[Procedure]],
    t: Translator,
    *,
    joined: bool,
) -> list[PrintedPart]:
    """Tell what is done for one procedure; what holds for some of the certificates only names them."""
    forms = dict.fromkeys(a.form for a, _ in _actions_once(those) if a.procedure is procedure and a.form)
    form = t(N_(" (form: Mẫu {form})"), form=", ".join(filter(None, forms))) if forms else ""
    names = format_names(those, t, 1 if joined else MOST_SUBSET)
    heading = f"{t(pack.procedures[procedure].title)}{form} – {len(those)}: {names}"
    by_part: dict[Part, list[str]] = {}
    for (part, text), whom in _said_of(procedure, those).items():
        if procedure not in shared.get((part, text), ()):
            named = f" ({_name_some(whom, those, t)})" if len(whom) < len(those) else ""
            by_part.setdefault(part, []).append(f"{t(text)}{named}")
    lines = (f"{t(LABELS[part])}: {'; '.join(texts)}" for part, texts in by_part.items())
    return [PrintedPart(style="heading", text=heading), *_section("", lines, joined=joined)[1:]]


def _name_some(whom: Sequence[Entry], among: Sequence[Entry], t: Translator) -> str:
    """Name the certificates: many by their kind where it is all of a kind, and else by the first names."""
    kind = whom[0].subject
    whole = kind and len(whom) > MOST_SUBSET and [one for one in among if one.subject is kind] == list(whom)
    return f"{t(SUBJECT_LABELS[kind])}: {len(whom)}" if kind and whole else format_names(whom, t, MOST_SUBSET)


def _filing(context: DossierContext, actions: Sequence[tuple[Action, Entry]], t: Translator) -> Iterator[str]:
    pack, units = context.pack, context.unit.line if context.unit else ()
    once = {(action.procedure, action.form): action for action, _ in actions}
    if any(FILING_NOTICE in pack.procedures[procedure].notices for procedure, _ in once):
        decided = Decided(tuple(once.values()))
        told = filing_notice(pack, decided, t, offices=context.offices, units=units).text
        yield told.removeprefix(t(N_("Where to file."))).strip()  # the heading says it


def _missing(papers: Sequence[Paper], t: Translator) -> Iterator[str]:
    """Yield what is to be written by hand, each once with the forms that it is missing on."""
    found: dict[str, dict[str, None]] = {}
    for form in dict.fromkeys(Form(paper.content.form) for paper in papers):
        those = [paper for paper in papers if paper.content.form is form]
        rows = sum(len(paper.entries) for paper in those)
        gaps = Counter(field for paper in those for row, field in paper.content.missing() if row is not None)
        told = [t(FIELD_LABELS[field]) + (f" ({count})" if count < rows else "") for field, count in gaps.items()]
        told += [t(N_("the contact block"))] if CONTACT_FIELDS.get(form) else []
        for one in told:
            found.setdefault(one, {})[form.value] = None
    by_forms: dict[tuple[str, ...], list[str]] = {}
    for one, forms in found.items():
        by_forms.setdefault(tuple(sorted(forms)), []).append(one)
    yield from (f"Mẫu {', '.join(forms)}: {', '.join(those)}" for forms, those in sorted(by_forms.items()))


def _standouts(entries: Sequence[Entry], t: Translator) -> Iterator[str]:
    """Say once why certificates stand out, with the names of those it is true of; the overview has each."""
    yield from format_unread(entries, t)
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        if said := format_standout(entry, t):
            groups.setdefault(said, []).append(entry)
    yield from (f"{said.rstrip('.')}: {format_names(those, t)}" for said, those in groups.items())


def _uncertain(
    entries: Sequence[Entry], actions: Sequence[tuple[Action, Entry]], room: int, t: Translator
) -> Iterator[str]:
    """Yield what the answers want to be careful about and what rests on less than the law, then further notices.

    Args:
        entries: All certificates.
        actions: What is to be done.
        room: The lines that are left on the page. Notices that find no room are counted: the overview has them all.
        t: The translator.
    """
    notices = _notices_once(entries)
    cautions = [one for one in notices if one.brief]
    told = [format_sourced(_of_part(one, t), one.citations, t) for one in cautions]
    told += _levels(actions, t)
    together: dict[tuple[Citation, ...], list[str]] = {}
    for notice in sorted((one for one in notices if not one.brief), key=_level_of, reverse=True):
        together.setdefault(notice.citations, []).append(t(notice.text))
    left = 0
    room -= sum(map(_count_lines, _section("", told)[1:])) + 1
    for cited, texts in together.items():
        line = format_sourced(" ".join(texts), cited, t)
        room -= (needed := _count_lines(PrintedPart(style="text", text=f"– {line}")))
        if room >= 0:
            told.append(line)
        else:
            room, left = room + needed, left + len(texts)
    yield from told
    if left:
        yield t(N_("{count} more notices with their sources: see the summary in the overview file"), count=left)


def _of_part(notice: Notice, t: Translator) -> str:
    """Return the few words for a notice, with what they are about."""
    return f"{t(LABELS[notice.brief.part])}: {t(notice.brief.text)}" if notice.brief else t(notice.text)


def _level_of(notice: Notice) -> int:
    return max((_ORDER.index(one.level) for one in notice.citations), default=0)


def _levels(actions: Sequence[tuple[Action, Entry]], t: Translator) -> Iterator[str]:
    """Yield what rests on less than the text of the law."""
    found: dict[Level, set[Procedure]] = {}
    for action, _ in actions:
        for reason in action.reasons:
            level = max((one.level for one in reason.citations), key=_ORDER.index, default=Level.TEXT)
            found.setdefault(level, set()).add(action.procedure)
    for level in (one for one in Level if one in found and one in LEVELS):
        yield f"{t(LEVELS[level])}: {_name_forms(actions, found[level], t)}"


def _notices_once(entries: Iterable[Entry]) -> list[Notice]:
    """Return the notices of all answers but the one on where to file."""
    decided = (entry.decided for entry in entries if entry.status is Status.DECIDED and entry.decided)
    notices = {notice.id: notice for one in decided for notice in one.notices if notice.id != FILING_NOTICE}
    return list(notices.values())


def format_notices(entries: Iterable[Entry], t: Translator) -> Iterator[str]:
    """Yield every notice of the answers in full, with its sources."""
    yield from (format_statement(notice, t) for notice in _notices_once(entries))
