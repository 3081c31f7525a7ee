"""The tree of units as files have it: read, checked whole, compared with what is stored."""

from bot.units.errors import FaultyUnitsError, UnitsError, UnitsFileError
from bot.units.faults import Fault
from bot.units.planning import Change, Kind, Plan, Rename, UnderstoodDay, plan
from bot.units.reading import Notes, UnitList, open_list, read_file, sample, samples

__all__ = [
    "Change",
    "Fault",
    "FaultyUnitsError",
    "Kind",
    "Notes",
    "Plan",
    "Rename",
    "UnderstoodDay",
    "UnitList",
    "UnitsError",
    "UnitsFileError",
    "open_list",
    "plan",
    "read_file",
    "sample",
    "samples",
]
