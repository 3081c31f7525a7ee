"""A database server that is not reached says so in our words, with the setting to look at, and without its password."""

import psycopg
import pytest

from bot.store.drivers.postgres_errors import to_connection_error, to_store_error
from bot.store.errors import DatabaseUrlError, StoreError, StoreLost
from locales import translator

HERE = 'connection failed: connection to server at "10.0.0.5", port 5432 failed: '
URL = "postgresql://troly:bi-mat@10.0.0.5:5432/troly"

#: Words of PostgreSQL 16 and 18, of libpq, psycopg and PgBouncer -> what ours speak of.
REFUSALS = [
    (f'{HERE}FATAL:  password authentication failed for user "troly"', "user troly in"),
    (f"{HERE}fe_sendauth: no password supplied", "user troly in"),
    (f'{HERE}FATAL:  role "troly" does not exist', "user troly in"),
    (f'{HERE}FATAL:  Peer authentication failed for user "troly"', "user troly in"),
    (f"{HERE}FATAL:  SASL authentication failed", "user troly in"),
    (f'{HERE}FATAL:  permission denied for database "troly"', "user troly in"),
    (f'{HERE}FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "troly", no encryption', "pg_hba.conf"),
    (f'{HERE}FATAL:  database "troly" does not exist', "no database troly"),
    (f"{HERE}Connection refused\n\tIs the server running on that host?", "10.0.0.5:5432 does not answer"),
    ("connection timeout expired", "does not answer"),
    (f"{HERE}server closed the connection unexpectedly", "does not answer"),
    ('connection is bad: invalid integer value "abc" for connection option "port"', "does not answer"),
    ("failed to resolve host 'nowhere': [Errno -2] Name or service not known", "No machine is found"),
    (f"{HERE}server does not support SSL, but SSL was required", "sslmode"),
    (f"{HERE}SSL error: certificate verify failed", "sslmode"),
    ('connection is bad: invalid sslmode value: "nonsense"', "sslmode"),
    (f"{HERE}session is read-only", "target_session_attrs=read-write"),
    (f"{HERE}FATAL:  the database system is starting up", "starting or stopping"),
    (f"{HERE}FATAL:  sorry, too many clients already", "no free connection"),
    (f"{HERE}FATAL:  mật khẩu của người dùng bi-mat không đúng", "log of the server"),  # a server in another language
    (f'{HERE}Connection refused\nAll failures were:\n- FATAL:  database "troly" does not exist', "no database troly"),
]


@pytest.mark.parametrize(("said", "ours"), REFUSALS)
def test_a_server_that_refuses_is_told_of_in_words_of_ours(said: str, ours: str) -> None:
    error = to_connection_error(psycopg.OperationalError(said), URL)

    for language in ("en", "vi"):
        told = error.say(translator(language))
        assert "TROLY_DATABASE" in told or ours in {"pg_hba.conf", "starting or stopping"}
        assert not any(raw in told for raw in ("FATAL", "connection failed", "bi-mat"))
    assert ours in error.say(translator("en"))
    assert error.say(translator("en")) != error.say(translator("vi"))


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://u@a,b:5433/d?target_session_attrs=read-write", "a, b:5433"),
        ("postgresql:///d?host=/run/postgresql", "/run/postgresql"),
        ("postgresql:///d", "localhost"),
    ],
)
def test_the_server_is_named_as_its_address_does(url: str, place: str) -> None:
    told = to_connection_error(psycopg.OperationalError("refused"), url).say(translator("en"))
    assert f"server {place} does not answer" in told


def test_an_address_with_an_unknown_option_is_told_of_as_an_address() -> None:
    error = psycopg.ProgrammingError('invalid connection option "tls"')
    assert isinstance(to_connection_error(error, "postgresql://h/d?tls=1"), DatabaseUrlError)


def test_a_user_without_rights_and_a_server_that_became_a_standby_are_told_of() -> None:
    denied = to_store_error(psycopg.errors.InsufficientPrivilege("permission denied for schema public"))
    assert type(denied) is StoreError
    assert "owner of the database" in denied.say(translator("en"))
    assert isinstance(to_store_error(psycopg.errors.ReadOnlySqlTransaction("cannot execute")), StoreLost)
