"""Count the messages of a channel that gives out so many a month, and whom it told what it cannot carry."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.store.drivers import Driver, Query, to_micros


class ChannelUse(Enum):
    """The answer whether a message may leave."""

    TAKEN = "taken"  #: it is counted
    RESTING = "resting"  #: the platform refused several in a row
    USED_UP = "used_up"  #: the month holds no more


@dataclass(frozen=True, slots=True)
class ChannelUseRepository:
    """Counts of channels. Every method raises StoreError."""

    driver: Driver

    async def take(self, channel: str, month: str, now: datetime, most: int | None) -> ChannelUse:
        """Count a message, before it leaves.

        Args:
            channel: the channel that it leaves through.
            month: the month in Viet Nam, such as ``2026-11``.
            now: the moment.
            most: messages of the month that it may not pass; ``None``: it leaves all the same.
        """
        wanted = {"channel": channel, "month": month, "now": to_micros(now), "most": -1 if most is None else most}
        if most == 0:
            return ChannelUse.USED_UP
        (rows,) = await self.driver.run(Query("use_channel", wanted))
        if rows:
            return ChannelUse.TAKEN
        (found,) = await self.driver.run(Query("channel_in_use", {"channel": channel}))
        return ChannelUse.RESTING if found and found[0][2] > to_micros(now) else ChannelUse.USED_UP

    async def sent(self, channel: str, month: str) -> int:
        """Return how many messages left in a month."""
        (rows,) = await self.driver.run(Query("channel_in_use", {"channel": channel}))
        return int(rows[0][1]) if rows and rows[0][0] == month else 0

    async def give_back(self, channel: str, month: str) -> None:
        """Note that a message which was counted did not leave."""
        await self.driver.run(Query("channel_give_back", {"channel": channel, "month": month}))

    async def note_taken(self, channel: str) -> None:
        """Note that the platform took a message."""
        await self.driver.run(Query("channel_took", {"channel": channel}))

    async def note_refusal(self, channel: str, most: int, now: datetime, before: datetime, until: datetime) -> int:
        """Count a refusal, unless one behind ``before`` was counted: several at once say the same.

        From ``most`` in a row on the channel rests ``until`` then. Return how many were counted.
        """
        refused = {"channel": channel, "most": most}
        refused |= {"now": to_micros(now), "before": to_micros(before), "until": to_micros(until)}
        (rows,) = await self.driver.run(Query("channel_refused", refused))
        return int(rows[0][0]) if rows else 1

    async def may_guide(self, chat: str) -> bool:
        """Tell whether a person is to be told what the channel cannot carry."""
        (rows,) = await self.driver.run(Query("guided_at", {"chat": chat}))
        return not rows

    async def note_guided(self, chat: str, now: datetime) -> None:
        """Note that a person was told."""
        await self.driver.run(Query("note_guided", {"chat": chat, "now": to_micros(now)}))

    async def forget_guided(self, chat: str) -> None:
        """Note that the person wrote something else: they may be told again."""
        await self.driver.run(Query("forget_guided", {"chat": chat}))
