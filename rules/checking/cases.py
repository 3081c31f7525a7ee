"""The pack's own worked examples."""

from collections.abc import Iterator
from typing import Any

from rules.checking.diagnostic import Diagnostic
from rules.deciding import decide
from rules.errors import FactsError
from rules.outcome import Decided
from rules.pack import Case, Pack
from rules.parsing import parse_facts


def wrong_cases(pack: Pack) -> tuple[Diagnostic, ...]:
    """Cases that the tables decide otherwise than the case says."""
    return tuple(
        Diagnostic("wrong-case", f"cases.toml: {case.name}", f"{trouble}; correct the rows or the case")
        for case in pack.cases
        for trouble in troubles(pack, case)
    )


def troubles(pack: Pack, case: Case) -> Iterator[str]:
    """What differs from what the case says."""
    try:
        facts = parse_facts(facts_of(case))
    except FactsError as error:
        yield f"its facts cannot be used ({error})"
        return
    outcome = decide(pack, facts, case.today or pack.settings.decided_on)
    if isinstance(outcome, Decided):
        yield from _decision(case, outcome)
    elif outcome.facts != case.needs:
        yield f"still needs {', '.join(outcome.facts)}"


def facts_of(case: Case) -> dict[str, Any]:
    """The case's facts, with the parts of the certificate that were asked and are not known."""
    facts: dict[str, Any] = dict(case.facts)
    if case.not_known:
        facts["certificate"] = {**facts.get("certificate", {}), **dict.fromkeys(case.not_known)}
    return facts


def _decision(case: Case, outcome: Decided) -> Iterator[str]:
    if case.needs:
        yield f"needs nothing, where the case says {', '.join(case.needs)}"
    asked = tuple(action.procedure for action in outcome.actions)
    if asked != case.actions:
        yield f"gives {', '.join(asked) or 'nothing'}, where the case says {', '.join(case.actions) or 'nothing'}"
    given = {notice.id for notice in outcome.notices}
    for notice in case.notices:
        if notice not in given:
            yield f"lacks the notice {notice}"
    citations = {citation for action in outcome.actions for citation in action.citations}
    for citation in case.cites:
        if citation not in citations:
            yield f"does not cite {citation}"
