"""The files of ``deploy`` as they are shipped, tried by the programs that read them."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from bot.metrics import Prometheus, QueueDepths, StoreFigures
from bot.settings import Settings
from tests.support.fork_server import ForkServer
from tests.support.program import run_program
from tests.support.programs import find_program, needs
from tests.support.telegram.api import BotApi
from tests.support.web import free_port

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = ("troly.service", "troly-worker@.service")
#: Of 100; what systemd calls "OK" ends at 50.
MOST_EXPOSED = "20"
_SERIES = re.compile(r"\btroly_[a-z_]+")


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=DEPLOY)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@needs("systemd-analyze")
@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_understood_by_systemd_and_exposes_little(name: str, tmp_path: Path) -> None:
    unit = tmp_path / name.replace("@", "@1")
    unit.write_text(
        (DEPLOY / name).read_text(encoding="utf-8").replace("/usr/local/lib/troly/bin/troly", sys.executable)
    )
    assert run(find_program("systemd-analyze"), "verify", str(unit)) == ""
    run(find_program("systemd-analyze"), "security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(unit))


def test_a_worker_is_guarded_as_the_receiver_is() -> None:
    guards = [
        {line for line in _lines(name) if not line.startswith(("ExecStart", "Environment", "#"))} for name in UNITS
    ]
    own = {"Description", "StateDirectory", "WorkingDirectory", "LoadCredential"}
    assert {line.partition("=")[0] for line in guards[0] ^ guards[1]} == own


def _lines(name: str) -> list[str]:
    return [line for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines() if "=" in line]


def test_the_container_file_is_clean_and_does_not_run_as_root() -> None:
    run(str(Path(sys.executable).parent / "hadolint"), "--failure-threshold", "style", "Containerfile")
    last = (DEPLOY / "Containerfile").read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    assert re.search(r"^USER (?!root|0\b)\S+$", last, re.MULTILINE)


def test_what_the_container_file_copies_is_let_through_by_the_list_of_what_is_ignored() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    named = {name for line in copied for name in line.split()}
    assert named == allowed
    assert all((ROOT / name).exists() for name in named)


def test_every_service_of_the_composition_gives_up_what_it_does_not_need() -> None:
    composition = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    ours = {name: one for name, one in composition["services"].items() if one["image"] == "troly"}
    assert ours.keys() == {"assistant", "worker"}
    for service in ours.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["environment"].keys() >= {"TROLY_DATABASE_URL", "TROLY_KEY_FILE"}
    named = {volume.partition(":")[0] for one in composition["services"].values() for volume in one.get("volumes", ())}
    assert named == composition["volumes"].keys()


def test_every_setting_that_the_files_name_exists() -> None:
    named = {
        name for path in DEPLOY.iterdir() for name in re.findall(r"TROLY_[A-Z_]+", path.read_text(encoding="utf-8"))
    }
    assert named
    assert {name.removeprefix("TROLY_").lower() for name in named} <= Settings.model_fields.keys()


def exposed() -> set[str]:
    """The names of all series that the program shows, once each has been counted."""
    metrics = Prometheus()
    metrics.record_turn(0.1)
    metrics.record_turn_failure()
    metrics.record_delivery("telegram", "sent")
    metrics.record_store_failure(OSError())
    metrics.record_throttling("telegram")
    told = {"paused": 1}, {("inbox", "telegram"): 1.0}, {"telegram": 1}, {"backup": (1.0, False)}
    return set(_SERIES.findall(metrics.expose(StoreFigures(QueueDepths(0, {}, 0), *told)).decode()))


@pytest.mark.parametrize("name", ["prometheus-rules.yaml", "grafana.json"])
def test_alarms_and_dashboard_ask_only_for_series_that_exist(name: str) -> None:
    asked = set(_SERIES.findall((DEPLOY / name).read_text(encoding="utf-8")))
    assert asked
    assert asked <= exposed()


@needs("promtool")
def test_each_alarm_sounds_when_it_should_and_not_before() -> None:
    promtool = find_program("promtool")
    run(promtool, "check", "rules", "prometheus-rules.yaml")
    run(promtool, "test", "rules", "prometheus-rules.test.yaml")


def test_each_alarm_has_a_test_and_stands_on_the_page_of_operations() -> None:
    alarms = set(re.findall(r"alert: (\w+)", (DEPLOY / "prometheus-rules.yaml").read_text(encoding="utf-8")))
    tried = set(re.findall(r"alertname: (\w+)", (DEPLOY / "prometheus-rules.test.yaml").read_text(encoding="utf-8")))
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert alarms == tried
    assert {name for name in alarms if f"`{name}`" not in page} == set()


@needs("promtool")
def test_every_query_of_the_dashboard_can_be_asked(tmp_path: Path) -> None:
    """Each becomes the expression of a rule, which promtool checks."""
    board = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "board.json").write_text(json.dumps({"groups": [{"name": "board", "rules": rules}]}))
    run(find_program("promtool"), "check", "rules", "--lint=none", str(tmp_path / "board.json"))
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]}) == len(board["panels"])


@asynccontextmanager
async def prometheus(folder: Path, target: str) -> AsyncIterator[httpx.AsyncClient]:
    """A real Prometheus that watches an address with our alarms, in seconds instead of minutes."""
    rules = (DEPLOY / "prometheus-rules.yaml").read_text(encoding="utf-8")
    (folder / "rules.yaml").write_text(re.sub(r"for: \d+m", "for: 1s", rules), encoding="utf-8")
    job = {"job_name": "troly", "static_configs": [{"targets": [target]}]}
    every = {"scrape_interval": "200ms", "scrape_timeout": "200ms", "evaluation_interval": "200ms"}
    configuration = {"global": every, "rule_files": ["rules.yaml"], "scrape_configs": [job]}
    (folder / "prometheus.yaml").write_text(json.dumps(configuration))
    listen = f"127.0.0.1:{free_port()}"
    options = ("--config.file=prometheus.yaml", "--storage.tsdb.path=series", f"--web.listen-address={listen}")
    with (folder / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            find_program("prometheus"), *options, cwd=folder, stdout=log, stderr=log
        )
        try:
            async with httpx.AsyncClient(base_url=f"http://{listen}/api/v1/") as client:
                yield client
        finally:
            process.kill()
            await process.wait()


async def alarms_of(client: httpx.AsyncClient) -> set[tuple[str, str]]:
    """Every alarm and its state; none while Prometheus does not answer yet."""
    try:
        answer = await client.get("alerts")
    except httpx.TransportError:
        return set()
    if answer.status_code != httpx.codes.OK:
        return set()
    return {(one["labels"]["alertname"], one["state"]) for one in answer.json()["data"]["alerts"]}


@needs("prometheus")
async def test_a_real_prometheus_reads_the_assistant_and_sounds_when_it_is_killed(
    api: BotApi, tmp_path: Path, fast_start: ForkServer
) -> None:
    listen = f"127.0.0.1:{free_port()}"

    async def answer(query: str) -> list[str]:
        try:
            found = await client.get("query", params={"query": query})
        except httpx.TransportError:
            return []
        ready = found.status_code == httpx.codes.OK
        return [one["value"][1] for one in found.json()["data"]["result"]] if ready else []

    async def is_watched() -> bool:
        return await answer("troly_store_up") == ["1"]

    async def sounds() -> bool:
        return ("TrolyDown", "firing") in await alarms_of(client)

    private = {"TROLY_WEB_PRIVATE_LISTEN": listen}
    async with run_program(api, tmp_path, private, fast_start) as program, prometheus(tmp_path, listen) as client:
        await until(is_watched)
        assert await alarms_of(client) == set()
        await program.kill()
        await until(sounds)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.1)
