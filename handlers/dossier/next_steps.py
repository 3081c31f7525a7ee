"""The page "Việc tiếp theo" of a dossier: who signs, where it goes, whom to ask, and what is not certain.

Every sentence about the law is the pack's; nothing is added to it.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from handlers.core import (
    FILING_NOTICE,
    LABELS,
    LINE_LETTERS,
    PAGE_LINES,
    PrintedPart,
    capitalize_first,
    count_printed_lines,
    filing_notice,
    format_day,
    format_pack,
    printed_width,
)
from handlers.dossier import DossierContext, Entry
from handlers.dossier.cautions import actions_of, format_cautions, group_notices, name_forms
from handlers.dossier.papers import Paper
from handlers.dossier.texts import (
    MOST_LETTERS,
    count_procedures,
    format_names,
    format_open_questions,
    format_standout,
    format_unread,
    shorten,
)
from handlers.model import CONTACT_FIELDS, Form, FormField
from handlers.requests import SUBJECT_LABELS
from locales import N_, Translator
from rules.outcome import Action, Decided, Part, Procedure
from rules.pack import Pack

TITLE = N_("What to do next")
_MADE = N_("Made by Trợ lý Chứng thư on {day}, rule pack {pack}. Help with the rules, not a decision of an office.")
#: Names of some of a procedure's certificates.
MOST_SUBSET = 3
_ELSEWHERE = N_("Where “…” stands, this page had no room: the summary in the overview file has all of it.")
_CUT, _WORD_END = " …", re.compile(r"[;.,]? +\S*$")


@dataclass(frozen=True, slots=True)
class _Shape:
    """Bounds how much stands on the page; the overview has all of it."""

    joined: bool  #: with few paragraphs
    changes: int  #: lines of what changed
    lines: int  #: lines of what is to be answered, looked at, and written by hand, each
    names: int  #: of the certificates of a procedure
    sourced: bool = True  #: with the sources of what is not certain


#: The first that fits is taken, the last one in any case.
_SHAPES = (_Shape(False, 6, 20, MOST_SUBSET), _Shape(True, 3, 10, 1), _Shape(True, 1, 4, 1, sourced=False))
#: Letters of one line of a list.
_MOST_OF_LINE = 400
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
    """Return the page for the whole dossier: one page, whatever there is to say; what finds no room is in the overview.

    Args:
        context: The rules, the day, the unit that files and the office.
        entries: All certificates.
        papers: The forms that were made.
        t: The translator of the reader.
        changes: What differs from the dossier made before, a line each.
    """
    actions, page = actions_of(entries), list[PrintedPart]()
    changed, uncertain = list[PrintedPart](), list[PrintedPart]()
    filing = _section(t(N_("Where it goes")), _filing(context, actions, t))
    most = PAGE_LINES - lines_of(_notices(entries, 1, t))  # whatever finds no room, the page says where it stands
    for shape in _SHAPES:
        changed = _section(t(N_("Changed since the dossier before")), _first_changes(changes, shape.changes, t))
        before = [*_head(context, t), *changed, *_to_do(context, entries, actions, t, shape)]
        after = _to_check(entries, papers, t, shape)
        cautions = format_cautions(entries, actions, t, sourced=shape.sourced)
        uncertain = _section(t(N_("What is not certain")), cautions, joined=shape.joined)
        page = [*before, *filing, *after, *uncertain]
        if lines_of(page) <= most:
            break
    page = fit(page, [*changed, *filing, *uncertain], t, most)
    return [*page, *_notices(entries, PAGE_LINES - lines_of(page), t)]


def _notices(entries: Sequence[Entry], room: int, t: Translator) -> list[PrintedPart]:
    """Return further notices as far as they find room; the others are counted, for the overview has them all."""
    found, left = list[PrintedPart](), 0
    for line, count in group_notices(entries, t):
        (part,) = _section("", [line])[1:]
        if lines_of((*found, part)) < room:
            found.append(part)
        else:
            left += count
    more = N_("{count} more notices with their sources: see the summary in the overview file")
    return [*found, *(_section("", [t(more, count=left)])[1:] if left and room else [])]


def _head(context: DossierContext, t: Translator) -> list[PrintedPart]:
    made = t(_MADE, day=format_day(context.today), pack=format_pack(context.pack, t))
    body = context.unit.unit.body if context.unit else ""
    lead = [PrintedPart(style="lead", text=shorten(body, MOST_LETTERS))] if body else []
    return [PrintedPart(style="title", text=t(TITLE)), *lead, PrintedPart(style="small", text=made)]


def _to_do(
    context: DossierContext,
    entries: Sequence[Entry],
    actions: Sequence[tuple[Action, Entry]],
    t: Translator,
    shape: _Shape,
) -> list[PrintedPart]:
    """Return what is to be answered, and what is to be done."""
    pack = context.pack
    questions = list(format_open_questions(entries, pack, t))
    parts = _section(t(N_("To be answered first")), _first(questions, shape.lines, t))
    counted = count_procedures(entries, pack)
    shared = _find_shared(counted)
    for procedure, those in counted.items():
        parts += _procedure(pack, procedure, those, shared, t, shape)
    return [*parts, *_section(t(N_("Common to several forms")), _format_shared(shared, actions, t))]


def _to_check(entries: Sequence[Entry], papers: Sequence[Paper], t: Translator, shape: _Shape) -> list[PrintedPart]:
    """Return what is to be written by hand, and what is to be looked at."""
    missing, standouts = list(format_missing(papers, t)), list(_standouts(entries, t))
    return [
        *_section(t(N_("Left to be written by hand")), _first(missing, shape.lines, t), joined=shape.joined),
        *_section(t(N_("To be looked at")), _first(standouts, shape.lines, t), joined=shape.joined),
    ]


def _first_changes(changes: Sequence[str], most: int, t: Translator) -> list[str]:
    """Return the first changes in one line; the others are counted, and stand in the overview."""
    shown, rest = [shorten(one, MOST_LETTERS) for one in changes[:most]], len(changes) - most
    if rest <= 0:
        return shown
    more = N_("{changes}; and {count} other changes, see the overview file")
    return [t(more, changes="; ".join(shown), count=rest)]


def _first(lines: Sequence[str], most: int, t: Translator) -> list[str]:
    """Return the first lines; the others are counted, and stand in the overview."""
    rest = len(lines) - most
    more = [t(N_("{count} more; the overview names them all"), count=rest)] if rest > 0 else []
    return [*(shorten(one, _MOST_OF_LINE) for one in lines[:most]), *more]


def _section(heading: str, lines: Iterable[str], *, joined: bool = False) -> list[PrintedPart]:
    told = [capitalize_first(line) for line in dict.fromkeys(lines) if line]
    told = [". ".join(line.removesuffix(".") for line in told)] if joined and told else told
    found = [PrintedPart(style="text", text=f"– {line}") for line in told]
    return [PrintedPart(style="heading", text=heading), *found] if found else []


#: What the short answers say: the part of an answer and the words, with the certificates that they are said of.
_Said = dict[tuple[Part, str], list[Entry]]


def _said_of(procedure: Procedure, those: Sequence[Entry]) -> _Said:
    """Return what is said of one procedure, in the order of an answer's parts."""
    found: _Said = {}
    for action, entry in actions_of(those):
        for brief in action.briefs if action.procedure is procedure else ():
            found.setdefault((brief.part, brief.text), []).append(entry)
    return {said: found[said] for part in Part for said in found if said[0] is part}


def _find_shared(counted: Mapping[Procedure, Sequence[Entry]]) -> dict[tuple[Part, str], list[Procedure]]:
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
        yield f"{t(LABELS[part])}: {t(text)} ({name_forms(actions, procedures, t)})"


def _procedure(  # noqa: PLR0913, PLR0917 - one procedure, and how it is told
    pack: Pack,
    procedure: Procedure,
    those: Sequence[Entry],
    shared: Mapping[tuple[Part, str], Sequence[Procedure]],
    t: Translator,
    shape: _Shape,
) -> list[PrintedPart]:
    """Tell what is done for one procedure; what holds for some of the certificates only names them."""
    forms = dict.fromkeys(a.form for a, _ in actions_of(those) if a.procedure is procedure and a.form)
    form = t(N_(" (form: Mẫu {form})"), form=", ".join(filter(None, forms))) if forms else ""
    names = format_names(those, t, shape.names)
    heading = f"{t(pack.procedures[procedure].title)}{form} – {len(those)}: {names}"
    by_part: dict[Part, list[str]] = {}
    for (part, text), whom in _said_of(procedure, those).items():
        if procedure not in shared.get((part, text), ()):
            named = f" ({_name_some(whom, those, t)})" if len(whom) < len(those) else ""
            by_part.setdefault(part, []).append(f"{t(text)}{named}")
    lines = (f"{t(LABELS[part])}: {'; '.join(texts)}" for part, texts in by_part.items())
    return [PrintedPart(style="heading", text=heading), *_section("", lines, joined=shape.joined)[1:]]


def _name_some(whom: Sequence[Entry], among: Sequence[Entry], t: Translator) -> str:
    """Name the certificates: many by their kind where it is all of a kind, and else by the first names."""
    kind = whom[0].subject
    whole = kind and len(whom) > MOST_SUBSET and [one for one in among if one.subject is kind] == list(whom)
    return f"{t(SUBJECT_LABELS[kind])}: {len(whom)}" if kind and whole else format_names(whom, t, MOST_SUBSET)


def _filing(context: DossierContext, actions: Sequence[tuple[Action, Entry]], t: Translator) -> Iterator[str]:
    pack, units = context.pack, context.unit.line if context.unit else ()
    once = {action.procedure: action for action, _ in actions}
    if any(FILING_NOTICE in pack.procedures[procedure].notices for procedure in once):
        decided = Decided(tuple(once.values()))
        told = filing_notice(pack, decided, t, offices=context.offices, units=units).text
        yield told.removeprefix(t(N_("Where to file."))).strip()  # the heading says it


def format_missing(papers: Sequence[Paper], t: Translator) -> Iterator[str]:
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


def lines_of(parts: Iterable[PrintedPart]) -> int:
    """Return the lines that paragraphs take, rather too many than too few."""
    return sum(count_printed_lines(part.text) for part in parts)


def fit(
    parts: Iterable[PrintedPart], kept: Collection[PrintedPart], t: Translator, most: int = PAGE_LINES
) -> list[PrintedPart]:
    """Cut the longest texts, a line at a time, until all is one page, and say so at its end.

    Args:
        parts: The paragraphs of the page.
        kept: Those that are never cut.
        t: The translator of the reader.
        most: The lines of the page that they may take.
    """
    found, whole = list(parts), {id(part) for part in kept}
    if lines_of(found) <= most:
        return found
    mark = PrintedPart(style="small", text=t(_ELSEWHERE))
    while lines_of((*found, mark)) > most:
        at = max(range(len(found)), key=lambda place: _can_lose(found[place], whole))
        if not _can_lose(found[at], whole):
            break
        found[at] = _shorten(found[at])
    return [*found, mark]


def _can_lose(part: PrintedPart, whole: Collection[int]) -> int:
    """Return how many lines a paragraph could lose."""
    return count_printed_lines(part.text) - 1 if part.style == "text" and id(part) not in whole else 0


def _shorten(part: PrintedPart) -> PrintedPart:
    """Take one line from a paragraph."""
    text, most = part.text.removesuffix(_CUT), (count_printed_lines(part.text) - 1) * LINE_LETTERS - len(_CUT)
    while printed_width(text) > most:
        text = text[:-1]
    return part.model_copy(update={"text": f"{_WORD_END.sub('', text)}{_CUT}"})
