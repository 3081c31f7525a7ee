"""Our figures are those of RapidFuzz."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz, process

from handlers import similarity

TEXTS = st.text(st.sampled_from("abcđế  z"), max_size=90)


@given(TEXTS, TEXTS)
@pytest.mark.parametrize("name", ["ratio", "token_sort_ratio", "token_set_ratio"])
def test_two_texts_are_as_alike_as_rapidfuzz_says(name: str, one: str, other: str) -> None:
    assert getattr(similarity, name)(one, other) == getattr(fuzz, name)(one, other)


@given(TEXTS, st.lists(TEXTS, max_size=30), st.sampled_from([0.0, 50.0, 78.0, 100.0]), st.integers(1, 5))
def test_the_most_similar_texts_are_those_of_rapidfuzz_in_its_order(
    text: str, others: list[str], cutoff: float, limit: int
) -> None:
    theirs = process.extract(text, others, scorer=fuzz.ratio, score_cutoff=cutoff, limit=limit)
    ours = similarity.most_similar(text, others, cutoff=cutoff, limit=limit)
    assert [tuple(one) for one in ours] == [(name, score) for name, score, _ in theirs]
