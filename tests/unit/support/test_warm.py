"""The processes of the program are forked from a warm one, and none is forgotten."""

from pathlib import Path

from tests.support import warm

ROOT = Path(__file__).resolve().parents[3]


def test_every_module_that_the_program_runs_as_a_process_is_imported_beforehand() -> None:
    found = [path for path in ROOT.glob("bot/**/*.py") if 'if __name__ == "__main__"' in path.read_text("utf-8")]
    run = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in found if path.stem != "__main__"}
    assert run == set(warm._WORKERS)
