"""Settings, from the environment and ``.env``: one class, every variable begins with ``TROLY_``."""

import os
from datetime import time
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, NoDecode, SettingsConfigDict

from bot.errors import InvalidSettingsError, SettingsError, faults_of, to_reason
from bot.setting_values import (
    check_email,
    check_folder,
    check_host_and_port,
    check_hosts,
    check_listen,
    check_proxies,
    check_public_address,
    check_public_site,
    check_signals_url,
    check_time_of_day,
    check_web_address,
    check_weekdays,
    check_zalo_id,
    host_and_port,
    is_loopback,
    split_list,
)
from locales import LANGUAGES, N_

#: The SQLite file in the data folder.
DATABASE_FILE = "troly.sqlite3"

#: Telegram's own server, and the messages a second that it lets through: free of charge, and of paid broadcasts.
TELEGRAM, TELEGRAM_FREE, TELEGRAM_PAID = "https://api.telegram.org", 30, 1000
_NOT_PAID = N_(
    "TROLY_TELEGRAM_MESSAGES_PER_SECOND: Telegram lets 30 messages a second through;"
    " more only where TROLY_TELEGRAM_PAID_BROADCASTS is true"
)
_TOO_FAST = N_("TROLY_TELEGRAM_MESSAGES_PER_SECOND: Telegram lets 1000 messages a second through at most")
_NO_WEB_URL = N_(
    "TROLY_WEB_LISTEN: other machines reach this address, so TROLY_WEB_URL must be set: the https address of the proxy"
    " in front of it, such as https://troly.example.gov.vn"
)

#: Words between commas.
_Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_list)]
#: Whole numbers between commas.
_Numbers = Annotated[tuple[int, ...], NoDecode, BeforeValidator(split_list)]
_TimeOfDay = Annotated[time, AfterValidator(check_time_of_day)]


def _state_dir() -> Path | None:
    """Return where programs of this user keep their state (XDG); ``None`` for a user without a home."""
    if given := os.environ.get("XDG_STATE_HOME"):
        return Path(given) / "troly"
    try:
        return Path.home() / ".local" / "state" / "troly"
    except RuntimeError:
        return None


class _LanguageSettings(BaseSettings):
    """The setting that is known before all others: the language to complain about the others in."""

    model_config = SettingsConfigDict(
        env_prefix="TROLY_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    #: Language of the command line, and of a conversation until its person chooses another.
    language: Literal["vi", "en"] = "vi"


#: Where the web server listens unless told otherwise, for people and for whoever watches: no other machine reaches it.
WEB_LISTEN, WEB_PRIVATE_LISTEN = "127.0.0.1:8080", "127.0.0.1:8081"


def _default_web_listen() -> str:
    return "" if _is_emptied("troly_web_listen") else WEB_LISTEN


def _default_private_listen() -> str:
    return "" if _is_emptied("troly_web_private_listen") else WEB_PRIVATE_LISTEN


def _is_emptied(variable: str) -> bool:
    """Tell whether a variable is there and empty, which for most others means "not set"."""
    sources = (EnvSettingsSource, DotEnvSettingsSource)
    given = [source(_LanguageSettings, env_ignore_empty=False).env_vars for source in sources]
    return any(variable in variables for variables in given)


class _FolderSettings(_LanguageSettings):
    """The setting that is known before the others: where everything is kept."""

    #: Everything the assistant keeps lies below this folder.
    data_dir: Annotated[Path, AfterValidator(check_folder)] = Path("var")


class Settings(_FolderSettings):
    """Holds all that an operator can set. Secrets print as stars."""

    #: Folder outside the data folder in which is noted how far the database was used; a copy put back is noticed by it.
    state_dir: Annotated[Path, AfterValidator(check_folder)] | None = Field(default_factory=_state_dir)
    #: ``sqlite:///path`` or ``postgresql://...``; the SQLite file of the data folder where unset.
    database_url: SecretStr | None = None
    #: Connections of one process to PostgreSQL at most.
    database_pool: int = Field(default=4, ge=2, le=100)
    #: The address of the PostgreSQL server itself, where ``database_url`` leads to a pooler: signals are heard there.
    database_listen_url: SecretStr | None = None
    #: ``nats://...``: processes on PostgreSQL tell each other over this server that there is something to do.
    signals_url: Annotated[SecretStr, AfterValidator(check_signals_url)] | None = None
    #: Keys that seal personal data; ``keys.json`` of the data folder where unset.
    key_file: Path | None = None
    #: Name of the rule pack: ``national``, or a locality's layer over it; or the folder of a layer.
    pack: str = "nhon_trach"
    #: A TOML file with receiving offices; they prevail over those of the pack.
    offices: Path | None = None
    #: The office that receives dossiers, as officers should read it; where unset they are told to ask.
    receiving_office: str | None = Field(default=None, max_length=300)
    #: Days after the last contact, or after the end of a request, until data are deleted.
    retention_days: int = Field(default=180, ge=1, le=3650)
    #: Days for which a personal number (CCCD) is kept after the papers with it were sent; 0: it goes at once.
    identity_kept_days: int = Field(default=0, ge=0, le=7)

    #: Hours between two backups that the assistant makes by itself; 0: it makes none.
    backup_every_hours: int = Field(default=0, ge=0, le=744)
    #: Backups that are kept in the folder.
    backup_keep: int = Field(default=14, ge=1, le=1000)
    #: Where backups go, at best on another disk; ``backups`` of the data folder where unset.
    backup_dir: Annotated[Path, AfterValidator(check_folder)] | None = None

    #: Megabytes of memory that a process may hold; 0: what the system allows it, if anything limits it there.
    memory_limit_mb: int = Field(default=0, ge=0, le=10_000_000)

    #: Megabytes of one file that is sent to a chat; a longer export is split. Telegram takes 50.
    export_part_mb: int = Field(default=10, ge=1, le=50)

    #: Where the web server listens for people and platforms (web chat, links, webhooks); empty: nowhere.
    web_listen: Annotated[str, AfterValidator(check_listen)] = Field(default_factory=_default_web_listen)
    #: Where it listens for whoever watches over the assistant (/metrics, /healthz, /readyz); empty: nowhere.
    web_private_listen: Annotated[str, AfterValidator(check_listen)] = Field(default_factory=_default_private_listen)
    #: The address under which people reach the web server, through a proxy that ends TLS.
    web_url: Annotated[str, AfterValidator(check_public_site)] | None = None
    #: Proxies whose word on the address of a caller is taken.
    web_trusted_proxies: Annotated[_Words, AfterValidator(check_proxies)] = ()

    telegram_token: SecretStr | None = None
    telegram_api_url: Annotated[str, AfterValidator(check_web_address)] = TELEGRAM
    telegram_webhook_url: Annotated[str, AfterValidator(check_public_address)] | None = None
    telegram_webhook_secret: SecretStr | None = None
    telegram_webhook_listen: Annotated[str, AfterValidator(check_host_and_port)] = "127.0.0.1:8443"
    #: What Telegram takes: over all chats, and in one chat in the long run; more than 30 only where it is paid for, and
    #: 1000 at most. A Bot API server of your own may take more.
    telegram_messages_per_second: float = Field(default=25.0, gt=0)
    telegram_chat_messages_per_second: float = Field(default=1.0, gt=0)
    #: Broadcasts are paid for in Telegram Stars, which lets more than 30 messages a second through.
    telegram_paid_broadcasts: bool = False

    #: The app on developers.zalo.me that acts for the office's Zalo account; unset: Zalo is not served.
    zalo_oa_app_id: Annotated[str, AfterValidator(check_zalo_id)] | None = None
    zalo_oa_app_secret: SecretStr | None = None
    zalo_oa_api_url: Annotated[str, AfterValidator(check_web_address)] = "https://openapi.zalo.me"
    zalo_oauth_url: Annotated[str, AfterValidator(check_web_address)] = "https://oauth.zaloapp.com"
    zalo_oa_webhook_url: Annotated[str, AfterValidator(check_public_address)] | None = None
    #: The secret of the account that signs its events; not that of the app.
    zalo_oa_webhook_secret: SecretStr | None = None
    zalo_oa_webhook_listen: Annotated[str, AfterValidator(check_host_and_port)] = "127.0.0.1:8443"
    #: Whether the console of the app asks for a proof with each token.
    zalo_oa_appsecret_proof: bool = False
    #: Calls a minute that the package of the account allows, whatever is called.
    zalo_oa_calls_per_minute: int = Field(default=100, ge=1, le=10_000)
    #: Dong of one message 48 hours or more after a person's last one, and of all of them in a month; 0: none is sent.
    zalo_oa_message_dong: int = Field(default=55, ge=0)
    zalo_oa_monthly_dong: int = Field(default=0, ge=0)
    #: A TOML file with the texts that Zalo approved (ZBS), for people who have not written for seven days; unset: they
    #: get nothing there. Between which hours in Viet Nam these texts may leave; both the same: at any.
    zalo_zbs_templates: Path | None = None
    zalo_zbs_from: _TimeOfDay = time(6)
    zalo_zbs_until: _TimeOfDay = time(22)
    zalo_zbs_url: Annotated[str, AfterValidator(check_web_address)] = "https://business.openapi.zalo.me"
    #: Hosts from which files of people are fetched, with their subdomains.
    zalo_oa_file_hosts: Annotated[_Words, AfterValidator(check_hosts)] = ("zdn.vn", "zadn.vn", "zalo.me")
    #: Hours of a working day without any event after which the owners are told; 0: never.
    zalo_oa_quiet_alarm_hours: int = Field(default=4, ge=0)

    #: A bot of Zalo's Bot Platform, for a small office; unset: there is none.
    zalo_bot_token: SecretStr | None = None
    zalo_bot_api_url: Annotated[str, AfterValidator(check_web_address)] = "https://bot-api.zaloplatforms.com"
    zalo_bot_webhook_url: Annotated[str, AfterValidator(check_public_address)] | None = None
    zalo_bot_webhook_secret: Annotated[SecretStr, Field(min_length=8, max_length=256)] | None = None
    zalo_bot_webhook_listen: Annotated[str, AfterValidator(check_host_and_port)] = "127.0.0.1:8443"
    zalo_bot_messages_per_second: float = Field(default=1.0, gt=0)
    #: What its plan gives out: people of the bot, and messages of a month. No broadcast passes either.
    zalo_bot_users: int = Field(default=50, ge=0)
    zalo_bot_monthly_messages: int = Field(default=3000, ge=0)

    #: The office's mail server, for reminders, notices and papers; unset: no e-mail is sent.
    email_host: str | None = None
    email_port: int = Field(default=587, ge=1, le=65535)
    #: ``starttls`` and ``tls`` check the server's certificate; ``none`` is for a server on this machine alone.
    email_security: Literal["starttls", "tls", "none"] = "starttls"
    email_user: str | None = None
    email_password: SecretStr | None = None
    #: The address that letters come from, and that bounces go to.
    email_from: Annotated[str, AfterValidator(check_email)] | None = None
    #: Certificates of the authority that issued the server's, where it is none of the public ones.
    email_ca_file: Path | None = None
    email_messages_per_minute: int = Field(default=60, ge=1, le=6000)
    #: Domains of official addresses; only these, and those below them, are written to.
    email_domains: Annotated[_Words, AfterValidator(check_hosts)] = ("gov.vn",)
    #: The mailbox that bounces and answers come to, read by IMAP over TLS; unset: nothing is read.
    email_imap_host: str | None = None
    email_imap_port: int = Field(default=993, ge=1, le=65535)
    email_imap_user: str | None = None
    email_imap_password: SecretStr | None = None
    email_imap_folder: str = Field(default="INBOX", max_length=100, pattern=r'^[^"\\\r\n]+$')

    #: A broadcast to more people than this needs a second person's approval.
    approval_above: int = Field(default=200, ge=0)
    #: No reminder leaves at night in Viet Nam, nor on days that are not listed (1 is Monday).
    quiet_from: _TimeOfDay = time(21, 30)
    quiet_until: _TimeOfDay = time(6, 30)
    reminder_days: Annotated[_Numbers, AfterValidator(check_weekdays)] = (1, 2, 3, 4, 5)
    #: Reminders that one person gets in seven days at most.
    reminders_per_week: int = Field(default=5, ge=1)
    #: Days before the end of a certificate on which its holder is reminded; 0: never.
    expiry_reminder_days: _Numbers = (60, 30, 7)
    #: Share of a broadcast that may fail before it pauses by itself.
    pause_at_error_share: float = Field(default=0.1, gt=0, le=1)

    #: Messages a person may send in one go, and the pace at which that allowance comes back.
    throttle_burst: int = Field(default=20, ge=1)
    throttle_per_second: float = Field(default=1.0, gt=0)

    #: Several processes on PostgreSQL: seconds of silence after which the others take over what one had in hand.
    worker_lease_seconds: float = Field(default=10.0, ge=0.5, le=300)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"

    @property
    def form_templates(self) -> Path:
        """Return the folder of the office's own forms; need not exist."""
        return self.data_dir / "forms"

    @model_validator(mode="after")
    def _pace_is_let_through(self) -> "Settings":
        """Check the pace: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this ."""
        limit = TELEGRAM_PAID if self.telegram_paid_broadcasts else TELEGRAM_FREE
        if self.telegram_api_url.rstrip("/") == TELEGRAM and self.telegram_messages_per_second > limit:
            raise ValueError(_TOO_FAST if self.telegram_paid_broadcasts else _NOT_PAID)
        return self

    @model_validator(mode="after")
    def _zalo_is_complete(self) -> "Settings":
        if self.zalo_oa_app_id and not self.zalo_oa_app_secret:
            raise ValueError(N_("TROLY_ZALO_OA_APP_SECRET must be set where TROLY_ZALO_OA_APP_ID is"))
        if self.zalo_oa_webhook_url and not self.zalo_oa_webhook_secret:
            raise ValueError(N_("TROLY_ZALO_OA_WEBHOOK_SECRET must be set where TROLY_ZALO_OA_WEBHOOK_URL is"))
        return self

    @model_validator(mode="after")
    def _zalo_bot_is_complete(self) -> "Settings":
        if self.zalo_bot_webhook_url and not self.zalo_bot_webhook_secret:
            raise ValueError(N_("TROLY_ZALO_BOT_WEBHOOK_SECRET must be set where TROLY_ZALO_BOT_WEBHOOK_URL is"))
        return self

    @model_validator(mode="after")
    def _email_is_complete(self) -> "Settings":
        if self.email_host and not self.email_from:
            raise ValueError(N_("TROLY_EMAIL_FROM must be set where TROLY_EMAIL_HOST is"))
        if self.email_host and not self.web_address:
            raise ValueError(N_("TROLY_WEB_LISTEN must not be empty where TROLY_EMAIL_HOST is set: letters hold links"))
        if self.email_host and self.email_security == "none" and not is_loopback(self.email_host):
            raise ValueError(N_("TROLY_EMAIL_SECURITY may be none for a mail server on this machine alone"))
        if self.email_imap_host and not (self.email_imap_user and self.email_imap_password):
            raise ValueError(N_("TROLY_EMAIL_IMAP_USER and _PASSWORD must be set where TROLY_EMAIL_IMAP_HOST is"))
        return self

    @model_validator(mode="after")
    def _web_is_reached_over_tls(self) -> "Settings":
        if self.web_listen and self.web_url is None and not is_loopback(host_and_port(self.web_listen)[0]):
            raise ValueError(_NO_WEB_URL)
        return self

    @property
    def web_address(self) -> str | None:
        """Return where browsers reach the assistant, without a slash at its end; ``None``: nowhere."""
        return (self.web_url or f"http://{self.web_listen}") if self.web_listen else None

    @model_validator(mode="after")
    def _webhook_has_a_secret(self) -> "Settings":
        if self.telegram_webhook_url and not self.telegram_webhook_secret:
            raise ValueError(N_("TROLY_TELEGRAM_WEBHOOK_SECRET must be set where TROLY_TELEGRAM_WEBHOOK_URL is"))
        return self


@cache
def load_settings() -> Settings:
    """Load the settings of this process.

    Raises:
        SettingsError: a variable has a value that cannot be used, or ``.env`` cannot be read; the message names it,
            never its value.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise InvalidSettingsError(faults_of(error)) from None
    except UnicodeError:
        raise SettingsError(N_("The file .env is not UTF-8 text. Please save it as UTF-8.")) from None
    except OSError as error:
        message = N_("The file {file} cannot be read: {reason}")
        raise SettingsError(message, file=error.filename or ".env", reason=to_reason(error)) from None


def configured_language() -> str:
    """Return the command line's language, also where the settings as a whole are wrong."""
    try:
        return _LanguageSettings().language
    except (ValueError, OSError):  # pydantic's errors and those of decoding are ValueErrors
        return LANGUAGES[0]


def make_data_dir(settings: Settings) -> None:
    """Make the folder of all data, readable by its owner alone.

    Raises:
        SettingsError: it cannot be made.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (OSError, ValueError) as error:
        message = N_("TROLY_DATA_DIR: the folder {path} cannot be made: {reason}")
        raise SettingsError(message, path=settings.data_dir, reason=to_reason(error)) from None


def configured_data_dir() -> Path | None:
    """Return the folder of all data where it can be told, even where the settings as a whole are wrong."""
    try:
        return _FolderSettings().data_dir
    except (ValueError, OSError):
        return None
