"""The log of every call that the bot made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """A call and its answer; the code 0 means that the connection was reset."""

    method: str  #: in lower case
    fields: Mapping[str, str]
    code: int
    description: str = ""
    result: Any = None

    @property
    def ok(self) -> bool:
        return self.code == 200
