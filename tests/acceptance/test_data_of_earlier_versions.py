"""A data folder and a PostgreSQL database that version 0.3.0 wrote go on in the middle of what it was doing.

The archives were made by the program of that version: it was killed while Lan was answering questions, Minh was filling
in a form, Hoa had registered a request, and a broadcast was on its way to thirty people.
"""

import json
import tarfile
from pathlib import Path
from typing import Any

import psycopg
import pytest

from handlers.requests import FIELDS
from tests.acceptance.officer import Officer
from tests.acceptance.processes import run_command
from tests.acceptance.test_conversation import ELSE, FORM
from tests.support.broadcast_kills import any_hour_settings, make_settings, read_aftermath, wait_until_settled
from tests.support.channels import TelegramPlatform
from tests.support.fork_server import ForkServer
from tests.support.program import Program, run_program
from tests.support.telegram.api import BotApi

ARCHIVES = Path(__file__).parent / "version_0_3_0"
#: Days: the archives keep their dates, however long after them they are opened.
FOR_EVER = {"TROLY_RETENTION_DAYS": "3650"}
#: The request, the broadcast, who had received it by then, and where the platform stood.
Facts = dict[str, Any]


@pytest.fixture
def left_behind(api: BotApi, tmp_path: Path, request: pytest.FixtureRequest, kind: str) -> tuple[dict[str, str], Facts]:
    """The settings of the database, and what the archive says of itself; the platform knows its people."""
    with tarfile.open(ARCHIVES / f"{kind}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    facts = json.loads((tmp_path / "facts.json").read_text())
    for name in facts["users"]:
        api.user(name).chat.started = True
    api.account.updates.skip_to(facts["next_update"])
    if kind == "sqlite":
        return {}, facts
    url = request.getfixturevalue("empty_postgres_url")
    _load_dump(url, (tmp_path / "dump.sql").read_text())
    return {"TROLY_DATABASE_URL": url}, facts


def _load_dump(url: str, dump: str) -> None:
    statements = "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))  # psql's own commands
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(statements.encode())


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_everybody_goes_on_where_they_were(
    api: BotApi, tmp_path: Path, fast_start: ForkServer, left_behind: tuple[dict[str, str], Facts]
) -> None:
    database, facts = left_behind
    lan, minh, hoa = (Officer(api.user(name)) for name in ("Lan", "Minh", "Hoa"))
    async with run_program(api, tmp_path, {**any_hour_settings(1000), **FOR_EVER, **database}, fast_start) as program:
        await _everybody_gets_the_broadcast_once(api, program, database.get("TROLY_DATABASE_URL"), facts)
        for officer in (lan, minh, hoa):
            officer.user.chat.unheard.clear()
        await _answer_the_rest(lan)
        await _send_the_form(minh)
        assert any(facts["request"] in label for label in (await hoa.says("/yeucau")).labels)
        assert "The journal is whole" in await run_command(program, "audit", "verify")
        assert await program.stop() == 0
    assert "Traceback" not in program.printed()


async def _everybody_gets_the_broadcast_once(api: BotApi, program: Program, url: str | None, facts: Facts) -> None:
    settings = make_settings(program.folder, url)
    await wait_until_settled(settings, facts["broadcast"])
    after = await read_aftermath(TelegramPlatform(api).received(), settings, facts["broadcast"])
    heard = {person: count + after.received[person] for person, count in facts["received"].items()}
    assert set(heard.values()) <= {0, 1}
    assert all(heard[person] == 1 for person, state in after.states.items() if state == "sent")
    assert set(after.states.values()) <= {"sent", "unknown"}
    assert after.tally["sent"] > sum(facts["received"].values()), "nothing was left to be sent"
    assert after.tally.get("unknown", 0) <= 1, "only what was on its way at the kill is in doubt"


async def _answer_the_rest(lan: Officer) -> None:
    await lan.says("16/11/2027")
    question = await lan.taps("Ban Cơ yếu Chính phủ (government certificate)")
    answer = await lan.answers(question, {"information_matches": "false", **ELSE})
    assert lan.words("Register the request") in answer.labels


async def _send_the_form(minh: Officer) -> None:
    await minh.says("0A1B2C")
    question = await minh.taps("Yes, keep what I wrote")
    review = await minh.fills_in(question, FORM)
    assert "0A1B2C" in review.text
    answer = await minh.taps("Send the request")  # the rules have changed since: the answer is read again first
    assert "YC-" not in answer.text
    review = await minh.fills_in(await minh.taps("Register the request"), FORM)
    assert FORM[FIELDS["new_name"].ask] in review.text
    assert "YC-2026-000002" in (await minh.taps("Send the request")).text
