"""Assembles the answer from the rows that fired: one action per procedure, every reason and citation once."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import date

from rules.outcome import Action, Citation, Decided, Notice, Procedure, Statement
from rules.pack import NoticeText, Pack, ProcedureGuide
from rules.tables import Row


def assemble(pack: Pack, rows: tuple[Row, ...], today: date) -> Decided:
    """Build the decision from the rows that fired.

    Actions and notices are in the pack's order, except that actions marked ``first`` by a row come before all others. A
    notice is added for each cited document that is not yet in force today or whose issuer has ended.
    """
    asked: dict[Procedure, list[Row]] = {}
    for row in rows:
        for action in row.actions:
            asked.setdefault(action.procedure, []).append(row)
    noticed = {notice for row in rows for notice in row.notices}
    noticed.update(notice for procedure in asked for notice in pack.procedures[procedure].notices)
    actions = tuple(
        _action(pack.procedures[procedure], asked[procedure], noticed) for procedure in _order_procedures(pack, asked)
    )
    return Decided(actions, _notices(pack, noticed, actions, today))


def _order_procedures(pack: Pack, asked: dict[Procedure, list[Row]]) -> list[Procedure]:
    first = {action.procedure for rows in asked.values() for row in rows for action in row.actions if action.first}
    return sorted(asked, key=lambda procedure: (procedure not in first, pack.settings.order.index(procedure)))


def _action(guide: ProcedureGuide, rows: list[Row], noticed: set[str]) -> Action:
    variants = {
        variant
        for row in rows
        for asked in row.actions
        if asked.procedure == guide.procedure
        for variant in asked.variants
    }
    reasons = tuple(dict.fromkeys(row.statement for row in rows))
    applying = [step for step in guide.steps if step.applies(variants, noticed)]
    steps = tuple(step.statement for step in applying)
    return Action(
        procedure=guide.procedure,
        title=guide.title,
        form=next((guide.forms[variant] for variant in sorted(variants) if variant in guide.forms), guide.form),
        steps=steps,
        reasons=reasons,
        citations=_citations((*reasons, *steps)),
        rows=tuple(dict.fromkeys(row.id for row in rows)),
        briefs=tuple(step.short for step in applying if step.short),
    )


def _citations(statements: Iterable[Statement]) -> tuple[Citation, ...]:
    return tuple(dict.fromkeys(citation for statement in statements for citation in statement.citations))


def _notices(pack: Pack, noticed: set[str], actions: tuple[Action, ...], today: date) -> tuple[Notice, ...]:
    cited = dict.fromkeys(citation.document for action in actions for citation in action.citations)
    cited |= dict.fromkeys(citation.document for id_ in noticed for citation in pack.notices[id_].citations)
    documents = [pack.documents[number] for number in cited]
    ended = {
        document.ended_notice
        for document in documents
        if document.ended_notice and document.issuer_ended and document.issuer_ended <= today
    }
    given = noticed | ended
    notices = [_notice(text, given) for text in pack.notices.values() if text.id in given]
    early = [document.number for document in documents if document.counts_from and document.counts_from > today]
    if early:
        text = pack.notices[pack.settings.not_yet_in_force_notice]
        notices.append(
            Notice(
                text.id, text.text, tuple(Citation(number, name=pack.documents[number].cited_as) for number in early)
            )
        )
    return tuple(notices)


def _notice(text: NoticeText, given: AbstractSet[str]) -> Notice:
    short = text.short if given.isdisjoint(text.brief_unless) else None
    return Notice(text.id, text.text, text.citations, short)
