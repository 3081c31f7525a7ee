"""Conditions of queries: over requests from a filter of the list, over chats from an audience."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from bot.store.context import StoreContext
from bot.store.drivers import Query, to_micros
from bot.store.drivers.kept_counts import asked_number, left_number
from bot.store.sealing import Keyring, sealed_columns
from handlers.model import Audience, Filter, Reach
from rules.calendar import VIETNAM, to_vietnam_day
from rules.language.spelling import fold


def scope_conditions(reach: Reach, condition: str = "within_reach") -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return conditions and their parameters; none where everything is within reach.

    Raises:
        ValueError: nothing is within reach: the caller has to say so instead of querying.
    """
    if not reach:
        raise ValueError("nothing is within reach")
    return ((), {}) if reach.everything else ((condition,), {"reach": json.dumps(reach.units)})


#: The word of a request that lacks the serial number; nobody can type it, because folded words hold no such sign.
NO_SERIAL = "\0serial"
#: A word that so many requests have is a common one: it is quicker to ask each request for it than to list them.
COMMON_WORD_COUNT = 20_000
#: Nothing that is registered has so many words; SQLite would refuse to look for many more.
_MOST_WORDS = 2_000
#: Conditions that an index answers best, and what they are called where requests are asked one by one.
_ONE_BY_ONE = {name: f"{name}_one_by_one" for name in ("within_reach", "within_one")}


class _WordIndex(NamedTuple):
    """The digests that a search uses, and the conditions that look for them in a request's list."""

    digest: Callable[[Keyring, str], str]
    others: str
    common: str


_ANY_WORD = _WordIndex(sealed_columns.word_digest, "with_words", "with_common_words")
_OPEN_WORD = _WordIndex(sealed_columns.open_word_digest, "with_open_words", "with_common_open_words")


@dataclass(frozen=True, slots=True)
class QueryConditions:
    """Conditions with their parameters."""

    where: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def with_condition(self, condition: str, **parameters: object) -> "QueryConditions":
        """Add a condition."""
        return QueryConditions((*self.where, condition), {**self.parameters, **parameters})

    def with_other_condition(self, condition: str, other: str) -> "QueryConditions":
        """Put another condition in the place of one, with the same parameters."""
        return QueryConditions(tuple(other if name == condition else name for name in self.where), self.parameters)

    def for_scan(self) -> "QueryConditions":
        """Return the same conditions for a plan that goes through the requests in their order."""
        return QueryConditions(tuple(_ONE_BY_ONE.get(name, name) for name in self.where), self.parameters)

    def to_query(self, query: str, **parameters: object) -> Query:
        """Return the query under these conditions."""
        return Query(query, {**self.parameters, **parameters}, where=self.where)


async def request_conditions(
    context: StoreContext, reach: Reach, wanted: Filter, *, personal_words: bool
) -> QueryConditions | None:
    """Select the requests of a filter within reach.

    Args:
        context: the transaction.
        reach: the requests that may be touched (``Rights.reach``), already narrowed to the filter's unit.
        wanted: the filter; its unit is not read here.
        personal_words: whether words are looked for in names and serial numbers too (``Rights.may_search``).

    Returns:
        The conditions; ``None`` where no request can meet them.
    """
    if not reach:
        return None
    found = (
        QueryConditions().with_condition("within_one", top=reach.units[0])
        if len(reach.units) == 1
        else QueryConditions(*scope_conditions(reach))
    )
    if wanted.codes:  # few: the index of units would bring far more
        found = found.for_scan().with_condition("coded_among", codes=json.dumps(wanted.codes))
    for condition, values in _filter_conditions(context.keyring, wanted):
        found = found.with_condition(condition, **values)
    by = _ANY_WORD if personal_words else _OPEN_WORD
    words = sorted({by.digest(context.keyring, word) for word in fold(wanted.text).split()})
    return await _add_words(context, found, words, by) if words else found


def _filter_conditions(keyring: Keyring, wanted: Filter) -> Iterator[tuple[str, dict[str, Any]]]:
    if wanted.procedures:
        yield "of_procedure", {"procedures": json.dumps(wanted.procedures)}
    if wanted.states:
        yield "in_state", {"states": json.dumps(wanted.states)}
    if wanted.since is not None:
        yield "registered_since", {"since": start_of_day(wanted.since)}
    if wanted.until is not None and wanted.until < date.max:
        yield "registered_before", {"until": start_of_day(wanted.until + timedelta(days=1))}
    if wanted.expires_from is not None:
        yield "expires_since", {"expires_from": wanted.expires_from.toordinal()}
    if wanted.expires_until is not None:
        yield "expires_until", {"expires_until": wanted.expires_until.toordinal()}
    if wanted.without_unit:
        yield "without_unit", {}
    if wanted.incomplete:
        yield "incomplete", {"no_serial": sealed_columns.open_word_digest(keyring, NO_SERIAL)}
    if wanted.changed_at is not None:
        yield "changed_at", {"changed_at": to_micros(wanted.changed_at)}


def start_of_day(day: date) -> int:
    """Return when a day begins in Viet Nam, in microseconds."""
    return to_micros(datetime.combine(day, time(), VIETNAM))


async def _add_words(
    context: StoreContext, found: QueryConditions, words: Sequence[str], by: _WordIndex
) -> QueryConditions | None:
    """Add words: the rarest leads, by the list of its requests; where all are common, each request is asked.

    One pattern asks a request for all of them at once: there they stand in this very order.
    """
    if len(words) > _MOST_WORDS:
        return None
    asked = {"words": json.dumps(words), "enough": COMMON_WORD_COUNT}
    (counted,) = await context.ask(Query("count_words", asked, wide=True))
    number, rarest = min((number, word) for word, number in counted)
    found, pattern = found.for_scan(), f"%{'%'.join(words)}%"
    if number >= COMMON_WORD_COUNT:
        return found.with_condition(by.common, pattern=pattern)
    found = found.with_condition("with_rare_word", word=rarest)
    return found.with_condition(by.others, pattern=pattern) if len(words) > 1 else found


#: One person may get so many reminders within this time.
WEEK = timedelta(days=7)


def audience_conditions(audience: Audience, reach: Reach, now: datetime) -> QueryConditions | None:
    """Return the conditions for those of an audience who are within a reach at this moment; ``None``: there is nobody.

    A list of chats is not among the conditions: it may be long, and ``AudienceReader`` goes through it page by page.
    """
    if not reach or audience.chats == ():
        return None
    found = (
        QueryConditions().with_condition("within_one", top=reach.units[0])
        if len(reach.units) == 1
        else QueryConditions(*scope_conditions(reach))
    )
    for condition, values in _audience_conditions(audience, to_vietnam_day(now)):
        found = found.with_condition(condition, **values)
    return found


def _audience_conditions(audience: Audience, today: date) -> Iterator[tuple[str, dict[str, Any]]]:
    if audience.unit is not None:
        yield "below_unit", {"below": audience.unit}
    if audience.is_by_role:
        yield "with_role", {"role": audience.role}
    else:
        yield "agreed", {}
    if audience.to_do:
        yield "has_to_do", {}
    if audience.unfinished:
        yield "has_unfinished", {}
    if audience.owed:
        yield "owes", {"owed": left_number(audience.owed)}
    if audience.states:
        yield "has_request", {"states": asked_number(audience.states)}
    if (window := audience.expiry_window(today)) is not None:
        yield "has_certificate", {"ends_from": window[0].toordinal(), "ends_until": window[1].toordinal()}
    if audience.channel is not None:
        yield "over_channel", {"channel": audience.channel, "channels": f"{audience.channel}:"}
    if (since := audience.silent_before(today)) is not None:
        yield "silent_before", {"silent_before": start_of_day(since)}
