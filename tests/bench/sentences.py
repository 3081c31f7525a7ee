"""Free sentences: how many are read right of those nobody looked at while the patterns were written, and how fast."""

import time
from pathlib import Path

from rules.language import load_language, read
from tests.bench.result import Result
from tests.support.labelled_sentences import read_texts, score_sentences

#: Written and labelled by somebody else than the patterns. Whoever works on the patterns leaves this file closed.
KEPT_APART = Path(__file__).with_name("sentences_kept_apart.jsonl")
#: The set that was kept apart before. The patterns may be written from it, so that its figures prove nothing.
SEEN = Path(__file__).with_name("sentences_seen.jsonl")
LEAST_SHARE, MOST_MILLISECONDS = 90.0, 5.0


def run() -> list[Result]:
    """Shares and wrong facts of the set kept apart and, without a goal, of the set seen; the time of a sentence."""
    return [*_figures(KEPT_APART, "kept apart", aimed=True), *_figures(SEEN, "seen", aimed=False), _time()]


def _figures(path: Path, which: str, *, aimed: bool) -> list[Result]:
    count = score_sentences(path)
    total, wrong = count["sentences"], count["wrong"]
    least = {"subject": LEAST_SHARE, "events": LEAST_SHARE} if aimed else {}
    shares = [
        _share(f"{name} right in {total} sentences {which}", 100 * count[what] / total, least.get(what))
        for what, name in (("subject", "subjects"), ("events", "events"), ("intent", "intents"), ("asks", "asks"))
    ]
    nobody = f"facts that nobody stated in {total} sentences {which}"
    return [*shares, Result(nobody, wrong, None, "", None, "0" if aimed else "", not aimed or wrong == 0)]


def _share(name: str, share: float, least: float | None) -> Result:
    goal = "" if least is None else f"at least {least:.0f}"
    return Result(name, share, None, "%", None, goal, least is None or share >= least)


def _time() -> Result:
    language, texts = load_language(), read_texts(KEPT_APART)
    read(texts[0], language)
    begun = time.process_time()
    for text in texts:
        read(text, language)
    each = (time.process_time() - begun) / len(texts) * 1000
    return Result("a sentence read", each, None, "ms", None, f"under {MOST_MILLISECONDS:.0f}", each < MOST_MILLISECONDS)
