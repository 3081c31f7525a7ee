"""What an export says about itself: what was asked for, when, by whom in which role; never a name."""

from dataclasses import dataclass
from importlib.metadata import version

from bot.exports.model import Order
from handlers.dates import day, moment
from handlers.office.model import Filter
from handlers.office.rights import ROLES
from handlers.office.units import UnitDirectory
from handlers.requests.words import PROCEDURES, STATES
from locales import N_, Translator


@dataclass(frozen=True, slots=True)
class About:
    """An order, and how many requests it reads."""

    order: Order
    count: int

    @property
    def t(self) -> Translator:
        """Of its language."""
        return self.order.t

    @property
    def units(self) -> UnitDirectory:
        """As they were when it was ordered."""
        return self.order.rights.units

    def lines(self) -> list[tuple[str, str]]:
        """Labels and what stands behind them."""
        t, order = self.t, self.order
        return [
            (t(N_("Filter")), in_words(order.wanted, self.units, t)),
            (t(N_("Exported at")), moment(order.now)),
            (t(N_("Requests in this file")), str(self.count)),
            (t(N_("Exported by")), ", ".join(t(ROLES[grant.role]) for grant in order.rights.grants)),
            (t(N_("Program")), f"troly {version('troly-chung-thu')}"),
        ]


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
