"""What the program writes where it was started is never offered to be committed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from locales import LANGUAGES, N_, translator
from rules.language.spelling import fold

ROOT = Path(__file__).resolve().parents[3]
LISTS = [fold(translator(language)(N_("Request list"))).replace(" ", "-") for language in LANGUAGES]


@pytest.mark.skipif(not (ROOT / ".git").exists() or shutil.which("git") is None, reason="no clone")
@pytest.mark.parametrize(
    "name",
    [
        "du-lieu-cua-toi.json",
        "du-lieu-cua-toi (2).txt",
        *(f"{stem}{end}" for stem in LISTS for end in (".xlsx", "-1-3.csv", " (2).jsonl", ".zip")),
        "thong-ke-2025-07-01.png",
        "B12-2025-07-01.xlsx",
    ],
)
def test_data_of_persons_that_the_terminal_saves_are_ignored(name: str) -> None:
    assert subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False).returncode == 0
