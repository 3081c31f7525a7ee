"""Tells what a sentence wants: a statement, a question, a command, consent or refusal."""

from collections.abc import Sequence
from typing import Any

from rules.language.clauses import Part, Scope
from rules.language.findings import NAMING, Finding
from rules.language.matching import Matcher
from rules.language.spelling import Token
from rules.language.vocabulary import Language

#: Kinds of reasons for which a fact is withheld without anything being told of a case.
NOT_TOLD = frozenset({"question", "condition", "hypothesis", "idiom"})
#: Words from which a line is a sentence.
_FEWEST_WORDS = 4
#: Second words of the names of persons, without accents, and the most words of one.
_MIDDLE_NAMES, _LONGEST_NAME = frozenset({"thi", "van"}), 5


class Wishes:
    """Tells what a sentence wants, by what was found in it."""

    def __init__(
        self,
        tokens: Sequence[Token],
        parts: Sequence[Part],
        scopes: Sequence[Scope],
        matcher: Matcher,
        language: Language,
    ) -> None:
        self._tokens, self._parts, self._scopes = tokens, parts, scopes
        self._matcher, self._language = matcher, language

    def intent(
        self, facts: dict[str, Any], judged: Sequence[Finding], asked: Sequence[Finding], intents: Sequence[Finding]
    ) -> tuple[str, tuple[str, ...]]:
        """Return the intent, and what is asked about the procedure."""
        asks = tuple(sorted({finding.rule.entry.ask for finding in asked}))
        names = [one.rule.entry.intent for one in intents if not one.rule.entry.whole or self._is_all(intents, one)]
        if "outside_scope" in names and "in_scope" not in names and not set(facts) - NAMING:
            return "outside_scope", ()
        if set(facts) - NAMING - {"old_unit", "new_unit"}:
            return "statement", asks
        command = next((name for name in names if name.startswith("command:")), None)
        if command and not (command == "command:human" and self._is_no_call(asks, names)):
            return command, ()
        told = any(self._is_told(finding.withheld) for finding in judged if finding.withheld)
        if asks:
            return ("statement" if told else "question"), asks
        return self._plain_intent(names, named=bool(facts), told=told), ()

    def _is_told(self, reason: str) -> bool:
        """Return whether something is told of a case though no fact of it counts."""
        kinds = {scope.rule.entry.name: scope.kind for scope in self._scopes}
        return kinds.get(reason, reason) not in NOT_TOLD

    def _is_no_call(self, asks: Sequence[str], names: Sequence[str]) -> bool:
        """Return whether a person is spoken of and not wished for: something is asked, or it is told as done."""
        return bool(asks and "in_scope" in names) or any(scope.kind == "done" for scope in self._scopes)

    def _plain_intent(self, names: Sequence[str], *, named: bool, told: bool) -> str:
        """Return the intent of a sentence without facts, questions and commands."""
        if self._is_name():
            return "unclear"
        open_ = "hesitation" in names or any(part.asked for part in self._parts)
        answers = ("thanks",) if open_ else ("refusal", "consent", "thanks")
        answer = next((name for name in answers if name in names), None)
        if answer:
            return answer
        if named or told:
            return "question" if not told and self._is_question() else "statement"
        if "smalltalk" in names:
            return "smalltalk"
        if self._is_question():
            return "question"
        return "statement" if self._is_known() else "unclear"

    def _is_name(self) -> bool:
        """Return whether it is the name of a person, whose words are others too ("pham thi thu ha")."""
        words = [token.word.bare for token in self._tokens]
        middle = len(words) > 1 and words[1] in _MIDDLE_NAMES
        return middle and len(words) <= _LONGEST_NAME and words[0] in self._language.units.families

    def _is_question(self) -> bool:
        asked = any(part.asked for part in self._parts) or any(scope.kind == "question" for scope in self._scopes)
        return asked and self._is_known()

    def _is_known(self) -> bool:
        """Return whether this is a sentence at all: some words, most of them known."""
        words = [token.word.bare for token in self._tokens if not token.number]
        known = sum(word in self._language.vocabulary for word in words)
        return len(words) >= _FEWEST_WORDS and known >= len(words) / 2

    def _is_all(self, intents: Sequence[Finding], finding: Finding) -> bool:
        """Return whether nothing but this intent and small words is said."""
        intent = finding.rule.entry.intent
        said = {place for one in intents if one.rule.entry.intent == intent for place in one.match.own}
        small = {
            place for start, end in self._matcher.places("small", 0, len(self._tokens)) for place in range(start, end)
        }
        return said | small >= set(range(len(self._tokens)))
