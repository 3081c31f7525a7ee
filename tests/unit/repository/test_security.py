"""Every test and every command that docs/security.md names exists."""

import ast
import re
from pathlib import Path

import pytest

from bot.cli import main

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
PROOFS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))
COMMANDS = sorted(set(re.findall(r"`troly ((?:[a-z]+)(?: [a-z]+)?)", TEXT)))


def test_it_names_proofs_and_stands_in_the_readme() -> None:
    assert len(PROOFS) > 20
    assert "docs/security.md" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("path", "name"), PROOFS)
def test_every_proof_is_a_test(path: str, name: str) -> None:
    module = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {one.name for one in module.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_exists(command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
