"""The documents an answer cites, with number, date, issuer and status."""

from datetime import date

from markupsafe import Markup

from handlers.dates import day
from handlers.decision import decision
from handlers.screen import Here
from handlers.voice import Voice, bold, lines
from locales import N_
from rules.pack import Document


def cited(here: Here) -> list[Document]:
    """Those of the answer where there is one, else all of the pack."""
    documents, decided = here.world.pack.documents, decision(here)
    if decided is None:
        return list(documents.values())
    cited_by = [*(a.citations for a in decided.actions), *(n.citations for n in decided.notices)]
    numbers = {citation.document for citations in cited_by for citation in citations}
    return [document for document in documents.values() if document.number in numbers]


def shelf(say: Voice, documents: list[Document]) -> list[Markup]:
    """A paragraph per document."""
    return [bold(say(N_("Documents"))), *(_entry(say, document) for document in documents)]


def _entry(say: Voice, document: Document) -> Markup:
    return lines(
        Markup("<b>{}</b> – {}").format(document.number, document.proper_title),
        _issued(say, document),
        _force(say, document),
        say.text(document.issuer_status) if document.issuer_status else "",
        say.text(document.note) if document.note else "",
    )


def _issued(say: Voice, document: Document) -> Markup:
    if document.date is None:
        return say(N_("Issued by {issuer}."), issuer=document.issuer)
    return say(N_("Issued by {issuer}, {day}."), issuer=document.issuer, day=day(document.date))


def _force(say: Voice, document: Document) -> Markup:
    if document.in_force_from is None:
        return Markup()
    if document.in_force_to is None:
        return say(N_("In force from {start}."), start=_day(document.in_force_from))
    return say(
        N_("In force from {start} to {end}."), start=_day(document.in_force_from), end=_day(document.in_force_to)
    )


def _day(value: date | None) -> str:
    return day(value) if value else ""
