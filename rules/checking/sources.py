"""Checks that every sentence of law has a source, and that every source exists and is in force."""

from collections.abc import Iterator
from itertools import chain

from rules.checking.diagnostic import Diagnostic, iter_citations
from rules.checking.places import Place, answer_at, row_at, step_at
from rules.pack import Document, Pack
from rules.texts import N_, sentence


def find_unsupported(pack: Pack) -> tuple[Diagnostic, ...]:
    """Report citations of documents that are unknown or not in force, and statements without a citation."""
    return tuple(chain(_documents(pack), _find_uncited(pack)))


def _documents(pack: Pack) -> Iterator[Diagnostic]:
    unknown = N_("cites {number}, which is not in documents.toml; correct the number or add the document")
    for where, citations in iter_citations(pack):
        for number in dict.fromkeys(citation.document for citation in citations):
            document = pack.documents.get(number)
            if document is None:
                yield Diagnostic("unknown-document", where, sentence(unknown, number=number), True)
            else:
                yield from _force(pack, where, document)


def _force(pack: Pack, where: Place, document: Document) -> Iterator[Diagnostic]:
    starts, ends, effective = document.counts_from, document.in_force_to, pack.settings.effective_from
    if starts is not None and starts > effective:
        early = N_(
            "cites {number}, in force only from {starts}, but the pack is effective from {effective};"
            " cite another document or move effective_from"
        )
        message = sentence(early, number=document.number, starts=starts, effective=effective)
        yield Diagnostic("not-yet-effective", where, message)
    if ends is not None and ends < effective:
        late = N_("cites {number}, in force only to {ends}; cite what replaced it")
        yield Diagnostic("no-longer-in-force", where, sentence(late, number=document.number, ends=ends))


def _find_uncited(pack: Pack) -> Iterator[Diagnostic]:
    for row in pack.rows.values():
        if row.actions and not row.citations:
            yield _missing(row_at(row.id))
    for guide in pack.procedures.values():
        for at, step in enumerate(guide.steps, start=1):
            if not step.citations:
                yield _missing(step_at(guide.procedure, at))
    for answer in pack.answers:
        if not answer.citations:
            yield _missing(answer_at(answer.ask, answer.named))


def _missing(where: Place) -> Diagnostic:
    message = sentence(N_("cites nothing; add document, article, clause, point and level"))
    return Diagnostic("missing-citation", where, message)
