"""The figures of the house, on small made-up trees."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tools.house_figures import LATER_ROOMS, Figure, House, main, read_house

TREE = {
    "bot/__init__.py": "",
    "bot/app.py": "import bot.store\nfrom bot.store.rows import Row\nfrom handlers import text\n",
    "bot/store/__init__.py": "",
    "bot/store/rows.py": "from typing import Protocol\n\n\nclass Row(Protocol):\n    name: str\n",
    "handlers/__init__.py": "",
    "handlers/text.py": "import typing\n\n\nclass Text(typing.Protocol[str]):\n    pass\n",
}


def house(root: Path, tree: Mapping[str, str]) -> House:
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_house(root)


def test_imports_are_counted_from_file_to_file(tmp_path: Path) -> None:
    imports = house(tmp_path, TREE).imports

    assert imports["bot.app"] == {"bot.store", "bot.store.rows", "handlers.text"}
    assert sum(map(len, imports.values())) == 3


def test_a_file_that_is_imported_twice_counts_once_and_strangers_do_not(tmp_path: Path) -> None:
    tree = {"bot/a.py": "import os\nfrom bot.b import x, y\nimport bot.b\n", "bot/b.py": "x = y = 1\n"}

    assert house(tmp_path, tree).imports == {"bot.a": {"bot.b"}, "bot.b": frozenset()}


@pytest.mark.parametrize(
    "back",
    [
        "from bot.a import x\n",
        "from . import a\n",
        "from .a import x\n",
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from bot.a import x\n",
        "def late() -> None:\n    from bot.a import x\n",
    ],
)
def test_a_circle_is_found_however_the_import_is_written(tmp_path: Path, back: str) -> None:
    found = house(tmp_path, {"bot/__init__.py": "", "bot/a.py": "from bot import b\n", "bot/b.py": back})

    assert found.file_circles == [["bot.a", "bot.b"]]
    assert found.folder_circles == []


def test_a_circle_over_three_files_is_one_circle(tmp_path: Path) -> None:
    tree = {"bot/a.py": "import bot.b\n", "bot/b.py": "import bot.c\n", "bot/c.py": "import bot.a\n", "bot/d.py": ""}

    assert house(tmp_path, tree).file_circles == [["bot.a", "bot.b", "bot.c"]]


def test_folders_stand_in_a_circle_though_no_two_files_do(tmp_path: Path) -> None:
    tree = {
        "bot/one/__init__.py": "",
        "bot/one/a.py": "import bot.two.c\n",
        "bot/one/b.py": "",
        "bot/two/__init__.py": "",
        "bot/two/c.py": "",
        "bot/two/d.py": "import bot.one.b\n",
    }
    found = house(tmp_path, tree)

    assert found.file_circles == []
    assert found.folders_in_circles() == ["bot.one", "bot.two"]


def test_a_folder_and_a_file_beside_it_stand_in_a_circle(tmp_path: Path) -> None:
    tree = {
        "bot/app.py": "import bot.one.a\n",
        "bot/one/__init__.py": "",
        "bot/one/a.py": "",
        "bot/one/b.py": "import bot.app\n",
    }
    found = house(tmp_path, tree)

    assert found.folder_circles == [["bot.app", "bot.one"]]
    assert found.folders_in_circles() == ["bot.one"]


def test_what_a_folder_exports_is_no_circle_of_folders(tmp_path: Path) -> None:
    tree = {"bot/one/__init__.py": "from bot.one.a import x\n", "bot/one/a.py": "x = 1\n"}

    assert house(tmp_path, tree).folder_circles == []


def test_protocols_are_found_by_either_way_of_naming_them(tmp_path: Path) -> None:
    assert house(tmp_path, TREE).protocols() == ["bot.store.rows.Row", "handlers.text.Text"]


def test_half_of_the_lines_lie_in_the_largest_files(tmp_path: Path) -> None:
    tree = {f"bot/m{size}.py": "x = 1\n" * size for size in (1, 2, 3, 10)}

    assert house(tmp_path, tree).half_in_files_of() == 10


def test_long_files_and_long_functions_are_named(tmp_path: Path) -> None:
    body = "    x = 1\n"
    tree = {
        "bot/a.py": "x = 1\n" * 351,
        "bot/b.py": f"def fits():\n{body * 39}\n\nasync def long():\n{body * 40}",
    }
    found = house(tmp_path, tree)

    assert found.long_files() == ["bot.a (351)"]
    assert found.long_functions() == ["bot.b.long (41)"]


@pytest.mark.parametrize(("bound", "code"), [(2, 0), (1, 1)])
def test_a_figure_worse_than_its_bound_fails_and_names_what_it_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bound: int, code: int
) -> None:
    house(tmp_path, TREE)
    figure = Figure("Protocols", lambda found: len(found.protocols()), bound=bound, earlier=2, named=House.protocols)

    assert main(tmp_path, [figure]) == code
    assert ("bot.store.rows.Row" in capsys.readouterr().out) is bool(code)


def test_a_figure_with_a_lower_bound_fails_below_it(tmp_path: Path) -> None:
    house(tmp_path, TREE)
    figure = Figure("half", House.half_in_files_of, bound=6, earlier=0, at_least=True)

    assert main(tmp_path, [figure]) == 1


def test_without_its_later_rooms_a_house_has_neither_their_files_nor_the_imports_of_them(tmp_path: Path) -> None:
    earlier = house(tmp_path, {**TREE, "bot/stores.py": ""}).without(["bot.store", "handlers.text"])

    assert set(earlier.modules) == {"bot", "bot.app", "bot.stores", "handlers"}
    assert earlier.imports["bot.app"] == {"handlers"}


@pytest.mark.parametrize(("earlier", "code"), [(1, 0), (0, 1)])
def test_the_house_without_its_later_rooms_has_a_bound_of_its_own(tmp_path: Path, earlier: int, code: int) -> None:
    house(tmp_path, TREE)
    figure = Figure("Protocols", lambda found: len(found.protocols()), bound=2, earlier=earlier)

    assert main(tmp_path, [figure], later=["bot.store"]) == code


def test_every_later_room_is_there() -> None:
    """A name that leads nowhere would count a moved room as one of before."""
    places = {room: Path(__file__).parents[3].joinpath(*room.split(".")) for room in LATER_ROOMS}

    assert [room for room, at in places.items() if not (at.is_dir() or at.with_suffix(".py").is_file())] == []
