"""The tour of reminders: how they look, and what can be answered."""

from datetime import date

from bot.tour import ANSWERED, BEGIN, TODAY, Stop, walk
from handlers.broadcasts.model import Draft, Text, Values
from handlers.broadcasts.rendering import rendered
from locales import N_
from rules.calendar import vietnamese_day
from rules.outcome import Procedure
from rules.pack import Pack

REMINDER = "TB-000012"
_SAMPLE = Draft(
    title="Hạn 30/11/2026",
    text=Text(
        vi=(
            "Kính gửi *{ho_ten|anh/chị}*,\n\nHạn đề nghị cho chứng thư của {don_vi} là *{han}* ({so_ngay})."
            " Việc còn phải làm: {viec_can_lam}."
        ),
        en=(
            "Dear *{ho_ten|colleague}*,\n\nThe requests for the certificate of {don_vi} are due on *{han}* ({so_ngay})."
            " Still to do: {viec_can_lam}."
        ),
    ),
)
_FIRST, _LATER, _UNNAMED = (
    N_("A reminder, the first one"),
    N_("A reminder, a later one"),
    N_("A reminder on the last day, the name not known"),
)
#: Heading -> the way there, as in the other walks.
REMINDER_WALKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Reminder: do it now, before consent"), (f"!bc|now|{REMINDER}",)),
    (N_("Reminder: do it now, the question left open"), (*BEGIN, f"!bc|now|{REMINDER}")),
    (N_("Reminder: do it now, something to register"), (*ANSWERED, "/yeucau", f"!bc|now|{REMINDER}")),
    (N_("Reminder: another day"), (*BEGIN, f"!bc|later|{REMINDER}")),
    (N_("Reminder: the day chosen"), (*BEGIN, f"!bc|later|{REMINDER}", "#2")),
    (N_("Reminder: done"), (*BEGIN, f"!bc|done|{REMINDER}")),
    (N_("Reminder: done, though something is owed"), (*ANSWERED, f"!bc|done|{REMINDER}")),
    (N_("Reminder: one that never came here"), (*BEGIN, "!bc|done|TB-999999")),
    (N_("No more reminders"), (*BEGIN, "/dungnhan")),
    (N_("Reminders stopped"), (*BEGIN, "/dungnhan", "=yes")),
    (N_("Another day, with reminders stopped"), (*BEGIN, "/dungnhan", "=yes", f"!bc|later_7|{REMINDER}")),
    (N_("Reminders again"), (*BEGIN, "/dungnhan", "=yes", "=again")),
)


async def reminder_tours(pack: Pack, language: str) -> list[tuple[str, list[Stop]]]:
    """How reminders look, then every walk under its heading."""
    walks = [(heading, await walk(steps, pack, language, reminder=REMINDER)) for heading, steps in REMINDER_WALKS]
    return [*reminder_samples(language), *walks]


def reminder_samples(language: str) -> list[tuple[str, list[Stop]]]:
    """Three reminders, each under its heading; none of them is an answer to anything."""
    values = Values.model_validate(
        {
            "language": language,
            "name": "Nguyễn Thị Mẫu",
            "unit": "UBND xã Mẫu",
            "day": date(2026, 11, 30),
            "to_do": (Procedure.CHANGE_INFORMATION, Procedure.EXTEND),
        }
    )
    last_day = values.model_copy(update={"name": None, "day": vietnamese_day(TODAY)})
    return [
        (_FIRST, [_sample(values, 5)]),
        (_LATER, [_sample(values)]),
        (_UNNAMED, [_sample(last_day)]),
    ]


def _sample(values: Values, first: int | None = None) -> Stop:
    reply = rendered(REMINDER, _SAMPLE, values, vietnamese_day(TODAY), first=first)
    return Stop("question", "", (reply,), "question")
