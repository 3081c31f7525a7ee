"""The web chat over real sockets, a real store and the conversation of a test's choice."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from bot.delivery.turns import Conversation
from bot.settings import Settings
from bot.store import Store
from tests.support.delivery import TurnedClock, make_conversation
from tests.support.desk import NOW, Desk, furnished
from tests.support.web import Office, free_port

Opened = Callable[..., AbstractAsyncContextManager[Office]]


@pytest.fixture
def office(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Serve an office; ``talk`` and ``clock`` are of the test's choice, the rest are settings."""
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    port = free_port()

    def opened(talk: Conversation | None = None, clock: Clock | None = None, **changes: Any) -> Any:
        known = {"data_dir": tmp_path, "web_listen": f"127.0.0.1:{port}", "web_private_listen": "", **changes}
        settings = Settings.model_validate({"throttle_burst": 10_000, **known})
        return Office(settings, store, talk or make_conversation(), clock or Clock()).served()

    return opened


@pytest.fixture
async def desk(office: Opened) -> AsyncIterator[Desk]:
    async with office(clock=TurnedClock(NOW)) as opened, furnished(opened) as made:
        yield made
