"""A filter of the request list in words."""

from handlers.dates import day
from handlers.office.model import Filter
from handlers.office.units import UnitDirectory
from handlers.requests.words import PROCEDURES, STATES
from locales import N_, Translator


def in_words(wanted: Filter, units: UnitDirectory, t: Translator) -> str:
    """A filter for a person to read."""
    parts = (
        t(N_("unit: {unit} and below"), unit=units.name(wanted.unit)) if wanted.unit else "",
        _listed(t(N_("procedure")), [t(PROCEDURES[one]) for one in wanted.procedures if one in PROCEDURES]),
        _listed(t(N_("state")), [t(STATES[one]) for one in wanted.states]),
        t(N_("registered from {day}"), day=day(wanted.since)) if wanted.since else "",
        t(N_("registered until {day}"), day=day(wanted.until)) if wanted.until else "",
        t(N_("certificate ends from {day}"), day=day(wanted.expires_from)) if wanted.expires_from else "",
        t(N_("certificate ends until {day}"), day=day(wanted.expires_until)) if wanted.expires_until else "",
        t(N_("words: {text}"), text=wanted.text) if wanted.text else "",
    )
    return "; ".join(part for part in parts if part) or t(N_("none: all requests within reach"))


def _listed(label: str, words: list[str]) -> str:
    return f"{label}: {', '.join(words)}" if words else ""
