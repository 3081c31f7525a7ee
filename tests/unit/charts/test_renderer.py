"""Charts are PNG files that can be sent: whatever the numbers and the names, without a warning."""

import logging
import os
import struct
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.charts import Charts, ChartsMissing
from bot.errors import SettingsError
from handlers.model import Bar, BarChart, BurnChart

pytestmark = pytest.mark.long

SERIES = ("cần xử lý", "đã đăng ký", "đã chuyển", "hoàn thành")
START = date(2026, 11, 1)


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Charts:
    return Charts(tmp_path_factory.mktemp("charts"))


def bars(*labels: str) -> BarChart:
    values = (3, 0, 120, 7)
    shown = tuple(Bar(label=label, values=values) for label in labels)
    return BarChart(title="Chứng thư và yêu cầu", note="Tính đến nay.", series=SERIES, bars=shown, nothing="Trống.")


def burn(days: int, target: int) -> BurnChart:
    words = {"open_label": "còn phải làm", "ideal_label": "tiến độ đều", "until_label": "mốc"}
    until = START + timedelta(days=target)
    return BurnChart(title="Còn", note="", start=START, until=until, open=tuple(range(days, 0, -1)), **words)


def size(png: bytes) -> tuple[int, int]:
    """Width and height, from the header (PNG specification, 11.2.2)."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return int(width), int(height)


@pytest.mark.parametrize(("number", "least", "most"), [(0, 300, 500), (1, 300, 500), (60, 3000, 6000)])
async def test_a_chart_grows_with_its_units_and_stays_of_a_size_to_send(
    charts: Charts, number: int, least: int, most: int
) -> None:
    png = await charts.draw(bars(*(f"Ủy ban nhân dân xã số {one}" for one in range(number))))
    width, height = size(png)
    assert width == 1200
    assert least <= height <= most
    assert len(png) < 1024 * 1024


@pytest.mark.parametrize(
    "name",
    ['=HYPERLINK("x")', "<b>$x^2$</b>", "A\u202eB", "a\x00b", "X" * 300, "漢字 👩‍👩‍👧", "$", "\\frac{", "", "  \n "],
)
def test_any_name_can_be_drawn(charts: Charts, name: str) -> None:
    assert size(charts.draw_blocking(bars(name, name)))[0] == 1200
    assert size(charts.draw_blocking(bars().model_copy(update={"title": name, "note": name})))[0] == 1200


@pytest.mark.parametrize(("days", "target"), [(1, 0), (31, 60), (31, 0), (1, 1800), (400, 500), (31, -5)])
def test_a_burn_down_can_be_drawn_before_on_and_after_its_target(charts: Charts, days: int, target: int) -> None:
    assert size(charts.draw_blocking(burn(days, target)))[0] == 1200


def test_names_wrap_and_end_in_dots_and_direction_marks_are_left_out(charts: Charts) -> None:
    charts.draw_blocking(bars())  # settles where matplotlib keeps its files
    from bot.charts.figures import clean_label, wrap_label  # noqa: PLC0415 - imports matplotlib

    lines = wrap_label("Sở Khoa học và Công nghệ tỉnh Đồng Nai " * 4, 30).splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 30
    assert lines[-1].endswith("…")
    assert clean_label("A\u202eB\x00\u200f\nC") == "AB C"
    assert clean_label("xã 漢") == "xã □"


def test_matplotlib_keeps_its_files_in_a_private_folder_and_says_nothing(tmp_path: Path) -> None:
    program = (
        "import sys, logging\nfrom pathlib import Path\nfrom bot.charts import Charts\n"
        "from tests.unit.charts.test_renderer import bars\n"
        "logging.basicConfig(level='DEBUG', filename=sys.argv[2])\n"
        "sys.stdout.buffer.write(Charts(Path(sys.argv[1])).draw_blocking(bars('Xã')))"
    )
    folder, log = tmp_path / "charts", tmp_path / "log"
    known = {name: value for name, value in os.environ.items() if name != "MPLCONFIGDIR"}
    command = [sys.executable, "-W", "error", "-c", program, str(folder), str(log)]
    done = subprocess.run(command, capture_output=True, check=True, env={**known, "HOME": "/nowhere"}, timeout=60)
    assert size(done.stdout)[0] == 1200
    assert done.stderr == b""
    assert "matplotlib" not in log.read_text()
    assert any(folder.iterdir())
    assert folder.stat().st_mode & 0o077 == 0


def test_without_the_library_one_is_told_which_extra_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = [name for name in sys.modules if name.split(".")[0] == "matplotlib" or name.startswith("bot.charts.")]
    for name in loaded:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ChartsMissing, match=r"troly-chung-thu\[charts\]"):
        Charts(tmp_path).draw_blocking(bars())


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="charts"):
        Charts(tmp_path / "file" / "charts").draw_blocking(bars())
    assert logging.getLogger("bot").level == logging.NOTSET
