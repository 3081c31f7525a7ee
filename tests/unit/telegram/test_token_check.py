"""getMe decides whether a token or a method is at fault, and is asked seldom."""

import asyncio

import pytest

from bot.channels.base import ChannelError, Invalid, MaybeSent, Refused, RetryLater, Unreachable, Unsupported
from bot.channels.telegram.api import TokenCheck


class Server:
    """Answers getMe as told, and counts."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: ChannelError | None = None
        self.seconds = 100.0
        self.check = TokenCheck(self._get_me, lambda: self.seconds)

    async def _get_me(self) -> object:
        self.asked += 1
        await asyncio.sleep(0)
        if self.failure:
            raise self.failure
        return {}


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.mark.parametrize("failure", [Refused(), Unsupported()])
async def test_where_get_me_is_answered_the_method_is_at_fault_and_named(server: Server, failure: ChannelError) -> None:
    judged = await server.check.judge("sendDocument", failure)
    assert isinstance(judged, Unsupported)
    assert judged.method == "sendDocument"
    assert not server.check.refused


async def test_where_get_me_is_refused_too_the_token_is_at_fault_until_a_call_goes_well(server: Server) -> None:
    server.failure = Refused()
    assert isinstance(await server.check.judge("sendDocument", Refused()), Refused)
    assert server.check.refused
    server.check.note_accepted()
    assert not server.check.refused


@pytest.mark.parametrize("failure", [MaybeSent(), Unreachable(), RetryLater(5), Unsupported(), ChannelError()])
async def test_where_get_me_says_neither_nothing_is_lost(server: Server, failure: ChannelError) -> None:
    server.failure = failure
    assert isinstance(await server.check.judge("sendDocument", Refused()), Unreachable)


@pytest.mark.parametrize("failure", [Invalid(), MaybeSent(), Unreachable(), RetryLater(5), ChannelError()])
async def test_other_failures_stand_and_nobody_is_asked(server: Server, failure: ChannelError) -> None:
    assert await server.check.judge("sendDocument", failure) is failure
    assert server.asked == 0


async def test_what_fails_together_asks_once_and_later_again(server: Server) -> None:
    for _ in range(2):
        before = server.asked
        judged = await asyncio.gather(*(server.check.judge("sendDocument", Refused()) for _ in range(20)))
        assert {type(one) for one in judged} == {Unsupported}
        assert server.asked == before + 1
        server.seconds += 31
    server.failure = Refused()
    judged = await asyncio.gather(*(server.check.judge("sendDocument", Refused()) for _ in range(20)))
    assert {type(one) for one in judged} == {Refused}
    assert server.asked == 3


async def test_a_method_that_was_proved_missing_says_nothing_of_another(server: Server) -> None:
    await server.check.judge("sendDocument", Refused())
    server.failure = Refused()
    assert isinstance(await server.check.judge("sendMessage", Refused()), Refused)
