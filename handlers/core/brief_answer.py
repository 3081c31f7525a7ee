"""The short answer: the first message, which says what to do and fits on one screen of a telephone.

Its words are the briefs of the pack. Each line ends with the numbers of its sources, and one sign says how sure the
least certain of its parts is. Everything else stands behind buttons.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markupsafe import Markup

from handlers.core import interview
from handlers.core.citations import LEVELS
from handlers.core.dates import format_day
from handlers.core.decision import format_title, units_of
from handlers.core.screen import Context
from handlers.core.text import MarkupTranslator, capitalize_first, format_bold, format_bullets, join_lines
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
    Part.PAPER: N_("Papers"),
    Part.SIGNS: N_("Signs"),
    Part.WHERE: N_("Send"),
    Part.DEADLINE: N_("When"),
    Part.TOKEN: N_("Token"),
    Part.CARE: N_("Careful"),
}
TELL_YOUR_BODY = N_("tell your managing body, which files")
_ORDER = list(Level)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the short answer, before it is put into words."""

    label: str  #: message id
    texts: tuple[str, ...]  #: in the person's language
    citations: tuple[Citation, ...] = ()

    @property
    def marked(self) -> tuple[str, ...]:
        """Return the documents that the line is marked with; those that it names itself need no mark."""
        numbers = dict.fromkeys(citation.document for citation in self.citations)
        return tuple(number for number in numbers if not any(number in text for text in self.texts))


def format_brief_answer(here: Context, decided: Decided) -> list[Markup]:
    """Format the short answer as paragraphs."""
    lines, sources = list(_lines(here, decided)), _sources(here, decided)
    urgent = [line for line in lines if line.label == LABELS[Part.NOW]]
    others = [line for line in lines if line.label != LABELS[Part.NOW]]
    return [
        *(_format_line(here.say, line, sources) for line in urgent),
        _format_head(here.say, decided, sources),
        join_lines(*(_format_line(here.say, line, sources) for line in others)),
        join_lines(_format_sources(here, sources), format_certainty(here, decided)),
    ]


def format_certainty(here: Context, decided: Decided) -> Markup:
    """Return the one sign of how sure the answer is."""
    return here.say(CERTAINTY[find_certainty(here, decided)])


def find_certainty(here: Context, decided: Decided) -> Level:
    """Return the least certain level among the parts of the short answer; an assumed office is an inference."""
    levels = [citation.level for citation in _all_citations(here, decided)]
    assumed = any(_is_assumed(place.office) for place in _places(here, decided))
    return max([*levels, *([Level.INFERRED] if assumed else [])], key=_ORDER.index, default=Level.TEXT)


def explain_certainty(here: Context, decided: Decided) -> list[Markup]:
    """Say of each part of the short answer how it is known, the least certain first."""
    say, found = here.say, dict[Level, list[str]]()
    for line in _lines(here, decided):
        if line.citations:
            told = f"{say.t(line.label)}: {_join(line.texts)}"
            found.setdefault(max((c.level for c in line.citations), key=_ORDER.index), []).append(told)
    words = {Level.TEXT: N_("read in the text of the law"), **LEVELS}
    paragraphs = [
        join_lines(format_bold(capitalize_first(say.t(words[level]))), format_bullets(found[level]))
        for level in reversed(_ORDER)
        if level in found
    ]
    assumed = [place.office for place in _places(here, decided) if _is_assumed(place.office)]
    office = [say(N_("That {office} receives it is an assumption."), office=one.name) for one in assumed if one]
    return [format_certainty(here, decided), *paragraphs, *dict.fromkeys(office)]


def _format_head(say: MarkupTranslator, decided: Decided, sources: list[str]) -> Markup:
    """Format the titles of the actions in their order, each with the sources of its reasons."""
    many = len(decided.actions) > 1
    lines = (
        Markup("<b>{}</b>{}").format(
            format_title(say, action, number if many else None),
            _format_marks([c.document for reason in action.reasons for c in reason.citations], sources),
        )
        for number, action in enumerate(decided.actions, 1)
    )
    return join_lines(*lines)


def _lines(here: Context, decided: Decided) -> Iterator[_Line]:
    """Yield the lines in their order: one for each part, one for the office to ask."""
    t, briefs = here.say.t, _briefs(decided)
    if not {Part.NOW, Part.OWN} & {brief.part for brief in briefs} and _filed(decided):
        yield _Line(LABELS[Part.OWN], (t(TELL_YOUR_BODY),))
    for part in Part:
        found = [brief for brief in briefs if brief.part is part]
        if found:
            texts = (*(_complete(here, decided, brief) for brief in found), *_telephones(here, decided, part))
            yield _Line(LABELS[part], tuple(texts), tuple(c for brief in found for c in brief.citations))
        if part is Part.WHERE and (_filed(decided) or here.world.office):
            yield from _office_lines(here, decided)


def _briefs(decided: Decided) -> list[Brief]:
    """Return the briefs of all actions and notices; the same words count once, with the sources of all."""
    found: dict[tuple[Part, str], tuple[Citation, ...]] = {}
    noticed = (notice.brief for notice in decided.notices if notice.brief)
    for brief in (*(brief for action in decided.actions for brief in action.briefs), *noticed):
        key = (brief.part, brief.text)
        found[key] = tuple(dict.fromkeys((*found.get(key, ()), *brief.citations)))
    return [Brief(part, text, citations) for (part, text), citations in found.items()]


def _complete(here: Context, decided: Decided, brief: Brief) -> str:
    """Return the words of a brief; a deadline that is the end of the certificate names the day."""
    text, certificate = here.say.t(brief.text), interview.facts_of(here.session).certificate
    extending = any(action.procedure is Procedure.EXTEND and brief in action.briefs for action in decided.actions)
    if brief.part is Part.DEADLINE and extending and certificate and certificate.not_after:
        return f"{text} ({format_day(certificate.not_after)})"
    return text


def _telephones(here: Context, decided: Decided, part: Part) -> list[str]:
    """Return the telephone to call this minute, if one is known."""
    offices = [place.office for place in _places(here, decided) if part is Part.NOW]
    telephones = dict.fromkeys(office.telephone for office in offices if office and office.telephone)
    return [here.say.t(N_("telephone {number}"), number=number) for number in telephones]


def _filed(decided: Decided) -> bool:
    return any(action.procedure in FILED for action in decided.actions)


def _places(here: Context, decided: Decided) -> tuple[FilingPlace, ...]:
    if here.world.office:
        return ()
    return filing_places(here.world.pack.offices, decided.actions, units_of(here))


def _office_lines(here: Context, decided: Decided) -> Iterator[_Line]:
    """Yield whom to ask: the receiving offices with their telephones; where one is not known, that is said once."""
    t, places = here.say.t, _places(here, decided)
    if here.world.office:
        yield _Line(N_("Receives, ask there"), (here.world.office,))
        return
    known = [place for place in places if place.office]
    several = len(places) > 1
    texts = [_format_office(here.say, place, named=several) for place in known]
    if len(known) < len(places):
        missing = next(place for place in places if place.office is None)
        ask = N_("not known here: ask your managing body")
        texts.append(_with_titles(here.say, missing.actions, t(ask)) if known else t(ask))
    yield _Line(N_("Receives, ask there"), tuple(texts))


def _format_office(say: MarkupTranslator, place: FilingPlace, *, named: bool) -> str:
    office = place.office
    if office is None:
        return ""
    telephone = say.t(N_(", telephone {number}"), number=office.telephone) if office.telephone else ""
    doubt = say.t(N_(" (not confirmed)")) if _is_assumed(office) else ""
    said = f"{office.name}{telephone}{doubt}"
    return _with_titles(say, place.actions, said) if named else said


def _with_titles(say: MarkupTranslator, actions: Iterable[Action], said: str) -> str:
    forms = dict.fromkeys(action.form for action in actions if action.form)
    return say.t(N_("form {forms}: {office}"), forms=", ".join(filter(None, forms)), office=said) if forms else said


def _is_assumed(office: Office | None) -> bool:
    return office is not None and office.status is OfficeStatus.ASSUMED


def _all_citations(here: Context, decided: Decided) -> list[Citation]:
    return [*_reason_citations(decided), *(citation for line in _lines(here, decided) for citation in line.citations)]


def _reason_citations(decided: Decided) -> list[Citation]:
    return [c for action in decided.actions for reason in action.reasons for c in reason.citations]


def _sources(here: Context, decided: Decided) -> list[str]:
    """Return the numbers of the cited documents in the order of their marks."""
    reasons = [citation.document for citation in _reason_citations(decided)]
    marked = [number for line in _lines(here, decided) for number in line.marked]
    return list(dict.fromkeys((*reasons, *marked)))


def _format_sources(here: Context, sources: list[str]) -> Markup:
    documents = here.world.pack.documents
    named = (f"[{at}] {documents[number].cited_as}" for at, number in enumerate(sources, 1))
    return here.say(N_("<i>Sources: {sources}</i>"), sources="; ".join(named)) if sources else Markup()


def _format_line(say: MarkupTranslator, line: _Line, sources: list[str]) -> Markup:
    marks = _format_marks(line.marked, sources)
    return Markup("<b>{}:</b> {}{}").format(say(line.label), _join(line.texts), marks)


def _join(texts: Iterable[str]) -> str:
    return "; ".join(text.rstrip(".") for text in texts)


def _format_marks(documents: Iterable[str], sources: list[str]) -> str:
    marks = sorted(sources.index(number) + 1 for number in set(documents))
    return " " + "".join(f"[{mark}]" for mark in marks) if marks else ""
