"""Sentences that people labelled: the reader must stay as good on them as it has become, and never guess more."""

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rules.language import load_language, read

HERE = Path(__file__).parent
#: Sets on which the patterns were developed, with the shares that are reached, and facts that no label holds.
REACHED = {
    "developed_on_1": {"sentences": 403, "subject": 392, "events": 384, "exact": 352, "wrong": 0},
    "developed_on_2": {"sentences": 400, "subject": 386, "events": 387, "exact": 361, "wrong": 0},
    "developed_on_3": {"sentences": 142, "subject": 140, "events": 140, "exact": 132, "wrong": 0},
    "developed_on_4": {"sentences": 55, "subject": 52, "events": 51, "exact": 40, "wrong": 4},
}
#: A set on which nothing was developed, if it is there: what is asked of every sentence never seen before.
KEPT_APART = HERE / "kept_apart.jsonl"
LEAST_SHARE, MOST_WRONG = 0.9, 0
_UNITS = {"old_unit", "new_unit"}
_PREFIX = re.compile(r"^(uy ban nhan dan|ubnd|ub)\s+")


def _fold(name: object) -> str:
    """Return the name of a unit without accents, spaces and the word for its committee."""
    text = unicodedata.normalize("NFD", str(name).casefold().replace("đ", "d"))
    bare = "".join(letter for letter in text if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "", _PREFIX.sub("", bare.strip()))


def _comparable(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        fact: sorted(value) if fact == "events" else _fold(value) if fact in _UNITS else value
        for fact, value in facts.items()
    }


def _wrong(label: dict[str, Any], found: dict[str, Any]) -> int:
    """Count the facts that neither the label nor a lenient reading of the sentence holds."""
    held, lenient = _comparable(label["facts"]), _comparable(label.get("may", {}))
    wrong: int = sum(value not in (held.get(fact), lenient.get(fact)) for fact, value in found.items())
    if "events" in found and found["events"] not in (held.get("events"), lenient.get("events")):
        known = {*held.get("events", ()), *lenient.get("events", ())}
        wrong -= int(bool(found["events"]) and set(found["events"]) <= known)
    return wrong


def score(path: Path) -> Counter[str]:
    """Count over a set of labelled sentences: those with subject, events, and all facts right, and wrong facts."""
    language, count = load_language(), Counter[str]()
    for line in path.read_text("utf-8").splitlines():
        label = json.loads(line)
        held, found = _comparable(label["facts"]), _comparable(read(label["text"], language).facts)
        count["sentences"] += 1
        count["subject"] += held.get("subject") == found.get("subject")
        count["events"] += held.get("events") == found.get("events")
        count["exact"] += held == found
        count["wrong"] += _wrong(label, found)
    return count


@pytest.mark.parametrize("name", REACHED)
def test_the_reader_stays_as_good_as_it_is_on_the_sentences_it_was_developed_on(name: str) -> None:
    count, reached = score(HERE / f"{name}.jsonl"), REACHED[name]
    assert count["sentences"] == reached["sentences"]
    assert count["wrong"] <= reached["wrong"]
    for what in ("subject", "events", "exact"):
        assert count[what] >= reached[what], what


def test_sentences_never_seen_before_are_read_right() -> None:
    count = score(KEPT_APART) if KEPT_APART.exists() else Counter[str]()
    assert count["wrong"] <= MOST_WRONG
    for what in ("subject", "events"):
        assert count[what] >= LEAST_SHARE * count["sentences"], what
