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
#: Lists of words for the speaker's side, and of those for others, whose matter the speaker's "not" leaves as it is.
_OURS, _OTHERS = ("me", "i", "our_unit"), ("unit", "person")
#: Words between somebody and their verb, without accents.
_AUXILIARY = frozenset({"bi", "da", "vua", "duoc", "moi", "cung", "co", "xin", "muon"})
#: Facts that the speaker's own words tell in quotation marks too, the verbs before these, and how near they stand.
_OF_SAFETY, _NEAR = frozenset({"token = lost", "key_exposed = true"}), 8
_TELLING = frozenset({"bao", "noi", "ke", "viet", "khai", "nhan", "trinh", "thua"})


class Retractions:
    """Tells of which findings a sentence says itself that they do not count."""

    def __init__(self, text: str, parts: Sequence[Part], scopes: Sequence[Scope], matcher: Matcher) -> None:
        self._parts, self._matcher = parts, matcher
        self._denials = [scope for scope in scopes if scope.kind == "negation"]
        self._quotes = list(self._sayings(text))

    def reason(self, finding: Finding) -> str | None:
        """Return why a fact is taken back or only cited, in the words of an explanation, or ``None``."""
        own = set(finding.match.own)
        if any(own <= quote and not self._is_own_saying(quote, finding) for quote in self._quotes):
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

    def _is_own_saying(self, quote: AbstractSet[int], finding: Finding) -> bool:
        """Return whether the speaker tells of a danger in words of her own ("em báo “em bị mất token”")."""
        first, last = min(quote), max(quote) + 1
        if finding.rule.entry.label not in _OF_SAFETY or not self._matcher.places("i", first, last):
            return False
        others = self._places(("person", "pronoun", "our_unit"), 0, first)
        named = (end for start, end in self._matcher.places("i", max(first - _NEAR, 0), first) if start not in others)
        return any(self._words({self._next(end, first)}) <= _TELLING for end in named)

    def _next(self, at: int, end: int) -> int:
        """Return the place of the first word from a place on that is no auxiliary."""
        return next((one for one in range(at, end) if self._matcher.words[one].bare not in _AUXILIARY), at)

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
        if self._matcher.words[scope.match.end].bare not in verbs or self._is_told_of_others(finding, scope, start):
            return False
        said = self._words(set(finding.match.own))
        more = self._words(behind - self._places(_BEHIND, part.start, part.end))
        before = set(range(start, scope.match.start)) - self._places(_BEFORE, start, part.end)
        return more <= said and self._words(before) <= said - verbs

    def _is_told_of_others(self, finding: Finding, scope: Scope, start: int) -> bool:
        """Return whether it was told of others, and the "not" of the speaker ("phòng giáo dục giải thể, em không")."""
        named = self._places(("me", "i"), start, scope.match.start)
        if not named - self._places(("our_unit",), start, scope.match.start):
            return False  # "phòng giáo dục giải thể, cơ quan em không": the body of the case is not dissolved
        low, verb = self._parts[finding.part].start, self._verb(finding)
        if self._places(_OURS, low, self._parts[finding.part].end):
            return False
        while verb > low and self._matcher.words[verb - 1].bare in _AUXILIARY:
            verb -= 1
        return verb - 1 in self._places(_OTHERS, low, verb)

    def _verb(self, finding: Finding) -> int:
        """Return the place of the first word of a match that names nobody."""
        own = set(finding.match.own)
        return min(own - self._places((*_NO_VERBS, *_OTHERS), 0, len(self._matcher.tokens)), default=min(own))

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
