"""Keep the pair of tokens of an account: one refresher among all processes, and no token used before it is stored.

A refresh token works once. Whoever refreshes takes a lock in the account's row, asks Zalo, and stores the new pair
before its first use. Where no answer came, the old pair is tried once more; after that only a new consent helps.
"""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from pydantic import SecretStr

from bot.channels import Doubtful, Refused, RetryLater, Unreachable
from bot.channels.zalo.http import ZaloHttp
from bot.clock import Clock
from bot.concurrency import cancel_on, retry_while_unavailable
from bot.store import AbandonedRow, Store, StoreError, ZaloAccount, ZaloTokens

#: A pair is renewed after this part of its life.
_RENEWAL_PART = 0.8
#: The lock is another's to take after so long: much longer than an answer may take.
_LOCK = timedelta(seconds=60)
#: Refreshes without an answer, with the same pair.
_MOST_ATTEMPTS = 2
#: Seconds between looks whether another process has done it, and between looks at the clock.
_POLL, _LOOK = 0.1, 30.0
_RATE_LIMIT = -32
#: Seconds that a stop waits for a refresh: as long as an answer may take.
_CLOSE_TIMEOUT = 40.0
#: Seconds of life of a token where Zalo does not say; the shortest that was ever seen.
_SHORTEST_LIFE = 3600

_log = structlog.get_logger(__name__)
#: Seconds for which a token that was read is used without another look.
_FRESH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class AppKeys:
    """The app that acts for the account, and where consents are exchanged."""

    app: str
    secret: SecretStr
    oauth_url: str


class TokenKeeper:
    """Keeps the pair of tokens; ``access`` gives a token that is good now."""

    def __init__(self, store: Store, http: ZaloHttp, keys: AppKeys, clock: Clock) -> None:
        self._store = store
        self._http = http
        self._keys = keys
        self._clock = clock
        self._me = secrets.token_hex(8)
        self._one = asyncio.Lock()
        self._known: ZaloAccount | None = None
        self._read_at = float("-inf")
        self._renewing: asyncio.Future[ZaloTokens] | None = None

    async def close(self) -> None:
        """Wait for the refresh under way: a new pair that is not stored is lost."""
        if self._renewing is not None:
            await asyncio.wait((self._renewing,), timeout=_CLOSE_TIMEOUT)

    @property
    def is_connected(self) -> bool:
        """Tell whether the account's consent is good, as far as is known."""
        return self._known is not None and not self._known.consent_needed

    async def account(self) -> ZaloAccount:
        """Read the account's row; other processes write to it.

        Raises:
            Refused: it was never connected, or its consent has ended.
            Unreachable: the store does not answer.
        """
        try:
            self._known = await self._store.zalo.account(self._keys.app)
        except StoreError as error:
            raise Unreachable(type(error).__name__) from None
        self._read_at = self._clock.monotonic()
        if self._known is None or self._known.consent_needed:
            raise Refused
        return self._known

    async def _account_of_late(self) -> ZaloAccount:
        """Return the account as it was within the last second: another's new token shows in Zalo's refusal anyway."""
        known, age = self._known, self._clock.monotonic() - self._read_at
        return known if known and not known.consent_needed and 0 <= age < _FRESH_SECONDS else await self.account()

    async def access(self) -> str:
        """Return an access token. Raises as ``account`` and ``renew`` do."""
        account = await self._account_of_late()
        if account.tokens.expires_at <= self._clock.now():
            return await self.renew(account.tokens.access)
        return account.tokens.access

    async def renew(self, stale: str) -> str:
        """Return another access token than the one that is not good any more.

        Raises:
            Refused: a new consent is needed.
            RetryLater: Zalo asks to wait.
            Unreachable: Zalo cannot be reached, or did not answer.
        """
        async with self._one:
            while True:
                account = await self.account()
                if account.tokens.access != stale:
                    return account.tokens.access
                now = self._clock.now()
                try:
                    begun = await self._store.zalo.begin_refresh(
                        self._keys.app, account.version, self._me, now, now + _LOCK
                    )
                except StoreError as error:
                    raise Unreachable(type(error).__name__) from None
                if begun is not None:
                    # whoever waits for it may be cancelled; the new pair must not be lost by that
                    self._renewing = asyncio.ensure_future(self._refresh(account, begun))
                    return (await asyncio.shield(self._renewing)).access
                await self._clock.sleep(_POLL)

    async def _refresh(self, account: ZaloAccount, attempt: int) -> ZaloTokens:
        form = {"app_id": self._keys.app, "grant_type": "refresh_token", "refresh_token": account.tokens.refresh}
        try:
            fields = await self._ask(form)
        except Unreachable:
            await self._leave(account, counted=False)
            raise
        except Doubtful:
            lost = attempt >= _MOST_ATTEMPTS
            await self._leave(account, consent_needed=lost)
            if lost:
                await self._raise_alarm()
                raise Refused from None
            raise Unreachable from None  # whatever waits for the token has not left
        if fields.get("error") == _RATE_LIMIT:
            await self._leave(account, counted=False)
            raise RetryLater(60.0)
        pair = _read_pair(fields, self._clock)
        if pair is None:
            _log.error("zalo_consent_needed", code=str(fields.get("error"))[:20])
            await self._leave(account, consent_needed=True)
            await self._raise_alarm()
            raise Refused
        keep = partial(self._store.zalo.keep_pair, self._keys.app, account.version, self._me, pair)
        if not await retry_while_unavailable(keep):
            return (await self.account()).tokens  # a new consent came meanwhile
        _log.info("zalo_token_renewed")
        return pair

    async def _ask(self, form: dict[str, str]) -> dict[str, Any]:
        url, head = f"{self._keys.oauth_url}/v4/oa/access_token", {"secret_key": self._keys.secret.get_secret_value()}
        return dict((await self._http.exchange("POST", url, data=form, headers=head)).fields)

    async def _leave(self, account: ZaloAccount, *, counted: bool = True, consent_needed: bool = False) -> None:
        leave = partial(self._store.zalo.leave_refresh, self._keys.app, account.version, self._me)
        await retry_while_unavailable(lambda: leave(counted=counted, consent_needed=consent_needed))

    async def _raise_alarm(self) -> None:
        """Tell the owners, who have other channels as well; a failure is logged, and the next look tells of it."""
        self._known = None
        try:
            await self._store.alerts.raise_alarm(AbandonedRow.CONSENT, 0, self._clock.now())
        except StoreError as error:
            _log.error("owners_not_told", error=type(error).__name__)

    async def connect(self, code: str, verifier: str | None = None) -> None:
        """Exchange the code of a consent for a first pair, and keep it.

        Raises:
            Refused: Zalo does not take the code.
            Unreachable: Zalo cannot be reached, or did not answer.
        """
        form = {"app_id": self._keys.app, "grant_type": "authorization_code", "code": code}
        try:
            fields = await self._ask(form | ({"code_verifier": verifier} if verifier else {}))
        except Doubtful:
            raise Unreachable from None
        pair = _read_pair(fields, self._clock)
        if pair is None:
            raise Refused
        await self._store.zalo.connect(self._keys.app, pair)

    async def keep(self, access: str, refresh: str) -> None:
        """Keep a pair that somebody copied from the console; its age is unknown, so it is renewed soon."""
        now = self._clock.now()
        pair = ZaloTokens(access, refresh, now + timedelta(seconds=_SHORTEST_LIFE), now)
        await self._store.zalo.connect(self._keys.app, pair)

    async def run(self, stop: asyncio.Event) -> None:
        """Renew the pair early, until told to stop; a failure is tried again at the next look."""
        while not stop.is_set():
            try:
                account = await self.account()
                if account.tokens.renew_at <= self._clock.now():
                    await self.renew(account.tokens.access)
            except (Refused, RetryLater, Unreachable, StoreError) as error:
                _log.warning("zalo_token_not_renewed", error=type(error).__name__)
            await cancel_on(stop, self._clock.sleep(_LOOK))


def _read_pair(fields: dict[str, Any], clock: Clock) -> ZaloTokens | None:
    access, refresh = fields.get("access_token"), fields.get("refresh_token")
    if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
        return None
    try:
        life = int(fields.get("expires_in", _SHORTEST_LIFE))  # a text or a number
    except (TypeError, ValueError):
        life = _SHORTEST_LIFE
    now, lasts = clock.now(), timedelta(seconds=max(60, min(life, 30 * 86_400)))
    return ZaloTokens(access, refresh, now + lasts, now + lasts * _RENEWAL_PART)
