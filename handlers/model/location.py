"""Where a body is, as the tree of units or a certificate tells it: whether the rules of a locality hold for it."""

from handlers.model.certificate import Certificate
from handlers.model.unit_directory import UnitDirectory
from rules.area import Location
from rules.facts import Subject


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
