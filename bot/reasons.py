"""Why the system refused a file or an address, as a message id: its own texts are English alone."""

import errno

from locales import N_, Translator

_DENIED = N_("no permission")
_NO_FOLDER = N_("what should be a folder is a file")
_FULL = N_("no space is left")
_REASONS = {
    errno.ENOENT: N_("there is no such file or folder"),
    errno.EISDIR: N_("it is a folder"),
    errno.ENOTDIR: _NO_FOLDER,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EEXIST: N_("something of that name is there already"),
    errno.ENOTEMPTY: N_("the folder is not empty"),
    errno.EROFS: N_("nothing can be written to this disk"),
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.ENAMETOOLONG: N_("the name is too long"),
    errno.ELOOP: N_("its links lead round in a circle"),
    errno.EBUSY: N_("it is in use"),
    errno.EIO: N_("the disk failed"),
    errno.EMFILE: N_("too many files are open"),
    errno.EADDRINUSE: N_("another program listens there"),
    errno.EADDRNOTAVAIL: N_("this machine has no such address"),
}


class Reason(str):
    """A message id that is a value of another message: ``said`` translates it."""

    __slots__ = ()


def reason_of(error: OSError | ValueError) -> Reason:
    """Why; in the system's words where there are none of ours. A ``ValueError`` is a path that cannot be one."""
    if not isinstance(error, OSError):
        return Reason(N_("no file can have that name"))
    return Reason(_REASONS.get(error.errno or 0) or error.strerror or type(error).__name__)


def said(t: Translator, values: dict[str, object]) -> dict[str, object]:
    """The values of a message, reasons among them in the reader's language."""
    return {name: t(value) if isinstance(value, Reason) else value for name, value in values.items()}
