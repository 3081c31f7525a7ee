"""Reads a sentence: the facts that it states, what it wants, and what it asks about the procedure.

The reading is the same each time and can be explained: every fact names the words and the pattern that gave it, and
every fact that was withheld names the words that withheld it. A fact that is doubted, denied, planned, only supposed,
asked or told of somebody else is never given: to miss a fact costs a question, a wrong one costs a certificate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from rules.language.clauses import Part, Scope, divide, find_scopes, scopes_in_reach
from rules.language.entries import FactEntry
from rules.language.patterns import Match, Matcher, Pattern
from rules.language.places import day_at, find_days, find_names, find_proper, find_units
from rules.language.spelling import Token, clean, split_tokens
from rules.language.vocabulary import Language, Rule, RuleIndex

#: Facts that may hold several values at once.
_MANY = frozenset({"events"})
#: Facts whose patterns compete for the same words: the pattern that names more of them is right.
_COMPETING = frozenset({"events", "merged", "token", "key_exposed", "information_matches", "issuer", "expired"})
#: Reasons for which a fact is withheld without anything being told of a case.
_NOT_TOLD = frozenset({"question", "condition", "hypothesis", "if at the end", "yes or no", "is it that", "idiom"})
#: Words from which a line is a sentence.
_FEWEST_WORDS = 4
#: Lists of words that name a holder.
HOLDERS = {
    "person": "colleague",
    "pronoun": "colleague",
    "i": "mine",
    "several": "several",
    "machine": "device",
    "our_unit": "organisation",
    "unit": "organisation",
}
_PERSONS = frozenset({"i", "person", "pronoun"})
#: Facts that name whom it is about; they count in a question too ("cks của em gia hạn ở đâu").
_NAMING = frozenset({"subject", "whose"})
#: What the restructuring of a unit is to an officer of it.
_UNIT_EVENTS = frozenset(
    {"merged_into_new", "merged_into_existing", "superior_changed", "renamed", "dissolved", "split", "unit_reorganised"}
)
#: Kinds of scopes in whose reach a fact does not count; less hinders a name.
_HINDERED = frozenset({"negation", "doubt", "hearsay", "plan", "hypothesis", "elsewhere", "question"})
_NAMING_HINDERED = frozenset({"hearsay", "hypothesis", "elsewhere"})
_MERGERS = frozenset({"merged_into_new", "merged_into_existing"})
#: What is said along with an event and is no event of its own: its name, its end, or what follows from it.
_COVERED: dict[str, frozenset[str]] = {
    "merged_into_new": frozenset({"renamed", "dissolved"}),
    "merged_into_existing": frozenset({"dissolved"}),
    "superior_changed": frozenset({"dissolved"}),
    "device_renamed": frozenset({"renamed"}),
    "deceased": frozenset({"managing_body_revokes", "left_state_service"}),
    "left_state_service": frozenset({"managing_body_revokes", "position_changed"}),
    "moved_within_state": frozenset({"managing_body_revokes"}),
    "device_retired": frozenset({"managing_body_revokes"}),
}
_ROLES = {
    "designated": "merged_into_new",
    "other": "merged_into_new",
    "undecided": "merged_into_new",
    "surviving": "merged_into_existing",
    "absorbed": "merged_into_existing",
}


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

    @property
    def label(self) -> str:
        """Return what the pattern says, such as ``token = lost``."""
        return str(self.rule.entry.label)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence says."""

    facts: dict[str, Any] = field(default_factory=dict)
    intent: str = "unclear"
    asks: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    parts: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Return the reading as JSON-ready values."""
        return {"facts": self.facts, "intent": self.intent, "asks": list(self.asks)}


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
        given = {
            "proper": find_proper(tokens, language.units),
            "unit_name": find_units(tokens, language.units),
            "name": find_names(tokens, language.units),
            "day": find_days(tokens, text),
        }
        self.matcher = Matcher(tokens, language.classes, given)
        self._parts = divide(tokens, self.matcher, language)
        self.scopes = find_scopes(self._parts, self.matcher, language)
        self._excepted: dict[tuple[Rule[Any], int, int], bool] = {}
        self._asks = tuple(self._find(language.asks))

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Return where the parts begin and end."""
        return tuple((part.start, part.end) for part in self._parts)

    @property
    def _sentences(self) -> list[tuple[int, int]]:
        begins = [part.start for part in self._parts if part.fresh or part.start == 0]
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
        self._asks = tuple(ask for ask in self._asks if not any(_is_part_of(ask, fact) for fact in found))
        judged = tuple(self._judge(finding) for finding in found)
        stated = [finding for finding in judged if finding.withheld is None]
        facts = _Assembly(self, stated, self._holders(stated)).facts()
        intents = tuple(self._find(self._language.intents))
        intent, asks = self._intent(facts, judged, intents)
        parts = tuple(self._words(part.start, part.end) for part in self._parts)
        return Reading(facts, intent, asks, (*judged, *self._asks, *intents), parts)

    def _holders(self, stated: Sequence[Finding]) -> set[str]:
        """Return whose certificate it is by what happened to whom: ``mine``, ``colleague`` or ``organisation``."""
        told = [finding for finding in stated if finding.rule.entry.personal or finding.rule.entry.held]
        return {holder for finding in told if (holder := self._holder(finding))}

    def _holder(self, finding: Finding) -> str | None:
        """Return whom a part speaks of: the first one named before the words, else in the nearest other part."""
        number = finding.part
        parts = [number, *range(number - 1, -1, -1), *range(number + 1, len(self._parts))]
        bodies = finding.rule.entry.held
        return next((holder for at in parts if (holder := self._speaks_of(self._parts[at], bodies=bodies))), None)

    def _speaks_of(self, part: Part, *, bodies: bool) -> str | None:
        found = {
            (start, start - end, holder)
            for name, holder in HOLDERS.items()
            if bodies or holder not in {"organisation", "device"}
            for start, end in self.matcher.places(name, part.start, part.end)
            if name not in _PERSONS or not self._is_in_unit(start, part)
        }
        return min(found)[2] if found else None

    def _is_in_unit(self, place: int, part: Part) -> bool:
        """Return whether a word is one of a unit's name, or says whose unit it is ("phòng tư pháp", "xã tôi")."""
        units = (self.matcher.places(name, part.start, part.end) for name in ("our_unit", "unit_name"))
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
            return self._words(start, end)
        day = day_at(self._tokens, self._text, start)
        return day.isoformat() if day else None

    def _words(self, start: int, end: int) -> str:
        return self._text[self._tokens[start].start : self._tokens[end - 1].end] if end > start else ""

    def _find(self, rules: RuleIndex[Any]) -> Iterator[Finding]:
        for rule, patterns in rules.candidates(self.matcher.present):
            for start, end in self._sentences if getattr(rule.entry, "across", False) else self.spans:
                yield from (one for one in self._best(rule, patterns, start, end) if not self._is_excepted(rule, one))

    def _is_excepted(self, rule: Rule[Any], finding: Finding) -> bool:
        """Return whether words stand beside a match with which it means something else."""
        if not rule.unless:
            return False
        start, end = self._parts[self._part_of(finding.match.start)].start, self._parts[finding.part].end
        key = (rule, start, end)
        if key not in self._excepted:
            self._excepted[key] = any(True for one in rule.unless for _ in self.matcher.find(one, start, end))
        return self._excepted[key]

    def _part_of(self, place: int) -> int:
        return next(number for number, part in enumerate(self._parts) if part.start <= place < part.end)

    def _best(self, rule: Rule[Any], patterns: Sequence[Pattern], start: int, end: int) -> list[Finding]:
        """Return the matches of a rule in a part, without those inside a fuller one."""
        found = [
            Finding(rule, pattern, match, self._part_of(match.end - 1), self._words(match.start, match.end))
            for pattern in patterns
            for match in self.matcher.find(pattern, start, end)
        ]
        found.sort(key=lambda finding: (-len(finding.match.own), finding.match.end - finding.match.start))
        kept: list[Finding] = []
        for finding in found:
            if not any(set(finding.match.own) & set(other.match.own) for other in kept):
                kept.append(finding)
        return kept

    def _without_weaker(self, found: list[Finding]) -> list[Finding]:
        """Drop a fact whose words belong to another fact that names more of them."""
        strong = [one for one in found if self._idiom(one) is None]
        return [one for one in found if not any(_is_stronger(other, one) for other in strong)]

    def _judge(self, finding: Finding) -> Finding:
        scope = self._withholding(finding)
        if scope is None:
            reason = self._asked(finding)
            return finding if reason is None else _withhold(finding, reason, "")
        return _withhold(finding, scope.rule.entry.name, self._words(scope.match.start, scope.match.end))

    def _withholding(self, finding: Finding) -> Scope | None:
        done, entry = self._has("done", finding.part), finding.rule.entry
        hindering = _NAMING_HINDERED if entry.fact in _NAMING else _HINDERED
        hindering -= {"elsewhere"} if entry.anyone else set()
        hindering -= {"doubt"} if entry.suspected else set()
        hindering -= {"negation"} if entry.negative else set()
        for scope in scopes_in_reach(self.scopes, self._parts, finding.match, finding.part):
            if entry.fact in _NAMING and (scope.rule.entry.beside or scope.rule.entry.reach == "before"):
                continue  # what happened to another level, and "what then", say nothing of whose certificate it is
            if scope.kind in hindering:
                return scope
            if scope.kind == "condition" and not done:
                return scope
        return None if entry.fact in _NAMING else self._idiom(finding)

    def _idiom(self, finding: Finding) -> Scope | None:
        own = set(finding.match.own)
        for scope in self.scopes:
            if scope.kind == "idiom" and own & set(scope.match.own) and not own > set(scope.match.own):
                return scope
        return None

    def _asked(self, finding: Finding) -> str | None:
        """Return why a fact inside a question does not count, or ``None`` if it is told along with the question."""
        part = self._parts[finding.part]
        asks = [one for one in self._asks if one.part == finding.part]
        done, own = self._has("done", finding.part), self._has("own", finding.part)
        if finding.rule.entry.fact in _NAMING:
            return None
        if self._is_condition(finding.part) and not done:
            return "condition"
        if not asks:
            return "question" if part.asked else None
        behind = any(one.match.start >= finding.match.end for one in asks)
        return None if done or (own and behind) else "question"

    def _is_condition(self, number: int) -> bool:
        """Return whether the next part is a question that begins with "then" (thì)."""
        if number + 1 >= len(self._parts):
            return False
        following = self._parts[number + 1]
        asked = following.asked or any(one.part == number + 1 for one in self._asks)
        return following.follows and asked

    def _has(self, kind: str, number: int) -> bool:
        return any(scope.kind == kind and scope.part == number for scope in self.scopes)

    def _intent(
        self, facts: dict[str, Any], judged: Sequence[Finding], intents: Sequence[Finding]
    ) -> tuple[str, tuple[str, ...]]:
        asks = tuple(sorted({finding.rule.entry.ask for finding in self._asks}))
        names = [one.rule.entry.intent for one in intents if not one.rule.entry.whole or self._is_all(intents, one)]
        if "outside_scope" in names and "in_scope" not in names and not set(facts) - _NAMING:
            return "outside_scope", ()
        if set(facts) - _NAMING - {"old_unit", "new_unit"}:
            return "statement", asks
        command = next((name for name in names if name.startswith("command:")), None)
        if command and not (asks and "in_scope" in names and command == "command:human"):
            return command, ()
        told = any(finding.withheld not in _NOT_TOLD for finding in judged if finding.withheld)
        if asks:
            return ("statement" if told else "question"), asks
        return self._plain_intent(names, named=bool(facts), told=told), ()

    def _plain_intent(self, names: Sequence[str], *, named: bool, told: bool) -> str:
        """Return the intent of a sentence without facts, questions and commands."""
        answer = next((name for name in ("refusal", "consent", "thanks") if name in names), None)
        if answer:
            return answer
        if named or told:
            return "question" if not told and self._is_question() else "statement"
        if "smalltalk" in names:
            return "smalltalk"
        if self._is_question():
            return "question"
        return "statement" if self._is_known() else "unclear"

    def _is_question(self) -> bool:
        asked = any(part.asked for part in self._parts) or any(scope.kind == "question" for scope in self.scopes)
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
            place for start, end in self.matcher.places("small", 0, len(self._tokens)) for place in range(start, end)
        }
        return said | small >= set(range(len(self._tokens)))


def _withhold(finding: Finding, reason: str, because: str) -> Finding:
    return Finding(
        finding.rule, finding.pattern, finding.match, finding.part, finding.words, withheld=reason, because=because
    )


def _is_part_of(ask: Finding, fact: Finding) -> bool:
    """Return whether the words of a question are words of a fact ("không đổi gì")."""
    return set(ask.match.own) < set(fact.match.own)


def _is_stronger(other: Finding, one: Finding) -> bool:
    first, second = other.rule.entry, one.rule.entry
    theirs, mine = set(other.match.own), set(one.match.own)
    if first.fact in _NAMING and second.fact in _NAMING and _subject_of(first) != _subject_of(second):
        return bool(theirs & mine) and (len(theirs), _subject_of(first)) > (len(mine), _subject_of(second))
    if other is one or first.fact not in _COMPETING or second.fact not in _COMPETING:
        return False
    if not theirs & mine or (first.fact, first.value) == (second.fact, second.value):
        return False
    return len(theirs) > len(mine)


def _subject_of(entry: FactEntry) -> str:
    """Return the kind of holder that a name stands for; where two are as strong, the body is meant."""
    return str(entry.value) if entry.fact == "subject" else "individual"


class _Assembly:
    """Puts the findings together into facts that agree with each other."""

    def __init__(self, reader: Reader, stated: Sequence[Finding], holders: set[str]) -> None:
        self._personal = any(finding.rule.entry.personal for finding in stated)
        self._holders = holders
        self._values: dict[str, list[Any]] = {}
        for finding in stated:
            entry: FactEntry = finding.rule.entry
            value = reader.value_of(finding)
            if value is not None and value not in self._values.setdefault(entry.fact, []):
                self._values[entry.fact].append(value)
        for finding in stated:
            for fact, value in finding.rule.entry.also.items():
                if fact == "subject" or fact not in self._values:
                    values = self._values.setdefault(fact, [])
                    values.extend(one for one in (value if isinstance(value, list) else [value]) if one not in values)
        self._add_holders()

    def _add_holders(self) -> None:
        """Take the one to whom something happened as the holder, unless a holder was named."""
        subjects = self._values.setdefault("subject", [])
        holder = next(iter(self._holders)) if len(self._holders) == 1 else None
        if self._personal and "individual" not in subjects:
            subjects.append("individual")
        elif holder is not None and not subjects:
            subjects.append(holder if holder in {"organisation", "device"} else "individual")
        if holder == "mine" and self._values.get("whose") == ["colleague"]:
            del self._values["whose"]  # "cháu ơi bác về hưu rồi, chứng thư của bác": whose it is stays open
            return
        if holder in {"mine", "colleague"} and "whose" not in self._values and "individual" in subjects:
            self._values["whose"] = [holder]

    def facts(self) -> dict[str, Any]:
        facts = {fact: values[0] for fact, values in self._values.items() if fact not in _MANY and len(values) == 1}
        self._add_events(facts)
        self._settle_subject(facts)
        self._drop_idle_units(facts)
        return facts

    @staticmethod
    def _drop_idle_units(facts: dict[str, Any]) -> None:
        """Drop names of units where nothing is told that made one of them old and the other new."""
        if not (facts.get("events") or "merged" in facts or facts.get("information_matches") is False):
            facts.pop("old_unit", None)
            facts.pop("new_unit", None)

    def _add_events(self, facts: dict[str, Any]) -> None:
        events = set(self._values.get("events", ()))
        nothing = "nothing" in events
        events.discard("nothing")
        if role := facts.get("merger_role"):
            mergers = events & {"merged_into_new", "merged_into_existing"}
            if mergers and _ROLES[role] not in mergers:
                del facts["merger_role"]
            elif not mergers and "merged" in facts:
                events.add(_ROLES[role])
            elif not mergers:
                del facts["merger_role"]
        if self._made_new_body(facts, events):
            events.add("merged_into_new")
        for event, covered in _COVERED.items():
            events -= covered if event in events else set()
        if {"merged_into_new", "merged_into_existing"} <= events:
            events -= {"merged_into_new", "merged_into_existing"}
            facts["merged"] = True
            facts.pop("merger_role", None)
        if events & {"merged_into_new", "merged_into_existing"}:
            facts.pop("merged", None)
        if events or (nothing and "merged" not in facts):
            facts["events"] = sorted(events)

    def _made_new_body(self, facts: dict[str, Any], events: set[str]) -> bool:
        """Return whether a merger made a new body: it was renamed by it, or the new one is named."""
        named = "new_unit" in facts and not events and not self._personal
        return "merged" in facts and not events & _MERGERS and ("renamed" in events or named)

    def _settle_subject(self, facts: dict[str, Any]) -> None:
        """Read what happened to a unit as its officer meets it."""
        if "deceased" in facts.get("events", ()):
            facts.update(subject="individual", whose="deceased")
        if "expired" in facts and "not_after" in facts:
            del facts["expired"]
        if len(self._values.get("subject", ())) > 1:
            facts.pop("whose", None)
        if facts.get("subject") != "individual":
            self._drop_vague_event(facts)
            return
        merged = facts.pop("merged", None)
        facts.pop("merger_role", None)
        events = set(facts.get("events", ()))
        if merged or events & _UNIT_EVENTS:
            facts["events"] = sorted((events - _UNIT_EVENTS) | {"unit_reorganised"})

    @staticmethod
    def _drop_vague_event(facts: dict[str, Any]) -> None:
        """Drop "reorganised" of a body: which of the more exact events it was stays open."""
        events = [event for event in facts.get("events", ()) if event != "unit_reorganised"]
        if "unit_reorganised" in facts.get("events", ()):
            facts.pop("events")
            if events:
                facts["events"] = events
