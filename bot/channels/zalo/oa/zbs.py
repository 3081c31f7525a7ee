"""Call Zalo's service of approved texts (ZBS): what a text costs, and a message with one by person or telephone.

Messages by person go to the account's own interface, all else to the service's, whose errors have other numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.zalo.oa.api import Interface, SentMessage, ZaloApi
from bot.channels.zalo.oa.errors import OA_ERRORS, ZNS_ERRORS

_BY_PERSON, _BY_PHONE = "/v3.0/oa/message/template", "/message/template"
_TEMPLATE = "/template/info/v2"
#: Characters of our own id of a message by telephone.
TRACKING_LENGTH = 48


@dataclass(frozen=True, slots=True)
class ZbsApi:
    """Calls of the service, within the minute of the account. Each raises as ``ZaloApi.call`` does."""

    api: ZaloApi
    account_url: str
    url: str

    @property
    def _account(self) -> Interface:
        return Interface(self.account_url, OA_ERRORS, vital=False)

    @property
    def _service(self) -> Interface:
        return Interface(self.url, ZNS_ERRORS, vital=False)

    async def template(self, template: str) -> Mapping[str, Any]:
        """Ask for an approved text: its state, its parameters, its prices."""
        return await self.api.call("GET", _TEMPLATE, self._service, params={"template_id": template})

    async def send_to_person(self, user: str, template: str, parameters: Mapping[str, str]) -> SentMessage:
        """Send a text to a person by their id."""
        body = {"user_id": user, "template_id": template, "template_data": dict(parameters)}
        return SentMessage.read(await self.api.call("POST", _BY_PERSON, self._account, json=body))

    async def send_to_phone(
        self, phone: str, template: str, parameters: Mapping[str, str], tracking: str
    ) -> SentMessage:
        """Send a text to a telephone number, ``84`` and the rest; ``tracking``: our own id of it."""
        body = {"phone": phone, "template_id": template, "template_data": dict(parameters), "tracking_id": tracking}
        return SentMessage.read(await self.api.call("POST", _BY_PHONE, self._service, json=body))
