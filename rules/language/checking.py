"""Checks the language data: every pattern has an example that it reads, none takes the place of another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from rules.checking.diagnostic import Diagnostic
from rules.language import actors, retractions
from rules.language.entries import AskEntry, FactEntry, IntentEntry, ScopeEntry, SplitEntry
from rules.language.findings import Reading
from rules.language.matching import Match
from rules.language.patterns import Pattern
from rules.language.reading import HOLDERS, Reader, prepare
from rules.language.vocabulary import BUILT_IN, Language, Rule
from rules.pack import Pack
from rules.texts import N_, join_words, sentence

#: The facts that sentences can state, each with its values; ``None`` where any value of its form is possible.
FACTS: dict[str, frozenset[str | bool] | None] = {
    "subject": frozenset({"organisation", "individual", "device"}),
    "events": frozenset(
        {
            "merged_into_new", "merged_into_existing", "superior_changed", "renamed", "address_changed", "dissolved",
            "split", "unit_reorganised", "moved_within_state", "left_state_service", "deceased", "position_changed",
            "email_changed", "device_renamed", "device_upgraded", "device_retired", "managing_body_revokes", "nothing",
        }
    ),
    "merged": frozenset({True}),
    "merger_role": frozenset({"designated", "other", "undecided", "surviving", "absorbed"}),
    "token": frozenset({"in_hand", "locked", "damaged", "lost", "remote"}),
    "key_exposed": frozenset({True, False}),
    "issuer": frozenset({"government", "public", "none"}),
    "not_after": None,
    "expired": frozenset({True}),
    "information_matches": frozenset({True, False}),
    "whose": frozenset({"mine", "colleague", "deceased"}),
    "old_unit": None,
    "new_unit": None,
}  # fmt: skip
#: Lists that the reader itself looks up.
_USED_BY_THE_READER = frozenset({"small", *HOLDERS, *actors.LOOKED_UP, *retractions.LOOKED_UP})


def check_language(language: Language, *packs: Pack) -> tuple[Diagnostic, ...]:
    """Check a language once, and that it knows every value of these packs.

    The examples are tried only if every list is known, so that one slip is reported once.
    """
    names = (*_unknown_lists(language), *_unknown_facts(language))
    if names:
        return names
    return (
        *_unused_lists(language),
        *_find_repeated(language),
        *_missing_values(language, packs),
        *_examples(language),
    )


def _place(language: Language, rule: Rule[Any]) -> str:
    return f"{language.name}/{rule.file}: {rule.number}"


def _unknown_lists(language: Language) -> Iterator[Diagnostic]:
    unknown = N_("the pattern {pattern} uses the list {name}, which is not defined above; correct the name or add it")
    known = set(BUILT_IN)
    for name, patterns in language.lists.items():
        for pattern in patterns:
            for wanted in sorted(pattern.classes - known):
                message = sentence(unknown, pattern=pattern.text, name=wanted)
                yield Diagnostic("unknown-list", f"{language.name}/{language.list_files[name]}: {name}", message)
        known.add(name)
    for rule in language.rules:
        for pattern in (*rule.patterns, *rule.unless, *rule.beside):
            for wanted in sorted(pattern.classes - known):
                message = sentence(unknown, pattern=pattern.text, name=wanted)
                yield Diagnostic("unknown-list", _place(language, rule), message)


def _unused_lists(language: Language) -> Iterator[Diagnostic]:
    patterns = chain.from_iterable((*rule.patterns, *rule.unless, *rule.beside) for rule in language.rules)
    used = set().union(*(pattern.classes for pattern in chain(patterns, *language.lists.values())))
    for name in language.lists:
        if name not in used | _USED_BY_THE_READER:
            where = f"{language.name}/{language.list_files[name]}: {name}"
            yield Diagnostic("unused-list", where, sentence(N_("no pattern uses this list; use it or drop it")))


def _unknown_facts(language: Language) -> Iterator[Diagnostic]:
    unknown = N_("{fact} = {value} is nothing that can be read; allowed: {allowed}")
    for rule in language.facts.rules:
        entry = rule.entry
        values = FACTS.get(entry.fact, frozenset())
        if values is None or entry.value in values:
            continue
        allowed = join_words(sorted(map(str, values))) if values else join_words(FACTS)
        message = sentence(unknown, fact=entry.fact, value=entry.value, allowed=allowed)
        yield Diagnostic("unknown-reading", _place(language, rule), message)


def _missing_values(language: Language, packs: Sequence[Pack]) -> Iterator[Diagnostic]:
    unread = N_("no pattern reads {fact} = {value}; add a [[facts]] entry to rules/language/{language}")
    known = {(rule.entry.fact, str(rule.entry.value).lower()) for rule in language.facts.rules}
    questions = chain.from_iterable(pack.questions for pack in packs)
    asked = dict.fromkeys((question.fact, option.value) for question in questions for option in question.options)
    for fact, value in asked:
        if fact != "certificate" and (fact, value) not in known:
            message = sentence(unread, fact=fact, value=value, language=language.name)
            yield Diagnostic("unread-answer", f"questions.toml: {fact}", message)


def _find_repeated(language: Language) -> Iterator[Diagnostic]:
    twice = N_("the pattern {pattern} stands in {other} too, which is read first; keep one")
    first: dict[tuple[object, str], str] = {}
    for rule in language.rules:
        for pattern in rule.patterns:
            key = (_rivals(rule.entry), pattern.text)
            if key in first:
                message = sentence(twice, pattern=pattern.text, other=first[key])
                yield Diagnostic("repeated-pattern", _place(language, rule), message)
            first.setdefault(key, _place(language, rule))


def _rivals(entry: Any) -> object:
    """Return what entries share of which only one can be meant by the same words."""
    if isinstance(entry, FactEntry):
        return entry.fact
    return (entry.kind, entry.reach) if isinstance(entry, ScopeEntry) else type(entry)


@dataclass(frozen=True, slots=True)
class _Try:
    """An example with what the reader makes of it."""

    text: str
    reader: Reader
    reading: Reading


def _examples(language: Language) -> Iterator[Diagnostic]:
    for rule in language.rules:
        readers = [(text, prepare(text, language)) for text in rule.entry.examples]
        tries = [_Try(text, reader, reader.read()) for text, reader in readers]
        yield from _unread_patterns(language, rule, tries)
        yield from _misread(language, rule, tries)
        yield from _misread_exclusions(language, rule)


def _unread_patterns(language: Language, rule: Rule[Any], tries: list[_Try]) -> Iterator[Diagnostic]:
    lone = N_("the pattern {pattern} reads none of the examples; add one that it reads")
    for pattern in rule.patterns:
        if _needs_example(rule, pattern) and not any(_matches(pattern, one.reader) for one in tries):
            yield Diagnostic("no-example", _place(language, rule), sentence(lone, pattern=pattern.text))
        elif isinstance(rule.entry, FactEntry):
            yield from _shadows(language, rule, pattern, tries)


def _needs_example(rule: Rule[Any], pattern: Pattern) -> bool:
    """Return whether a pattern needs an example of its own: a lone phrase of a list of such phrases shows itself."""
    entry = rule.entry
    if isinstance(entry, ScopeEntry | SplitEntry) or (isinstance(entry, IntentEntry) and entry.whole):
        return pattern is rule.patterns[0]
    return True


def _matches(pattern: Pattern, reader: Reader) -> list[Match]:
    return list(reader.matcher.find(pattern, 0, reader.length)) or [
        match for part in reader.spans for match in reader.matcher.find(pattern, *part)
    ]


def _shadows(language: Language, rule: Rule[FactEntry], pattern: Pattern, tries: list[_Try]) -> Iterator[Diagnostic]:
    """Report a pattern in all of whose examples patterns of another value take its words."""
    shadowed = N_("the pattern {pattern} is shadowed by {other}: make it fuller or the other one narrower")
    takers = [_taker(rule, pattern, one) for one in tries if _matches(pattern, one.reader)]
    if takers and all(takers):
        message = sentence(shadowed, pattern=pattern.text, other=takers[0])
        yield Diagnostic("shadowed-pattern", _place(language, rule), message)


def _taker(rule: Rule[FactEntry], pattern: Pattern, one: _Try) -> str | None:
    mine = {place for match in _matches(pattern, one.reader) for place in match.own}
    for finding in one.reading.findings:
        entry = finding.rule.entry
        if isinstance(entry, FactEntry) and entry.fact == rule.entry.fact:
            if entry.value == rule.entry.value:
                return None
            if set(finding.match.own) >= mine:
                return f"{finding.rule.place}: {finding.pattern.text}"
    return None


def _misread(language: Language, rule: Rule[Any], tries: list[_Try]) -> Iterator[Diagnostic]:
    wrong = N_("the example “{example}” is not read as {label}; see troly understand --why")
    for one in tries:
        if not _is_read(rule, one):
            message = sentence(wrong, example=one.text, label=rule.entry.label)
            yield Diagnostic("misread-example", _place(language, rule), message)


def _is_read(rule: Rule[Any], one: _Try) -> bool:
    entry = rule.entry
    if isinstance(entry, ScopeEntry):
        return any(scope.rule is rule for scope in one.reader.scopes)
    if isinstance(entry, SplitEntry):
        return any(True for pattern in rule.patterns for _ in one.reader.matcher.find(pattern, 0, one.reader.length))
    same = (finding for finding in one.reading.findings if finding.rule.entry.label == entry.label)
    return any(finding.withheld is None for finding in same)


def _misread_exclusions(language: Language, rule: Rule[Any]) -> Iterator[Diagnostic]:
    wrong = N_("the sentence “{example}” must not be read as {label}; narrow a pattern or add to unless")
    entry = rule.entry
    if not isinstance(entry, FactEntry | AskEntry | IntentEntry):
        return
    for text in entry.exclude:
        findings = prepare(text, language).read().findings
        if any(finding.withheld is None and finding.rule.entry.label == entry.label for finding in findings):
            message = sentence(wrong, example=text, label=entry.label)
            yield Diagnostic("misread-exclusion", _place(language, rule), message)
