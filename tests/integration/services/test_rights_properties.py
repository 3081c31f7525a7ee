"""Whoever does whatever: nobody sees or changes what is out of their reach, and every change leaves its traces."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import Store
from tests.support import kill
from tests.support.channels import CHANNELS
from tests.support.database import Database
from tests.support.people import insert_units
from tests.support.random_work import Company, Scene, Step, add_people, scripts
from tests.support.soak import examples

#: Every channel over which people talk.
TALKING = list(dict.fromkeys(one.channel for one in CHANNELS if one.talks))


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders with units, roles, requests, and everybody's consent, one for each channel."""
    folders = {channel: tmp_path_factory.mktemp(channel) for channel in TALKING}
    for channel, folder in folders.items():
        asyncio.run(_furnish(folder, channel))
    return folders


async def _furnish(folder: Path, channel: str) -> None:
    async with opened(folder) as store:
        insert_units(Database(None, folder).sql)
        await add_people(store, channel)


def opened(folder: Path) -> AbstractAsyncContextManager[Store]:
    return kill.reopen_store(None, folder)


@settings(max_examples=examples(30), deadline=None)
@given(script=scripts, channel=st.sampled_from(TALKING))
def test_nobody_reaches_beyond_their_role_and_every_change_leaves_its_traces(
    templates: dict[str, Path], script: list[tuple[Scene, Scene]], channel: str
) -> None:
    """Over whatever channel they talk; where it has no buttons they type the number of a choice."""

    async def run(folder: Path) -> None:
        async with opened(folder) as store:
            company = Company(store, folder / "troly.sqlite3", channel=channel)
            for who, (kind, what) in in_turns(script):
                await company.does(who, kind, what)

    with TemporaryDirectory() as made:
        folder = Path(made) / "data"
        shutil.copytree(templates[channel], folder)
        asyncio.run(run(folder))


def in_turns(script: list[tuple[Scene, Scene]]) -> Iterator[tuple[str, Step]]:
    for pair in script:
        for step in zip_longest(*([(who, deed) for deed in (*work, *more)] for who, work, more in pair)):
            yield from (one for one in step if one)
