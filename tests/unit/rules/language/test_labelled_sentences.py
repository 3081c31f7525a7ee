"""Sentences that people labelled: the reader must stay as good on them as it has become, and never guess more."""

from pathlib import Path

import pytest

from tests.support.labelled_sentences import score_sentences

HERE = Path(__file__).parent
#: Sets on which the patterns were developed, with the shares that are reached, and facts that no label holds.
REACHED = {
    "developed_on_1": {"sentences": 403, "subject": 392, "events": 384, "exact": 352, "wrong": 0},
    "developed_on_2": {"sentences": 400, "subject": 386, "events": 387, "exact": 361, "wrong": 0},
    "developed_on_3": {"sentences": 142, "subject": 140, "events": 140, "exact": 132, "wrong": 0},
    "developed_on_4": {"sentences": 55, "subject": 52, "events": 51, "exact": 40, "wrong": 4},
}


@pytest.mark.parametrize("name", REACHED)
def test_the_reader_stays_as_good_as_it_is_on_the_sentences_it_was_developed_on(name: str) -> None:
    count, reached = score_sentences(HERE / f"{name}.jsonl"), REACHED[name]
    assert count["sentences"] == reached["sentences"]
    assert count["wrong"] <= reached["wrong"]
    for what in ("subject", "events", "exact"):
        assert count[what] >= reached[what], what
