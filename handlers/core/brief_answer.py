"""The short answer: the first message, which says what to do and fits on one screen of a telephone.

Its words are the briefs of the pack. Each line ends with the numbers of its sources, and one sign says how sure the
least certain of its parts is. Everything else stands behind buttons.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from markupsafe import Markup

from handlers.citations import LEVELS
from handlers.core.decision import facts_of, format_actions, format_notices, format_title, format_why, units_of
from handlers.core.screen import Context
from handlers.core.text import (
    MarkupTranslator,
    capitalize_first,
    format_bold,
    format_bullets,
    format_day,
    join_lines,
    strip_markup,
)
from locales import N_
from rules.offices import FILED, FilingPlace, Office, OfficeStatus, filing_places
from rules.outcome import Action, Brief, Citation, Decided, Level, Part, Procedure

#: How sure an answer is, by the least certain of its parts.
CERTAINTY = {
    Level.TEXT: N_("🟢 Certain: read in the text of the law"),
    Level.LOCAL: N_("🟡 By a local rule"),
    Level.REPORTED: N_("🟠 To be confirmed"),
    Level.INFERRED: N_("🟠 To be confirmed"),
}
#: What stands before the words of each part.
LABELS = {
    Part.NOW: N_("Right now"),
    Part.OWN: N_("You"),
    Part.BODY: N_("The managing body"),
    Part.SIGNS: N_("Signs"),
    Part.PAPER: N_("Papers"),
    Part.WHERE: N_("Send"),
    Part.DEADLINE: N_("By when"),
    Part.TOKEN: N_("The token"),
    Part.CARE: N_("Careful"),
}
#: The most reasons that the first line of an answer names.
_MOST_REASONS = 2
#: The most characters of a short answer, without markup: with one action, and with several.
MOST_FOR_ONE, MOST_FOR_SEVERAL = 700, 1000
#: Parts that give way first where an answer would be too long; what they said stands behind the buttons.
_GIVING_WAY = (Part.CARE, Part.WHERE, Part.SIGNS, Part.PAPER, Part.BODY, Part.OWN, Part.TOKEN)
MORE_BELOW = N_("More under “{steps}” and “{notes}”.")
TELL_YOUR_BODY = N_("tell your managing body, which files")
RECEIVES = N_("Receives, ask there")
_ORDER = list(Level)


@dataclass(frozen=True, slots=True)
class _Item:
    """A few words of a line, in the person's language, with their sources."""

    text: str
    citations: tuple[Citation, ...] = ()
    needed: bool = True  #: false if it may be left out of an answer that would be too long

    @property
    def marked(self) -> tuple[str, ...]:
        """Return the documents that it is marked with; those that it names itself need no mark."""
        numbers = dict.fromkeys(citation.document for citation in self.citations)
        return tuple(number for number in numbers if number not in self.text)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the short answer, before it is put into words."""

    label: str  #: message id
    items: tuple[_Item, ...]
    part: Part | None = None  #: ``None`` for the office to ask

    @property
    def text(self) -> str:
        return "; ".join(item.text.rstrip(".") for item in self.items)


def format_brief_answer(here: Context, decided: Decided, *, alone: bool = False) -> list[Markup]:
    """Format the short answer as paragraphs, without the less important words where it would be too long.

    One that stands ``alone``, without the buttons that tell more, keeps all its words.
    """
    most = MOST_FOR_ONE if len(decided.actions) == 1 else MOST_FOR_SEVERAL
    lines = whole = list(_lines(here, decided))
    answer = _format(here, decided, lines, cut=False)
    if alone:
        return answer
    while _length(answer) > most and (shorter := _shorten(lines)) != lines:
        lines, answer = shorter, _format(here, decided, shorter, cut=True)
    for reasons in (*reversed(range(_MOST_REASONS + 1)), None):  # the names of the sources weigh more than reasons
        answer = _format(here, decided, lines, cut=lines != whole, reasons=reasons)
        if _length(answer) <= most or (lines == whole and not reasons):
            return answer
    kept = [line for line in lines if line.part is not Part.WHERE]  # how to send it: last of all, it is a button away
    return _format(here, decided, kept, cut=True, reasons=None)


def format_decision_plain(here: Context, decided: Decided) -> str:
    """Format the decision without markup: in short as the officer saw it, then whole with every citation.

    It is stored with a request.
    """
    whole = (*format_actions(here, decided), *format_notices(here, decided))
    return "\n\n".join(strip_markup(part) for part in (*format_brief_answer(here, decided), *whole) if part)


def _length(answer: list[Markup]) -> int:
    return len("\n\n".join(strip_markup(paragraph) for paragraph in answer))


def _shorten(lines: list[_Line]) -> list[_Line]:
    """Return the lines without one item, or as they are if every item is needed."""
    for part in _GIVING_WAY:
        for at, line in enumerate(lines):
            spare = [item for item in line.items if not item.needed]
            if line.part is part and spare:
                rest = tuple(item for item in line.items if item is not spare[-1])
                return [*lines[:at], *([replace(line, items=rest)] if rest else []), *lines[at + 1 :]]
    return lines


def _format(
    here: Context, decided: Decided, lines: list[_Line], *, cut: bool, reasons: int | None = _MOST_REASONS
) -> list[Markup]:
    """Format the lines, what to do this minute first.

    With the most ``reasons`` that are named; ``None`` leaves the names of the sources to the button as well.
    """
    say, sources = here.say, _sources(decided, lines)
    urgent = [line for line in lines if line.part is Part.NOW]
    others = [line for line in lines if line.part is not Part.NOW]
    more = say(MORE_BELOW, steps=say.t(N_("Step by step")), notes=say.t(N_("Please note"))) if cut else ""
    named = say(N_("<i>Sources: “{button}”</i>"), button=say.t(N_("Why? Legal basis"))) if reasons is None else Markup()
    return [
        *(_format_line(say, line, sources) for line in urgent),
        _format_head(here, decided, sources, reasons or 0),
        join_lines(*(_format_line(say, line, sources) for line in others), more),
        join_lines(named or _format_sources(here, sources), format_certainty(here, decided)),
    ]


def answer_lines(here: Context, decided: Decided) -> list[tuple[Part | None, str, str]]:
    """Return the whole short answer line by line: its part, what stands before it, and what it says.

    The part is ``None`` for the office to ask.
    """
    return [(line.part, here.say.t(line.label), line.text) for line in _lines(here, decided)]


def format_certainty(here: Context, decided: Decided) -> Markup:
    """Return the one sign of how sure the answer is."""
    return here.say(CERTAINTY[find_certainty(here, decided)])


def find_certainty(here: Context, decided: Decided) -> Level:
    """Return the least certain level among the parts of the short answer; an assumed office is an inference."""
    levels = [citation.level for citation in _all_citations(here, decided)]
    assumed = any(_is_assumed(place.office) for place in _places(here, decided))
    return max([*levels, *([Level.INFERRED] if assumed else [])], key=_ORDER.index, default=Level.TEXT)


def explain_certainty(here: Context, decided: Decided, *, doubts_only: bool = False) -> list[Markup]:
    """Say of each part of the short answer how it is known, the least certain first.

    With ``doubts_only`` what is read in the text of the law is left out.
    """
    say, found = here.say, dict[Level, list[str]]()
    said = ((line.label, item) for line in _lines(here, decided) for item in line.items)
    for label, item in said:
        if levels := [citation.level for citation in item.citations]:
            found.setdefault(max(levels, key=_ORDER.index), []).append(f"{say.t(label)}: {item.text}")
    words = {Level.TEXT: N_("read in the text of the law"), **LEVELS}
    paragraphs = [
        join_lines(format_bold(capitalize_first(say.t(words[level]))), format_bullets(found[level]))
        for level in reversed(_ORDER)
        if level in found and not (doubts_only and level is Level.TEXT)
    ]
    assumed = [place.office for place in _places(here, decided) if _is_assumed(place.office)]
    office = [say(N_("That {office} receives it is an assumption."), office=one.name) for one in assumed if one]
    return [format_certainty(here, decided), *paragraphs, *dict.fromkeys(office)]


def _format_head(here: Context, decided: Decided, sources: list[str], reasons: int) -> Markup:
    """Format the titles of the actions in their order, each with the sources of its reasons."""
    say, many = here.say, len(decided.actions) > 1
    lines = (
        Markup("<b>{}</b>{}{}").format(
            format_title(say, action, number if many else None),
            _format_marks([c.document for reason in action.reasons for c in reason.citations], sources),
            format_why(here, action, reasons) if number == 1 else "",
        )
        for number, action in enumerate(decided.actions, 1)
    )
    return join_lines(*lines)


def _lines(here: Context, decided: Decided) -> Iterator[_Line]:
    """Yield the lines in their order: one for each part, one for the office to ask."""
    t, briefs = here.say.t, _briefs(decided)
    if not {Part.NOW, Part.OWN} & {brief.part for brief in briefs} and _is_filed(decided):
        yield _Line(LABELS[Part.OWN], (_Item(t(TELL_YOUR_BODY)),), Part.OWN)
    for part in Part:
        found = [brief for brief in briefs if brief.part is part]
        if found:
            items = (_to_item(here, decided, brief, first=at == 0) for at, brief in enumerate(found))
            yield _Line(LABELS[part], (*items, *_telephones(here, decided, part)), part)
        if part is Part.WHERE and _is_filed(decided):
            yield _Line(RECEIVES, tuple(_Item(text) for text in _office_texts(here, decided)))


def _to_item(here: Context, decided: Decided, brief: Brief, *, first: bool) -> _Item:
    """Return a brief as an item.

    A deadline, the first words of a part and what a notice adds to the papers stay. So does a caution that the pack
    wants to stay: whoever reads only this must know that a text speaks against what the answer rests on.
    """
    noticed = brief in [notice.brief for notice in decided.notices]
    stays = noticed if brief.part is Part.PAPER else brief.stays or (first and brief.part is not Part.CARE)
    return _Item(_complete(here, decided, brief), brief.citations, stays or brief.part is Part.DEADLINE)


def _briefs(decided: Decided) -> list[Brief]:
    """Return the briefs of all actions and notices; the same words count once, with the sources of all."""
    found: dict[tuple[Part, str], Brief] = {}
    noticed = (notice.brief for notice in decided.notices if notice.brief)
    for brief in (*(brief for action in decided.actions for brief in action.briefs), *noticed):
        key = (brief.part, brief.text)
        known = found.get(key, brief)
        citations = tuple(dict.fromkeys((*known.citations, *brief.citations)))
        found[key] = replace(brief, citations=citations, stays=known.stays or brief.stays)
    return list(found.values())


def _complete(here: Context, decided: Decided, brief: Brief) -> str:
    """Return the words of a brief; a deadline that is the end of the certificate names the day."""
    text, certificate = here.say.t(brief.text), facts_of(here.session).certificate
    extending = any(action.procedure is Procedure.EXTEND and brief in action.briefs for action in decided.actions)
    if brief.part is Part.DEADLINE and extending and certificate and certificate.not_after:
        return f"{text} ({format_day(certificate.not_after)})"
    return text


def _telephones(here: Context, decided: Decided, part: Part) -> list[_Item]:
    """Return the telephone to call this minute, if one is known."""
    offices = [place.office for place in _places(here, decided) if part is Part.NOW]
    telephones = dict.fromkeys(office.telephone for office in offices if office and office.telephone)
    return [_Item(here.say.t(N_("call the office: {number}"), number=number)) for number in telephones]


def _is_filed(decided: Decided) -> bool:
    return any(action.procedure in FILED for action in decided.actions)


def _places(here: Context, decided: Decided) -> tuple[FilingPlace, ...]:
    return filing_places(here.offices, decided.actions, units_of(here))


def _office_texts(here: Context, decided: Decided) -> Iterator[str]:
    """Yield whom to ask: the receiving offices with their telephones; where one is not known, that is said once."""
    say, places = here.say, _places(here, decided)
    named: dict[str, list[FilingPlace]] = {}
    for place in places:
        named.setdefault(_format_contact(say, place.office), []).append(place)
    for contact, there in named.items():
        actions = [action for place in there for action in place.actions]
        doubt = say.t(N_(" (not confirmed)")) if any(_is_assumed(place.office) for place in there) else ""
        yield _with_forms(say, actions, contact + doubt) if len(named) > 1 else contact + doubt


def _format_contact(say: MarkupTranslator, office: Office | None) -> str:
    if office is None:
        return say.t(N_("not known here: ask your managing body"))
    telephone = say.t(N_(", telephone {number}"), number=office.telephone) if office.telephone else ""
    return f"{office.name}{telephone}"


def _with_forms(say: MarkupTranslator, actions: Iterable[Action], said: str) -> str:
    forms = dict.fromkeys(action.form for action in actions if action.form)
    return say.t(N_("form {forms}: {office}"), forms=", ".join(filter(None, forms)), office=said) if forms else said


def _is_assumed(office: Office | None) -> bool:
    return office is not None and office.status is OfficeStatus.ASSUMED


def _all_citations(here: Context, decided: Decided) -> list[Citation]:
    items = (item for line in _lines(here, decided) for item in line.items)
    return [*_reason_citations(decided), *(citation for item in items for citation in item.citations)]


def _reason_citations(decided: Decided) -> list[Citation]:
    return [c for action in decided.actions for reason in action.reasons for c in reason.citations]


def _sources(decided: Decided, lines: list[_Line]) -> list[str]:
    """Return the numbers of the cited documents in the order of their marks."""
    reasons = [citation.document for citation in _reason_citations(decided)]
    marked = [number for line in lines for item in line.items for number in item.marked]
    return list(dict.fromkeys((*reasons, *marked)))


def _format_sources(here: Context, sources: list[str]) -> Markup:
    """Name each document in the shortest way that tells it apart."""
    named = ((at, here.pack.documents[number]) for at, number in enumerate(sources, 1))
    texts = [f"[{at}] {document.short or document.number}" for at, document in named]
    return here.say(N_("<i>Sources: {sources}</i>"), sources="; ".join(texts)) if texts else Markup()


def _format_line(say: MarkupTranslator, line: _Line, sources: list[str]) -> Markup:
    marks = _format_marks((number for item in line.items for number in item.marked), sources)
    return Markup("<b>{}:</b> {}{}").format(say(line.label), line.text, marks)


def _format_marks(documents: Iterable[str], sources: list[str]) -> str:
    marks = sorted(sources.index(number) + 1 for number in set(documents))
    return " " + "".join(f"[{mark}]" for mark in marks) if marks else ""
