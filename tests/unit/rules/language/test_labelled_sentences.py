"""Sentences that people labelled: the reader must stay as good on them as it has become, and never guess more."""

from pathlib import Path

import pytest

from tests.support.labelled_sentences import score_sentences

HERE = Path(__file__).parent
#: Sets on which the patterns were developed, with the shares that are reached, and facts that no label holds.
REACHED = {
    "developed_on_1": {"sentences": 403, "subject": 393, "events": 385, "exact": 358, "wrong": 0},
    "developed_on_2": {"sentences": 400, "subject": 387, "events": 393, "exact": 365, "wrong": 0},
    "developed_on_3": {"sentences": 142, "subject": 141, "events": 141, "exact": 136, "wrong": 0},
    "developed_on_4": {"sentences": 55, "subject": 53, "events": 53, "exact": 45, "wrong": 0},
    "developed_on_5": {"sentences": 607, "subject": 585, "events": 585, "exact": 513, "wrong": 0},
    "developed_on_6": {"sentences": 460, "subject": 447, "events": 451, "exact": 426, "wrong": 0},
    "developed_on_7": {"sentences": 1174, "subject": 1096, "events": 1097, "exact": 938, "wrong": 0},
}


@pytest.mark.parametrize("name", REACHED)
def test_the_reader_stays_as_good_as_it_is_on_the_sentences_it_was_developed_on(name: str) -> None:
    count, reached = score_sentences(HERE / f"{name}.jsonl"), REACHED[name]
    assert count["sentences"] == reached["sentences"]
    assert count["wrong"] <= reached["wrong"]
    for what in ("subject", "events", "exact"):
        assert count[what] >= reached[what], what
