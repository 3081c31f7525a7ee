"""Alarms: things that the owners should know of until they are over."""

from enum import StrEnum


class AlarmKind(StrEnum):
    """The reason of an alarm."""

    CHANNEL = "channel"  #: a platform is not reached, for so many minutes
    REFUSED = "refused"  #: a platform does not accept our token
    UPDATES = "updates"  #: what people wrote waits for an answer, for so many minutes
    MESSAGES = "messages"  #: messages wait to be sent, for so many minutes
    PAUSED = "paused"  #: a broadcast paused by itself
    BACKUP = "backup"  #: the last backup failed, or is overdue
    RETENTION = "retention"  #: data past their time could not be deleted
    DISK = "disk"  #: so many percent of a disk are free
    FULL = "full"  #: the database found no room on its disk
    MEMORY = "memory"  #: a process holds so many percent of the memory that it may
    AUTHORITY = "authority"  #: a CA file ends in so many days
    KEYS = "keys"  #: the key in use is so many days old
