"""The tree of units as files have it: read, checked whole, compared with what is stored."""

from bot.units.errors import FaultyUnitsError, UnitsError, UnitsFileError
from bot.units.faults import Fault
from bot.units.planning import Change, Kind, Plan, plan
from bot.units.reading import read_file, sample, samples

__all__ = [
    "Change",
    "Fault",
    "FaultyUnitsError",
    "Kind",
    "Plan",
    "UnitsError",
    "UnitsFileError",
    "plan",
    "read_file",
    "sample",
    "samples",
]
