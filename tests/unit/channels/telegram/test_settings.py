import pytest
from pydantic import SecretStr, ValidationError

from bot.channels.telegram.api import TelegramApi
from bot.errors import SettingsError, faults_of
from bot.setting_values import host_and_port
from bot.settings import Settings


@pytest.mark.parametrize(
    ("listen", "address"),
    [("127.0.0.1:8443", ("127.0.0.1", 8443)), ("[::1]:80", ("::1", 80)), ("bot.local:0", ("bot.local", 0))],
)
def test_an_address_to_listen_on_is_host_and_port(listen: str, address: tuple[str, int]) -> None:
    assert host_and_port(Settings(telegram_webhook_listen=listen).telegram_webhook_listen) == address


@pytest.mark.parametrize("listen", ["8443", ":8443", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:70000", ""])
def test_an_address_nobody_can_listen_on_names_its_variable(listen: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(telegram_webhook_listen=listen)
    assert [fault.variable for fault in faults_of(refused.value)] == ["TROLY_TELEGRAM_WEBHOOK_LISTEN"]


@pytest.mark.parametrize("token", ["", "abc", "12345", "123:", "123:a b", "123:a/../b"])
def test_what_is_no_token_is_refused_by_its_variable_and_never_shown(token: str) -> None:
    with pytest.raises(SettingsError, match="TROLY_TELEGRAM_TOKEN") as refused:
        TelegramApi(SecretStr(token), "https://api.telegram.org")
    assert not token or token not in str(refused.value)
