"""Runs the pack's own worked examples."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rules.checking.diagnostic import Diagnostic
from rules.checking.places import case_at
from rules.deciding import decide
from rules.errors import FactsError
from rules.outcome import Citation, Decided
from rules.pack import Case, Pack
from rules.parsing import parse_facts
from rules.texts import N_, Sentence, join_words, sentence


def wrong_cases(pack: Pack) -> tuple[Diagnostic, ...]:
    """Report every case that the tables decide differently than the case says."""
    advice = N_("{trouble}; correct the rows or the case")
    return tuple(
        Diagnostic("wrong-case", case_at(case.name), sentence(advice, trouble=trouble))
        for case in pack.cases
        for trouble in find_differences(pack, case)
    )


def find_differences(pack: Pack, case: Case) -> Iterator[Sentence]:
    """Yield each difference between a case and the outcome of its facts."""
    try:
        facts = parse_facts(facts_of(case))
    except FactsError as error:
        for reason in error.sentences:
            yield sentence(N_("its facts cannot be used ({reason})"), reason=reason)
        return
    outcome = decide(pack, facts, case.today or pack.settings.decided_on)
    if isinstance(outcome, Decided):
        yield from _decision(case, outcome)
    elif outcome.facts != case.needs:
        yield sentence(N_("still needs {facts}"), facts=join_words(outcome.facts))


def facts_of(case: Case) -> dict[str, Any]:
    """Return the facts of a case.

    Parts of the certificate in ``not_known`` are set to ``None`` (asked and not known).
    """
    facts: dict[str, Any] = dict(case.facts)
    if case.not_known:
        facts["certificate"] = {**facts.get("certificate", {}), **dict.fromkeys(case.not_known)}
    return facts


def _decision(case: Case, outcome: Decided) -> Iterator[Sentence]:
    if case.needs:
        yield sentence(N_("needs nothing, where the case says {facts}"), facts=join_words(case.needs))
    asked = tuple(action.procedure for action in outcome.actions)
    if asked != case.actions:
        differs = N_("gives {given}, where the case says {expected}")
        yield sentence(differs, given=join_words(asked), expected=join_words(case.actions))
    given = {notice.id for notice in outcome.notices}
    for notice in case.notices:
        if notice not in given:
            yield sentence(N_("lacks the notice {notice}"), notice=notice)
    citations = {citation for action in outcome.actions for citation in action.citations}
    for citation in case.cites:
        if citation not in citations:
            yield sentence(N_("does not cite {citation}"), citation=_format_citation(citation))


def _format_citation(citation: Citation) -> str:
    """Format a citation as the TOML files write it."""
    parts = {key: part for key, part in asdict(citation).items() if part and key != "name"}
    return ", ".join(f"{key} = {part}" for key, part in parts.items())
