"""SIGKILL at random moments of a conversation: every update is handled once, every reply is delivered."""

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.killing import Killer, Watched, masked, transcript
from tests.acceptance.test_conversation import ELSE, FORM, MERGED, documents
from tests.support.botapi import BotApi, Limits
from tests.support.pki import issue
from tests.support.program import running
from tests.support.zygote import Zygote

KILLS = 50
OFFICERS = ("Lan", "Minh", "Hoa")
CERTIFICATE = issue().der


@dataclass
class Journey(Watched):
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


def kept(held: dict[str, Any]) -> object:
    """What must not depend on kills: the session, the requests, each update in its state, how many replies."""
    lasting = json.dumps([held["session"], held["requests"]], ensure_ascii=False)
    states = [one["state"] for one in held["received"]]
    return masked(lasting), states, len({one["id"] for one in held["received"]}), len(held["outgoing"])


@dataclass(frozen=True)
class Outcome:
    """What a run left behind, made comparable with another run."""

    transcripts: list[list[object]]
    held: list[object]
    codes: list[str]
    acts: int
    kills: int
    replies: int


async def converse(start: Zygote, folder: Path, kill_after: Sequence[int], chance: random.Random) -> Outcome:
    """Three officers at once, the program killed after these acts."""
    async with BotApi.start(limits=Limits.off()) as api, running(api, folder, start=start) as program:
        killer = Killer(program, frozenset(kill_after), chance)
        officers = [Journey(api.user(name), acted=killer.acted) for name in OFFICERS]
        held = await asyncio.gather(*(officer.converses() for officer in officers))
        await killer.done()
        await api.acknowledged()
        await asyncio.sleep(0.5)  # whatever else is said belongs to the transcripts
        return Outcome(
            transcripts=[transcript(officer.user) for officer in officers],
            held=[kept(one) for one in held],
            codes=sorted(request["code"] for one in held for request in one["requests"]),
            acts=killer.acts,
            kills=killer.kills,
            replies=sum(len(officer.user.chat.history) for officer in officers),
        )


async def test_killed_at_fifty_moments_it_handles_every_update_once(fast_start: Zygote, tmp_path: Path) -> None:
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
    assert killed.codes == calm.codes
    assert calm.replies <= killed.replies <= calm.replies + len(OFFICERS) * KILLS
