"""Reads a sentence: the facts that it states, what it wants, and what it asks about the procedure.

The reading is the same each time and can be explained: every fact names the words and the pattern that gave it, and
every fact that was withheld names the words that withheld it. A fact that is doubted, denied, planned, only supposed,
asked or told of somebody else is never given: to miss a fact costs a question, a wrong one costs a certificate.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import chain
from typing import Any

from rules.language.actors import Actors
from rules.language.assembly import Assembly
from rules.language.clauses import Part, Scope, divide, find_scopes, scopes_in_reach
from rules.language.findings import NAMING, Finding, Reading, is_part_of, is_stronger, withhold, without_undone
from rules.language.matching import Match, Matcher
from rules.language.patterns import Pattern
from rules.language.places import (
    day_at,
    find_days,
    find_names,
    find_proper,
    find_units,
    has_impossible_day,
    is_certain_name,
)
from rules.language.questions import Questions
from rules.language.retractions import Retractions
from rules.language.speakers import with_speaker
from rules.language.spelling import STOPS, Token, clean, split_tokens
from rules.language.vocabulary import Language, Rule, RuleIndex
from rules.language.wishes import Wishes

#: Words that tell a mishap as often as they suppose one.
_MISHAP = re.compile(r"\b(lỡ|lo|nhỡ|nho|rủi|rui|may)\b", re.IGNORECASE)
#: Kinds of reasons that weigh more than others: what is only supposed is not told either.
_SUPPOSED = frozenset({"hypothesis", "condition"})
#: Reasons for which a fact is not told but may be what a question is about.
_ASKED_ABOUT = _SUPPOSED | {"question", "plan"}
#: Lists of words that name a holder.
HOLDERS = {
    "person": "colleague",
    "pronoun": "colleague",
    "i": "mine",
    "several": "several",
    "others": "others",
    "machine": "device",
    "our_unit": "organisation",
    "unit": "organisation",
}
#: Words that say that a certificate is a person's own, without accents.
_PERSONAL_MARKS = ("ca nhan", "ten toi", "ten em", "ten minh", "ten tui", "rieng", "chinh toi", "chinh em")
_PERSONS = frozenset({"i", "person", "pronoun"})
#: Kinds of scopes in whose reach a fact does not count; less hinders a name.
_HINDERED = frozenset({"negation", "doubt", "hearsay", "plan", "hypothesis", "elsewhere", "question"})
_DENYING = frozenset({"negation", "elsewhere"})
#: Words behind which a form of address at the end calls somebody, without accents ("có cần trả không em").
_CALLING = frozenset({"khong", "chua", "vay", "roi", "nha", "nhe", "da", "oi", "a", "the", "hong", "luon", "nua"})
#: Words behind a name, without accents, with which it is none of a certain unit.
_INDEFINITE = frozenset({"khac", "kia", "no", "nao"})
_OWN = ("i", "our_unit")
_NAMING_HINDERED = frozenset({"hearsay", "hypothesis", "elsewhere"})


def read(text: str, language: Language) -> Reading:
    """Read a sentence; it never raises, whatever the text is."""
    return prepare(text, language).read()


def prepare(text: str, language: Language) -> "Reader":
    """Return the reader of a sentence, for those who ask how it is read."""
    cleaned = clean(text)
    return Reader(cleaned, split_tokens(cleaned, language.short_forms, language.respell), language)


class Reader:
    """Reads one sentence; its parts, words and scopes stay at hand for an explanation."""

    def __init__(self, text: str, tokens: Sequence[Token], language: Language) -> None:
        self._text, self._tokens, self._language = text, tokens, language
        self.matcher = self._matcher_of(tokens)
        if told := with_speaker(tokens, self.matcher, language.units):
            self._tokens = tokens = told
            self.matcher = self._matcher_of(tokens)
        self._actors = Actors(self.matcher)
        self._parts = divide(tokens, self.matcher, language)
        self.scopes = find_scopes(self._parts, self.matcher, language)
        self._retractions = Retractions(text, self._parts, self.scopes, self.matcher)
        self._excepted: dict[tuple[Rule[Any], int, int], bool] = {}
        units = self.matcher.places("unit_name", 0, len(tokens))
        self._names = [set(range(*unit)) for unit in units if is_certain_name(tokens, *unit, language.units)]
        self._questions = Questions(self._parts, self.scopes, self.matcher)
        self._asks = tuple(self._find(language.asks, self._questions.asks_nothing))

    def _matcher_of(self, tokens: Sequence[Token]) -> Matcher:
        known = self._language.units
        given = {
            "proper": find_proper(tokens, known),
            "unit_name": find_units(tokens, known),
            "name": find_names(tokens, known),
            "day": find_days(tokens, self._text),
        }
        return Matcher(tokens, self._language.classes, given)

    @cached_property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Return where the parts begin and end."""
        return tuple((part.start, part.end) for part in self._parts)

    @cached_property
    def _sentences(self) -> list[tuple[int, int]]:
        tokens = self._tokens
        begins = [part.start for part in self._parts if part.start == 0 or tokens[part.start].before in STOPS]
        return list(zip(begins, [*begins[1:], len(self._tokens)], strict=True))

    @property
    def length(self) -> int:
        """Return the number of words."""
        return len(self._tokens)

    def read(self) -> Reading:
        """Read the sentence."""
        if not self._tokens:
            return Reading()
        found = self._without_weaker([*self._find(self._language.facts)])
        open_asks = (ask for ask in self._asks if not any(is_part_of(ask, fact) for fact in found))
        self._asks = tuple(ask for ask in open_asks if not self._questions.only_asks_whether(ask, found))
        judged = without_undone([self._judge(finding) for finding in found])
        stated = [finding for finding in judged if finding.withheld is None]
        holders = self._holders(stated)
        facts, impersonal = (self._facts(*told) for told in ((stated, holders), self._impersonal(stated, holders)))
        intents = tuple(self._find(self._language.intents))
        wishes = Wishes(self._tokens, self._parts, self.scopes, self.matcher, self._language)
        intent, asks = wishes.intent(facts, judged, self._asks, intents)
        parts = tuple(self._words(part.start, part.end) for part in self._parts)
        supposed = self._supposed_facts(judged) if asks or self._only_supposes(judged) else {}
        return Reading(facts, intent, asks, (*judged, *self._asks, *intents), parts, impersonal, supposed)

    def _only_supposes(self, judged: Sequence[Finding]) -> bool:
        """Tell whether nothing but a case is said ("giả sử token hỏng"): it waits for what is to be done then.

        What happened by a mishap is told in the same words ("lỡ mất token"), and is none.
        """
        begun = [scope for scope in self.scopes if scope.kind == "hypothesis" and scope.match.start == 0]
        begins = any(not _MISHAP.search(self._words(one.match.start, one.match.end)) for one in begun)
        alone = len(self._parts) == 1 and not self._has("done", 0)
        return begins and alone and bool(judged) and all(finding.supposed for finding in judged)

    def _supposed_facts(self, judged: Sequence[Finding]) -> dict[str, Any]:
        """Return what the sentence supposes or asks about; nothing if it denies or doubts something beside that."""
        supposed = [finding for finding in judged if finding.supposed]
        if any(finding.withheld and not finding.supposed for finding in judged):
            return {}
        return self._facts(supposed, self._holders(supposed))

    def _facts(self, stated: Sequence[Finding], holders: set[str]) -> dict[str, Any]:
        facts = Assembly([(finding.rule.entry, self.value_of(finding)) for finding in stated], holders).facts()
        if has_impossible_day(self._tokens, self._text):
            facts.pop("expired", None)  # it would have ended on a day that no calendar has
        return facts

    def _impersonal(self, stated: Sequence[Finding], holders: set[str]) -> tuple[Sequence[Finding], set[str]]:
        """Return what is stated without a possessive of the speaker, which everybody says of the body's token too."""
        words = " ".join(word.bare for word in self.matcher.words)
        personal = any(finding.rule.entry.personal for finding in stated)
        if personal or any(f" {mark} " in f" {words} " for mark in _PERSONAL_MARKS):
            return stated, holders
        others = [one for one in stated if (one.rule.entry.fact, one.rule.entry.value) != ("whose", "mine")]
        return others, holders - {"mine"}

    def _holders(self, stated: Sequence[Finding]) -> set[str]:
        """Return whose certificate it is by what happened to whom: ``mine``, ``colleague`` or ``organisation``."""
        told = [finding for finding in stated if finding.rule.entry.personal or finding.rule.entry.held]
        return {holder for finding in told if (holder := self._holder(finding))}

    def _holder(self, finding: Finding) -> str | None:
        """Return whom a part speaks of: the first one named before the words, else in the nearest other part."""
        number = finding.part
        parts = [number, *range(number - 1, -1, -1), *range(number + 1, len(self._parts))]
        bodies = finding.rule.entry.held
        gained = set(finding.match.own) - {finding.match.start} if finding.rule.entry.gains else set()
        named = (self._speaks_of(self._parts[at], gained, bodies=bodies) for at in parts)
        return next(filter(None, named), None)

    def _speaks_of(self, part: Part, gained: AbstractSet[int], *, bodies: bool) -> str | None:
        found = {
            (start, start - end, holder)
            for name, holder in HOLDERS.items()
            if bodies or holder not in {"organisation", "device"}
            for start, end in self.matcher.places(name, part.start, part.end)
            if start not in gained and not (name in _PERSONS and self._is_no_actor(start, end, part))
        }
        return "mine" if found and self._is_speaker(part) else min(found)[2] if found else None

    def _is_speaker(self, part: Part) -> bool:
        """Return whether the one who is named is the speaker ("kế toán mới là em")."""
        speakers = {start for start, _ in self.matcher.places("i", part.start + 1, part.end)}
        return any(self.matcher.words[start - 1].bare == "la" and start + 1 == part.end for start in speakers)

    def _is_no_actor(self, start: int, end: int, part: Part) -> bool:
        """Return whether a person only stands in a name, is denied ("không phải em") or spoken to ("không em")."""
        denied = any(one.kind in _DENYING and one.match.end == start for one in self.scopes)
        spoken_to = end == part.end and start > part.start and self.matcher.words[start - 1].bare in _CALLING
        return denied or spoken_to or self._is_in_unit(start, part)

    def _is_in_unit(self, place: int, part: Part) -> bool:
        """Return whether a word is one of a unit's name, of "xã tôi" or of "chúng tôi"."""
        units = (self.matcher.places(name, part.start, part.end) for name in ("our_unit", "unit_name", "me"))
        return any(start < place < end for start, end in chain.from_iterable(units))

    def value_of(self, finding: Finding) -> Any:
        """Return the value of a fact; a unit or a day is taken from the words themselves."""
        value = finding.rule.entry.value
        if value not in {"@unit", "@day"}:
            return value
        names = ("unit_name", "proper") if value == "@unit" else ("day",)
        own = set(finding.match.own)
        start, end = next(
            place
            for name in names
            for place in reversed(self.matcher.places(name, finding.match.start, finding.match.end))
            if set(range(*place)) <= own
        )
        if value == "@unit":
            if end < self.length and self.matcher.words[end].bare in _INDEFINITE:
                return None  # "một huyện khác"
            ends = [word.bare for word in self.matcher.words[end - 1 : end + 1]]
            cut_short = end - start > 1 and ends in [["hdnd", "va"], ["ubnd", "va"]]
            return None if cut_short else self._words(start, end)
        day = day_at(self._tokens, self._text, start)
        return day.isoformat() if day else None

    def _words(self, start: int, end: int) -> str:
        return self._text[self._tokens[start].start : self._tokens[end - 1].end] if end > start else ""

    def _find(self, rules: RuleIndex[Any], is_idle: Callable[[Finding], bool] | None = None) -> Iterator[Finding]:
        for rule, patterns in rules.candidates(self.matcher.present):
            for start, end in self._spans_of(rule):
                found_here = self._best(rule, patterns, start, end, is_idle)
                yield from (one for one in found_here if not self._is_excepted(rule, one))

    def _spans_of(self, rule: Rule[Any]) -> Sequence[tuple[int, int]]:
        return self._sentences if getattr(rule.entry, "across", False) else self.spans

    def _is_excepted(self, rule: Rule[Any], finding: Finding) -> bool:
        """Return whether words stand beside a match with which it means something else."""
        if not (rule.unless or rule.beside):
            return False
        start, end = self._parts[self._part_of(finding.match.start)].start, self._parts[finding.part].end
        key = (rule, start, end)
        if key not in self._excepted:
            self._excepted[key] = self._lacks(rule.beside, start, end) or any(
                not (self._is_inside_name(match) or self._is_inside_own(match.start))
                for one in rule.unless
                for match in self.matcher.find(one, start, end)
            )
        return self._excepted[key]

    def _lacks(self, beside: Sequence[Pattern], start: int, end: int) -> bool:
        """Return whether none of the words that must stand beside a match is there."""
        return bool(beside) and not any(True for one in beside for _ in self.matcher.find(one, start, end))

    def _is_inside_own(self, place: int) -> bool:
        """Return whether a word is one of "trung tâm em", behind its first."""
        return any(start < place < end for start, end in self.matcher.places("our_unit", 0, self.length))

    def _part_of(self, place: int) -> int:
        return next(number for number, part in enumerate(self._parts) if part.start <= place < part.end)

    def _best(
        self,
        rule: Rule[Any],
        patterns: Sequence[Pattern],
        start: int,
        end: int,
        is_idle: Callable[[Finding], bool] | None,
    ) -> list[Finding]:
        """Return the matches of a rule in a part, without those inside a fuller one."""
        found = [
            Finding(rule, pattern, match, self._part_of(match.end - 1), self._words(match.start, match.end))
            for pattern in patterns
            for match in self.matcher.find(pattern, start, end)
        ]
        found = [finding for finding in found if not self._is_inside_name(finding.match)]
        found = found if is_idle is None else [finding for finding in found if not is_idle(finding)]
        found.sort(key=lambda finding: (-len(finding.match.own), finding.match.end - finding.match.start))
        kept: list[Finding] = []
        for finding in found:
            if not any(set(finding.match.own) & set(other.match.own) for other in kept):
                kept.append(finding)
        return kept

    def _is_inside_name(self, match: Match) -> bool:
        """Return whether a word of it is one of a unit's name, without the whole name ("xã Lộ 25" leaks nothing)."""
        own = set(match.own)
        return any(own & name - {min(name)} and not name <= own for name in self._names)

    def _without_weaker(self, found: list[Finding]) -> list[Finding]:
        """Drop a fact whose words belong to another fact that names more of them."""
        strong = [one for one in found if self._idiom(one) is None]
        return [one for one in found if not any(is_stronger(other, one) for other in strong)]

    def _judge(self, finding: Finding) -> Finding:
        scope = self._withholding(finding)
        if scope is None:
            part = self._parts[self._part_of(finding.match.start)]
            reason = self._retractions.reason(finding) or self._why_supposed(finding)
            reason = reason or self._actors.stranger(finding, part)
            return finding if reason is None else withhold(finding, reason, "", supposed=reason in _ASKED_ABOUT)
        words = self._words(scope.match.start, scope.match.end)
        return withhold(finding, scope.rule.entry.name, words, supposed=scope.kind in _ASKED_ABOUT)

    def _withholding(self, finding: Finding) -> Scope | None:
        done, entry = self._has("done", finding.part), finding.rule.entry
        hindering = self._naming_hindered(finding) if entry.fact in NAMING else _HINDERED
        hindering -= {"elsewhere"} if entry.anyone else set()
        hindering -= {"doubt"} if entry.suspected else set()
        hindering -= {"negation"} if entry.negative else set()
        found: list[Scope] = []
        for scope in scopes_in_reach(self.scopes, self._parts, finding.match, finding.part):
            if scope.rule.entry.facts and not {entry.fact, entry.label} & {*scope.rule.entry.facts}:
                continue
            if entry.fact in NAMING and (scope.rule.entry.beside or scope.rule.entry.reach == "before"):
                continue  # what happened to another level, and "what then", say nothing of whose certificate it is
            if scope.kind in hindering and not self._is_of_later_question(scope, finding):
                found.append(scope)
            named = entry.fact in NAMING and (scope.rule.entry.wish or self._is_first_person(finding))
            if scope.kind == "condition" and not done and not named:
                found.append(scope)
        if found:
            return min(found, key=lambda scope: scope.kind not in _SUPPOSED)
        return None if entry.fact in NAMING else self._idiom(finding)

    def _is_of_later_question(self, scope: Scope, finding: Finding) -> bool:
        """Return whether a "not" ends a question about what is told before ("cks em ghi xã cũ có phải sửa không")."""
        if scope.rule.entry.reach != "before" or not self._has("own", finding.part):
            return False
        own = set(scope.match.own)
        return any(one.match.start >= finding.match.end and own <= set(one.match.own) for one in self._asks)

    def _naming_hindered(self, finding: Finding) -> frozenset[str]:
        """Return what hinders a name: the speaker's own certificate is meant in "if I lose it" too."""
        return frozenset({"elsewhere"}) if self._is_first_person(finding) else _NAMING_HINDERED

    def _is_first_person(self, finding: Finding) -> bool:
        """Return whether the speaker or the speaker's body is named as the holder."""
        own, entry = set(finding.match.own), finding.rule.entry
        start, end = finding.match.start, finding.match.end
        if entry.fact not in NAMING or entry.value == "colleague" or not self.matcher.places("signer", start, end):
            return False
        places = chain.from_iterable(self.matcher.places(name, start, end) for name in _OWN)
        return any(set(range(*place)) <= own for place in places)

    def _idiom(self, finding: Finding) -> Scope | None:
        own = set(finding.match.own)
        for scope in self.scopes:
            if scope.kind == "idiom" and own & set(scope.match.own) and not own > set(scope.match.own):
                return scope
        return None

    def _why_supposed(self, finding: Finding) -> str | None:
        """Return why a fact that is only supposed, or told of others, does not count."""
        entry = finding.rule.entry
        somebody = self._speaks_of(self._parts[finding.part], set(), bodies=False)
        if entry.personal and somebody == "others":
            return "other people"
        somehow = not (entry.personal or entry.value == "deceased") or somebody is not None
        return self._questions.reason(finding, self._asks, somebody=somehow)

    def _has(self, kind: str, number: int) -> bool:
        return any(scope.kind == kind and scope.part == number for scope in self.scopes)
