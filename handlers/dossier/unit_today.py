"""What a certificate says against the unit of today: whose it is, and what happened by the fate of former units."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from handlers.model import (
    Certificate,
    Succession,
    SuccessionKind,
    Unit,
    UnitDirectory,
    find_signing_place,
    matches_unit,
    name_keys,
)
from rules.facts import Event, Subject

#: What a succession is to the body itself; nothing is said of a body that only ceased.
_EVENT_OF_BODY = {
    SuccessionKind.MERGED_INTO_NEW: Event.MERGED_INTO_NEW,
    SuccessionKind.MERGED_INTO_EXISTING: Event.MERGED_INTO_EXISTING,
    SuccessionKind.RENAMED: Event.RENAMED,
    SuccessionKind.SPLIT: Event.SPLIT,
}


@dataclass(frozen=True)
class UnitToday:
    """A unit with the former units that became it, and those below and above them."""

    units: UnitDirectory
    code: str
    today: date

    @property
    def unit(self) -> Unit:
        """Return the unit itself."""
        return self.units.units[self.code]

    @property
    def line(self) -> tuple[str, ...]:
        """Return the codes of the unit and of those above it, the nearest first."""
        return (self.code, *(above.code for above in self.units.ancestors(self.code)))

    @property
    def superior(self) -> str:
        """Return the body above the unit, or an empty text."""
        above = self.units.get(self.unit.parent)
        return above.body if above else ""

    @property
    def signing_place(self) -> str:
        """Return the place before the date of its papers, as far as the names of units tell it."""
        return find_signing_place([self.unit.name, *(above.name for above in self.units.ancestors(self.code))])

    @cached_property
    def paths(self) -> dict[str, tuple[Succession, ...]]:
        """Return the successions from each former unit to this one, by the former unit's code."""
        found: dict[str, tuple[Succession, ...]] = {}
        waiting: list[tuple[str, tuple[Succession, ...]]] = [(self.code, ())]
        while waiting:
            code, path = waiting.pop()
            for step in self._steps_to.get(code, ()):
                if step.former != self.code and step.former not in found:
                    found[step.former] = (step, *path)
                    waiting.append((step.former, found[step.former]))
        return found

    @cached_property
    def _steps_to(self) -> dict[str, list[Succession]]:
        found: dict[str, list[Succession]] = {}
        for step in self.units.successions:
            found.setdefault(step.successor, []).append(step)
        return found

    @cached_property
    def _below(self) -> list[Unit]:
        """Return the units below this one and below the former ones."""
        found, waiting = list[Unit](), [self.code, *self.paths]
        while waiting:
            children = self.units.children(waiting.pop())
            found += children
            waiting += [child.code for child in children if child.code not in self.paths]
        return found

    @cached_property
    def _own_keys(self) -> set[str]:
        return _keys(self.unit.names[: 1 + len(self.unit.aliases)])

    @cached_property
    def _former_keys(self) -> dict[str, str | None]:
        """Return the keys of former names: of this unit itself, and of the units that became it."""
        found: dict[str, str | None] = dict.fromkeys(_keys(self.unit.former_names))
        for code in self.paths:
            unit = self.units.get(code)
            found |= dict.fromkeys(_keys(unit.names) if unit else (), code)
        return {key: code for key, code in found.items() if key not in self._own_keys}

    @cached_property
    def _related(self) -> list[str]:
        formers = [unit for code in self.paths if (unit := self.units.get(code))]
        return [name for unit in (self.unit, *formers, *self._below) for name in unit.names]

    @cached_property
    def _above_keys(self) -> set[str]:
        codes = (self.code, *self.paths)
        return {key for code in codes for unit in self.units.ancestors(code) for key in _keys(unit.names)}

    def names_former(self, certificate: Certificate) -> bool:
        """Return whether the certificate bears a former name, as its own name or as that of the body above it."""
        return any(key in self._former_keys for key in _keys(_bodies(certificate)))

    def is_the_unit(self, certificate: Certificate) -> bool:
        """Return whether the name on the certificate is that of this unit, today or before."""
        return any(key in self._own_keys or key in self._former_keys for key in _keys([certificate.name]))

    def is_of_other_unit(self, certificate: Certificate) -> bool:
        """Return whether everything that the certificate names is surely another body than this unit and its own."""
        bodies = _keys(_bodies(certificate))
        if bodies & self._above_keys:
            return False  # a body above ours holds others too: the words do not decide it
        if any(matches_unit(certificate, name) is not False for name in self._related):
            return False
        return not bodies & _keys(self._related)

    def events_for(self, certificate: Certificate, subject: Subject | None) -> list[Event] | None:
        """Return what happened to the subscriber by the fate of former units; ``None`` where that says nothing.

        Belonging to a unit is not being it: for a school whose commune was merged only the superior changed.
        """
        own = [self._former_keys[key] for key in _keys([certificate.name]) if key in self._former_keys]
        if subject is Subject.ORGANISATION and own:
            steps = self.paths.get(own[0] or "", ())
            events = dict.fromkeys(event for step in steps if (event := _EVENT_OF_BODY.get(step.became)))
            renamed = [Event.RENAMED] if own[0] is None else None
            return list(events) or renamed
        if not self.names_former(certificate):
            return None
        if subject is Subject.INDIVIDUAL:
            return [Event.UNIT_REORGANISED]
        return [Event.SUPERIOR_CHANGED] if subject is Subject.ORGANISATION else None


def _bodies(certificate: Certificate) -> list[str]:
    named = [certificate.name] if certificate.subscriber is not Subject.INDIVIDUAL else []
    return [*named, *certificate.units, *([certificate.superior] if certificate.superior else [])]


def _keys(names: Iterable[str]) -> set[str]:
    return {key for name in names for key in name_keys(name) if key}
