"""The reminder that a certificate ends."""

from functools import cache

from handlers.broadcasts.model import Draft, Text
from locales import N_, translator

TITLE = N_("Certificates that are about to end")
#: The day is that of the certificate file; what has to be done by then is for the interview to say.
TEXT = N_(
    "Dear {ho_ten|officer}, the digital certificate of *{don_vi|your unit}* that you told me about ends on"
    " *{han|the day that its file says}* ({so_ngay|soon}), as its own file says.\n\n"
    "After that day nothing can be signed with it. Tap “Do it now” to see what there is to do for it; where you have"
    " already done that, tap “I have done it”."
)


@cache
def expiry_draft() -> Draft:
    """Its text in both languages, with all buttons; whom it is for is decided day by day."""
    return Draft(title=translator("vi")(TITLE), text=Text(vi=translator("vi")(TEXT), en=translator("en")(TEXT)))
