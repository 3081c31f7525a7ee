"""Formats statements and citations; a place whose level is not ``text`` is followed by its level."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from locales import N_, Translator
from rules.outcome import Citation, Level, Notice, Statement

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
