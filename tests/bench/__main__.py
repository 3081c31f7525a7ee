"""Run benches, show their table, keep it in ``bench-results.jsonl``; exit 1 where a goal does not hold.

What was measured is kept after each bench: all of them take more than an hour.
"""

import importlib
import json
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from tests.bench.result import Result

RESULTS = Path("bench-results.jsonl")
COLUMNS = ("what", "ours", "peer", "unit", "ratio", "goal", "holds")


def known() -> list[str]:
    """Modules beside this one that have a ``run``."""
    folder = Path(__file__).parent
    modules = [module.name for module in pkgutil.iter_modules([str(folder)])]
    return [name for name in modules if "\ndef run(" in (folder / f"{name}.py").read_text()]


def measure(name: str, console: Console) -> list[Result]:
    """The results of one bench; one that breaks is a goal that does not hold, and the others still run."""
    console.print(f"[dim]{name} ...[/dim]")
    begun = perf_counter()
    try:
        results: list[Result] = importlib.import_module(f"tests.bench.{name}").run()
    except Exception:  # noqa: BLE001 - a bench may break in any way
        traceback.print_exc()
        return [Result(name, float("nan"), None, "", None, "runs to its end", holds=False)]
    finally:
        console.print(f"[dim]{name}: {perf_counter() - begun:.0f} s[/dim]")
    return results


def table(results: Sequence[Result]) -> Table:
    drawn = Table(*COLUMNS[:1])
    for column in COLUMNS[1:]:
        drawn.add_column(column, justify="right" if column in {"ours", "peer", "ratio"} else "left")
    for one in results:
        numbers = (_number(one.ours), _number(one.peer), one.unit, _number(one.ratio))
        drawn.add_row(one.name, *numbers, one.goal, "yes" if one.holds else "[bold red]no[/bold red]")
    return drawn


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"


def main(names: Sequence[str]) -> int:
    benches = known()
    if unknown := sorted(set(names) - set(benches)):
        sys.stderr.write(f"No such bench: {', '.join(unknown)}. There are: {', '.join(benches)}.\n")
        return 2
    console = Console()
    results: list[Result] = []
    for name in names or benches:
        results += measure(name, console)
        RESULTS.write_text("".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in results))
    console.print(table(results))
    return 0 if all(one.holds for one in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
