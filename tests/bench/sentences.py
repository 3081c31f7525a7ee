"""Free sentences that nobody looked at while the patterns were written: how many are read right, and how fast."""

import time
from pathlib import Path

from rules.language import load_language, read
from tests.bench.result import Result
from tests.support.labelled_sentences import read_texts, score_sentences

#: Written and labelled by somebody else than the patterns. Whoever works on the patterns leaves this file closed.
KEPT_APART = Path(__file__).with_name("sentences_kept_apart.jsonl")
LEAST_SHARE, MOST_MILLISECONDS = 90.0, 5.0


def run() -> list[Result]:
    """Shares of the set kept apart, its wrong facts, and the time of a sentence."""
    count = score_sentences(KEPT_APART)
    total = count["sentences"]
    results = [
        _share(f"subjects right in {total} sentences kept apart", 100 * count["subject"] / total),
        _share(f"events right in {total} sentences kept apart", 100 * count["events"] / total),
        Result("the same: facts that nobody stated", count["wrong"], None, "", None, "0", count["wrong"] == 0),
    ]
    return [*results, _time()]


def _share(name: str, share: float) -> Result:
    return Result(name, share, None, "%", None, f"at least {LEAST_SHARE:.0f}", share >= LEAST_SHARE)


def _time() -> Result:
    language, texts = load_language(), read_texts(KEPT_APART)
    read(texts[0], language)
    begun = time.process_time()
    for text in texts:
        read(text, language)
    each = (time.process_time() - begun) / len(texts) * 1000
    return Result("a sentence read", each, None, "ms", None, f"under {MOST_MILLISECONDS:.0f}", each < MOST_MILLISECONDS)
