"""What the operator decided about broadcasts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Room:
    """What one message of a channel holds, in UTF-16 code units."""

    text: int
    caption: int  #: of a text beside a file; 0: the channel sends no files


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits that hold for every broadcast."""

    reminders_per_week: int = 5  #: that one person gets within seven days
    approval_above: int = 200  #: with more recipients than this a second person has to approve
    rooms: Mapping[str, Room] = field(default_factory=dict)  #: by channel, without what follows a colon
    usual: Room = field(default=Room(2000, 0))  #: of a channel that is not named
    document: int = 20 * 1024 * 1024  #: bytes of a file that goes along
    language: Literal["vi", "en"] = "vi"  #: of those whose own is not known

    def limits_for(self, channel: str) -> Room:
        """What one message of a channel (``telegram``, ``terminal:NAME``) holds."""
        return self.rooms.get(channel.partition(":")[0], self.usual)
