"""Tells which questions of a sentence ask nothing, and which facts of it are only premises of a question."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rules.language.clauses import Part, Scope
from rules.language.findings import NAMING, Finding
from rules.language.matching import Matcher

#: Words that ask, without accents, and how near behind a "not" they ask nothing.
_ASKING = frozenset({"gi", "chi", "ai", "dau", "sao", "nao"})
_DENIED_WITHIN = 2
#: "giấy tờ gì đâu" says that there are none.
_NOTHING = frozenset(
    {
        *(("gi", "dau"), ("gi", "het"), ("gi", "ca"), ("gi", "cung"), ("ai", "cung"), ("ai", "het"), ("ai", "ca")),
        *(("dau", "do"), ("nao", "cung"), ("ai", "ranh")),
    }
)
#: Words that ask "or not" at the end of a thought and deny what follows elsewhere, without accents.
_OR_NOT = frozenset({"khong", "chua"})
#: Words that ask whether something is so, and those that ask whether it must be done, without accents.
_WHETHER = frozenset({"khong", "chua", "hay"})
_HAVING_TO = frozenset({"phai", "can", "nen", "duoc", "lam", "sua", "sao", "gi", "khoi", "theo", "moi"})
#: Words with which a question goes on behind "or not" ("có phải nộp không hay giữ lại").
_GOING_ON = frozenset({"hay", "hoac", "thi", "vi", "neu", "va", "de", "tai", "trong", "biet", "duoc", "nhu", "bac"})
#: Lists of words with which somebody or some time is named, so that a case is told and not only put.
_NAMING_A_CASE = (
    *("i", "me", "person", "pronoun", "title", "proper"),
    *("unit", "unit_name", "machine", "signer", "pin", "day", "now"),
)
#: Lists of words that may follow the end of a question.
_BEHIND = ("small", "title", "person", "i", "proper", "name", "me", "now", "several", "others")


class Questions:
    """Tells what is asked and what is only supposed in a question.

    Args:
        parts: The parts of the sentence.
        scopes: The words in it that change what others mean.
        matcher: Its words.
    """

    def __init__(self, parts: Sequence[Part], scopes: Sequence[Scope], matcher: Matcher) -> None:
        self._parts, self._matcher = parts, matcher
        self._asked: set[int] = set()
        self._kinds = [{scope.kind for scope in scopes if scope.part == number} for number in range(len(parts))]
        self._finished = {scope.part for scope in scopes if self._is_finish(scope)}

    def asks_nothing(self, ask: Finding) -> bool:
        """Return whether the last word of a question only denies ("chưa đưa cho ai", "đổi tên, không sáp nhập")."""
        return self._ends_in_denial(ask) or self._is_denied(ask)

    def only_asks_whether(self, ask: Finding, facts: Sequence[Finding]) -> bool:
        """Return whether a question is whether something is so ("trường có đổi tên không"), not what is to be done."""
        words = {self._matcher.words[at].bare for at in ask.match.own}
        last = self._matcher.words[max(ask.match.own)].bare
        if ask.rule.entry.ask != "what_to_do" or last not in _WHETHER or words & _HAVING_TO:
            return False
        events = (one for one in facts if one.rule.entry.fact in {"events", "merged"})
        return any(set(one.match.own) & set(ask.match.own) for one in events)

    def reason(self, finding: Finding, asks: Sequence[Finding], *, somebody: bool) -> str | None:
        """Return why a fact inside a question does not count, or ``None`` if it is told along with the question.

        Args:
            finding: The fact.
            asks: What is asked about the procedure.
            somebody: Whether anybody is named to whom it happened, or it happens to no person.
        """
        if finding.rule.entry.fact in NAMING:
            return None
        number = finding.part
        done, own = "done" in self._kinds[number], "own" in self._kinds[number]
        done = done and (own or number not in self._finished)
        self._asked = {one.part for one in asks}
        if self._is_premise(number) and not done:
            return "condition"
        if not somebody and self._is_followed(number):
            return "condition"
        if self._is_general(number):
            return "condition"
        mine = [one for one in asks if one.part == number]
        if not mine:
            return "question" if self._parts[number].asked else None
        behind = any(one.match.start >= finding.match.end for one in mine)
        return None if done or (own and behind) else "question"

    def _is_finish(self, scope: Scope) -> bool:
        """Return whether only "xong" says that it happened: plans have it too ("sáp nhập xong phải làm gì")."""
        return scope.kind == "done" and [self._matcher.words[at].bare for at in scope.match.own] == ["xong"]

    def _ends_in_denial(self, ask: Finding) -> bool:
        last = max(ask.match.own)
        word = self._matcher.words[last]
        if word.bare not in _OR_NOT or len(ask.match.own) == 1:
            return False
        part = next(one for one in self._parts if one.start <= last < one.end)
        if last == part.start and ask.match.start < part.start:
            return True
        rest = set(range(last + 1, part.end)) - self._places(_BEHIND, last + 1, part.end)
        return bool(rest) and self._matcher.words[last + 1].bare not in _GOING_ON and min(rest) == last + 1

    def _is_denied(self, ask: Finding) -> bool:
        asking = [place for place in ask.match.own if self._matcher.words[place].bare in _ASKING]
        if not asking:
            return False
        last = max(asking)
        start = self._parts[ask.part].start
        around = [word.bare for word in self._matcher.words[max(last - 1, 0) : last + 2]]
        if any(pair in _NOTHING for pair in pairwise(around)):
            return True
        return any(
            0 <= last - end <= _DENIED_WITHIN and not self._matcher.places("knowing", begin, last)
            for begin, end in self._matcher.places("not", start, last)
        )

    def _is_premise(self, number: int) -> bool:
        """Return whether a later part of the thought is a question that begins with "then" (thì)."""
        for then in self._following(number):
            if not self._parts[then].follows:
                continue
            told = self._kinds[number]
            if then == self._next(number):
                return not told & {"own", "done"} or self._asks(then)
            told = set().union(*self._kinds[self._begin(number) : then])
            return not told & {"own", "done"} and self._asks(then)
        return False

    def _is_general(self, number: int) -> bool:
        """Return whether a thought asks, and names nobody and no time ("đổi trụ sở mà giữ tên có cần làm không")."""
        begin = self._begin(number)
        end = next((at for at in range(number + 1, len(self._parts)) if self._parts[at].fresh), len(self._parts))
        if begin + 1 == end or set().union(*self._kinds[begin:end]) & {"own", "done"}:
            return False
        low, high = self._parts[begin].start, self._parts[end - 1].end
        if any(self._matcher.places(name, low, high) for name in _NAMING_A_CASE):
            return False
        return any(self._asks(at) for at in range(number + 1, end))

    def _begin(self, number: int) -> int:
        """Return the first part of the thought."""
        return next((at for at in range(number, 0, -1) if self._parts[at].fresh), 0)

    def _is_followed(self, number: int) -> bool:
        """Return whether the next part begins with "then" and asks."""
        then = self._next(number)
        return then < len(self._parts) and self._parts[then].follows and self._asks(then)

    def _asks(self, number: int) -> bool:
        return self._parts[number].asked or "question" in self._kinds[number] or number in self._asked

    def _places(self, names: Sequence[str], low: int, high: int) -> set[int]:
        return {
            at for name in names for start, end in self._matcher.places(name, low, high) for at in range(start, end)
        }

    def _following(self, number: int) -> Iterator[int]:
        for at in range(number + 1, len(self._parts)):
            if self._parts[at].fresh:
                return
            yield at

    def _next(self, number: int) -> int:
        then = number + 1
        while then < len(self._parts) and self._matcher.words[self._parts[then].start].bare == "ma":
            then += 1  # "mất token mà không báo thì có bị phạt không"
        return then
