"""Citations and statements in words."""

from locales import N_, Translator
from rules.outcome import Citation, Level, Notice, Statement

LEVELS = {
    Level.LOCAL: N_("local rule"),
    Level.REPORTED: N_("as reported; compare the original text"),
    Level.INFERRED: N_("my reading; confirm with the receiving office"),
}


def cite(citation: Citation, t: Translator) -> str:
    """A citation as an official writes it: point, clause, article, document."""
    parts = [
        t(N_("point {point}"), point=citation.point) if citation.point else "",
        t(N_("clause {clause}"), clause=citation.clause) if citation.clause else "",
        t(N_("Article {article}"), article=citation.article) if citation.article else "",
        citation.document,
    ]
    return " ".join(part for part in parts if part)


def statement(said: Statement | Notice, t: Translator) -> str:
    """A sentence with its citations in parentheses."""
    cited = "; ".join(cite(citation, t) for citation in said.citations)
    return f"{t(said.text)} ({cited})" if cited else t(said.text)
