"""Finds what a sentence takes back or only cites: “he writes "…"”, "they were to move, but did not move"."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from rules.language.clauses import Part, Scope
from rules.language.findings import NAMING, Finding
from rules.language.matching import Matcher

#: Lists that are looked up here, beside those of persons and bodies.
LOOKED_UP = frozenset({"turning", "small"})
_QUOTE = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|«[^»\n]*»")
#: Words from which something in quotation marks is a saying; less is a name or what a screen shows.
_SAYING = 4
#: A message of which no more words than these stand outside the quotation marks is quoted as a whole.
_OUTSIDE = 2
#: Lists of words that are no verb which might be denied.
_NO_VERBS = ("signer", "unit", "our_unit", "pin", "key", "me", "person", "small")
#: Lists of words that may stand before "not" where only the same thing is denied, and behind the verb.
_BEFORE = ("small", "turning", "me", "our_unit", "pronoun", "now")
_BEHIND = ("small", "turning")


class Retractions:
    """Tells of which findings a sentence says itself that they do not count."""

    def __init__(self, text: str, parts: Sequence[Part], scopes: Sequence[Scope], matcher: Matcher) -> None:
        self._parts, self._matcher = parts, matcher
        self._denials = [scope for scope in scopes if scope.kind == "negation"]
        self._quotes = list(self._sayings(text))

    def reason(self, finding: Finding) -> str | None:
        """Return why a fact is taken back or only cited, in the words of an explanation, or ``None``."""
        own = set(finding.match.own)
        if any(own <= quote for quote in self._quotes):
            return "quoted"
        if finding.rule.entry.fact in NAMING or finding.rule.entry.negative:
            return None
        return "denied afterwards" if self._is_denied_later(finding) else None

    def _sayings(self, text: str) -> Iterator[AbstractSet[int]]:
        tokens = self._matcher.tokens
        for quote in _QUOTE.finditer(text):
            inside = {at for at, token in enumerate(tokens) if quote.start() < token.start < quote.end()}
            if len(inside) >= _SAYING and len(tokens) - len(inside) > _OUTSIDE:
                yield inside

    def _is_denied_later(self, finding: Finding) -> bool:
        verbs = self._words(set(finding.match.own) - self._places(_NO_VERBS, 0, len(self._matcher.tokens)))
        later = (scope for scope in self._denials if scope.part > finding.part)
        return any(self._denies(scope, verbs, finding) for scope in later)

    def _denies(self, scope: Scope, verbs: AbstractSet[str], finding: Finding) -> bool:
        """Return whether a "not" belongs to the same verb and to nothing else ("rốt cuộc không đổi")."""
        part, start = self._parts[scope.part], self._start(scope.part)
        behind = set(range(scope.match.end, part.end))
        if any(one.fresh for one in self._parts[finding.part + 1 : scope.part + 1]) or not behind:
            return False
        if self._matcher.words[scope.match.end].bare not in verbs:
            return False
        said = self._words(set(finding.match.own))
        more = self._words(behind - self._places(_BEHIND, part.start, part.end))
        before = set(range(start, scope.match.start)) - self._places(_BEFORE, start, part.end)
        return more <= said and self._words(before) <= said - verbs

    def _start(self, number: int) -> int:
        """Return where a thought begins: what stands before "thì" belongs to it ("mail thì chưa đổi")."""
        follows = number > 0 and self._parts[number].follows
        return self._parts[number - 1].start if follows else self._parts[number].start

    def _words(self, places: AbstractSet[int]) -> set[str]:
        return {self._matcher.words[at].bare for at in places}

    def _places(self, names: Sequence[str], low: int, high: int) -> set[int]:
        return {
            at for name in names for start, end in self._matcher.places(name, low, high) for at in range(start, end)
        }
