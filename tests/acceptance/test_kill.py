"""SIGKILL at random moments of a conversation: every update is handled once, every reply is delivered."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.kill import Killer, WatchedOfficer, Witness, mask_clock, transcript
from tests.acceptance.test_conversation import ELSE, FORM, MERGED, documents
from tests.support.delivery import eventually
from tests.support.fork_server import ForkServer
from tests.support.pki import issue
from tests.support.program import run_program
from tests.support.telegram.api import BotApi
from tests.support.telegram.limits import Limits

KILLS = 50
OFFICERS = ("Lan", "Minh", "Hoa")
CERTIFICATE = issue().der


@dataclass
class Journey(WatchedOfficer):
    """An officer who goes all the way."""

    async def converses(self) -> dict[str, Any]:
        """The whole journey, with detours; what is held about the officer at its end."""
        await self.consents()
        await self.says("/visao")
        question = await self.says("/khongco")
        question = await self.answers(question, {"subject": "organisation"}, typing=True)
        await self.says("/quaylai")
        question = await self.answers(await self.says("/trogiup"), {"subject": "organisation"})
        await self.user.sends_file(CERTIFICATE, "chứng thư.cer")
        await self.hears()
        question = await self.taps("Yes – the certificate of an organisation")
        answer = await self.answers(question, {**MERGED, **ELSE})
        assert self.words("Register the request") in answer.labels
        await self.fills_in(await self.taps("Register the request"), FORM)
        await self.taps("Send the request")
        await self.says("/yeucau")
        await self.acted()
        _, held = await documents(self)
        return held


def lasting(held: dict[str, Any]) -> str:
    """What must not depend on kills of what an officer is told is held: the session and the requests."""
    return mask_clock(json.dumps([held["session"], held["requests"]], ensure_ascii=False))


def counted(witness: Witness) -> object:
    """Nor may this, of each chat: how many updates came to which end, how many replies."""
    received, queued = Counter(witness.received()), Counter((chat, state) for chat, _, state in witness.queued())
    chats = {chat for chat, _ in received}
    return sorted(
        tuple(sorted((s, n) for (c, s), n in (*received.items(), *queued.items()) if c == chat)) for chat in chats
    )


@dataclass(frozen=True)
class Outcome:
    """What a run left behind, made comparable with another run."""

    transcripts: list[list[object]]
    held: list[str]
    counted: object
    codes: list[str]
    acts: int
    kills: int
    replies: int


async def converse(start: ForkServer, folder: Path, kill_after: Sequence[int], chance: random.Random) -> Outcome:
    """Three officers at once, the program killed after these acts."""
    async with BotApi.start(limits=Limits.off()) as api, run_program(api, folder, start=start) as program:
        witness = Witness(folder)
        witness.begin()
        killer = Killer(program, frozenset(kill_after), chance)
        officers = [Journey(api.user(name), acted=killer.acted) for name in OFFICERS]
        held = await asyncio.gather(*(officer.converses() for officer in officers))
        await killer.done()
        await api.acknowledged()
        await eventually(lambda: not witness.busy(), 30)  # whatever else is said belongs to the transcripts
        return Outcome(
            transcripts=[transcript(officer.user) for officer in officers],
            held=[lasting(one) for one in held],
            counted=counted(witness),
            codes=sorted(request["code"] for one in held for request in one["requests"]),
            acts=killer.acts,
            kills=killer.kills,
            replies=sum(len(officer.user.chat.history) for officer in officers),
        )


@pytest.mark.timeout(300)  # two whole runs, and as many starts as kills
async def test_killed_at_fifty_moments_it_handles_every_update_once(fast_start: ForkServer, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    (tmp_path / "calm").mkdir()
    (tmp_path / "killed").mkdir()
    calm = await converse(fast_start, tmp_path / "calm", (), chance)
    moments = chance.sample(range(calm.acts), KILLS)
    killed = await converse(fast_start, tmp_path / "killed", moments, chance)
    assert killed.kills == KILLS
    for one, other in zip(killed.transcripts, calm.transcripts, strict=True):
        assert one == other, f"seed {seed}"
    assert killed.held == calm.held
    assert killed.counted == calm.counted
    assert killed.codes == calm.codes
    assert calm.replies <= killed.replies <= calm.replies + len(OFFICERS) * KILLS
