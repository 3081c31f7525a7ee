"""A unit looked up among 11,000 by what officers type: in full, unaccented, an alias, a former name, a slip."""

from collections.abc import Iterator
from itertools import islice
from random import Random
from time import process_time

from bot.demo.province import MOST, make_province
from handlers.model import Unit, UnitDirectory
from rules.language.spelling import strip_accents
from tests.bench.result import Result

LOOKS = 300
GOAL = 5.0  #: ms


def run() -> list[Result]:
    """p95 of each way of typing, in processor time; the first look, which sorts the names once, is told apart."""
    directory = make_province(MOST, Random(1))
    start = process_time()
    directory.find("UBND xã Mẫu")
    first = process_time() - start
    begun = Result(f"unit among {MOST:,}: names made ready, once an import", first, None, "s", None, "< 2", first < 2)
    return [begun, *(_result(directory, way) for way in ("in full", "unaccented", "alias", "former name", "mistyped"))]


def _result(directory: UnitDirectory, way: str) -> Result:
    taken, missed = [], 0
    for code, text in islice(_typed(directory, way), LOOKS):
        start = process_time()
        found = directory.find(text)
        taken.append((process_time() - start) * 1000)
        meant = {unit.code for unit, _ in directory.current_units(code)}
        missed += meant.isdisjoint(one.unit.code for one in found)
    slow = sorted(taken)[int(len(taken) * 0.95)]
    name = f"unit among {MOST:,}, {way}: p95 ({missed} of {len(taken)} not found)"
    return Result(name, slow, None, "ms", None, f"under {GOAL:.0f}", slow < GOAL and missed <= len(taken) // 20)


def _typed(directory: UnitDirectory, way: str) -> Iterator[tuple[str, str]]:
    chosen = Random(7)
    units = chosen.sample(list(directory.units.values()), len(directory.units))
    for unit in units:
        for text in _texts(unit, way, chosen):
            yield unit.code, text


def _texts(unit: Unit, way: str, chosen: Random) -> tuple[str, ...]:
    if way == "alias":
        return unit.aliases[:1]
    if way == "former name":
        return (unit.name,) if unit.closed_on else unit.former_names
    if way == "unaccented":
        return (strip_accents(unit.name),)
    return (_mistyped(unit.name, chosen),) if way == "mistyped" else (unit.name,)


def _mistyped(name: str, chosen: Random) -> str:
    """With one letter of its last words doubled."""
    at = chosen.randrange(len(name) - 6, len(name))
    return name[:at] + name[at] + name[at:]
