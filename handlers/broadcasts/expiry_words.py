"""The reminder that a certificate ends."""

from functools import cache

from handlers.broadcasts.model import Draft, Text
from locales import N_, translator

TITLE = N_("Certificates that are about to end")
#: The day is that of the certificate file. What follows from it is for the interview to say, with its sources.
TEXT = N_(
    "Dear {ho_ten|officer}, the digital certificate of *{don_vi|your unit}* ends on *{han|the day in its file}*,"
    " as its own file says: {so_ngay|soon}.\n\n"
    "Tap “Do it now” to see what there is to do. Where that is done already, tap “I have done it”."
)


@cache
def expiry_draft() -> Draft:
    """Its text in both languages, with all buttons; whom it is for is decided day by day."""
    return Draft(title=translator("vi")(TITLE), text=Text(vi=translator("vi")(TEXT), en=translator("en")(TEXT)))
