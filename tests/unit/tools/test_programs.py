"""What a bare machine needs for the tests: brought by one script, or named by every test that is skipped for it."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.programs import PACKAGES, needs

SCRIPT = Path(__file__).resolve().parents[3] / "tools" / "programs.sh"


def without_programs(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The script on a machine that has a shell and two commands, and neither apt-get nor what the tests need."""
    folder.mkdir()
    for name in ("id", "sh"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    script = folder.parent / "tools" / SCRIPT.name  # beside it nothing was unpacked yet
    script.parent.mkdir()
    script.write_text(SCRIPT.read_text())
    environment = {"PATH": str(folder), **more}
    return subprocess.run(["/bin/sh", str(script)], env=environment, capture_output=True, text=True, check=False)


def test_the_script_brings_what_the_tests_name() -> None:
    named = dict(re.findall(r"^(?:PROGRAMS='|UNPACKED=')?([\w-]+):([\w \-]+?)'?$", SCRIPT.read_text(), re.MULTILINE))

    assert named == PACKAGES


def test_where_nothing_can_be_installed_the_command_is_named_and_the_tests_go_on(tmp_path: Path) -> None:
    done = without_programs(tmp_path / "bin")

    assert done.returncode == 0
    assert "sudo apt-get install" in done.stderr
    assert all(package in done.stderr for packages in PACKAGES.values() for package in packages.split())


@pytest.mark.parametrize(("ci", "skipped"), [("", True), ("true", False)])
def test_a_test_without_its_program_is_skipped_with_the_command_but_never_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, *, skipped: bool
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", os.devnull)

    mark = needs("soffice").mark

    assert mark.args == (skipped,)
    assert "apt-get install libreoffice-calc-nogui" in mark.kwargs["reason"]
