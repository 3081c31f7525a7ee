"""Sentences that people labelled: the reader must stay as good on them as it has become, and never guess more."""

from pathlib import Path

import pytest

from rules.language import load_language, read
from tests.support.labelled_sentences import score_sentences

HERE = Path(__file__).parent
#: Sets on which the patterns were developed, with the shares that are reached, and facts that no label holds.
REACHED = {
    "developed_on_1": {"sentences": 403, "subject": 393, "events": 385, "exact": 359, "asks": 381, "wrong": 0},
    "developed_on_2": {"sentences": 400, "subject": 387, "events": 393, "exact": 366, "asks": 362, "wrong": 0},
    "developed_on_3": {"sentences": 142, "subject": 141, "events": 141, "exact": 136, "asks": 141, "wrong": 0},
    "developed_on_4": {"sentences": 55, "subject": 53, "events": 53, "exact": 45, "asks": 53, "wrong": 0},
    "developed_on_5": {"sentences": 607, "subject": 585, "events": 585, "exact": 516, "asks": 571, "wrong": 0},
    "developed_on_6": {"sentences": 460, "subject": 447, "events": 451, "exact": 426, "asks": 449, "wrong": 0},
    "developed_on_7": {"sentences": 1174, "subject": 1096, "events": 1098, "exact": 939, "asks": 1108, "wrong": 0},
    "developed_on_8": {"sentences": 407, "subject": 381, "events": 387, "exact": 329, "asks": 373, "wrong": 0},
    "developed_on_9": {"sentences": 196, "subject": 180, "events": 176, "exact": 131, "asks": 184, "wrong": 0},
    "developed_on_10": {"sentences": 183, "subject": 166, "events": 166, "exact": 133, "asks": 165, "wrong": 0},
    "developed_on_11": {"sentences": 96, "subject": 87, "events": 87, "exact": 69, "asks": 84, "wrong": 0},
}


@pytest.mark.parametrize("name", REACHED)
@pytest.mark.long
def test_the_reader_stays_as_good_as_it_is_on_the_sentences_it_was_developed_on(name: str) -> None:
    count, reached = score_sentences(HERE / f"{name}.jsonl"), REACHED[name]
    assert count["sentences"] == reached["sentences"]
    assert count["wrong"] <= reached["wrong"]
    for what in ("subject", "events", "exact", "asks"):
        assert count[what] >= reached[what], what


#: What a sentence may still say that states nothing: whose certificate it speaks of.
_NO_STATEMENT = frozenset({"subject", "whose", "issuer"})
STATES_NOTHING = [
    line for line in (HERE / "states_nothing.txt").read_text("utf-8").splitlines() if not line.startswith("#")
]


def test_a_sentence_that_denies_asks_plans_supposes_or_speaks_of_others_proposes_nothing() -> None:
    language = load_language()
    proposed = {text: set(read(text, language).facts) - _NO_STATEMENT for text in STATES_NOTHING}
    assert {text: facts for text, facts in proposed.items() if facts} == {}
    assert len(STATES_NOTHING) >= 280
