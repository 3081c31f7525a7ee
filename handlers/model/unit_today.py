"""Compare a certificate with the unit of today: whose it is, and what happened by the fate of former units."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from handlers.model.certificate import Certificate
from handlers.model.unit import (
    Succession,
    SuccessionKind,
    Unit,
    expand_short_forms,
    find_signing_place,
    matches_unit,
    name_keys,
)
from handlers.model.unit_directory import UnitDirectory
from rules.area import Location
from rules.facts import Event, Subject

#: What a succession is to the body itself; nothing is said of a body that only ceased.
_EVENT_OF_BODY = {
    SuccessionKind.MERGED_INTO_NEW: Event.MERGED_INTO_NEW,
    SuccessionKind.MERGED_INTO_EXISTING: Event.MERGED_INTO_EXISTING,
    SuccessionKind.RENAMED: Event.RENAMED,
    SuccessionKind.SPLIT: Event.SPLIT,
}


#: What the name of an authority begins with. One that is not ours is another body's, though no list names it.
_AUTHORITIES = ("uy ban nhan dan ", "so ")


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
        return self.units.line(self.code)

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
            # What was below a district that was split, and became another unit, went there.
            children = [
                one
                for one in self.units.children(waiting.pop())
                if one.code in self.paths or not self.units.successors(one.code)
            ]
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
    def _related_names(self) -> list[str]:
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
        if (found := self._by_exact_name(certificate)) is not None:
            return not found
        if self._is_other_authority(certificate):
            return True
        if bodies & self._above_keys:
            return False  # a body above ours holds others too: the words do not decide it
        if any(matches_unit(certificate, name) is not False for name in self._related_names):
            return False
        return not bodies & _keys(self._related_names)

    @cached_property
    def _own_codes(self) -> set[str]:
        return {self.code, *self.paths, *(unit.code for unit in self._below)}

    @cached_property
    def _above_codes(self) -> set[str]:
        return {unit.code for code in (self.code, *self.paths) for unit in self.units.ancestors(code)} - self._own_codes

    def _by_exact_name(self, certificate: Certificate) -> bool | None:
        """Return whether a name of the list says that it is ours; its own body says more than the one above it.

        A name that a unit elsewhere bears too, such as that of an office, decides nothing.
        """
        for place, names in enumerate((_own_bodies(certificate), [certificate.superior or ""])):
            bearers = [codes for name in names if (codes := self.units.find_exact(name))]
            if any(codes <= self._own_codes for codes in bearers):
                return True
            is_subscriber = place == 0 and certificate.subscriber is Subject.ORGANISATION
            allowed = self._own_codes if is_subscriber else self._own_codes | self._above_codes
            if any(codes.isdisjoint(allowed) for codes in bearers):
                return False
        return None

    def _is_other_authority(self, certificate: Certificate) -> bool:
        """Return whether it is of an authority that no list names and no name of ours may mean.

        Where the list does not say which units became this one, the authority may be one of those.
        """
        if not (self.paths or self.unit.former_names):
            own = expand_short_forms(self.unit.body)
            kinds = tuple(one for one in _AUTHORITIES[1:] if not own.startswith(one))
        else:
            kinds = _AUTHORITIES
        named = [name for name in _own_bodies(certificate) if not _keys([name]) & self._above_keys]
        strange = bool(kinds) and any(expand_short_forms(name).startswith(kinds) for name in named)
        return strange and all(matches_unit(certificate, name) is False for name in self._related_names)

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


def _own_bodies(certificate: Certificate) -> list[str]:
    named = [certificate.name] if certificate.subscriber is not Subject.INDIVIDUAL else []
    return [*named, *certificate.units]


def _bodies(certificate: Certificate) -> list[str]:
    return [*_own_bodies(certificate), *([certificate.superior] if certificate.superior else [])]


def _keys(names: Iterable[str]) -> set[str]:
    return {key for name in names for key in name_keys(name) if key}


def locate_unit(units: UnitDirectory, code: str | None) -> Location:
    """Return what the tree tells of a unit: its names and those of all units above it."""
    line = [unit for one in units.line(code) if (unit := units.get(one))]
    return Location(tuple(name for unit in line for name in (*unit.aliases, unit.name)), complete=bool(line))


def locate_certificate(certificate: Certificate | None, unit: str | None = None) -> Location:
    """Return what a certificate tells of its holder's body, beside the name of a unit that was typed.

    The name of a person is no place, though it may sound like one.
    """
    if certificate is None:
        return Location((unit,) if unit else ())
    own = () if certificate.subscriber is Subject.INDIVIDUAL else (certificate.name,)
    above = (*reversed(certificate.units), *([certificate.superior] if certificate.superior else []))
    direct = next(iter(above), None)
    return Location((*([unit] if unit else []), *own, *above), certificate.locality, direct)
