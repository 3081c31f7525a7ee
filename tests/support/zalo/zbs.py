"""The service of approved texts: what a text costs, and messages with one by person or by telephone number.

By person they go to the account's own interface, whose errors are those of the account; the service's are others.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from tests.support.zalo.account import VIET_NAM, Account, OaError, Sent, User

#: Longest values of a parameter, by its type.
TYPE_LIMITS = {"name": 30, "address": 200, "date": 20, "code": 30}
#: Texts made before this day are not sent by person.
BY_PERSON_SINCE = date(2025, 12, 10)
TRACKING_LIMIT = 48
_PHONE = re.compile(r"84[0-9]{9}")


@dataclass
class ApprovedText:
    """A text; its parameters by name, with the type of each."""

    id: str
    parameters: dict[str, str]
    optional: frozenset[str] = frozenset()
    price_uid: int | str | None = 150
    price_sdt: int | str | None = 200
    status: str = "ENABLE"
    tag: int = 2  #: 1: at any hour
    made: date = date(2026, 1, 5)
    otp: bool = False
    test_only: bool = False
    most: int | None = None  #: messages a day with this text

    def info(self) -> dict[str, Any]:
        listed = [
            {
                "name": name, "require": name not in self.optional, "type": "STRING",
                "minLength": 0, "maxLength": TYPE_LIMITS[kind], "acceptNull": False,
            }
            for name, kind in self.parameters.items()
        ]  # fmt: skip
        return {
            "templateId": int(self.id), "templateName": "Nhắc hạn chứng thư số", "status": self.status,
            "listParams": listed, "templateTag": f"{self.tag}", "timeout": 7_200_000,
            **{name: getattr(self, name) for name in ("price_uid", "price_sdt") if getattr(self, name) is not None},
        }  # fmt: skip


@dataclass
class Zbs:
    """The service for one account; ``sent`` messages stand among those of the account."""

    account: Account
    texts: dict[str, ApprovedText] = field(default_factory=dict)
    phones: dict[str, User] = field(default_factory=dict)
    refusing: set[str] = field(default_factory=set)  #: telephone numbers
    linked: bool = True  #: a ZBS account pays
    development: bool = False
    a_day: int = 500
    opens: int = 6  #: o'clock in Viet Nam: another reading of its pages is seven
    nights: bool = True  #: nothing that rings leaves then
    tracked: list[str] = field(default_factory=list)
    _sent: Counter[tuple[date, str]] = field(default_factory=Counter)

    def add(self, text: ApprovedText) -> ApprovedText:
        self.texts[text.id] = text
        return text

    def info(self, number: str) -> dict[str, Any]:
        if number not in self.texts:
            raise OaError(-109, "Template ID invalid")
        return self.texts[number].info()

    def send_to_person(self, body: dict[str, Any]) -> dict[str, object]:
        account = self.account
        account.check_plan()
        if set(body) != {"user_id", "template_id", "template_data"}:
            raise OaError(-201, "tracking_id is invalid!" if "tracking_id" in body else "body is invalid!")
        user, text = account.reachable(body["user_id"]), self.texts.get(body["template_id"])
        if text is None or text.otp or text.made < BY_PERSON_SINCE or text.status != "ENABLE":
            raise OaError(-249, "template is not supported for UID")
        self._check_data(text, body["template_data"], missing=-201, long=-210)
        if self._is_night(text):
            raise OaError(-234, "This type of message cannot be sent at night")
        if not self.linked:
            raise OaError(-320, "OA is not linked to a ZCA")
        self._take(text, a_day=-211, of_text=-211)
        price = int(float(str(text.price_uid)))
        if account.balance < price:
            raise OaError(-321, "ZCA has no balance")
        account.balance -= price
        sent = Sent(account.next_id(), user.id, "", template=body["template_data"], quota="purchase_quota")
        return account.deliver(sent)

    def send_to_phone(self, body: dict[str, Any]) -> dict[str, object]:
        self._check_form(body)
        if body["phone"] not in self.phones:
            raise OaError(-118, "Zalo account not existed")
        if body["phone"] in self.refusing:
            raise OaError(-139, "User refused to receive this type of message")
        text = self.texts.get(body["template_id"])
        if text is None or text.status != "ENABLE":
            raise OaError(-131, "Template is not approved")
        if text.test_only or self.development:
            raise OaError(-127 if text.test_only else -126, "only for admins")
        self._check_data(text, body["template_data"], missing=-1121, long=-1124)
        if self._is_night(text):
            raise OaError(-133, "ZNS can not be sent at night")
        if not self.linked:
            raise OaError(-136, "OA is not linked to a ZCA")
        self._take(text, a_day=-144, of_text=-147)
        price = int(float(str(text.price_sdt)))
        if self.account.balance < price:
            raise OaError(-115, "insufficient balance")
        self.account.balance -= price
        self.tracked.append(body["tracking_id"])
        sent = Sent(self.account.next_id(), self.phones[body["phone"]].id, "", template=body["template_data"])
        self.account.deliver(sent)
        left = self.a_day - sum(self._sent[key] for key in self._sent if key[0] == self._today)
        return {
            "msg_id": sent.id, "sent_time": str(int(self.account.now * 1000)), "sending_mode": "1",
            "quota": {"dailyQuota": str(self.a_day), "remainingQuota": str(left)},
        }  # fmt: skip

    def _check_form(self, body: dict[str, Any]) -> None:
        needed = {"phone", "template_id", "template_data", "tracking_id"}
        if not needed <= set(body) <= {*needed, "mode", "sending_mode"}:
            raise OaError(-1122, "body is missing a parameter")
        if not isinstance(body["phone"], str) or not _PHONE.fullmatch(body["phone"]):
            raise OaError(-108, "Phone number invalid")
        if not isinstance(body["tracking_id"], str) or not 1 <= len(body["tracking_id"]) <= TRACKING_LIMIT:
            raise OaError(-1124, "tracking_id is invalid")

    def _check_data(self, text: ApprovedText, data: Any, *, missing: int, long: int) -> None:
        if not isinstance(data, dict) or not set(text.parameters) - text.optional <= set(data) <= set(text.parameters):
            raise OaError(missing, "template_data is invalid!")
        for name, value in data.items():
            if not isinstance(value, str) or not value:
                raise OaError(missing, f"{name} is invalid!")
            if len(value) > TYPE_LIMITS[text.parameters[name]]:
                raise OaError(long, f"{name} is over limit")

    @property
    def _today(self) -> date:
        return datetime.fromtimestamp(self.account.now, UTC).astimezone(VIET_NAM).date()

    def _is_night(self, text: ApprovedText) -> bool:
        hour = datetime.fromtimestamp(self.account.now, UTC).astimezone(VIET_NAM).hour
        return self.nights and text.tag != 1 and not self.opens <= hour < 22

    def _take(self, text: ApprovedText, *, a_day: int, of_text: int) -> None:
        if sum(number for (day, _), number in self._sent.items() if day == self._today) >= self.a_day:
            raise OaError(a_day, "daily quota is used up")
        if text.most is not None and self._sent[self._today, text.id] >= text.most:
            raise OaError(of_text, "quota of the template is used up")
        self._sent[self._today, text.id] += 1


#: The file of the office with two texts, and the texts as Zalo has approved them.
TEMPLATES_FILE = """
[[template]]
id = "489213"
for = "expiry"
[template.parameters]
ten = "{ho_ten|cán bộ}"
ngay_het_han = "{han}"

[[template]]
id = "489214"
[template.parameters]
ten = "{ho_ten|cán bộ}"
viec = "nhắc việc chứng thư số"
"""


def approved_texts() -> tuple[ApprovedText, ...]:
    """Return the texts of that file as they were approved."""
    expiry = ApprovedText("489213", {"ten": "name", "ngay_het_han": "date"})
    return expiry, ApprovedText("489214", {"ten": "name", "viec": "name"}, price_uid="200.0", price_sdt="300.0")
