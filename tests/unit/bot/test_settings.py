"""What an operator sets: a fault names its variable, in the language of the command line, and never a value."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.cli import main
from bot.errors import SettingsError
from bot.settings import Settings, configured_language, load_settings
from locales import translator

Loading = Callable[..., Settings]


@pytest.fixture
def loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loading]:
    """Settings from these variables, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TROLY_{name.upper()}", raising=False)

    def load(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(f"TROLY_{name.upper()}", value)
        load_settings.cache_clear()
        return load_settings()

    yield load
    load_settings.cache_clear()


# A variable, a value that cannot be used, and what is said of it.
FAULTS = [
    ("language", "fr", "it must be one of vi, en"),
    ("retention_days", "many", "it must be a whole number"),
    ("retention_days", "1.5", "it must be a whole number"),
    ("retention_days", "0", "it must be 1 or more"),
    ("retention_days", "3651", "it must be 3650 or less"),
    ("telegram_messages_per_second", "fast", "it must be a number"),
    ("telegram_messages_per_second", "0", "it must be more than 0"),
    ("receiving_office", "x" * 301, "it is longer than 300 characters"),
    ("telegram_api_url", "nonsense", "it must be an http or https address, such as https://api.telegram.org"),
    ("telegram_api_url", "ftp://api.telegram.org", "it must be an http or https address"),
    ("telegram_api_url", "http://", "it must be an http or https address"),
    ("telegram_api_url", "http://a:port", "it must be an http or https address"),
    ("telegram_api_url", "http://[::1", "it must be an http or https address"),
    (
        "telegram_webhook_url",
        "http://bot.dongnai.gov.vn/hook",
        "it must be an https address that the platform can call",
    ),
    ("telegram_webhook_url", "bot.dongnai.gov.vn", "it must be an https address that the platform can call"),
    ("telegram_webhook_url", "http://10.0.0.1/hook", "it must be an https address that the platform can call"),
    ("telegram_webhook_listen", "user@127.0.0.1:8443", "it must be host:port"),
    ("telegram_webhook_listen", "127.0.0.1:8443/hook", "it must be host:port"),
    ("telegram_webhook_listen", "8443", "it must be host:port, such as 127.0.0.1:8443"),
    ("telegram_webhook_listen", "127.0.0.1:70000", "it must be host:port"),
    ("web_listen", "8080", "it must be host:port, such as 127.0.0.1:8443"),
    ("web_listen", "http://127.0.0.1:8080", "it must be host:port"),
    ("data_dir", __file__, "it is not a folder"),
    ("state_dir", __file__, "it is not a folder"),
]


@pytest.mark.parametrize(("name", "value", "said"), FAULTS)
def test_a_value_that_cannot_be_used_is_named_by_its_variable(
    loading: Loading, name: str, value: str, said: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        loading(**{name: value})
    sentence = refused.value.say(translator("en"))
    assert f"TROLY_{name.upper()}: {said}" in sentence
    assert said not in refused.value.say(translator("vi"))


@pytest.mark.parametrize(
    ("pace", "paid", "server", "said"),
    [
        ("30", "false", "https://api.telegram.org", None),
        ("31", "false", "https://api.telegram.org/", "more only where TROLY_TELEGRAM_PAID_BROADCASTS is true"),
        ("31", "false", "HTTPS://API.Telegram.org", "more only where TROLY_TELEGRAM_PAID_BROADCASTS is true"),
        ("1000", "true", "https://api.telegram.org", None),
        ("1001", "true", "https://api.telegram.org", "1000 messages a second through at most"),
        ("5000", "false", "http://127.0.0.1:8081", None),  # a server of one's own
    ],
)
def test_a_pace_that_telegram_does_not_let_through_is_told(
    loading: Loading, pace: str, paid: str, server: str, said: str | None
) -> None:
    wanted = {
        "telegram_messages_per_second": pace,
        "telegram_paid_broadcasts": paid,
        "telegram_api_url": server,
    }
    if said is None:
        assert loading(**wanted).telegram_messages_per_second == float(pace)
        return
    with pytest.raises(SettingsError) as refused:
        loading(**wanted)
    assert said in refused.value.say(translator("en"))


def test_all_faults_are_told_at_once(loading: Loading) -> None:
    with pytest.raises(SettingsError, match=r"TROLY_RETENTION_DAYS: .*; TROLY_LOG_LEVEL: "):
        loading(retention_days="x", log_level="LOUD")


@pytest.mark.parametrize(
    ("environment", "file", "listen"),
    [
        (None, None, "127.0.0.1:8080"),
        ("127.0.0.1:9090", None, "127.0.0.1:9090"),
        ("", None, ""),  # nowhere
        (None, "", ""),
        (None, "127.0.0.1:9090", "127.0.0.1:9090"),
        ("", "127.0.0.1:9090", "127.0.0.1:9090"),  # as of every setting: what is empty says nothing against the file
    ],
)
def test_the_web_server_listens_nowhere_where_its_address_is_empty(
    loading: Loading, tmp_path: Path, environment: str | None, file: str | None, listen: str
) -> None:
    if file is not None:
        (tmp_path / ".env").write_text(f"TROLY_WEB_LISTEN={file}\n")
    assert loading(**({} if environment is None else {"web_listen": environment})).web_listen == listen


@pytest.mark.parametrize(("given", "listen"), [(None, "127.0.0.1:8081"), ("", ""), ("[::1]:9", "[::1]:9")])
def test_who_watches_has_a_port_of_their_own(loading: Loading, given: str | None, listen: str) -> None:
    assert loading(**({} if given is None else {"web_private_listen": given})).web_private_listen == listen


def test_a_webhook_needs_its_secret(loading: Loading) -> None:
    with pytest.raises(SettingsError, match="TROLY_TELEGRAM_WEBHOOK_SECRET"):
        loading(telegram_webhook_url="https://bot.vn/hook")


@pytest.mark.parametrize("url", ["https://bot.vn/hook", "http://127.0.0.1:81/x", "http://[::1]/x", "http://localhost"])
def test_a_webhook_is_called_over_https_or_on_this_machine(loading: Loading, url: str) -> None:
    assert loading(telegram_webhook_url=url, telegram_webhook_secret="s").telegram_webhook_url == url


def test_a_file_of_settings_in_another_encoding_is_named(loading: Loading, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("TROLY_RECEIVING_OFFICE=Sở".encode("utf-16"))
    with pytest.raises(SettingsError, match=r"\.env is not UTF-8"):
        loading()
    assert configured_language() == "vi"


def test_the_language_is_taken_from_the_file_of_settings_whatever_else_is_wrong(
    loading: Loading, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text("TROLY_LANGUAGE=en\nTROLY_RETENTION_DAYS=x\n")
    with pytest.raises(SettingsError):
        loading()
    with pytest.raises(SystemExit) as ended:
        main(["keys", "list"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "troly: These settings cannot be used: TROLY_RETENTION_DAYS: it must be a whole number\n"
    )


@pytest.mark.parametrize("variable", ["telegram_api_url", "telegram_webhook_url", "telegram_webhook_listen", "pack"])
def test_a_value_is_never_repeated(loading: Loading, variable: str) -> None:
    with pytest.raises(SettingsError) as refused:
        loading(**{variable: "nonsense s3cret", "log_level": "s3cret"})
    assert "s3cret" not in f"{refused.value} {refused.value.say(translator('vi'))}"


# A file where the folder should be, and where the folder above it should be.
@pytest.mark.parametrize("folder", ["file", "file/var"])
@pytest.mark.parametrize("command", [("migrate",), ("keys", "list"), ("retention",), ("chat",)])
def test_a_data_folder_that_cannot_be_is_one_clear_line(
    loading: Loading, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], folder: str
) -> None:
    (tmp_path / "file").touch()
    with suppress(SettingsError):
        loading(data_dir=str(tmp_path / folder), language="en")
    with pytest.raises(SystemExit) as ended:
        main([*command])
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "TROLY_DATA_DIR: " in err
    assert ended.value.code == 2


def test_new_keys_are_announced_once_by_whatever_command_made_them(
    loading: Loading, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loading(data_dir=str(tmp_path), language="en")
    for announced in (1, 0):
        with pytest.raises(SystemExit):
            main(["retention"])
        assert capsys.readouterr().err.count(f"New keys were made in {tmp_path}/keys.json. Copy this file") == announced
