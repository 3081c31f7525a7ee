"""Signals over a NATS server: one worker hears each, and no commit of the database waits for another.

It may be one that does not serve the channel, or has its hands full: what was told of then waits for somebody's look.
Nothing is kept there. While the server is away everything goes on, only later: every process looks by itself.
"""

import asyncio
import re
from collections.abc import Callable, Collection

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

#: Tables of which one worker is told, and those of which all are.
_FOR_ONE, _FOR_ALL = ("inbox", "outbox", "tasks"), ("broadcasts",)
_QUEUE = "workers"
#: Seconds to wait for the server, and between two signs of life of it.
_PATIENCE, _PING = 2, 10
_NOT_A_WORD = re.compile(r"[^A-Za-z0-9_-]+")


class NatsSignals:
    """One connection, opened when it is needed; who listens opens it again where it broke."""

    def __init__(self, url: str, database: str) -> None:
        """Keep the address of the server, and the database whose workers tell each other something.

        Databases of the same name on one server would only make each other's workers look in vain.
        """
        self._url = url
        self._prefix = f"troly.{_NOT_A_WORD.sub('_', database) or '_'}"
        self._client: Client | None = None
        self._opening = asyncio.Lock()
        self._broken = asyncio.Event()

    async def send(self, tables: Collection[str]) -> None:
        """See ``Signals``; raises ConnectionError where the server cannot be reached."""
        try:
            client = await self._connected()
            for table in tables:
                await client.publish(f"{self._prefix}.{table}")
            await client.flush(_PATIENCE)
        except (Error, OSError, TimeoutError) as error:
            raise ConnectionError(type(error).__name__) from None

    async def listen(self, heard: Callable[[str], None]) -> None:
        """See ``Signals``; raises ConnectionError where the server cannot be reached, or went away."""

        async def on_signal(message: Msg) -> None:
            heard(message.subject.rpartition(".")[2])

        try:
            client = await self._connected()
            for table in _FOR_ONE:
                await client.subscribe(f"{self._prefix}.{table}", queue=_QUEUE, cb=on_signal)
            for table in _FOR_ALL:
                await client.subscribe(f"{self._prefix}.{table}", cb=on_signal)
            await client.flush(_PATIENCE)
        except (Error, OSError, TimeoutError) as error:
            raise ConnectionError(type(error).__name__) from None
        heard("")
        await self._broken.wait()
        raise ConnectionError

    async def _connected(self) -> Client:
        async with self._opening:
            if self._client is None or not self._client.is_connected:
                client, broken = Client(), asyncio.Event()

                async def on_closed() -> None:
                    broken.set()

                async with asyncio.timeout(_PATIENCE):  # where nobody listens, the client tries for two minutes
                    await client.connect(
                        self._url, name="troly", no_echo=True, allow_reconnect=False, connect_timeout=_PATIENCE,
                        ping_interval=_PING, error_cb=_ignore, closed_cb=on_closed, disconnected_cb=on_closed,
                    )  # fmt: skip
                self._client, self._broken = client, broken
            return self._client

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None and not self._client.is_closed:
            await self._client.close()


async def _ignore(_: Exception) -> None:
    """Leave an error to whoever waits for it: its text may hold the address with its password."""
