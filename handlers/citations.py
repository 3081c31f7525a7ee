"""Formats statements and citations; a place whose level is not ``text`` is followed by its level."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from locales import N_, Translator
from rules.deciding import office_notice
from rules.offices import FilingPlace, Office, OfficeDirectory, OfficeStatus, filing_places
from rules.outcome import Citation, Decided, Level, Notice, Statement
from rules.pack import Pack

#: The words for each level other than the text of the law itself.
LEVELS = {
    Level.LOCAL: N_("local rule"),
    Level.REPORTED: N_("reported, check the original"),
    Level.INFERRED: N_("this assistant's reading, confirm with the receiving office"),
}


def cite(citation: Citation, t: Translator) -> str:
    """Format one citation with its level, such as "điểm b khoản 1 Điều 17 Nghị định 68/2024/NĐ-CP"."""
    return _format_level(citation.level, [format_place(citation, t)], t)


def cite_all(citations: Iterable[Citation], t: Translator) -> str:
    """Format several citations; neighbouring ones of the same level share the words for it."""
    groups = groupby(citations, key=lambda citation: citation.level)
    return "; ".join(
        _format_level(level, [format_place(citation, t) for citation in group], t) for level, group in groups
    )


def _format_level(level: Level, places: list[str], t: Translator) -> str:
    joined = "; ".join(places)
    return f"{joined} – {t(LEVELS[level])}" if level in LEVELS else joined


def format_pack(pack: Pack, t: Translator, label: str | None = None) -> str:
    """Format a pack by its title and version; ``label`` is the one that was kept, of this pack or of one below it."""
    name, _, version = (label or pack.label).rpartition(" ")
    found: Pack | None = pack
    while found is not None and found.name != name:
        found = found.below
    return (
        t(N_("“{title}”, version {version}"), title=t(found.settings.title), version=version) if found else label or ""
    )


def format_statement(said: Statement | Notice, t: Translator) -> str:
    """Format a statement or notice with its citations in parentheses; the full stop before them is dropped."""
    return format_sourced(t(said.text), said.citations, t)


def format_sourced(sentence: str, citations: Sequence[Citation], t: Translator) -> str:
    """Format a sentence that is in words already, with its citations in parentheses as ``format_statement`` does."""
    return f"{sentence.removesuffix('.')} ({cite_all(citations, t)})" if citations else sentence


def format_place(citation: Citation, t: Translator) -> str:
    """Format the point, clause, article and document of a citation, as far as it has them."""
    document = citation.name or citation.document
    article, clause, point = citation.article, citation.clause, citation.point
    if article and clause and point:
        return t(
            N_("point {point}, clause {clause}, Article {article}, {document}"),
            point=point,
            clause=clause,
            article=article,
            document=document,
        )
    if article and clause:
        return t(
            N_("clause {clause}, Article {article}, {document}"), clause=clause, article=article, document=document
        )
    if article:
        return t(N_("Article {article}, {document}"), article=article, document=document)
    if clause:
        return t(N_("clause {clause}, {document}"), clause=clause, document=document)
    return document


#: The notice of a pack on where to file.
FILING_NOTICE = "receiving_office"


def format_office(office: Office, t: Translator) -> str:
    """Format an office with what is known of it, in one line."""
    known = {
        N_("address: {value}"): office.address,
        N_("telephone: {value}"): office.telephone,
        N_("e-mail: {value}"): office.email,
        N_("hours: {value}"): office.hours,
    }
    details = [t(text, value=value) for text, value in known.items() if value]
    return f"{office.name} ({'; '.join(details)})" if details else office.name


def filing_notice(
    pack: Pack, decided: Decided, t: Translator, *, offices: OfficeDirectory | None = None, units: Sequence[str] = ()
) -> Notice:
    """Return the notice on where to file, in the words of a language: its text is no message id.

    Args:
        pack: The rule pack.
        decided: The answer.
        t: The translator.
        offices: The receiving offices; without them those of the pack.
        units: The code of the officer's unit and of those above it, the nearest first.
    """
    directory = offices or OfficeDirectory.of(pack.offices)
    places, general = filing_places(directory, decided.actions, units), directory.general
    if general and all(place.office == general for place in places):
        return general_notice(pack, general, t)
    told = office_notice(pack, None)
    if not any(place.office for place in places):
        return replace(told, text=t(told.text))
    cited = [citation for place in places if place.office for citation in place.office.citations]
    text = " ".join([t(N_("Where to file.")), *_lines(places, t)])
    return replace(told, text=text, citations=tuple(dict.fromkeys(cited)) or told.citations)


def general_notice(pack: Pack, general: Office, t: Translator) -> Notice:
    """Return the notice on where to file with the operator's one office for everything."""
    told = office_notice(pack, general.name)
    return replace(told, text=t(told.text, office=general.name))


def format_set_offices(pack: Pack, offices: OfficeDirectory, units: Sequence[str], t: Translator) -> list[str]:
    """Format what an admin or the operator has set for a unit, before anything is decided: a line for each office."""
    general = offices.general
    told = []
    for office, procedures in offices.set_for(units).items():
        if office == general:
            told.append(format_sourced(*_text_and_citations(general_notice(pack, office, t)), t))
            continue
        titles = ", ".join(t(pack.procedures[procedure].title) for procedure in procedures)
        told.append(_format_filed_there(titles, office, t))
    return told


def _text_and_citations(notice: Notice) -> tuple[str, tuple[Citation, ...]]:
    return notice.text, notice.citations


def _lines(places: Sequence[FilingPlace], t: Translator) -> Iterator[str]:
    for place in places:
        titles = ", ".join(t(action.title) for action in place.actions)
        if place.office is None:
            yield t(N_("{titles}: not known here, ask your managing body."), titles=titles)
        else:
            yield _format_filed_there(titles, place.office, t)


def _format_filed_there(titles: str, office: Office, t: Translator) -> str:
    if office.status is OfficeStatus.CONFIRMED:
        return f"{titles}: {format_office(office, t)}."
    likely = N_("{titles}: most likely {office}; this is not confirmed, ask your managing body before sending.")
    return t(likely, titles=titles, office=format_office(office, t))
