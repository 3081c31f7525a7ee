"""One line of the benchmark table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """Ours against a peer, measured in one run."""

    name: str
    ours: float
    peer: float | None  #: None where there is no peer and ``goal`` speaks of ``ours`` itself
    unit: str
    ratio: float | None
    goal: str
    holds: bool
