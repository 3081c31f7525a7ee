"""SIGKILL while admins work: every request is moved once, every officer is told, every file comes."""

import random
import shutil
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import psutil
import pytest

from tests.acceptance.admins import troly
from tests.acceptance.kill import Killer, Witness
from tests.acceptance.kill_run import WRITING_KILLS, KillRun, RunData, RunOutcome, read_outcome
from tests.support.delivery import eventually
from tests.support.fork_server import ForkServer
from tests.support.program import run_program
from tests.support.telegram.api import BotApi
from tests.support.telegram.limits import Limits

KILLS = 25
#: What each request went through: the state and who brought it there.
HISTORIES = {
    "<Lan>": ["submitted subscriber", "accepted QT-000002", "forwarded QT-000002", "done QT-000002"],
    "<Minh>": [
        *("submitted subscriber", "sent_back QT-000002", "submitted subscriber"),
        *("accepted QT-000002", "forwarded QT-000002", "refused QT-000002"),
    ],
}
#: The acts of the journal and how many requests or units each was about.
JOURNAL = [
    *("maintain_units 17", "invite 1", "redeem 1", "invite 1", "redeem 1", "request.move 1", "request.move 1"),
    *("request.move 1", "request.move_all 2", "export_start 2", "export 2", "request.import 2"),
]


async def run(
    start: ForkServer, folder: Path, kill_after: Sequence[int], chance: random.Random
) -> tuple[RunOutcome, Killer]:
    """The whole of it, the program killed after these acts."""
    async with BotApi.start(limits=Limits.off()) as api, run_program(api, folder, start=start) as program:
        killer = Killer(program, frozenset(kill_after), chance)
        office = KillRun(api, folder, killer)
        kept = RunData(office)
        await office.works()
        await eventually(lambda: not kept.witness.busy(), 30)
        await program.stop()
    assert kept.written() == []
    assert writing(folder) == []
    await troly(folder, "audit", "verify")
    return read_outcome(office, kept), killer


def writing(folder: Path) -> list[str]:
    """Processes that still write an export of this data folder."""
    commands = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    return [command for command in commands if str(folder) in command]


async def furnished(folder: Path) -> None:
    """A data folder with the former district's units, and the first person of a run as the owner."""
    async with BotApi.start(limits=Limits.off()) as api:
        await troly(folder, "units", "import", "--sample", "nhon-trach", "--apply")
        await troly(folder, "admins", "add", f"telegram:{api.user('Hà').id}")
    Witness(folder).begin()


@pytest.mark.timeout(300)  # two whole runs, and as many starts as kills
async def test_killed_at_random_moments_every_act_of_the_office_is_done_and_told_once(
    fast_start: ForkServer, tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    (tmp_path / "calm").mkdir()
    await furnished(tmp_path / "calm")
    shutil.copytree(tmp_path / "calm", tmp_path / "killed")

    calm, watched = await run(fast_start, tmp_path / "calm", (), chance)
    moments = chance.sample(range(watched.acts), KILLS - WRITING_KILLS)
    killed, killer = await run(fast_start, tmp_path / "killed", moments, chance)

    assert killer.kills == KILLS
    assert calm.histories == HISTORIES
    assert calm.journal == sorted(JOURNAL)
    assert calm.tasks == [("XD-000001", "done")]
    assert {state for _, _, state in calm.messages} == {"sent"}
    assert {name: len(told) for name, told in calm.notices.items()} == {"Lan": 3, "Minh": 4}
    assert len(calm.announced) == 3  # both, and the one that was put right
    assert len(calm.files) == 1
    for part in fields(RunOutcome):
        assert getattr(killed, part.name) == getattr(calm, part.name), f"{part.name}, seed {seed}"
