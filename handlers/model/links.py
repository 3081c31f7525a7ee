"""The purposes of one-time links."""

from enum import StrEnum


class LinkPurpose(StrEnum):
    """The one thing that a link can be used for."""

    FILE = "file"  #: fetches a file
    CONTINUE = "continue"  #: goes on with a web chat in another browser
    CODE = "code"  #: does the same, typed as six digits
    UPLOAD = "upload"  #: takes a file to a conversation whose channel carries none
    EMAIL = "email"  #: confirms an e-mail address, for which there are 24 hours
    SIGN_IN = "sign_in"  #: signs in to the pages of people with a role
