import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.acceptance.officer import Officer
from tests.support.fork_server import ForkServer, start_fork_server
from tests.support.program import Program, run_program
from tests.support.telegram.api import BotApi
from tests.support.telegram.limits import Limits


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi.start(limits=Limits.off()) as api:
        yield api


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str | None:
    """The database that is served: None stands for the SQLite file of the data folder."""
    return request.getfixturevalue("postgres_url") if request.param == "postgres" else None


@pytest.fixture(scope="session")
def fast_start() -> Iterator[ForkServer]:
    with start_fork_server() as one:
        yield one


@pytest.fixture
async def program(api: BotApi, tmp_path: Path, fast_start: ForkServer) -> AsyncIterator[Program]:
    """The real program, polling."""
    async with run_program(api, tmp_path, start=fast_start) as program:
        yield program
    sys.stdout.write(program.printed())  # shown where the test fails


@pytest.fixture
def lan(api: BotApi, program: Program) -> Officer:
    return Officer(api.user("Lan"))
