"""Sentences that people labelled with what they state, and how well the reader reads them."""

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

from rules.language import load_language, read

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


def score_sentences(path: Path) -> Counter[str]:
    """Count, of labelled sentences, those with subject, events, all facts, intent, asks right, and wrong facts."""
    language, count = load_language(), Counter[str]()
    for line in path.read_text("utf-8").splitlines():
        label = json.loads(line)
        reading = read(label["text"], language)
        held, found = _comparable(label["facts"]), _comparable(reading.facts)
        count["sentences"] += 1
        count["subject"] += held.get("subject") == found.get("subject")
        count["events"] += held.get("events") == found.get("events")
        count["exact"] += held == found
        count["intent"] += label["intent"] == reading.intent
        count["asks"] += label["asks"] == sorted(reading.asks)
        count["wrong"] += _wrong(label, found)
    return count


def read_texts(path: Path) -> list[str]:
    """Return the texts of a set."""
    return [str(json.loads(line)["text"]) for line in path.read_text("utf-8").splitlines()]
