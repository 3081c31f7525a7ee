"""A filter of the request list in words."""

from datetime import date

from handlers.dates import day
from handlers.office.model import Filter
from handlers.office.units import UnitDirectory
from handlers.requests.words import PROCEDURES, STATES
from locales import N_, Translator

#: From a day on, until a day, between two.
_REGISTERED = (N_("registered from {first}"), N_("registered until {last}"), N_("registered from {first} to {last}"))
#: When a certificate ends, for ``between``.
ENDS = (
    N_("certificate ends from {first}"),
    N_("certificate ends until {last}"),
    N_("certificate ends from {first} to {last}"),
)


def in_words(wanted: Filter, units: UnitDirectory, t: Translator) -> str:
    """A filter for a person to read."""
    parts = (
        t(N_("unit: {unit} and below"), unit=units.name(wanted.unit)) if wanted.unit else "",
        _listed(t(N_("procedure")), [t(PROCEDURES[one]) for one in wanted.procedures if one in PROCEDURES]),
        _listed(t(N_("state")), [t(STATES[one]) for one in wanted.states]),
        between(t, _REGISTERED, wanted.since, wanted.until),
        between(t, ENDS, wanted.expires_from, wanted.expires_until),
        t(N_("words: {text}"), text=wanted.text) if wanted.text else "",
    )
    return "; ".join(part for part in parts if part) or t(N_("none: all requests within reach"))


def between(t: Translator, words: tuple[str, str, str], first: date | None, last: date | None) -> str:
    """From a day on, until a day, or both; ``words`` in that order."""
    since, until, both = words
    if first and last:
        return t(both, first=day(first), last=day(last))
    if first:
        return t(since, first=day(first))
    return t(until, last=day(last)) if last else ""


def _listed(label: str, words: list[str]) -> str:
    return f"{label}: {', '.join(words)}" if words else ""
