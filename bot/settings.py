"""Settings, from the environment and ``.env``: one class, every variable begins with ``TROLY_``."""

import os
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError
from locales import N_


class Settings(BaseSettings):
    """All that an operator can set. Secrets print as stars."""

    model_config = SettingsConfigDict(
        env_prefix="TROLY_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    #: Everything the assistant keeps lies below this folder.
    data_dir: Path = Path("var")
    #: ``sqlite:///path`` or ``postgresql://...``; the SQLite file of the data folder where unset.
    database_url: SecretStr | None = None
    #: Keys that seal personal data; ``keys.json`` of the data folder where unset.
    key_file: Path | None = None
    #: Language of the command line and of the first greeting.
    language: Literal["vi", "en"] = "vi"
    #: Name of the rule pack.
    pack: str = "nhon_trach"
    #: The office that receives dossiers, as officers should read it; where unset they are told to ask.
    receiving_office: str | None = Field(default=None, max_length=300)
    #: Days after the last contact, or after the end of a request, until data are deleted.
    retention_days: int = Field(default=180, ge=1, le=3650)

    telegram_token: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_url: str | None = None
    telegram_webhook_secret: SecretStr | None = None
    telegram_webhook_listen: str = "127.0.0.1:8443"
    #: What Telegram takes: over all chats, and in one chat in the long run. A Bot API server of your own may take more.
    telegram_messages_per_second: float = Field(default=25.0, gt=0)
    telegram_chat_messages_per_second: float = Field(default=1.0, gt=0)

    #: Messages a person may send in one go, and the pace at which that allowance comes back.
    throttle_burst: int = Field(default=20, ge=1)
    throttle_per_second: float = Field(default=1.0, gt=0)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"

    @model_validator(mode="after")
    def _webhook_has_a_secret(self) -> "Settings":
        if self.telegram_webhook_url and not self.telegram_webhook_secret:
            raise ValueError("TROLY_TELEGRAM_WEBHOOK_SECRET must be set where TROLY_TELEGRAM_WEBHOOK_URL is")
        return self


@cache
def load_settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: a variable has a value that cannot be used; the message names it, never its value.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(N_("These settings cannot be used: {faults}"), faults=_faults(error)) from None


def _faults(error: ValidationError) -> str:
    return "; ".join(": ".join(filter(None, (_variable(fault["loc"]), fault["msg"]))) for fault in error.errors())


def _variable(location: tuple[int | str, ...]) -> str:
    return f"TROLY_{location[0]}".upper() if location else ""


def configured_language() -> str:
    """The command line's language, known even where the settings as a whole are wrong."""
    return os.environ.get("TROLY_LANGUAGE", "vi")
