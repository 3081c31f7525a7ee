"""The road of every message: intake -> turn -> outbox -> channel, as idempotent functions over the store's rows."""

from bot.delivery.buckets import Rate
from bot.delivery.clock import Clock, SystemClock
from bot.delivery.collector import Collector
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.exporter import Exporter
from bot.delivery.intake import Intake
from bot.delivery.membership import Membership
from bot.delivery.pacing import Pace, Pacer
from bot.delivery.preparing import Preparer
from bot.delivery.readers import Reader
from bot.delivery.retention import Retention
from bot.delivery.runner import Part, Runner, Service, Wakeful
from bot.delivery.stopping import stopped_by_signals
from bot.delivery.throttle import Throttle
from bot.delivery.turns import Conversation, Turns
from bot.delivery.workers import Workers

__all__ = [
    "Clock",
    "Collector",
    "Conversation",
    "Dispatcher",
    "Exporter",
    "Intake",
    "Membership",
    "Pace",
    "Pacer",
    "Part",
    "Preparer",
    "Rate",
    "Reader",
    "Retention",
    "Runner",
    "Service",
    "SystemClock",
    "Throttle",
    "Turns",
    "Wakeful",
    "Workers",
    "stopped_by_signals",
]
