"""What the operator decided about what goes on by itself."""

from dataclasses import dataclass, field
from datetime import time

from bot.settings import Settings
from handlers.broadcasts.hours import Hours


@dataclass(frozen=True, slots=True)
class Terms:
    """As ``bot.settings.Settings`` says."""

    hours: Hours = field(default_factory=Hours)
    error_share: float = 0.1  #: of what was tried; above it a broadcast pauses
    expiry_days: tuple[int, ...] = (60, 30, 7)  #: before the end of a certificate; none: nobody is reminded of it
    approval_above: int = 200  #: recipients from which on a second person has to approve
    daily_at: time = time(8, 30)  #: in Viet Nam: certificates that end, and who wanted to be reminded later

    @classmethod
    def of(cls, settings: Settings) -> "Terms":
        """Those of the settings."""
        return cls(
            hours=Hours(settings.quiet_from, settings.quiet_until, frozenset(settings.reminder_days)),
            error_share=settings.pause_at_error_share,
            expiry_days=tuple(days for days in settings.expiry_reminder_days if days > 0),
            approval_above=settings.approval_above,
        )
