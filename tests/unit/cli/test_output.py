"""Shared options and printed rows: each declared once, and the same wherever they stand."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import typer
from rich.text import Text
from typer.testing import CliRunner

from bot.cli.options import with_option_groups
from bot.cli.output import print_rows

ROWS = [("YC-1", "[b]Lan[/b]"), ("YC-22", Text("Minh", style="red"))]


@dataclass(frozen=True, slots=True)
class _Filters:
    unit: Annotated[str | None, typer.Option("--unit", help="Of a unit.")] = None
    states: Annotated[list[str] | None, typer.Option("--state", help="In a state.")] = None


@dataclass(frozen=True, slots=True)
class _Renamed(_Filters):
    states: Annotated[list[str] | None, typer.Option("--in-state", help="In a state.")] = None


def _app(group: type[_Filters]) -> typer.Typer:
    app = typer.Typer(add_completion=False)

    def command(code: str, wanted: _Filters, limit: int = 5) -> None:
        typer.echo(f"{code} {wanted!r} {limit}")

    command.__annotations__["wanted"] = group
    app.command()(with_option_groups(command))
    return app


def test_the_fields_of_a_dataclass_are_options_beside_others() -> None:
    result = CliRunner().invoke(_app(_Filters), ["X", "--state", "a", "--state", "b", "--limit", "7"])
    assert result.output == "X _Filters(unit=None, states=['a', 'b']) 7\n"


def test_options_that_are_not_given_have_their_defaults() -> None:
    assert CliRunner().invoke(_app(_Filters), ["X"]).output == "X _Filters(unit=None, states=None) 5\n"


def test_a_subclass_calls_one_of_them_by_another_name() -> None:
    result = CliRunner().invoke(_app(_Renamed), ["X", "--in-state", "a"])
    assert result.output == "X _Renamed(unit=None, states=['a']) 5\n"
    assert CliRunner().invoke(_app(_Renamed), ["X", "--state", "a"]).exit_code == 2


def test_in_a_pipe_cells_stand_with_tabs_between_them(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, ("Code", "Name"))
    assert capsys.readouterr().out == "YC-1\t[b]Lan[/b]\nYC-22\tMinh\n"


def test_in_a_pipe_aligned_rows_are_columns_with_headings(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, ("Code", "Name"), aligned=True)
    assert capsys.readouterr().out == "Code   Name\nYC-1   [b]Lan[/b]\nYC-22  Minh\n"


def test_json_is_printed_instead_of_rows(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, ("Code", "Name"), json=iter([{"code": "YC-1"}]))
    assert json.loads(capsys.readouterr().out) == {"code": "YC-1"}


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


Draw = Callable[..., list[str]]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Draw:
    """The lines of ``print_rows`` on a terminal of sixty characters."""

    def draw(*rows: Any, **options: Any) -> list[str]:
        with monkeypatch.context() as patch:
            patch.setenv("COLUMNS", "60")
            patch.setenv("TERM", "dumb")
            patch.setattr("sys.stdout", terminal := _Terminal())
            print_rows(*rows, **options)
        return [line.rstrip() for line in terminal.getvalue().splitlines()]

    return draw


def test_on_a_terminal_they_are_a_table_in_which_no_cell_is_markup(drawn: Draw) -> None:
    assert drawn(ROWS, ("Code", "Name")) == ["Code   Name", "YC-1   [b]Lan[/b]", "YC-22  Minh"]


def test_on_a_terminal_nothing_stands_where_there_is_no_row(drawn: Draw) -> None:
    assert drawn([], ("Code", "Name")) == []


def test_figures_stand_under_a_title_with_their_total_below_a_line(drawn: Draw) -> None:
    lines = drawn([("Hà Nội", "5"), ("Total", "15")], ("Unit", "Open"), title=Text("Today"))
    assert lines[0].strip() == "Today"
    assert lines[-4].split() == ["│", "Hà", "Nội", "│", "5", "│"]
    assert lines[-2].split() == ["│", "Total", "│", "15", "│"]
