import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.bench import __main__ as runner
from tests.bench.result import Result

HELD = Result("a decision", 2.0, 30.0, "µs", 15.0, "10 times faster", holds=True)
MISSED = Result("một lượt", 3.0, None, "ms", None, "under 2", holds=False)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, Callable[[], list[Result]]], None]:
    """Put a bench in place; results are written into a folder of the test."""
    names: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "known", lambda: names)

    def put(name: str, run: Callable[[], list[Result]]) -> None:
        module = ModuleType(name)
        module.run = run  # type: ignore[attr-defined]  # a bench is a module with a run()
        monkeypatch.setitem(sys.modules, f"tests.bench.{name}", module)
        names.append(name)

    return put


Bench = Callable[[str, Callable[[], list[Result]]], None]


def test_results_are_shown_and_kept_one_a_line(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench("decision", lambda: [HELD])
    assert runner.main([]) == 0
    [line] = Path("bench-results.jsonl").read_text().splitlines()
    assert json.loads(line)["ratio"] == 15.0
    assert "a decision" in capsys.readouterr().out


def test_a_goal_that_does_not_hold_fails_the_run(bench: Bench) -> None:
    bench("decision", lambda: [HELD])
    bench("turn", lambda: [MISSED])
    assert runner.main([]) == 1
    assert runner.main(["decision"]) == 0


def test_a_bench_that_breaks_fails_the_run_and_not_the_others(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    def breaks() -> list[Result]:
        raise RuntimeError("no peer")

    bench("broken", breaks)
    bench("decision", lambda: [HELD])
    assert runner.main([]) == 1
    assert len(Path("bench-results.jsonl").read_text().splitlines()) == 2
    assert "no peer" in capsys.readouterr().err


def test_an_unknown_name_is_refused_with_those_there_are(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench("decision", lambda: [HELD])
    assert runner.main(["decisions"]) == 2
    assert "There are: decision." in capsys.readouterr().err


def test_benches_are_the_modules_that_can_run() -> None:
    assert {"telegram", "chats", "desk", "export", "units"} <= set(runner.known())
    assert not {"result", "__main__", "telegram_peer", "province"} & set(runner.known())


@pytest.mark.parametrize("name", runner.known())
def test_every_bench_can_be_imported(name: str) -> None:
    assert callable(importlib.import_module(f"tests.bench.{name}").run)
