"""Which database a URL names."""

from pathlib import Path
from urllib.parse import urlsplit

from bot.store.errors import DatabaseUrlError
from locales import N_

WRONG_URL = N_(
    "The database URL cannot be used. Write sqlite:///path/to/file or postgresql://user:password@host/database."
)


def sqlite_path(url: str | None, data_dir: Path) -> Path | None:
    """The file to open, or ``None`` for PostgreSQL. ``sqlite:///var/x`` is relative, ``sqlite:////var/x`` absolute.

    Raises:
        DatabaseUrlError: it names neither; the message never repeats the URL, which may hold a password.
    """
    if url is None:
        return data_dir / "troly.sqlite3"
    try:
        parts = urlsplit(url)
    except ValueError:
        raise DatabaseUrlError(WRONG_URL) from None
    if parts.scheme in {"postgresql", "postgres"} and len(parts.path + parts.query) > 1:
        return None
    if parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1:
        return Path(parts.path[1:])
    raise DatabaseUrlError(WRONG_URL)
