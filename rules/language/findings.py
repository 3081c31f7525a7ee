"""Hold what was found in a sentence, and choose between two findings in the same words."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rules.language.entries import FactEntry
from rules.language.matching import Match
from rules.language.patterns import Pattern
from rules.language.vocabulary import Rule

#: Facts whose patterns compete for the same words: the pattern that names more of them is right.
_COMPETING = frozenset({"events", "merged", "token", "key_exposed", "information_matches", "issuer", "expired"})
#: Facts that name whom it is about; they count in a question too ("cks của em gia hạn ở đâu").
NAMING = frozenset({"subject", "whose"})


@dataclass(frozen=True, slots=True)
class Finding:
    """A pattern that was found: what it says, in which words, and why it does not count if it does not."""

    rule: Rule[Any]
    pattern: Pattern
    match: Match
    part: int
    words: str
    withheld: str | None = None  #: the name of the scope, or what else is against it
    because: str = ""  #: the words that withheld it
    supposed: bool = False  #: withheld because it is only supposed, planned or asked about, not because it is denied

    @property
    def label(self) -> str:
        """Return what the pattern says, such as ``token = lost``."""
        return str(self.rule.entry.label)


@dataclass(frozen=True, slots=True)
class Reading:
    """The meaning of a sentence."""

    facts: dict[str, Any] = field(default_factory=dict)
    intent: str = "unclear"
    asks: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    parts: tuple[str, ...] = ()
    #: The facts if "of mine" ("chứng thư của tôi") says only in whose hands the certificate is, not of which kind.
    impersonal: dict[str, Any] = field(default_factory=dict)
    #: What a question supposes ("nếu mất token thì sao"): it may be answered for that case, and is never recorded.
    supposed: dict[str, Any] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        """Return the reading as JSON-ready values."""
        return {"facts": self.facts, "intent": self.intent, "asks": list(self.asks)}


def withhold(finding: Finding, reason: str, because: str, *, supposed: bool = False) -> Finding:
    """Return the finding as one that does not count; ``supposed`` says that a question may still be answered for it."""
    return replace(finding, withheld=reason, because=because, supposed=supposed)


def is_part_of(ask: Finding, fact: Finding) -> bool:
    """Return whether the words of a question are words of a fact ("không đổi gì")."""
    return set(ask.match.own) < set(fact.match.own)


def is_stronger(other: Finding, one: Finding) -> bool:
    """Return whether words of a finding belong to another one, which names more of them."""
    first, second = other.rule.entry, one.rule.entry
    theirs, mine = set(other.match.own), set(one.match.own)
    if first.fact in NAMING and second.fact in NAMING and _subject_of(first) != _subject_of(second):
        return bool(theirs & mine) and (len(theirs), _subject_of(first)) > (len(mine), _subject_of(second))
    if other is one or first.fact not in _COMPETING or second.fact not in _COMPETING:
        return False
    if not theirs & mine or (first.fact, first.value) == (second.fact, second.value):
        return False
    return len(theirs) > len(mine) and first.value not in second.undoes


def _subject_of(entry: FactEntry) -> str:
    """Return the kind of holder that a name stands for; where two are as strong, the body is meant."""
    return str(entry.value) if entry.fact == "subject" else "individual"


def without_undone(judged: Sequence[Finding]) -> tuple[Finding, ...]:
    """Withhold what another finding says to be over: what is found again is lost no longer."""
    undoing = [one for one in judged if one.withheld is None and one.rule.entry.undoes]
    return tuple(_undo(finding, undoing) for finding in judged)


def _undo(finding: Finding, undoing: Sequence[Finding]) -> Finding:
    entry = finding.rule.entry
    for one in undoing:
        if one.rule.entry.fact == entry.fact and entry.value in one.rule.entry.undoes and finding.withheld is None:
            return withhold(finding, "undone", one.words)
    return finding
