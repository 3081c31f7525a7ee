"""Buttons of broadcasts. They work whatever screen is open: the message they sit on may be weeks old."""

import re
from dataclasses import dataclass
from enum import StrEnum

_FORM = re.compile(r"bc\|([a-z0-9_]{1,20})\|(TB-[0-9]{6,12})")


class Action(StrEnum):
    """What a button does."""

    NOW = "now"
    DONE = "done"
    LATER = "later"  #: asks when
    LATER_1 = "later_1"  #: in so many days
    LATER_3 = "later_3"
    LATER_7 = "later_7"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    SHOW = "show"


_ACTIONS = {action.value: action for action in Action}
#: Days until the next reminder.
DAYS = {Action.LATER_1: 1, Action.LATER_3: 3, Action.LATER_7: 7}
#: The command that is typed instead, before the code.
TYPED = {Action.NOW: "lamngay", Action.DONE: "dalam", **dict.fromkeys((Action.LATER, *DAYS), "nhacsau")}
#: For those who send broadcasts.
OF_ADMINS = frozenset({Action.PAUSE, Action.RESUME, Action.CANCEL, Action.SHOW})


@dataclass(frozen=True, slots=True)
class BroadcastTap:
    """What a button carries, in at most 64 ASCII bytes: ``bc|action|TB-000012``."""

    action: Action
    broadcast: str

    @classmethod
    def parse(cls, data: str) -> "BroadcastTap | None":
        """``None`` for anything else."""
        found = _FORM.fullmatch(data)
        action = _ACTIONS.get(found[1]) if found else None
        return cls(action, found[2]) if found and action else None

    @property
    def typed_command(self) -> str:
        """What does the same where there are no buttons; a number would answer the question that is open."""
        command = TYPED.get(self.action, "thongbao")
        days = DAYS.get(self.action)
        return f"/{command} {self.broadcast} {days}" if days else f"/{command} {self.broadcast}"

    def __str__(self) -> str:
        return f"bc|{self.action}|{self.broadcast}"
