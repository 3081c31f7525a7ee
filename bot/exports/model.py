"""What an export says about itself: what was asked for, when, by whose role; never a name."""

from dataclasses import dataclass
from importlib.metadata import version

from bot.exports.model import Order
from handlers.dates import moment
from handlers.office.filter_words import in_words
from handlers.office.rights import MACHINE, ROLES, Grant
from handlers.office.units import UnitDirectory
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

    def _format_holder(self, grant: Grant) -> str:
        """A role with its code, which the journal knows too; the operator has none."""
        role = self.t(ROLES[grant.role])
        return role if grant.id == MACHINE else f"{role} {grant.id}"

    def lines(self) -> list[tuple[str, str]]:
        """Labels and what stands behind them."""
        t, order = self.t, self.order
        return [
            (t(N_("Filter")), in_words(order.wanted, self.units, t)),
            (t(N_("Exported at")), moment(order.now)),
            (t(N_("Requests in this file")), str(self.count)),
            (t(N_("Exported by")), ", ".join(self._format_holder(grant) for grant in order.rights.grants)),
            (t(N_("Program")), f"troly {version('troly-chung-thu')}"),
        ]
